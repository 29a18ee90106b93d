"""A parsed query: its clauses, and the same as functions of a document."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from supergame.protocol.document import Document, Value
from supergame.protocol.pattern import Pattern

PATTERN_WORK = 100
"""What a wildcard, a regular expression or `~` costs, in plain clauses: a few hundred times, on a long text."""

Operator = Literal[">", ">=", "<", "<="]


@dataclass(frozen=True, slots=True)
class Anything:
    """Whatever the value is; without a field even a document without any."""


@dataclass(frozen=True, slots=True)
class Exactly:
    """The string `text`."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """The number, or the string as which the query wrote it."""

    text: str

    @property
    def value(self) -> float:
        """The number itself."""
        return float(self.text)


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Strings that fit `glob`: `*` any characters, `?` any one, after a backslash both are themselves."""

    glob: str


@dataclass(frozen=True, slots=True)
class Regex:
    """Strings that fit the pattern as a whole."""

    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """Strings at most `edits` insertions, deletions and substitutions away from `text`."""

    text: str
    edits: int


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers or dates on one side of a bound."""

    operator: Operator
    bound: float | datetime


_Pattern = Wildcard | Regex | Fuzzy
Test = Anything | Exactly | Number | Wildcard | Regex | Fuzzy | Range
Occur = Literal["must", "should", "must_not"]


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of a query: whether it has to fit, on which field (None: any), what, and how much it counts."""

    occur: Occur
    field: str | None
    test: Test
    boost: float = 1.0


class QueryTree:
    """A query, parsed and compiled; `matches` and `rank` are closures and cost about as much as hand-written ones."""

    __slots__ = ("clauses", "fixed_score", "matches", "rank", "required", "work")

    def __init__(self, clauses: Iterable[Clause]) -> None:
        self.clauses = tuple(clauses)
        musts = [clause for clause in self.clauses if clause.occur == "must"]
        shoulds = [clause for clause in self.clauses if clause.occur == "should"]
        if not musts and len(shoulds) == 1:  # the only one that may fit has to
            musts, shoulds = shoulds, []
        nots = [_compile(clause) for clause in self.clauses if clause.occur == "must_not"]

        self.required: tuple[Clause, ...] = tuple(musts)
        """Clauses without which nothing fits: an index may start from any of them."""
        self.work = sum(PATTERN_WORK if isinstance(clause.test, _Pattern) else 1 for clause in self.clauses)
        """What asking it of one document may cost, in plain clauses."""
        score = math.fsum(clause.boost for clause in musts) if musts else 0.0 if shoulds else 1.0
        self.fixed_score: float | None = None if shoulds else score
        """The score of everything that fits, where it is the same for all."""
        # `must:* ` and the empty query are common: no test at all is the fastest.
        tests = [_compile(clause) for clause in musts if not _fits_all(clause)]
        optional = [(_compile(clause), clause.boost) for clause in shoulds]
        one_needed = bool(shoulds) and not musts

        def matches(document: Document) -> bool:
            for test in tests:
                if not test(document):
                    return False
            for test in nots:
                if test(document):
                    return False
            return not one_needed or any(test(document) for test, _ in optional)

        def rank(document: Document) -> float | None:
            for test in tests:
                if not test(document):
                    return None
            for test in nots:
                if test(document):
                    return None
            fitting = [boost for test, boost in optional if test(document)]
            return None if one_needed and not fitting else score + math.fsum(fitting)

        self.matches: Callable[[Document], bool] = matches
        """Whether a document fits."""
        self.rank: Callable[[Document], float | None] = rank
        """A document's score, None when it does not fit."""

    def score(self, document: Document) -> float:
        """The sum of the boosts of the clauses that fit; 0 for a document that does not fit at all."""
        return self.rank(document) or 0.0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, QueryTree) and other.clauses == self.clauses

    def __hash__(self) -> int:
        return hash(self.clauses)

    def __repr__(self) -> str:
        return f"QueryTree({self.clauses!r})"


_NUMBERS = (float, int)
_GLOB_PART = re.compile(r"\\(.)|([*?])|([^*?\\]+)", re.DOTALL)
_Check = Callable[[Document], bool]


def _fits_all(clause: Clause) -> bool:
    return clause.field is None and isinstance(clause.test, Anything)


def _compile(clause: Clause) -> _Check:
    """The clause as a function of a document."""
    field, test = clause.field, clause.test
    if isinstance(test, Anything):
        return (lambda document: True) if field is None else (lambda document: field in document)
    if field is None:
        return _anywhere(_value_check(test))
    if isinstance(test, Exactly):
        return _equality(field, test.text)
    return _within(field, _value_check(test))


