"""Clients' regular expressions: the same answers as Python's `re`, without its bad moments."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supergame.protocol.pattern import GROUPS_DEEP_MAX, STATES_MAX, STEPS_REMEMBERED_MAX, Pattern, PatternError


@pytest.mark.parametrize(
    ("source", "fits", "fails"),
    [
        ("", [""], ["a"]),
        ("abc", ["abc"], ["ab", "abcd", "Abc"]),
        ("a.c", ["abc", "a*c"], ["a\nc", "ac"]),
        ("ab|cd|", ["ab", "cd", ""], ["abcd"]),
        ("^(ab)+$", ["ab", "abab"], ["", "aba"]),
        ("^a$|^b$", ["a", "b"], ["ab"]),
        ("[a-c_-]*", ["", "abc_-"], ["d"]),
        ("[^a-c]", ["d", "\n"], ["a", ""]),
        ("[]a]+", ["]a]"], ["b"]),
        (r"[\d.]{2,3}", ["1.", "1.5"], ["1", "1.55"]),
        (r"\D\W\S\t\.", ["x-x\t."], ["1-x\t.", "xxx\t.", "x- \t."]),
        (r"\w{2}\s", ["ab ", "_9\n"], ["a ", "ab"]),
        ("x{2,}", ["xx", "xxxxx"], ["x"]),
        ("x{0}y", ["y"], ["xy"]),
        ("x{,2}", ["x{,2}"], ["x"]),
        ("(?i)Straße[a-f]", ["straßeA", "STRAßEf"], ["strassea", "straßeg"]),
        ("(?i)[^a]", ["b"], ["a", "A"]),
        ("a+?b*?c??d{1,2}?", ["ad", "aabbcdd"], ["b"]),
    ],
)
def test_what_fits(source: str, fits: list[str], fails: list[str]) -> None:
    pattern = Pattern(source)
    assert all(pattern.matches(text) for text in fits)
    assert not any(pattern.matches(text) for text in fails)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("a(b", "this parenthesis is never closed (its character 2)"),
        ("a)b", "this parenthesis was never opened"),
        ("[ab", "this bracket is never closed"),
        ("[a-", "this bracket is never closed"),
        ("[z-a]", "the wrong way round"),
        (r"[\d-z]", "from one character to another"),
        ("[[:alpha:]]", "named classes"),
        ("*a", "nothing to repeat"),
        ("a**", "cannot be repeated"),
        ("a*{2}", "cannot be repeated"),
        ("a{3,2}", "second number is smaller"),
        ("a^b", "the whole value is matched"),
        ("(a$)", "the whole value is matched"),
        (r"\1", r"\1 is not known"),
        ("a\\", "is not known"),
        (r"\bx", r"\b is not known"),
        ("(?=a)", "only (?:...)"),
        ("(" * 99 + ")" * 99, f"more than {GROUPS_DEEP_MAX} deep"),
        ("a" * (STATES_MAX + 1), "too large"),
        ("a{9999}", "too large"),
        ("(((a{99}){99}){99}){99}", "too large"),
        ("((((){9999}){9999}){9999}){9999}", "too large"),
    ],
)
def test_what_does_not_parse_is_explained(source: str, sentence: str) -> None:
    with pytest.raises(PatternError, match=re.escape(sentence)):
        Pattern(source)


def test_patterns_are_equal_by_their_source() -> None:
    assert Pattern("a|b") == Pattern("a|b") != Pattern("b|a")
    assert len({Pattern("a"), Pattern("a")}) == 1
    assert repr(Pattern("a")) == "Pattern('a')"


@pytest.mark.parametrize("source", ["(a+)+b", "(a|a)*b", "(a|b)*a(a|b){100}", "(a?){128}a{120}", "(.*)*x"])
def test_no_pattern_makes_a_long_text_slow(source: str) -> None:
    """Each of these costs `re` more than the age of the universe; here a long text takes a moment."""
    pattern, text = Pattern(source), "ab" * 500 + "a" * 1000 + "!"
    started = time.process_time()
    assert not pattern.matches(text)
    assert time.process_time() - started < 2.0


def test_what_is_remembered_is_bounded() -> None:
    pattern = Pattern("(.|x){1,9}.*")
    for code in range(0x4E00, 0x4E00 + 2 * STEPS_REMEMBERED_MAX):
        assert pattern.matches(chr(code))
    assert len(pattern._steps) <= STEPS_REMEMBERED_MAX
    assert len(pattern._masks) <= STEPS_REMEMBERED_MAX


def _repeated(part: str) -> st.SearchStrategy[str]:
    return st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "{0}"]).map(lambda sign: f"(?:{part}){sign}")


SOURCES = st.recursive(
    st.sampled_from(["", "a", "b", ".", "[ab]", "[^a]", r"\d", r"\W", "1", r"\.", "-"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda options: f"({'|'.join(options)})"),
        inner.flatmap(_repeated),
    ),
    max_leaves=6,
)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(SOURCES, st.lists(st.text("ab1.-\n", max_size=7), min_size=1, max_size=8))
def test_finds_what_re_finds(source: str, texts: list[str]) -> None:
    pattern, reference = Pattern(source), re.compile(source, re.ASCII)
    for text in texts:
        assert pattern.matches(text) == (reference.fullmatch(text) is not None)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text("ab(|)[]*+?{}2,^$\\-.:i", max_size=20), st.text("ab2", max_size=5))
def test_arbitrary_text_parses_or_is_refused(source: str, text: str) -> None:
    try:
        pattern = Pattern(source)
    except PatternError:
        return
    assert pattern.matches(text) in (True, False)
