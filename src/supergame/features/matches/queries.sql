-- name: save_snapshot
-- Keeps a match that could be resumed; a later snapshot replaces an earlier one.
INSERT INTO matches_snapshot (match_id, handler, node, label, tick, seats, state, saved_us)
VALUES (:match_id, :handler, :node, :label, :tick, :seats, :state, :saved_us)
ON CONFLICT (match_id) DO UPDATE SET
    handler = excluded.handler, node = excluded.node, label = excluded.label, tick = excluded.tick,
    seats = excluded.seats, state = excluded.state, saved_us = excluded.saved_us;

-- name: list_snapshots
-- What this node left behind when it stopped.
SELECT match_id, handler, label, tick, seats, state, saved_us FROM matches_snapshot
WHERE node = :node ORDER BY match_id;

-- name: list_seats
-- Which of these matches a player has a seat in. There are few: they wait for a node that is down, for an hour.
SELECT match_id, seats FROM matches_snapshot WHERE seats LIKE '%' || CAST(:user_id AS TEXT) || '%' ORDER BY match_id;

-- name: save_seats
-- Who had a seat, but for a player who was deleted since.
UPDATE matches_snapshot SET seats = :seats WHERE match_id = :match_id;

-- name: delete_snapshots
-- These matches have been taken up, and are running again.
DELETE FROM matches_snapshot WHERE match_id IN (:ids*);

-- name: delete_old_snapshots
-- Nobody waits for these matches any more.
DELETE FROM matches_snapshot WHERE node = :node AND saved_us < :youngest_us;
