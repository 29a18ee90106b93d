"""The query language as text: what parses to what, what is refused and how that is said."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supergame.core.errors import BadInput
from supergame.protocol.pattern import Pattern
from supergame.protocol.query import (
    BOOST_MAX,
    CLAUSES_MAX,
    QUERY_BYTES_MAX,
    REGEXES_MAX,
    WILDCARDS_MAX,
    escape,
    parse,
    quote,
)
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

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("", []),
        ("  \n", []),
        ("*", [Clause("should", None, Anything())]),
        ("+a.b:c", [Clause("must", "a.b", Exactly("c"))]),
        ("-a:c d", [Clause("must_not", "a", Exactly("c")), Clause("should", None, Exactly("d"))]),
        ('a:"x y" "z"', [Clause("should", "a", Exactly("x y")), Clause("should", None, Exactly("z"))]),
        (r'a:"say \"hi\" \\ \d"', [Clause("should", "a", Exactly(r'say "hi" \ \d'))]),
        ("a:5 a:-5 a:2.5 a:1e3", [Clause("should", "a", Number(text)) for text in ("5", "-5", "2.5", "1e3")]),
        ("5 -5", [Clause("should", None, Number("5")), Clause("must_not", None, Number("5"))]),
        (r"a:\5", [Clause("should", "a", Exactly(r"\5"))]),
        ("a:-x", [Clause("should", "a", Exactly("-x"))]),
        ("a:>5 b:>=-5 c:<5.5 d:<=0", [
            Clause("should", "a", Range(">", 5.0)),
            Clause("should", "b", Range(">=", -5.0)),
            Clause("should", "c", Range("<", 5.5)),
            Clause("should", "d", Range("<=", 0.0)),
        ]),
        ('a:>="2026-01-01T00:00:00Z"', [Clause("should", "a", Range(">=", NEW_YEAR))]),
        ("a:x*y? b:* *", [
            Clause("should", "a", Wildcard("x*y?")),
            Clause("should", "b", Anything()),
            Clause("should", None, Anything()),
        ]),
        (r"a:x\*y b:x\*y* c:\n*", [
            Clause("should", "a", Exactly("x*y")),
            Clause("should", "b", Wildcard(r"x\*y*")),
            Clause("should", "c", Wildcard(r"\\n*")),
        ]),
        (r"a:/x[^:~]+\d\/\ y/^2 /b/", [
            Clause("should", "a", Regex(Pattern(r"x[^:~]+\d/ y")), 2.0),
            Clause("should", None, Regex(Pattern("b"))),
        ]),
        ("a:/x b:/usr/bin/y", [Clause("should", "a", Exactly("/x")), Clause("should", "b", Exactly("/usr/bin/y"))]),
        ("a:/usr/bin/", [Clause("should", "a", Regex(Pattern("usr/bin")))]),
        ("a:x~ b:x~2 c:x*~1^3", [
            Clause("should", "a", Fuzzy("x", 1)),
            Clause("should", "b", Fuzzy("x", 2)),
            Clause("should", "c", Fuzzy("x*", 1), 3.0),
        ]),
        ("a:x^2 b:5^0.5 c:y^ d:z^-1", [
            Clause("should", "a", Exactly("x"), 2.0),
            Clause("should", "b", Number("5"), 0.5),
            Clause("should", "c", Exactly("y")),
            Clause("should", "d", Exactly("z"), -1.0),
        ]),
        (r"my\ field\:x:some\ value", [Clause("should", "my field:x", Exactly("some value"))]),
        ("+ a : x", [Clause("must", "a", Exactly("x"))]),
        ('a:"x""y"', [Clause("should", "a", Exactly("x")), Clause("should", None, Exactly("y"))]),
    ],
)  # fmt: skip
def test_what_parses_to_what(text: str, clauses: list[Clause]) -> None:
    assert parse(text) == QueryTree(clauses)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:", "at character 3: a value is missing at the end."),
        ("+", "at character 2: a value is missing at the end."),
        ("a:b:c", "at character 4: a value's colon has to be written \\: or the value quoted."),
        (":x", "at character 1: a field or a value should stand before :; as part of one write \\:."),
        ("~1", "should stand before ~"),
        ('+a:"x', "at character 4: this quotation mark is never closed."),
        ("a:x~3", "at character 5: after ~ stands a number from 1 to 2, or nothing."),
        ("a:x~0", "after ~ stands"),
        ("a:x~1y", "after ~ stands"),
        ("a:x^much", "at character 5: a boost is a number up to 1,000,000, as in ^2.5."),
        ("a:x^1e999", "a boost is a number"),
        ("a:x^1000001", "a boost is a number up to 1,000,000"),
        ("a:>x", "at character 4: a number or a quoted date has to follow"),
        ('a:>"x"', "a number or a quoted date has to follow"),
        ("a:>", "a number or a quoted date has to follow"),
        ("a:=5", "= only stands right after a field's colon"),
        (">5", "> only stands right after a field's colon"),
        ("a:/(/", "at character 3: the regular expression is not understood: this parenthesis is never closed"),
        ("x \\", "at character 3: there is nothing after the backslash."),
        ("a " * (CLAUSES_MAX + 1), f"there are more than {CLAUSES_MAX} clauses."),
        ("/a/ " * (REGEXES_MAX + 1), f"there are more than {REGEXES_MAX} regular expressions."),
        ("a* b~ " * (WILDCARDS_MAX // 2) + "c?", f"there are more than {WILDCARDS_MAX} values with * or ? or ~."),
        ("ö" * (QUERY_BYTES_MAX // 2 + 1), f"The query is longer than {QUERY_BYTES_MAX} bytes."),
    ],
)
def test_what_does_not_parse_is_explained(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=re.escape(message)):
        parse(text)


def test_limits_are_reached_exactly() -> None:
    assert len(parse("a " * CLAUSES_MAX).clauses) == CLAUSES_MAX
    assert len(parse("/a/ " * REGEXES_MAX).clauses) == REGEXES_MAX
    assert len(parse("a* b~ " * (WILDCARDS_MAX // 2)).clauses) == WILDCARDS_MAX
    assert len(parse("ö" * (QUERY_BYTES_MAX // 2)).clauses) == 1


def test_trees_are_values() -> None:
    assert len({parse("a:b  +c"), parse("a:b +c")}) == 1
    assert parse("a") != parse("b")
    assert repr(parse("")) == "QueryTree(())"


TEXTS = st.text(st.sampled_from('ab Tx5.,:^~*?\\/"+-=<>\n\u00e4') | st.characters(codec="utf-8"), max_size=6)
NUMBERS = st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False)
PATTERNS = st.sampled_from(["", "a+", "a b", r"\d/x", "[^:~]"]).map(Pattern)
TESTS = st.one_of(
    st.just(Anything()),
    TEXTS.map(Exactly),
    NUMBERS.filter(lambda number: number >= 0).map(lambda number: Number(repr(number))),
    TEXTS.map(lambda text: Wildcard(re.sub(r"[*?\\]", r"\\\g<0>", text) + "*?")),
    PATTERNS.map(Regex),
    st.builds(Fuzzy, TEXTS.filter(bool), st.integers(1, 2)),
)
OCCURS: st.SearchStrategy[Occur] = st.sampled_from(["must", "should", "must_not"])
BOOSTS = st.just(1.0) | st.floats(-BOOST_MAX, BOOST_MAX)
CLAUSES = st.builds(Clause, OCCURS, st.none() | TEXTS.filter(bool), TESTS, BOOSTS) | st.builds(
    Clause,
    OCCURS,
    TEXTS.filter(bool),
    st.builds(
        Range, st.sampled_from([">", ">=", "<", "<="]), NUMBERS.map(float) | st.datetimes(timezones=st.just(UTC))
    ),
    BOOSTS,
)


def render_test(test: Test) -> str:
    match test:
        case Anything():
            return "*"
        case Exactly(text):
            return quote(text)
        case Number(text):
            return text
        case Wildcard(glob):
            return re.sub(
                r"\\(.)|([*?])|([^*?\\]+)", lambda part: part[2] or escape(part[1] or part[3]), glob, flags=re.DOTALL
            )
        case Regex(pattern):
            return "/" + re.sub(r"[\s/]", r"\\\g<0>", pattern.source) + "/"
        case Fuzzy(text, edits):
            return f"{escape(text)}~{edits}"
        case Range(operator, datetime() as moment):
            return f'{operator}"{moment.isoformat()}"'
        case Range(operator, bound):
            return f"{operator}{bound!r}"


def render(clause: Clause) -> str:
    sign = {"must": "+", "should": "", "must_not": "-"}[clause.occur]
    field = "" if clause.field is None else escape(clause.field) + ":"
    return f"{sign}{field}{render_test(clause.test)}^{clause.boost!r}"


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(CLAUSES, max_size=5))
def test_a_tree_written_out_parses_to_itself(clauses: list[Clause]) -> None:
    assert parse(" ".join(map(render, clauses))) == QueryTree(clauses)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.text(st.sampled_from('ab5 :+-*?^~/\\"<>=.(){}\n') | st.characters(), max_size=40))
def test_arbitrary_text_parses_or_is_bad_input(text: str) -> None:
    try:
        tree = parse(text)
    except BadInput:
        return
    document = {"a": "b", "b": ["5", 5.0, NEW_YEAR]}
    assert tree.matches(document) == (tree.rank(document) is not None)
