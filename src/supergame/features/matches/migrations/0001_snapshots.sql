CREATE TABLE matches_snapshot (
    match_id TEXT NOT NULL PRIMARY KEY,
    handler TEXT NOT NULL,
    node TEXT NOT NULL,
    label TEXT NOT NULL,
    tick BIGINT NOT NULL,
    seats TEXT NOT NULL,
    state BYTEA NOT NULL,
    saved_us BIGINT NOT NULL
);
CREATE INDEX matches_snapshot_node ON matches_snapshot (node);
