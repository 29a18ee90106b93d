-- name: write_token
-- A new token takes the place of the player's earlier one.
INSERT INTO recovery_token (user_id, purpose, email, hash, created_us, expire_us)
VALUES (:user_id, :purpose, :email, :hash, :now_us, :expire_us)
ON CONFLICT (user_id, purpose) DO UPDATE SET
    email = excluded.email,
    hash = excluded.hash,
    created_us = excluded.created_us,
    expire_us = excluded.expire_us;

-- name: prune_tokens
-- Those that nobody has used in time.
DELETE FROM recovery_token WHERE expire_us <= :now_us;

-- name: find_token
-- Whose token it is, while it is good.
SELECT user_id, email FROM recovery_token WHERE hash = :hash AND purpose = :purpose AND expire_us > :now_us;

-- name: delete_token
-- It was used.
DELETE FROM recovery_token WHERE hash = :hash;

-- name: delete_tokens
-- All of a player's.
DELETE FROM recovery_token WHERE user_id = :user_id;

-- name: read_tokens
-- What a player was sent and has not used.
SELECT purpose, email, created_us, expire_us FROM recovery_token WHERE user_id = :user_id ORDER BY purpose;

-- name: read_totp
-- A player's second factor; every login with a password asks.
SELECT secret, last_counter, enabled_us FROM recovery_totp WHERE user_id = :user_id;

-- name: write_totp
-- Begin to set one up, again if need be.
INSERT INTO recovery_totp (user_id, secret, last_counter, created_us) VALUES (:user_id, :secret, 0, :now_us)
ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_us = excluded.created_us;

-- name: enable_totp
-- A first code was shown.
UPDATE recovery_totp SET enabled_us = :now_us, last_counter = :counter WHERE user_id = :user_id;

-- name: use_counter
-- A code was shown; none as old as it is good any more.
UPDATE recovery_totp SET last_counter = :counter WHERE user_id = :user_id;

-- name: delete_totp
-- No second factor any more.
DELETE FROM recovery_totp WHERE user_id = :user_id;

-- name: move_totp
-- The second factor of an account that becomes part of another.
UPDATE recovery_totp SET user_id = :into_id WHERE user_id = :from_id;

-- name: add_code
-- One of ten recovery codes.
INSERT INTO recovery_code (user_id, hash) VALUES (:user_id, :hash);

-- name: use_code
-- A recovery code does once; the count says whether it was there.
DELETE FROM recovery_code WHERE user_id = :user_id AND hash = :hash;

-- name: delete_codes
-- All of a player's.
DELETE FROM recovery_code WHERE user_id = :user_id;

-- name: move_codes
-- They go with the second factor.
UPDATE recovery_code SET user_id = :into_id WHERE user_id = :from_id;

-- name: count_codes
-- How many are left.
SELECT COUNT(*) FROM recovery_code WHERE user_id = :user_id;
