-- name: keep
-- One message of a room or a group; the hot path of stored chat. No row is touched where its sender was deleted.
INSERT INTO chat_message (channel_id, id, sender_id, username, code, content, updated_us)
SELECT
    CAST(:channel_id AS TEXT), CAST(:id AS TEXT), CAST(:sender_id AS TEXT), CAST(:username AS TEXT),
    CAST(:code AS BIGINT), CAST(:content AS TEXT), CAST(:updated_us AS BIGINT)
WHERE NOT EXISTS (SELECT 1 FROM accounts_tombstone WHERE user_id = :sender_id);

-- name: keep_direct
-- One direct message. No row is touched where its sender, or either of the two whose channel it is, was deleted: a list
-- costs a quarter more than a single id, which is why rooms have a query of their own.
INSERT INTO chat_message (channel_id, id, sender_id, username, code, content, updated_us)
SELECT
    CAST(:channel_id AS TEXT), CAST(:id AS TEXT), CAST(:sender_id AS TEXT), CAST(:username AS TEXT),
    CAST(:code AS BIGINT), CAST(:content AS TEXT), CAST(:updated_us AS BIGINT)
WHERE NOT EXISTS (SELECT 1 FROM accounts_tombstone WHERE user_id IN (:sender_id, :user_id_one, :user_id_two));

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

-- name: read_user
-- All that a player has said, and the direct messages to them, for their archive.
SELECT id, sender_id, username, code, content, updated_us, channel_id FROM chat_message WHERE sender_id = :user_id
UNION SELECT id, sender_id, username, code, content, updated_us, channel_id FROM chat_message
    WHERE channel_id >= :low AND channel_id < :high
UNION SELECT id, sender_id, username, code, content, updated_us, channel_id FROM chat_message
    WHERE channel_id >= '4.' AND channel_id < '4/' AND substr(channel_id, 40, 36) = :user_id
ORDER BY channel_id, id;

-- name: list_direct
-- The channels of a player's direct messages.
SELECT channel_id FROM chat_message WHERE channel_id >= :low AND channel_id < :high
UNION SELECT channel_id FROM chat_message
    WHERE channel_id >= '4.' AND channel_id < '4/' AND substr(channel_id, 40, 36) = :user_id
ORDER BY channel_id;

-- name: move_channel
-- Two accounts are being merged, and their direct messages with a third one.
UPDATE chat_message SET channel_id = :into_channel_id WHERE channel_id = :from_channel_id;

-- name: move_sender
-- Two accounts are being merged: all that either has said, and what groups tell of it, is in the name of one.
UPDATE chat_message SET
    sender_id = :into_id, username = :username, content = CASE WHEN code > :last_of_players THEN :told ELSE content END
WHERE sender_id = :from_id;

-- name: forget
-- An account is being deleted, and all it has said.
DELETE FROM chat_message WHERE sender_id = :user_id;

-- name: forget_direct_first
-- What others have said to it, where the channel names it first.
DELETE FROM chat_message WHERE channel_id >= :low AND channel_id < :high;

-- name: forget_direct_second
-- What others have said to it, where the channel names it second.
DELETE FROM chat_message
WHERE channel_id >= '4.' AND channel_id < '4/' AND substr(channel_id, 40, 36) = :user_id;

-- name: forget_some
-- The group of a channel is gone, and its history goes piece by piece.
DELETE FROM chat_message WHERE channel_id = :channel_id AND id IN (
    SELECT id FROM chat_message WHERE channel_id = :channel_id ORDER BY id LIMIT :count
);
