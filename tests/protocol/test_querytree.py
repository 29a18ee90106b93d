"""What a query finds, and how much it counts: the compiled closures against a plain reading of the rules."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supergame.protocol.document import Document, Value, flatten
from supergame.protocol.pattern import Pattern
from supergame.protocol.query import parse
from supergame.protocol.querytree import (
    PATTERN_WORK,
    Anything,
    Clause,
    Exactly,
    Fuzzy,
    Number,
    QueryTree,
    Range,
    Regex,
    Test,
    Wildcard,
    within_edits,
)

RACE = flatten(
    {
        "mode": "race",
        "skill": 12,
        "build": "7",
        "open": True,
        "maps": ["ice cave", "fire"],
        "host": {"region": "eu-west"},
        "starts": "2026-01-31T12:00:00Z",
    }
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "mode:race",
        "+mode:race -mode:duel",
        "-mode:duel",
        "mode:duel skill:12",
        "skill:12",
        "skill:12.0",
        "build:7",
        'build:"7"',
        "open:T",
        "maps:fire",
        'maps:"ice cave"',
        r"maps:ice\ cave",
        "host.region:eu*",
        "host.region:?u-*t",
        "host.region:*",
        "host.region:/eu-(west|north)/",
        "mode:rice~",
        "mode:rack~2",
        "skill:>11 +skill:<=12",
        "+skill:>=12 -skill:>12",
        'starts:>"2026-01-31" +starts:<"2026-02-01T00:00:00+01:00"',
        'starts:"2026-01-31T12:00:00Z"',
        "race",
        "12",
        "fir?",
        "+race +fire +12",
        "skill:*",
        "+mode:race nothing",
    ],
)
def test_finds(text: str) -> None:
    assert parse(text).matches(RACE)


@pytest.mark.parametrize(
    "text",
    [
        "mode:Race",
        "mode:rac",
        "mode:race* +mode:r",
        "-mode:race",
        "-*",
        "+mode:duel mode:race",
        "mode:duel mode:hunt",
        'skill:"12"',
        "skill:1*",
        "skill:/.*/",
        "skill:12~",
        "build:>5",
        "mode:>5",
        'mode:<"2026-01-01"',
        "skill:>12",
        "open:true",
        "open:1",
        "maps:cave",
        "host:eu-west",
        "gone:*",
        "gone:>=0",
        "mode:ra~",
        "duel",
        "maps:*cave*fire*",
    ],
)
def test_does_not_find(text: str) -> None:
    assert not parse(text).matches(RACE)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("", 1.0),
        ("*", 1.0),
        ("-mode:duel", 1.0),
        ("mode:race^3", 3.0),
        ("mode:race^3 skill:12 mode:duel^9", 4.0),
        ("+mode:race^2 +skill:12 open:T^0.5 open:F", 3.5),
        ("+mode:race open:F", 1.0),
        ("mode:race^-2", -2.0),
        ("mode:duel^5", 0.0),
        ("-mode:race mode:race^5", 0.0),
    ],
)
def test_the_score_is_the_sum_of_what_fits(text: str, score: float) -> None:
    assert parse(text).score(RACE) == score


def test_a_tree_says_what_every_hit_must_have_and_score() -> None:
    """This is what an index starts from."""
    assert [clause.field for clause in parse("+a:1 b:2 +c:3").required] == ["a", "c"]
    assert [clause.field for clause in parse("b:2 -c:3").required] == ["b"]
    assert parse("a b").required == ()
    assert parse("+a^2 -b").fixed_score == 2.0
    assert parse("+a b").fixed_score is None


def test_patterns_count_for_many_plain_clauses() -> None:
    assert [parse(text).work for text in ("", "*", "+a:b -c:>5", "a:b* c:/d/ e:f~ g:h")] == [
        0,
        1,
        2,
        3 * PATTERN_WORK + 1,
    ]


def test_no_wildcard_makes_a_long_text_slow() -> None:
    tree = parse("a:" + "*a" * 60 + "*b")
    started = time.process_time()
    assert not tree.matches({"a": "a" * 5_000})
    assert time.process_time() - started < 1.0


def distance(one: str, other: str) -> int:
    """Levenshtein's distance, by its definition."""
    if not one or not other:
        return len(one) + len(other)
    changed = distance(one[1:], other[1:]) + (one[0] != other[0])
    return min(changed, distance(one[1:], other) + 1, distance(one, other[1:]) + 1)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.text("ab", max_size=5), st.text("ab", max_size=5))
