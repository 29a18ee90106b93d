-- name: keep
-- One message; the hot path of stored chat.
INSERT INTO chat_message (channel_id, id, sender_id, username, code, content, updated_us)
VALUES (:channel_id, :id, :sender_id, :username, :code, :content, :updated_us);

-- name: newer
-- A page of history towards the present; walks the primary key.
SELECT id, sender_id, username, code, content, updated_us FROM chat_message
WHERE channel_id = :channel_id AND id > :after AND id < :before
ORDER BY id
LIMIT :limit;

-- name: older
-- A page of history towards the past.
SELECT id, sender_id, username, code, content, updated_us FROM chat_message
WHERE channel_id = :channel_id AND id > :after AND id < :before
ORDER BY id DESC
LIMIT :limit;

-- name: find
-- One message, to see whose it is.
SELECT id, sender_id, username, code, content, updated_us FROM chat_message
WHERE channel_id = :channel_id AND id = :id;

-- name: change
-- Its sender, or game code, has another content for it.
UPDATE chat_message SET content = :content, username = :username, updated_us = :updated_us
WHERE channel_id = :channel_id AND id = :id;

-- name: remove
-- Its sender, or game code, takes it back.
DELETE FROM chat_message WHERE channel_id = :channel_id AND id = :id;

-- name: forget
-- An account is being deleted, and all it has said.
DELETE FROM chat_message WHERE sender_id = :user_id;

-- name: forget_some
-- The group of a channel is gone, and its history goes piece by piece.
DELETE FROM chat_message WHERE channel_id = :channel_id AND id IN (
    SELECT id FROM chat_message WHERE channel_id = :channel_id ORDER BY id LIMIT :count
);
