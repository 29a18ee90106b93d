"""The query language of matchmaker tickets, match and party labels and storage indexes: Bluge's query strings.

A query is clauses with spaces between them; a document is a flat table of fields (`supergame.protocol.document`).

    clause      fits a document when
    ----------  -----------------------------------------------------------------------------------------
    a.b:value   field `a.b` is the string `value`: all of it, case counts
    a.b:5       it is the number 5 or the string "5" (`-5`, `2.5` and `1e3` are numbers too)
    a.b:"x y"   it is the string `x y`; a number never fits
    a.b:v*l?e   the string fits with any characters for `*`, any one for `?`; `a.b:*` asks for any value at all
    a.b:/v.+/   the whole string fits the regular expression (see `supergame.protocol.pattern`)
    a.b:val~    the string is `val` but for one character added, lost or changed; `~2` for two
    a.b:>=5     the number is as large; also `>`, `<`, `<=`
    a.b:<"2026-01-31T12:00:00Z"   the date is earlier; a date alone is its first moment, no zone means UTC
    value       any field fits (Bluge would look into a field `_all`, which nobody ever fills)
    *           always

`+clause` must fit, `-clause` must not. Of the others one at least has to fit where nothing must; else they
only raise the score. A field with several values fits when one of them does. `clause^2.5` counts 2.5 instead
of 1 in the score, which is the sum over the clauses that fit, and 1 where the query only excludes. An empty
query fits everything. A backslash before a space or one of `+-=&|><!(){}[]^"~*?:\\/` makes it an ordinary
character; before any other it is a backslash.

Where Bluge is less kind, a client only gains here: escaped `*` and `?` are literal, a regular expression may
hold `: ^ ~`, numbers take a boost, a value may start with `-`, and errors say where and why.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import NoReturn

from supergame.core.errors import BadInput
from supergame.protocol.document import Document, Value, flatten, read_date
from supergame.protocol.pattern import Pattern, PatternError
from supergame.protocol.querytree import (
    Anything,
    Clause,
    Exactly,
    Fuzzy,
    Number,
    Occur,
    QueryTree,
    Range,
    Regex,
    Test,
    Wildcard,
)

__all__ = ["Document", "QueryTree", "Value", "escape", "flatten", "parse", "quote"]

QUERY_BYTES_MAX = 16_384
"""Size of a query's text in UTF-8."""
BOOST_MAX = 1_000_000.0
"""The largest boost; sums of more would leave what a float can hold."""
CLAUSES_MAX = 256
"""Clauses in one query."""
REGEXES_MAX = 8
"""Regular expressions in one query."""
WILDCARDS_MAX = 32
"""Values with `*` or `?` in them, or with `~`, in one query."""
EDITS_MAX = 2
"""The most that `~` may ask for, as in Bluge."""


def parse(text: str) -> QueryTree:
    """Parse a query; "" and "*" fit everything.

    Raises BadInput with the place and what was expected there.
    """
    if len(text) > QUERY_BYTES_MAX or len(text.encode(errors="replace")) > QUERY_BYTES_MAX:
        raise BadInput(f"The query is longer than {QUERY_BYTES_MAX} bytes.")
    return QueryTree(_Parser(text).clauses())


def quote(text: str) -> str:
    """The phrase that asks for exactly the string `text`, whatever is in it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def escape(name: str) -> str:
    """A field's name, or a value, as a query has to write it; for a value `quote` is stricter."""
    return _SPECIAL.sub(r"\\\g<0>", name)