def test_edits_are_counted_as_defined(one: str, other: str) -> None:
    assert [within_edits(one, other, edits) for edits in (1, 2)] == [distance(one, other) <= n for n in (1, 2)]


def fits_value(test: Test, value: Value) -> bool:
    match test:
        case Anything():
            return True
        case Exactly(text):
            return value == text
        case Number(text):
            return value == float(text) or value == text
        case Wildcard(glob):
            parts = re.sub(r"(\\.)|(\*)|(\?)", lambda part: part[1] or (".*" if part[2] else "."), glob)
            return isinstance(value, str) and re.fullmatch(parts, value, re.DOTALL) is not None
        case Regex(pattern):
            return isinstance(value, str) and re.fullmatch(pattern.source, value) is not None
        case Fuzzy(text, edits):
            return isinstance(value, str) and distance(text, value) <= edits
        case Range(operator, bound):
            return (
                not isinstance(value, str)
                and isinstance(value, datetime) == isinstance(bound, datetime)
                and {">": value > bound, ">=": value >= bound, "<": value < bound, "<=": value <= bound}[operator]  # type: ignore[operator]
            )


def fits(clause: Clause, document: Document) -> bool:
    if clause.field is None and clause.test == Anything():
        return True
    fields = document if clause.field is None else {clause.field} & document.keys()
    values = [document[field] for field in fields]
    return any(
        fits_value(clause.test, one) for value in values for one in (value if isinstance(value, list) else [value])
    )


def reference_rank(clauses: list[Clause], document: Document) -> float | None:
    """The rules as the module's text states them."""
    fitting = {"must": [], "should": [], "must_not": []}  # type: dict[str, list[tuple[bool, float]]]
    for clause in clauses:
        fitting[clause.occur].append((fits(clause, document), clause.boost))
    musts, shoulds, nots = fitting.values()
    if not all(fit for fit, _ in musts) or any(fit for fit, _ in nots):
        return None
    if shoulds and not musts and not any(fit for fit, _ in shoulds):
        return None
    return sum(boost for fit, boost in musts + shoulds if fit) if musts or shoulds else 1.0


DAYS = st.integers(0, 2).map(lambda days: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days))
WORDS = st.sampled_from(["", "a", "b", "ab", "ba", "abb", "1", "2", "a*"])
VALUES: st.SearchStrategy[Value] = WORDS | st.integers(0, 3).map(float) | DAYS
DOCUMENTS = st.dictionaries(st.sampled_from("xyz"), VALUES | st.lists(VALUES, min_size=2, max_size=3))
TESTS = st.one_of(
    st.just(Anything()),
    WORDS.map(Exactly),
    st.sampled_from(["1", "2", "2.0"]).map(Number),
    st.sampled_from(["a*", "*b", "a*b", "?", "*a*b*", "a?b*", "b?", r"a\*", r"*\*"]).map(Wildcard),
    st.sampled_from(["a+b?", "[^a]*", ".(a|b)+", "1|2"]).map(lambda source: Regex(Pattern(source))),
    st.builds(Fuzzy, WORDS, st.integers(1, 2)),
    st.builds(Range, st.sampled_from([">", ">=", "<", "<="]), st.integers(0, 3).map(float) | DAYS),
)
CLAUSES = st.builds(
    Clause,
    st.sampled_from(["must", "should", "should", "must_not"]),
    st.none() | st.sampled_from("xyz"),
    TESTS,
    st.sampled_from([1.0, 2.0, 0.5]),
)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(st.lists(CLAUSES, max_size=4), st.lists(DOCUMENTS, min_size=1, max_size=4))
def test_closures_agree_with_the_plain_rules(clauses: list[Clause], documents: list[Document]) -> None:
    tree = QueryTree(clauses)
    for document in documents:
        expected = reference_rank(clauses, document)
        assert tree.rank(document) == expected
        assert tree.matches(document) == (expected is not None)
        assert tree.score(document) == (expected or 0.0)
        if expected is not None:
            assert tree.fixed_score in (None, expected)
            assert all(fits(clause, document) for clause in tree.required)
