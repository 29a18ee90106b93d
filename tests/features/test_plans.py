"""Queries about friends, groups and chat find their rows by an index, and pages begin where the last one ended."""

from __future__ import annotations

from collections.abc import Callable

import apsw
import pytest

from supergame.features import accounts, chat, friends, groups
from supergame.store import Query, load_migrations, load_queries
from supergame.store.dialect import sqlite_schema

Plan = Callable[[Query], list[str]]
ITEMS = ["a"] * 100  # of a sequence; as many as clients may send


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Says how SQLite would answer a query."""
    connection = apsw.Connection(":memory:")
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)  # as nodes have it
    for feature in (accounts, friends, groups, chat):
        for migration in load_migrations(feature.feature.name, f"{feature.__name__}.migrations").migrations:
            for statement in sqlite_schema(migration.sql):
                connection.execute(statement)

    def steps(query: Query) -> list[str]:
        text, bindings = query.for_sqlite({name: ITEMS if name in query.sequences else 1 for name in query.names})
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", bindings)]

    return steps


@pytest.mark.parametrize(
    "query",
    [query for feature in (friends, groups, chat) for query in load_queries(feature.__name__)],
    ids=lambda query: query.name,
)
def test_no_query_reads_a_whole_table(plan, query):
    assert [step for step in plan(query) if step.startswith("SCAN") and step != "SCAN CONSTANT ROW"] == []


@pytest.mark.parametrize(
    ("feature", "name", "place"),
    [
        (friends, "page", "(state,updated_us,other_id)>"),
        (friends, "page_of_state", "(updated_us,other_id)>"),
        (groups, "search", "(search_name,id)>"),
        (groups, "page_of_group", "(state,since_us,user_id)>"),
        (groups, "page_of_user", "(state,since_us,group_id)>"),
    ],
)
def test_a_page_begins_where_the_last_one_ended(plan, feature, name, place):
    steps = plan(getattr(load_queries(feature.__name__), name))
    assert place in steps[0]
    assert not any("ORDER BY" in step for step in steps)


@pytest.mark.parametrize(
    ("feature", "name", "key"),
    [(friends, "states", "(user_id=? AND other_id=?)"), (groups, "find_states", "(group_id=? AND user_id=?)")],
)
def test_some_are_found_without_reading_all(plan, feature, name, key):
    (step,) = plan(getattr(load_queries(feature.__name__), name))
    assert key in step
