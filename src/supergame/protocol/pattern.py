"""Regular expressions whose matching time grows only with the text, since it is clients who write them.

Python's `re` backtracks: `(a+)+$` against thirty letters keeps a core busy for minutes. RE2 does not, but
its wheels come late for new Pythons and there is none for some platforms. The queries need no groups, no
look-around and no back-references, only "does the whole value fit", so this is Glushkov's construction
(V. M. Glushkov, "The abstract theory of automata", 1961): one state per character of the pattern, a set of
states as the bits of an int, and the steps between sets remembered as they are met.

Syntax, a subset of Go's (which Bluge has): literals, `.` (not a newline), `[a-z]`, `[^a-z]`, `\\d \\w \\s` and
their opposites, `\\n \\t \\r \\f`, `a|b`, `(a)`, `(?:a)`, `* + ? {2} {2,} {2,4}` and their lazy forms, `(?i)` at the
start, and `^`, `$` where they change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

STATES_MAX = 256
"""Characters a pattern may have once its counted repetitions are written out."""
VISITS_MAX = 16 * STATES_MAX
"""Parts a pattern may have once its counted repetitions are written out, empty ones included."""
GROUPS_DEEP_MAX = 32
"""Parentheses within parentheses."""
STEPS_REMEMBERED_MAX = 4096
"""Steps from (states, character) to states that one pattern keeps; at the limit it forgets them all."""

_COUNTED = re.compile(r"\{([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\}")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}

Ranges = tuple[tuple[str, str], ...]
_DIGITS: Ranges = (("0", "9"),)
_WORDS: Ranges = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
_SPACES: Ranges = (("\t", "\n"), ("\f", "\r"), (" ", " "))


def _outside(ranges: Ranges) -> Ranges:
    """All characters that are in none of the sorted `ranges`."""
    rest, next_free = [], 0
    for low, high in ranges:
        if next_free < ord(low):
            rest.append((chr(next_free), chr(ord(low) - 1)))
        next_free = ord(high) + 1
    return (*rest, (chr(next_free), chr(0x10FFFF)))


_CLASSES = {
    "d": _DIGITS,
    "D": _outside(_DIGITS),
    "w": _WORDS,
    "W": _outside(_WORDS),
    "s": _SPACES,
    "S": _outside(_SPACES),
}


class PatternError(ValueError):
    """The regular expression does not parse."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (its character {position + 1})")


@dataclass(frozen=True, slots=True)
class _Characters:
    ranges: Ranges
    negated: bool = False

    def has(self, variants: set[str]) -> bool:
        """Whether a character, given as itself or in both cases, is one of these."""
        found = any(low <= variant <= high for low, high in self.ranges for variant in variants)
        return found != self.negated


@dataclass(frozen=True, slots=True)
class _Sequence:
    parts: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    options: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Repeat:
    part: _Node
    least: int
    most: int | None


