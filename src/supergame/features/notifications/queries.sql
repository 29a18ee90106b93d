-- name: add
-- Keep one notification of one user.
INSERT INTO notifications_notification (user_id, created_us, id, subject, content, code, sender_id)
VALUES (:user_id, :created_us, :id, :subject, :content, :code, :sender_id);

-- name: drop_oldest
-- Let go of all but the newest `kept`, so that nobody can fill the disk by writing to a user who never looks.
DELETE FROM notifications_notification
WHERE user_id = :user_id AND created_us <= (
    SELECT created_us FROM notifications_notification
    WHERE user_id = :user_id
    ORDER BY created_us DESC, id DESC
    LIMIT 1 OFFSET :kept
);

-- name: page
-- What came after a place in the list, oldest first; walks the primary key.
SELECT id, subject, content, code, sender_id, created_us FROM notifications_notification
WHERE user_id = :user_id AND (created_us, id) > (:created_us, :id)
ORDER BY created_us, id
LIMIT :limit;

-- name: find
-- Some of a user's notifications by id, oldest first.
SELECT id, subject, content, code, sender_id, created_us FROM notifications_notification
WHERE user_id = :user_id AND id IN (:ids*)
ORDER BY created_us, id;

-- name: change
-- Game code corrects what it sent; what is not given stays.
UPDATE notifications_notification SET
    subject = COALESCE(CAST(:subject AS TEXT), subject),
    content = COALESCE(CAST(:content AS TEXT), content),
    code = COALESCE(CAST(:code AS BIGINT), code)
WHERE user_id = :user_id AND id = :id;

-- name: remove
-- A user is done with these.
DELETE FROM notifications_notification WHERE user_id = :user_id AND id IN (:ids*);

-- name: remove_same
-- One that replaces is about to come from the same sender with the same code.
DELETE FROM notifications_notification WHERE user_id = :user_id AND code = :code AND sender_id = :sender_id;

-- name: read_received
-- All that is kept for a player, oldest first, for their archive.
SELECT id, subject, content, code, sender_id, created_us, user_id FROM notifications_notification
WHERE user_id = :user_id
ORDER BY created_us, id;

-- name: read_sent
-- What was sent in a player's name and is kept for others, for the archive; along the index of senders.
SELECT id, subject, content, code, sender_id, created_us, user_id FROM notifications_notification
WHERE sender_id = :user_id AND sender_id <> ''
ORDER BY created_us, id;

-- name: move_received
-- Two accounts are being merged: what the one that is given up was sent, but for requests of the one that stays.
UPDATE notifications_notification SET user_id = :into_id
WHERE user_id = :from_id AND NOT (sender_id = :into_id AND code <= 0);

-- name: move_sent
-- What game code sent in its name; its own requests are forgotten, since their texts name it.
UPDATE notifications_notification SET sender_id = :into_id
WHERE sender_id = :from_id AND sender_id <> '' AND code > 0;

-- name: forget
-- An account is being deleted, and what was kept for it.
DELETE FROM notifications_notification WHERE user_id = :user_id;

-- name: forget_requests
-- What a deleted player wanted of others: those codes are the server's own, and their texts name the sender.
DELETE FROM notifications_notification WHERE sender_id = :user_id AND sender_id <> '' AND code <= 0;

-- name: forget_sender
-- What game code sent in a deleted player's name stays with those who got it, who may have something coming to them.
UPDATE notifications_notification SET sender_id = '' WHERE sender_id = :user_id AND sender_id <> '';
