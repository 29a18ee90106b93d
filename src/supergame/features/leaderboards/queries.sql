-- name: add_board
-- A new leaderboard. No row is touched where there is one of that id.
INSERT INTO leaderboards_board
    (id, sort, operator, reset, authoritative, ranked, metadata, create_us, due_us)
VALUES (:id, :sort, :operator, :reset, :authoritative, :ranked, :metadata, :create_us, :due_us)
ON CONFLICT (id) DO NOTHING;

-- name: change_board
-- Game code makes a leaderboard again, with other rules; its order stays.
UPDATE leaderboards_board SET
    operator = :operator,
    reset = :reset,
    authoritative = :authoritative,
    ranked = :ranked,
    metadata = :metadata,
    due_us = :due_us
WHERE id = :id;

-- name: stop_ranking
-- Ranks are given no more.
UPDATE leaderboards_board SET ranked = 0 WHERE id = :id;

-- name: find_board
-- One leaderboard, by primary key.
SELECT id, sort, operator, reset, authoritative, ranked, metadata, create_us, due_us
FROM leaderboards_board
WHERE id = :id;

-- name: list_boards
-- Leaderboards by id, along the primary key.
SELECT id, sort, operator, reset, authoritative, ranked, metadata, create_us, due_us
FROM leaderboards_board
WHERE id > :after
ORDER BY id
LIMIT :limit;

-- name: list_resetting
-- All leaderboards whose periods end: once, at the start.
SELECT id, sort, operator, reset, authoritative, ranked, metadata, create_us, due_us
FROM leaderboards_board
WHERE due_us > 0;

-- name: begin_period
-- Whoever moves the end of the period is the one who tells of it. No row is touched where another node was faster.
UPDATE leaderboards_board SET due_us = :next_us WHERE id = :id AND due_us = :due_us;

-- name: remove_board
-- The leaderboard itself.
DELETE FROM leaderboards_board WHERE id = :id;

-- name: remove_records
-- Some of a leaderboard's records, along the index; called until none is left, so that no transaction is long.
DELETE FROM leaderboards_record WHERE (owner_id, leaderboard_id, expiry_us) IN (
    SELECT owner_id, leaderboard_id, expiry_us FROM leaderboards_record WHERE leaderboard_id = :id LIMIT :limit
);

-- name: find_record
-- One owner's record of one period, by primary key.
SELECT leaderboard_id, owner_id, username, score, subscore, num_score, metadata, create_us, update_us, expiry_us
FROM leaderboards_record
WHERE owner_id = :owner_id AND leaderboard_id = :id AND expiry_us = :expiry_us;

-- name: find_records
-- Several owners' records of one period, by primary key.
SELECT leaderboard_id, owner_id, username, score, subscore, num_score, metadata, create_us, update_us, expiry_us
FROM leaderboards_record
WHERE owner_id IN (:owner_ids*) AND leaderboard_id = :id AND expiry_us = :expiry_us;

-- name: put_record
-- The whole new state of a record. No row is touched where the leaderboard or the owner was deleted meanwhile.
INSERT INTO leaderboards_record
    (owner_id, leaderboard_id, expiry_us, username, score, subscore, num_score, metadata, create_us, update_us,
    order_score, order_subscore)
SELECT
    CAST(:owner_id AS TEXT), id, CAST(:expiry_us AS BIGINT), CAST(:username AS TEXT), CAST(:score AS BIGINT),
    CAST(:subscore AS BIGINT), CAST(:num_score AS BIGINT), CAST(:metadata AS TEXT), CAST(:create_us AS BIGINT),
    CAST(:update_us AS BIGINT), CAST(:order_score AS BIGINT), CAST(:order_subscore AS BIGINT)
FROM leaderboards_board
WHERE id = :id AND NOT EXISTS (SELECT 1 FROM accounts_tombstone WHERE user_id = :owner_id)
ON CONFLICT (owner_id, leaderboard_id, expiry_us) DO UPDATE SET
    username = excluded.username,
    score = excluded.score,
    subscore = excluded.subscore,
    num_score = excluded.num_score,
    metadata = excluded.metadata,
    create_us = excluded.create_us,
    update_us = excluded.update_us,
    order_score = excluded.order_score,
    order_subscore = excluded.order_subscore;

-- name: remove_record
-- One owner's record of one period.
DELETE FROM leaderboards_record
WHERE owner_id = :owner_id AND leaderboard_id = :id AND expiry_us = :expiry_us;

-- name: list_after
-- A page of a period after a place, along the index.
SELECT leaderboard_id, owner_id, username, score, subscore, num_score, metadata, create_us, update_us, expiry_us
FROM leaderboards_record
WHERE leaderboard_id = :id AND expiry_us = :expiry_us
    AND (order_score, order_subscore, update_us, owner_id) > (:score, :subscore, :update_us, :owner_id)
ORDER BY order_score, order_subscore, update_us, owner_id
LIMIT :limit;

-- name: list_before
-- A page of a period before a place, backwards along the index.
SELECT leaderboard_id, owner_id, username, score, subscore, num_score, metadata, create_us, update_us, expiry_us
FROM leaderboards_record
WHERE leaderboard_id = :id AND expiry_us = :expiry_us
    AND (order_score, order_subscore, update_us, owner_id) < (:score, :subscore, :update_us, :owner_id)
ORDER BY order_score DESC, order_subscore DESC, update_us DESC, owner_id DESC
LIMIT :limit;

-- name: list_places
-- What ranks are made of, page by page: from the index alone.
SELECT order_score, order_subscore, update_us, owner_id
FROM leaderboards_record
WHERE leaderboard_id = :id AND expiry_us = :expiry_us
    AND (order_score, order_subscore, update_us, owner_id) > (:score, :subscore, :update_us, :owner_id)
ORDER BY order_score, order_subscore, update_us, owner_id
LIMIT :limit;

-- name: list_of_owner
-- Where a player has records, along the primary key, when the account is deleted.
SELECT leaderboard_id, expiry_us, order_score, order_subscore, update_us
FROM leaderboards_record
WHERE owner_id = :owner_id;

-- name: list_records_of_owner
-- A player's records themselves, for the archive.
SELECT leaderboard_id, owner_id, username, score, subscore, num_score, metadata, create_us, update_us, expiry_us
FROM leaderboards_record
WHERE owner_id = :owner_id
ORDER BY leaderboard_id, expiry_us;

-- name: list_to_merge
-- The records of an account that is given up, and the rules by which they are merged with another's.
SELECT b.operator, b.sort, r.leaderboard_id, r.owner_id, r.username, r.score, r.subscore, r.num_score, r.metadata,
    r.create_us, r.update_us, r.expiry_us
FROM leaderboards_record AS r JOIN leaderboards_board AS b ON b.id = r.leaderboard_id
WHERE r.owner_id = :owner_id
ORDER BY r.leaderboard_id, r.expiry_us;

-- name: forget_owner
-- All records of a deleted player, along the primary key.
DELETE FROM leaderboards_record WHERE owner_id = :owner_id;
