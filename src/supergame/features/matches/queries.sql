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

-- name: delete_snapshots
-- They have been taken up, or are too old to be.
DELETE FROM matches_snapshot WHERE node = :node;
