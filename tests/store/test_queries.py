"""Named queries: how files are read, and what each database is sent."""

from __future__ import annotations

import re
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supergame.store import BadSql, Query, load_queries
from supergame.store.queries import SEQUENCE_ITEMS_MAX, parse_queries


def test_a_file_of_queries_becomes_attributes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "some_feature"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "queries.sql").write_text(
        "-- What this feature asks.\n\n"
        "-- name: find_user\n-- Who logs in;\n-- one row, by key.\nSELECT id FROM users WHERE id = :id;\n\n"
        "-- name: forget\nDELETE FROM users WHERE id = :id -- all of them\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    queries = load_queries("some_feature")
    assert [query.name for query in queries] == ["find_user", "forget"]
    assert len(queries) == 2
    assert queries.find_user.why == "Who logs in; one row, by key."
    assert queries.find_user.text == "SELECT id FROM users WHERE id = :id"
    assert queries.find_user.writes is False
    assert queries.forget.writes is True
    assert repr(queries.forget) == "<Query forget>"
    with pytest.raises(
        AttributeError, match=r"some_feature/queries.sql has no query find_users; did you mean find_user\?"
    ):
        _ = queries.find_users


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("-- name: a\nSELECT 1\n-- name: a\nSELECT 2", "two queries called a"),
        ("-- name: a b\nSELECT 1", "'a b' cannot be the name"),
        ("-- name: _a\nSELECT 1", "'_a' cannot be the name"),
        ("SELECT 1\n-- name: a\nSELECT 1", "'SELECT 1' stands before the first"),
        ("-- name: a\n-- nothing", "a: a query is one statement, here are 0"),
        ("-- name: a\nSELECT 1; SELECT 2", "a: a query is one statement, here are 2"),
        ("-- name: a\nSELECT 'x", "a: ' is opened and never closed"),
        ("-- name: a\nSELECT (:ids*)", "after IN or NOT IN"),
        ("-- name: a\nSELECT 1 WHERE 1 IN (:x*) AND 2 = :x", ":x is used both"),
    ],
)
def test_a_bad_file_is_refused_with_its_name(content: str, why: str) -> None:
    with pytest.raises(BadSql, match=r"^shop\.sql: .*" + re.escape(why)):
        parse_queries(content, "shop.sql")


def test_parameters_are_numbered_for_postgres() -> None:
    query = Query("q", "SELECT :a, x::text, ':a', \":a\" /* :c */ FROM t WHERE b = :b AND a = :a -- :d")
    assert query.names == {"a", "b"}
    assert query.postgres_text == "SELECT $1, x::text, ':a', \":a\"   FROM t WHERE b = $2 AND a = $1"
    assert query.for_postgres({"b": 2, "a": 1}) == (query.postgres_text, [1, 2])
    assert query.for_sqlite({"b": 2, "a": 1})[1] == {"b": 2, "a": 1}


def test_sequences_become_arrays_for_postgres_and_variables_for_sqlite() -> None:
    query = Query("q", "SELECT 1 FROM t WHERE a in ( :ids* ) AND b NOT  IN (:ids*) AND c = :c")
    assert query.sequences == {"ids"}
    assert query.postgres_text == "SELECT 1 FROM t WHERE a = ANY($1) AND b <> ALL($1) AND c = $2"
    assert query.for_postgres({"ids": {7}, "c": 1})[1] == [[7], 1]
    text, bindings = query.for_sqlite({"ids": [7, 8, 9], "c": 1})
    assert text.count("(:ids__0, :ids__1, :ids__2, :ids__3)") == 2
    assert bindings == {"c": 1, "ids__0": 7, "ids__1": 8, "ids__2": 9, "ids__3": 9}
    assert "a in ()" in query.for_sqlite({"ids": [], "c": 1})[0]


def test_lengths_share_texts() -> None:
    query = Query("q", "SELECT 1 WHERE 1 IN (:x*)")
    assert len({query.for_sqlite({"x": range(length)})[0] for length in range(1000)}) == 12


def test_what_is_no_sequence_is_refused() -> None:
    query = Query("q", "SELECT 1 WHERE 1 IN (:x*)")
    for compiled in (query.for_sqlite, query.for_postgres):
        with pytest.raises(TypeError, match="x is a sequence, not str"):
            compiled({"x": "abc"})
        with pytest.raises(ValueError, match="at most 10000"):
            compiled({"x": range(SEQUENCE_ITEMS_MAX + 1)})
        with pytest.raises(TypeError, match="missing x; unknown y"):
            compiled({"y": [1]})


PIECES = st.sampled_from(["'a :no'", "' :no '' '", "1", "/* :no ' */ 2", "-- :no\n 3", ":p", ":q", "'--'", "'/*'"])


@given(st.lists(PIECES, min_size=1, max_size=8))
def test_sqlite_finds_the_same_parameters(pieces: list[str]) -> None:
    """SQLite's own parser is the judge, and the numbered text gives the same row."""
    sql = "SELECT " + ", ".join(pieces)
    query = Query("q", sql)
    parameters = {name: f"value of {name}" for name in query.names}
    connection = apsw.Connection(":memory:")
    expected = connection.execute(sql, parameters).fetchall()
    assert connection.execute(*query.for_sqlite(parameters)).fetchall() == expected
    text, arguments = query.for_postgres(parameters)
    assert connection.execute(re.sub(r"\$(\d)", r"?\1", text), arguments).fetchall() == expected
    assert ":no" not in query.names
