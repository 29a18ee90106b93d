-- name: add_event
-- Part of the transaction that made the event happen.
INSERT INTO outbox_event (id, node, kind, body, created_us) VALUES (:id, :node, :kind, :body, :created_us);

-- name: list_events
-- What this node still has to tell, oldest first.
SELECT id, kind, body FROM outbox_event WHERE node = :node ORDER BY created_us, id LIMIT :limit;

-- name: delete_events
-- They have been told.
DELETE FROM outbox_event WHERE id IN (:ids*);