_Node = _Characters | _Sequence | _Choice | _Repeat


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.deep = 0

    def parse(self) -> tuple[_Node, bool]:
        """The tree, and whether upper and lower case are the same."""
        any_case = self.source.startswith("(?i)")
        if any_case:
            self.at = 4
        node = self.choice()
        if self.at < len(self.source):
            raise PatternError("this parenthesis was never opened", self.at)
        return node, any_case

    def choice(self) -> _Node:
        options = [self.sequence()]
        while self.source.startswith("|", self.at):
            self.at += 1
            options.append(self.sequence())
        return options[0] if len(options) == 1 else _Choice(tuple(options))

    def sequence(self) -> _Node:
        parts: list[_Node] = []
        if self.deep == 0 and self.source.startswith("^", self.at):
            self.at += 1
        while self.at < len(self.source) and self.source[self.at] not in "|)":
            if self.deep == 0 and self.source[self.at] == "$" and self.source[self.at + 1 : self.at + 2] in ("", "|"):
                self.at += 1
            else:
                parts.append(self.repeated())
        return _Sequence(tuple(parts))

    def repeated(self) -> _Node:
        node = self.single()
        counted = _COUNTED.match(self.source, self.at)
        sign = self.source[self.at : self.at + 1]
        if counted:
            least = int(counted[1])
            most = int(counted[3]) if counted[3] else None if counted[2] else least
            if most is not None and most < least:
                raise PatternError("a repetition's second number is smaller than its first", self.at)
            self.at = counted.end()
        elif sign and sign in "*+?":
            least, most = (1 if sign == "+" else 0), (1 if sign == "?" else None)
            self.at += 1
        else:
            return node
        if self.source.startswith("?", self.at):  # lazy: finds the same values
            self.at += 1
        if self.source[self.at : self.at + 1] in ("*", "+", "?") or _COUNTED.match(self.source, self.at):
            raise PatternError("a repetition cannot be repeated without parentheses", self.at)
        return _Repeat(node, least, most)

    def single(self) -> _Node:
        character = self.source[self.at]
        if character == "(":
            return self.group()
        if character == "[":
            return self.bracketed()
        if character in "*+?":
            raise PatternError("there is nothing to repeat", self.at)
        if character in "^$":
            raise PatternError("the whole value is matched; ^ and $ only fit at its ends", self.at)
        if character == "\\":
            return _Characters(self.escaped())
        self.at += 1
        return (
            _Characters((("\n", "\n"),), negated=True) if character == "." else _Characters(((character, character),))
        )

    def group(self) -> _Node:
        start = self.at
        self.at += 3 if self.source.startswith("(?:", start) else 1
        if self.source.startswith("?", self.at):
            raise PatternError("only (?:...) and a leading (?i) are known", start)
        self.deep += 1
        if self.deep > GROUPS_DEEP_MAX:
            raise PatternError(f"parentheses are more than {GROUPS_DEEP_MAX} deep", start)
        node = self.choice()
        self.deep -= 1
        if not self.source.startswith(")", self.at):
            raise PatternError("this parenthesis is never closed", start)
        self.at += 1
        return node

    def bracketed(self) -> _Node:
        start = self.at
        negated = self.source.startswith("[^", start)
        self.at += 2 if negated else 1
        ranges: list[tuple[str, str]] = []
        first = True
        while first or not self.source.startswith("]", self.at):
            first = False
            ranges += self.member(start)
        self.at += 1
        return _Characters(tuple(ranges), negated)

    def member(self, start: int) -> Ranges:
        """One character, escape or range within brackets that were opened at `start`."""
        low = self.member_end(start)
        followed = self.source[self.at : self.at + 2]
        if len(followed) < 2 or followed[0] != "-" or followed[1] == "]":
            return low
        dash = self.at
        self.at += 1
        high = self.member_end(start)
        if len(low) > 1 or len(high) > 1 or low[0][0] != low[0][1] or high[0][0] != high[0][1]:
            raise PatternError("a range goes from one character to another", dash)
        if high[0][0] < low[0][0]:
            raise PatternError("a range's ends are the wrong way round", dash)
        return ((low[0][0], high[0][0]),)

    def member_end(self, start: int) -> Ranges:
        character = self.source[self.at : self.at + 1]
        if not character:
            raise PatternError("this bracket is never closed", start)
        if self.source.startswith("[:", self.at):
            raise PatternError("named classes such as [:alpha:] are not known", self.at)
        if character == "\\":
            return self.escaped()
        self.at += 1
        return ((character, character),)

    def escaped(self) -> Ranges:
        character = self.source[self.at + 1 : self.at + 2]
        if character in _CLASSES:
            self.at += 2
            return _CLASSES[character]
        if not character or (character.isascii() and character.isalnum() and character not in _CONTROLS):
            raise PatternError(f"\\{character} is not known", self.at)
        self.at += 2
        character = _CONTROLS.get(character, character)
        return ((character, character),)


