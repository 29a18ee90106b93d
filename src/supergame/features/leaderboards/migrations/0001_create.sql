-- What game code has made. `due_us` is the end of the period that runs, or of one whose end was not told yet.
CREATE TABLE leaderboards_board (
    id TEXT NOT NULL PRIMARY KEY,
    sort TEXT NOT NULL,
    operator TEXT NOT NULL,
    reset TEXT NOT NULL,
    authoritative BIGINT NOT NULL,
    ranked BIGINT NOT NULL,
    metadata TEXT NOT NULL,
    create_us BIGINT NOT NULL,
    due_us BIGINT NOT NULL
);
-- One row per owner and period; `expiry_us` is the end of the period, 0 where there are none. The key serves
-- reading by owner and deleting all of an owner. `order_score` and `order_subscore` are the scores, their bits
-- turned around where more is better: ascending order is always from first to last.
CREATE TABLE leaderboards_record (
    owner_id TEXT NOT NULL,
    leaderboard_id TEXT NOT NULL,
    expiry_us BIGINT NOT NULL,
    username TEXT,
    score BIGINT NOT NULL,
    subscore BIGINT NOT NULL,
    num_score BIGINT NOT NULL,
    metadata TEXT NOT NULL,
    create_us BIGINT NOT NULL,
    update_us BIGINT NOT NULL,
    order_score BIGINT NOT NULL,
    order_subscore BIGINT NOT NULL,
    PRIMARY KEY (owner_id, leaderboard_id, expiry_us)
);
CREATE INDEX leaderboards_record_order ON leaderboards_record
    (leaderboard_id, expiry_us, order_score, order_subscore, update_us, owner_id);
