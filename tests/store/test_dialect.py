"""SQL is cut into tokens, and one schema becomes two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supergame.store import dialect
from supergame.store.dialect import BadSql

HARMLESS = st.sampled_from(
    [
        "'it''s :x; -- no'",
        '"a:b""c"',
        "-- a 'comment' :x;\n",
        "/* :x; ' */",
        "::",
        ":id",
        "(:ids*)",
        "x",
        " ",
        "\n",
        "5",
    ]
)


@given(st.lists(HARMLESS).map("".join))
def test_tokens_join_to_the_text_again(sql: str) -> None:
    assert "".join(token.text for token in dialect.tokens(sql)) == sql


@given(st.text(alphabet="'\"-/*:;() ab1\n"))
def test_any_text_is_cut_or_refused(sql: str) -> None:
    try:
        cut = [token.text for token in dialect.tokens(sql)]
    except BadSql:
        cut = [sql]
    assert "".join(cut) == sql


def test_statements_are_split_where_they_end() -> None:
    script = "SELECT ';'; -- one; two\n ; SELECT /* ; */ 2;\n"
    assert [dialect.text(statement) for statement in dialect.statements(script)] == ["SELECT ';'", "SELECT   2"]


SCHEMA = """
CREATE TABLE scores (
    owner TEXT NOT NULL DEFAULT 'a TEXT; of BIGINT', -- BYTEA
    best BIGINT NOT NULL,
    data BYTEA,
    weight DOUBLE PRECISION,
    note TEXT DEFAULT CAST(1 AS TEXT)
);
CREATE INDEX scores_best ON scores (best, owner);
ALTER TABLE scores ADD COLUMN more TEXT;
"""


def test_sqlite_gets_its_own_types_and_strict_tables() -> None:
    table, index, column = dialect.sqlite_schema(SCHEMA)
    assert "best INTEGER NOT NULL" in table
    assert "data BLOB" in table
    assert "weight REAL" in table
    assert "'a TEXT; of BIGINT'" in table
    assert table.endswith(") STRICT")
    assert index == "CREATE INDEX scores_best ON scores (best, owner)"
    assert column == "ALTER TABLE scores ADD COLUMN more TEXT"


def test_postgres_gets_text_that_sorts_by_its_bytes() -> None:
    table, index, column = dialect.postgres_schema(SCHEMA)
    assert """owner TEXT COLLATE "C" NOT NULL DEFAULT 'a TEXT; of BIGINT'""" in table
    assert "CAST(1 AS TEXT)" in table
    assert "BYTEA" in table
    assert index == "CREATE INDEX scores_best ON scores (best, owner)"
    assert column == 'ALTER TABLE scores ADD COLUMN more TEXT COLLATE "C"'


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("CREATE TABLE a (b INTEGER)", "not INTEGER"),
        ("CREATE TABLE a (b JSONB)", "not JSONB"),
        ("CREATE TABLE a (b TEXT DEFAULT 1::text)", "CAST"),
        ("CREATE TABLE a (b BIGINT REFERENCES c (d) DEFERRABLE)", "DEFERRABLE"),
        ("DELETE FROM a WHERE b = :b", "takes no parameters"),
        ("CREATE TABLE a (b TEXT DEFAULT 'x)", "never closed"),
    ],
)
def test_what_the_two_do_not_share_is_refused(sql: str, why: str) -> None:
    with pytest.raises(BadSql, match=why):
        dialect.check_schema(sql)