_RESERVED = '+-=&|><!(){}[]^"~*?:\\/'
_SPECIAL = re.compile(r"[\s" + re.escape(_RESERVED) + "]")
_ESCAPED = re.compile(r"\\([\s" + re.escape(_RESERVED) + "])")
_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"(?:\\.|[^\s:^~\\])+", re.DOTALL)
_PHRASE = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_REGEX = re.compile(r"/((?:\\.|/(?![\s^]|$)|[^\s/\\])*)/(?=[\s^]|$)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_EDITS = re.compile(r"[0-9]*")
_OPERATOR = re.compile(r"[<>]=?")
_GLOB_PART = re.compile(r"\\(.)|([*?])|([^*?\\]+)", re.DOTALL)
_OCCURS: dict[str, Occur] = {"+": "must", "-": "must_not"}


def _unescape(raw: str) -> str:
    return _ESCAPED.sub(r"\1", raw) if "\\" in raw else raw


class _Parser:
    """One pass over the text; `at` is where it is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.regexes = 0
        self.wildcards = 0

    def fail(self, sentence: str, at: int | None = None) -> NoReturn:
        raise BadInput(f"The query does not parse at character {(self.at if at is None else at) + 1}: {sentence}")

    def skip_space(self) -> str:
        """Go to the next character that is no space, and return it, or "" at the end."""
        space = _SPACE.match(self.text, self.at)
        assert space is not None
        self.at = space.end()
        return self.text[self.at : self.at + 1]

    def take(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        found = expression.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def clauses(self) -> list[Clause]:
        clauses: list[Clause] = []
        while self.skip_space():
            if len(clauses) == CLAUSES_MAX:
                self.fail(f"there are more than {CLAUSES_MAX} clauses.")
            clauses.append(self.clause())
        return clauses

    def clause(self) -> Clause:
        occur = _OCCURS.get(self.text[self.at], "should")
        if occur != "should":
            self.at += 1
        character = self.skip_space()
        start = self.at
        test = self.special(character)
        if test is not None:
            return Clause(occur, None, test, self.boost())
        word = self.word(character)
        if self.skip_space() != ":":
            return Clause(occur, None, self.plain(word, start), self.boost())
        self.at += 1
        return Clause(occur, _unescape(word), self.value(), self.boost())

    def value(self) -> Test:
        """What stands after the colon."""
        character = self.skip_space()
        if character and character in "<>":
            return self.range()
        start = self.at
        return self.special(character) or self.plain(self.word(character), start)

    def special(self, character: str) -> Test | None:
        """A phrase or a regular expression, if one starts here."""
        if character == '"':
            phrase = self.take(_PHRASE)
            if phrase is None:
                self.fail("this quotation mark is never closed.")
            return Exactly(_unescape(phrase[1]))
        start = self.at
        if character != "/" or (found := self.take(_REGEX)) is None:
            return None
        self.regexes += 1
        if self.regexes > REGEXES_MAX:
            self.fail(f"there are more than {REGEXES_MAX} regular expressions.", start)
        try:
            return Regex(Pattern(re.sub(r"\\([\s/])", r"\1", found[1])))
        except PatternError as error:
            self.fail(f"the regular expression is not understood: {error}.", start)

    def word(self, character: str) -> str:
        """Characters up to a space or one of `: ^ ~`, escapes still in them."""
        if character in (">", "<", "="):
            self.fail(
                f"{character} only stands right after a field's colon, as in skill:>=10; else write \\{character}."
            )
        word = self.take(_WORD)
        if word is None:
            if character == "\\":
                self.fail("there is nothing after the backslash.")
            if character:
                self.fail(f"a field or a value should stand before {character}; as part of one write \\{character}.")
            self.fail("a value is missing at the end.")
        return word[0]

    def plain(self, word: str, start: int) -> Test:
        """What an unquoted word asks for, with what `~` adds to it."""
        if self.skip_space() == ":":
            self.fail("a value's colon has to be written \\: or the value quoted.")
        if self.text.startswith("~", self.at):
            return self.fuzzy(word)
        if _NUMBER.fullmatch(word):
            return Number(word)
        parts = list(_GLOB_PART.finditer(word))
        if not any(part[2] for part in parts):
            return Exactly(_unescape(word))
        if not word.strip("*"):
            return Anything()
        self.count_wildcard(start)
        return Wildcard("".join(_glob_part(part) for part in parts))

    def fuzzy(self, word: str) -> Fuzzy:
        self.at += 1
        start = self.at
        digits = self.take(_EDITS)
        edits = int(digits[0]) if digits and len(digits[0]) == 1 else 1 if digits and not digits[0] else 0
        if not 1 <= edits <= EDITS_MAX or _WORD.match(self.text, self.at):
            self.fail(f"after ~ stands a number from 1 to {EDITS_MAX}, or nothing.", start)
        self.count_wildcard(start)
        return Fuzzy(_unescape(word), edits)

    def count_wildcard(self, start: int) -> None:
        self.wildcards += 1
        if self.wildcards > WILDCARDS_MAX:
            self.fail(f"there are more than {WILDCARDS_MAX} values with * or ? or ~.", start)

    def range(self) -> Range:
        operator = self.take(_OPERATOR)
        assert operator is not None
        character = self.skip_space()
        start = self.at
        bound: float | datetime | None = None
        if character == '"':
            phrase = self.special(character)
            assert isinstance(phrase, Exactly)
            bound = read_date(phrase.text)
        elif (word := self.take(_WORD)) and _NUMBER.fullmatch(word[0]):
            bound = float(word[0])
        if bound is None:
            self.fail('a number or a quoted date has to follow, as in 5 or "2026-01-31T12:00:00Z".', start)
        match operator[0]:
            case ">" | ">=" | "<" | "<=" as sign:
                return Range(sign, bound)
            case _:  # pragma: no cover - the expression has no other
                raise AssertionError(operator[0])

    def boost(self) -> float:
        """What stands after `^`, 1 when there is none."""
        if self.skip_space() != "^":
            return 1.0
        self.at += 1
        start = self.at
        word = self.take(_WORD)
        if word is None:
            return 1.0
        boost = float(word[0]) if _NUMBER.fullmatch(word[0]) else math.inf
        if not -BOOST_MAX <= boost <= BOOST_MAX:
            self.fail(f"a boost is a number up to {BOOST_MAX:,.0f}, as in ^2.5.", start)
        return boost


def _glob_part(part: re.Match[str]) -> str:
    """One part of a word in a glob's own, smaller, set of escapes."""
    escaped, wild, plain = part[1], part[2], part[3]
    if escaped is None:
        return wild or plain
    return re.sub(r"[*?\\]", r"\\\g<0>", _unescape("\\" + escaped))