def _equality(field: str, text: str) -> _Check:
    """The commonest test has no call within it."""

    def check(document: Document) -> bool:
        value = document.get(field)
        return value == text or (value.__class__ is list and text in value)

    return check


def _within(field: str, fits: Callable[[Value], bool]) -> _Check:
    def check(document: Document) -> bool:
        value = document.get(field)
        if value is None:
            return False
        if isinstance(value, list):
            return any(map(fits, value))
        return fits(value)

    return check


def _anywhere(fits: Callable[[Value], bool]) -> _Check:
    def check(document: Document) -> bool:
        return any(any(map(fits, value)) if isinstance(value, list) else fits(value) for value in document.values())

    return check


def _value_check(test: Exactly | Number | Wildcard | Regex | Fuzzy | Range) -> Callable[[Value], bool]:
    """The test as a function of one value."""
    match test:
        case Exactly(text):
            return lambda value: value == text
        case Number(text):
            number = test.value
            return lambda value: value in (number, text)
        case Wildcard(glob):
            return _on_strings(_glob_check(glob))
        case Regex(pattern):
            return _on_strings(pattern.matches)
        case Fuzzy(text, edits):
            return _on_strings(lambda value: within_edits(text, value, edits))
        case Range(operator, bound):
            return _range_check(operator, bound)


def _on_strings(fits: Callable[[str], bool]) -> Callable[[Value], bool]:
    return lambda value: isinstance(value, str) and fits(value)


def _glob_check(glob: str) -> Callable[[str], bool]:
    """A wildcard as an expression of `re` that cannot backtrack beyond the text's length times the glob's.

    Taking the first place where the part between two stars fits never loses a match, since the next star
    takes up whatever is left: so each such part is an atomic group.
    """
    chunks: list[str] = [""]
    for part in _GLOB_PART.finditer(glob):
        if part[2] == "*":
            chunks.append("")
        else:
            chunks[-1] += "." if part[2] else re.escape(part[1] or part[3])
    first, *middle, last = chunks if len(chunks) > 1 else (chunks[0], None)
    between = "".join(f"(?>.*?{chunk})" for chunk in middle if chunk)
    end = "" if last is None else f".*{last}"
    fullmatch = re.compile(first + between + end, re.DOTALL).fullmatch
    return lambda value: fullmatch(value) is not None


def _range_check(operator: Operator, bound: float | datetime) -> Callable[[Value], bool]:
    # The four comparisons are written out, since a call to `operator.ge` would double what a range costs.
    if isinstance(bound, datetime):
        match operator:
            case ">":
                return lambda value: isinstance(value, datetime) and value > bound
            case ">=":
                return lambda value: isinstance(value, datetime) and value >= bound
            case "<":
                return lambda value: isinstance(value, datetime) and value < bound
            case "<=":
                return lambda value: isinstance(value, datetime) and value <= bound
    match operator:
        case ">":
            return lambda value: isinstance(value, _NUMBERS) and value > bound
        case ">=":
            return lambda value: isinstance(value, _NUMBERS) and value >= bound
        case "<":
            return lambda value: isinstance(value, _NUMBERS) and value < bound
        case "<=":
            return lambda value: isinstance(value, _NUMBERS) and value <= bound


def within_edits(one: str, other: str, edits: int) -> bool:
    """Whether `other` is at most `edits` insertions, deletions and substitutions away from `one`.

    Levenshtein's distance within a band along the diagonal (E. Ukkonen, "Algorithms for approximate string
    matching", 1985): linear in the length.
    """
    if abs(len(one) - len(other)) > edits:
        return False
    width, far = 2 * edits + 1, edits + 1
    # costs[place] is the distance between one[:row] and other[:row + place - edits].
    costs = [abs(place - edits) if place >= edits else far for place in range(width)]
    for row, character in enumerate(one, start=1):
        following = [far] * width
        for place in range(width):
            column = row + place - edits
            if column == 0:
                following[place] = row
            elif 0 < column <= len(other):
                cost = costs[place] + (character != other[column - 1])
                if place + 1 < width:
                    cost = min(cost, costs[place + 1] + 1)
                if place > 0:
                    cost = min(cost, following[place - 1] + 1)
                following[place] = cost
        if min(following) > edits:
            return False
        costs = following
    return costs[len(other) - len(one) + edits] <= edits