class Pattern:
    """One compiled regular expression; equal to another of the same source.

    Raises PatternError, with a sentence, for what does not parse or is too large.
    """

    __slots__ = (
        "_accepting",
        "_any_case",
        "_characters",
        "_follow",
        "_masks",
        "_steps",
        "_visits",
        "matches",
        "source",
    )

    def __init__(self, source: str) -> None:
        node, self._any_case = _Parser(source).parse()
        self.source = source
        # State 0 is the start; state n has just read the n-th character of the pattern.
        self._characters: list[_Characters] = []
        self._follow: list[int] = [0]
        self._visits = 0
        empty, self._follow[0], last = self._place(node)
        self._accepting = last | empty
        self._steps: dict[tuple[int, str], int] = {}
        self._masks: dict[str, int] = {}
        self.matches: Callable[[str], bool] = self._matches
        """Whether the whole of a text fits."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and other.source == self.source

    def __hash__(self) -> int:
        return hash(self.source)

    def __repr__(self) -> str:
        return f"Pattern({self.source!r})"

    def _matches(self, text: str) -> bool:
        states, steps = 1, self._steps
        for character in text:
            following = steps.get((states, character))
            if following is None:
                following = self._step(states, character)
            if not following:
                return False
            states = following
        return states & self._accepting != 0

    def _step(self, states: int, character: str) -> int:
        """The states after `states` have read `character`."""
        reachable, rest = 0, states
        while rest:
            lowest = rest & -rest
            reachable |= self._follow[lowest.bit_length() - 1]
            rest ^= lowest
        mask = self._masks.get(character)
        if mask is None:
            mask = self._mask(character)
        following = reachable & mask
        if len(self._steps) >= STEPS_REMEMBERED_MAX:
            self._steps.clear()
            self._masks.clear()
        self._steps[states, character] = following
        return following

    def _mask(self, character: str) -> int:
        """All states that `character` may lead to."""
        variants = {character, character.lower(), character.upper()} if self._any_case else {character}
        mask = sum(2 << place for place, characters in enumerate(self._characters) if characters.has(variants))
        self._masks[character] = mask
        return mask

    def _place(self, node: _Node) -> tuple[bool, int, int]:
        """Give `node` its states; returns whether it fits nothing at all, its first and its last states."""
        self._visits += 1
        if self._visits > VISITS_MAX:
            raise PatternError(f"it is too large: more than {STATES_MAX} characters when written out", 0)
        match node:
            case _Characters():
                self._characters.append(node)
                self._follow.append(0)
                if len(self._characters) > STATES_MAX:
                    raise PatternError(f"it is too large: more than {STATES_MAX} characters when written out", 0)
                state = 1 << len(self._characters)
                return False, state, state
            case _Sequence(parts):
                return self._chain([(part, False) for part in parts])
            case _Choice(options):
                empty, first, last = False, 0, 0
                for option in options:
                    its_empty, its_first, its_last = self._place(option)
                    empty, first, last = empty or its_empty, first | its_first, last | its_last
                return empty, first, last
            case _Repeat(part, least, None):
                return self._chain([(part, False)] * (least - 1), looped=(part, least == 0))
            case _Repeat(part, least, most):
                assert most is not None
                return self._chain([(part, False)] * least + [(part, True)] * (most - least))

    def _chain(
        self, parts: list[tuple[_Node, bool]], looped: tuple[_Node, bool] | None = None
    ) -> tuple[bool, int, int]:
        """Place parts one after the other; each says whether it may be left out; `looped` ends the chain."""
        empty, first, last = True, 0, 0
        for part, may_lack in [*parts, looped] if looped else parts:
            its_empty, its_first, its_last = self._place(part)
            its_empty = its_empty or may_lack
            self._connect(last, its_first)
            if empty:
                first |= its_first
            last = last | its_last if its_empty else its_last
            empty = empty and its_empty
        if looped:
            self._connect(its_last, its_first)
        return empty, first, last

    def _connect(self, froms: int, to: int) -> None:
        while froms:
            lowest = froms & -froms
            self._follow[lowest.bit_length() - 1] |= to
            froms ^= lowest
