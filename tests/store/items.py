"""A table and its queries, for the store's tests."""

from __future__ import annotations

import msgspec

from supergame.store import MigrationSet
from supergame.store.queries import parse_queries

ITEMS = MigrationSet(
    "items",
    [
        (
            1,
            "items",
            """
            CREATE TABLE items (
                id TEXT NOT NULL PRIMARY KEY,
                n BIGINT NOT NULL CHECK (n <> -13),
                note TEXT,
                data BYTEA,
                weight DOUBLE PRECISION NOT NULL DEFAULT 0
            );
            CREATE INDEX items_note ON items (note, id); -- what `after` reads
            """,
        )
    ],
)

q = parse_queries(
    """
-- name: add
INSERT INTO items (id, n) VALUES (:id, :n)
-- name: add_unless_there
INSERT INTO items (id, n) VALUES (:id, :n) ON CONFLICT (id) DO NOTHING
-- name: add_returning
INSERT INTO items (id, n) VALUES (:id, :n) RETURNING id, n
-- name: put
INSERT INTO items (id, n) VALUES (:id, :n) ON CONFLICT (id) DO UPDATE SET n = excluded.n
-- name: put_all
INSERT INTO items (id, n, note, data, weight) VALUES (:id, :n, :note, :data, :weight)
-- name: get_all
SELECT id, n, note, data, weight FROM items WHERE id = :id
-- name: get
SELECT id, n FROM items WHERE id = :id
-- name: get_many
SELECT id, n FROM items WHERE id IN (:ids*) ORDER BY id
-- name: get_others
SELECT id, n FROM items WHERE id NOT IN (:ids*) AND n >= :least ORDER BY id
-- name: ids
SELECT id FROM items ORDER BY id
-- name: like
SELECT id FROM items WHERE id LIKE :pattern ORDER BY id
-- name: after
SELECT id FROM items WHERE CAST(:cursor AS TEXT) IS NULL OR id > :cursor ORDER BY id LIMIT :limit
-- name: bump
UPDATE items SET n = n + :by WHERE id = :id
-- name: drop
DELETE FROM items WHERE n >= :least
-- name: count
SELECT count(*) FROM items
-- name: endless
-- More steps than any budget allows, over no table at all.
WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < :steps) SELECT max(x) FROM c
-- name: fill
-- The same, writing.
INSERT INTO items (id, n)
WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < :steps)
SELECT :prefix || CAST(x AS TEXT), 0 FROM c
""",
    "items.sql",
)


class Item(msgspec.Struct):
    id: str
    n: int


class WholeItem(msgspec.Struct):
    id: str
    n: int
    note: str | None
    data: bytes | None
    weight: float


def count(n: int) -> int:
    """A row of one number is that number."""
    return n


def text(value: str) -> str:
    """A row of one text is that text."""
    return value
