-- name: find_by_identity
-- Who logs in with this id; the one read of a login, by primary keys.
SELECT u.id, u.username, u.disabled_us, u.password_hash
FROM accounts_identity AS i JOIN accounts_user AS u ON u.id = i.user_id
WHERE i.provider = :provider AND i.external_id = :external_id;

-- name: find_by_username
-- Who logs in with this username and a password.
SELECT id, username, disabled_us, password_hash FROM accounts_user WHERE username = :username;

-- name: find_by_id
-- Whether the account is there, and may be used.
SELECT id, username, disabled_us, password_hash FROM accounts_user WHERE id = :user_id;

-- name: add_identity
-- Give an id to a player, unless somebody has it; the count says which.
INSERT INTO accounts_identity (provider, external_id, user_id, linked_us)
VALUES (:provider, :external_id, :user_id, :now_us)
ON CONFLICT (provider, external_id) DO NOTHING;

-- name: add_user
-- A new account, unless the username is taken; the count says which.
INSERT INTO accounts_user (id, username, password_hash, created_us, updated_us)
VALUES (:user_id, :username, :password_hash, :now_us, :now_us)
ON CONFLICT (username) DO NOTHING;

-- name: rehash_password
-- The same password hashed by today's parameters, unless it was changed meanwhile.
UPDATE accounts_user SET password_hash = :new_hash WHERE id = :user_id AND password_hash = :old_hash;

-- name: set_password
-- The password that goes with a linked email address; NULL when that is unlinked.
UPDATE accounts_user SET password_hash = :password_hash WHERE id = :user_id;

-- name: verify_email
-- The address is shown to be the player's, since the first time that it was; the count says whether it still belongs
-- to the account.
UPDATE accounts_user SET verified_us = COALESCE(verified_us, :now_us), updated_us = :now_us
WHERE id = :user_id
    AND id IN (SELECT user_id FROM accounts_identity WHERE provider = 'email' AND external_id = :email);

-- name: unverify_email
-- The account has another address, or none.
UPDATE accounts_user SET verified_us = NULL WHERE id = :user_id;

-- name: touch_user
-- Something about the account has changed; the count says whether it exists.
UPDATE accounts_user SET updated_us = :now_us WHERE id = :user_id;

-- name: owners_of_identities
-- Whose ids these are: which friends of another platform play here.
SELECT external_id, user_id FROM accounts_identity
WHERE provider = :provider AND external_id IN (:external_ids*);

-- name: owner_of_identity
-- Whose id it is.
SELECT user_id FROM accounts_identity WHERE provider = :provider AND external_id = :external_id;

-- name: remove_identity
-- Take one id from a player; an empty one stands for whichever the player has of that kind.
DELETE FROM accounts_identity
WHERE user_id = :user_id AND provider = :provider AND (external_id = :external_id OR :external_id = '');

-- name: remove_other_identities
-- Of some kinds a player has one only: the new one takes the place of the old.
DELETE FROM accounts_identity
WHERE user_id = :user_id AND provider = :provider AND external_id <> :external_id;

-- name: count_identities
-- How many ways to log in are left, and how many of one kind.
SELECT COUNT(*), COUNT(CASE WHEN provider = :provider THEN 1 END) FROM accounts_identity WHERE user_id = :user_id;

-- name: read_accounts
-- Whole accounts, one row per way to log in (or a single one without any).
SELECT u.id, u.username, u.display_name, u.avatar_url, u.lang_tag, u.location, u.timezone, u.metadata,
    u.edge_count, u.created_us, u.updated_us, u.verified_us, u.disabled_us, i.provider, i.external_id
FROM accounts_user AS u LEFT JOIN accounts_identity AS i ON i.user_id = u.id
WHERE u.id IN (:user_ids*)
ORDER BY u.id, i.linked_us, i.provider, i.external_id;

-- name: read_account
-- The same for one account: what every client asks for after login.
SELECT u.id, u.username, u.display_name, u.avatar_url, u.lang_tag, u.location, u.timezone, u.metadata,
    u.edge_count, u.created_us, u.updated_us, u.verified_us, u.disabled_us, i.provider, i.external_id
FROM accounts_user AS u LEFT JOIN accounts_identity AS i ON i.user_id = u.id
WHERE u.id = :user_id
ORDER BY i.linked_us, i.provider, i.external_id;

-- name: read_users
-- What others may see of players, by id, username, or id of Facebook; one row per platform they are linked to.
SELECT u.id, u.username, u.display_name, u.avatar_url, u.lang_tag, u.location, u.timezone, u.metadata, u.edge_count,
    u.created_us, u.updated_us, i.provider, i.external_id
FROM accounts_user AS u LEFT JOIN accounts_identity AS i ON i.user_id = u.id
    AND i.provider IN ('apple', 'facebook', 'facebookinstantgame', 'gamecenter', 'google', 'steam')
WHERE u.id IN (:user_ids*) OR u.username IN (:usernames*)
    OR u.id IN (
        SELECT user_id FROM accounts_identity WHERE provider = 'facebook' AND external_id IN (:facebook_ids*)
    );

-- name: read_ids_from
-- Players in the order of their ids, from one on: ids are random, so any start gives a random few.
SELECT id FROM accounts_user WHERE id >= :start ORDER BY id LIMIT :count;

-- name: read_ids
-- Which of these players there are.
SELECT id FROM accounts_user WHERE id IN (:user_ids*) OR username IN (:usernames*);

-- name: read_ids_after
-- All players, page by page.
SELECT id FROM accounts_user WHERE id > :after ORDER BY id LIMIT :count;

-- name: read_usernames
-- Names for a list of players.
SELECT id, username FROM accounts_user WHERE id IN (:user_ids*);

-- name: update_user
-- NULL leaves a field as it is; a taken username breaks the unique index.
UPDATE accounts_user SET
    username = COALESCE(:username, username),
    display_name = COALESCE(:display_name, display_name),
    avatar_url = COALESCE(:avatar_url, avatar_url),
    lang_tag = COALESCE(:lang_tag, lang_tag),
    location = COALESCE(:location, location),
    timezone = COALESCE(:timezone, timezone),
    metadata = COALESCE(:metadata, metadata),
    updated_us = :now_us
WHERE id = :user_id;

-- name: count_edges
-- Players have become friends, or are so no longer.
UPDATE accounts_user SET edge_count = edge_count + :change WHERE id IN (:user_ids*);

-- name: search
-- What an operator types: the beginning of an id, a username, or any id somebody logs in with. Each part is a
-- range of an index, since text sorts by its bytes.
SELECT id FROM accounts_user WHERE id >= :low AND id < :high
UNION SELECT id FROM accounts_user WHERE username >= :low AND username < :high
UNION SELECT user_id FROM accounts_identity
    WHERE provider IN (
        'device', 'custom', 'apple', 'facebook', 'facebookinstantgame', 'gamecenter', 'google', 'steam'
    ) AND external_id >= :low AND external_id < :high
UNION SELECT user_id FROM accounts_identity
    WHERE provider = 'email' AND external_id >= :low_lower AND external_id < :high_lower
ORDER BY 1
LIMIT :count;

-- name: ban
-- Close accounts; one that is closed already keeps its time.
UPDATE accounts_user SET disabled_us = :now_us, updated_us = :now_us
WHERE id = :user_id AND disabled_us IS NULL;

-- name: unban
-- Open accounts again.
UPDATE accounts_user SET disabled_us = NULL, updated_us = :now_us
WHERE id IN (:user_ids*) AND disabled_us IS NOT NULL;

-- name: delete_user
-- The account itself; the count says whether it was there.
DELETE FROM accounts_user WHERE id = :user_id;

-- name: delete_identities
-- Its ways to log in, which others may take from now on.
DELETE FROM accounts_identity WHERE user_id = :user_id;

-- name: delete_families_but
-- A player's refreshed sessions, but for one; an empty one stands for none.
DELETE FROM accounts_session_family WHERE user_id = :user_id AND family <> :family;

-- name: add_tombstone
-- Remember for good that the account was deleted.
INSERT INTO accounts_tombstone (user_id, deleted_us) VALUES (:user_id, :deleted_us) ON CONFLICT (user_id) DO NOTHING;

-- name: find_tombstones
-- Which of these accounts were deleted, by primary key.
SELECT user_id FROM accounts_tombstone WHERE user_id IN (:user_ids*);

-- name: read_tombstones
-- All of them, page by page, for a backup that is restored.
SELECT user_id, deleted_us FROM accounts_tombstone WHERE user_id > :after ORDER BY user_id LIMIT :count;

-- name: read_returned
-- Accounts that were deleted after a backup was made which has been restored since.
SELECT id FROM accounts_user WHERE id IN (SELECT user_id FROM accounts_tombstone) ORDER BY id;

-- name: read_identities
-- The ways to log in to an account, newest first.
SELECT provider, external_id, linked_us FROM accounts_identity
WHERE user_id = :user_id
ORDER BY linked_us DESC, provider, external_id;

-- name: move_identity
-- Two accounts are being merged: this way to log in now leads to the one that stays.
UPDATE accounts_identity SET user_id = :user_id WHERE provider = :provider AND external_id = :external_id;

-- name: move_password
-- The email address was moved, and its password goes with it.
UPDATE accounts_user SET
    password_hash = (SELECT password_hash FROM accounts_user WHERE id = :from_id),
    verified_us = (SELECT verified_us FROM accounts_user WHERE id = :from_id)
WHERE id = :into_id;

-- name: read_profile
-- What an archive tells of the account; the password's hash is nobody's to see.
SELECT id, username, display_name, avatar_url, lang_tag, location, timezone, metadata,
    verified_us, disabled_us, created_us, updated_us
FROM accounts_user
WHERE id = :user_id;

-- name: read_families
-- What an archive tells of the sessions that were refreshed.
SELECT family, username, vars, rotated_us, expire_us FROM accounts_session_family
WHERE user_id = :user_id
ORDER BY rotated_us, family;

-- name: read_family
-- How often the family was refreshed, and what its newest pair says.
SELECT generation, rotated_us, username, vars, expire_us FROM accounts_session_family WHERE family = :family;

-- name: write_family
-- The family's next generation.
INSERT INTO accounts_session_family (family, user_id, generation, rotated_us, username, vars, expire_us)
VALUES (:family, :user_id, :generation, :rotated_us, :username, :vars, :expire_us)
ON CONFLICT (family) DO UPDATE SET
    generation = excluded.generation,
    rotated_us = excluded.rotated_us,
    username = excluded.username,
    vars = excluded.vars,
    expire_us = excluded.expire_us;

-- name: delete_family
-- Its tokens were called back, so its generation no longer matters.
DELETE FROM accounts_session_family WHERE family = :family;

-- name: prune_families
-- Those whose newest refresh token has expired.
DELETE FROM accounts_session_family WHERE expire_us <= :now_us;

-- name: find_revocation
-- What has called a token back, as the database knows it: other nodes' news may still be under way.
SELECT id FROM accounts_revocation
WHERE (kind = 'family' AND id = :family)
    OR (kind = 'user' AND id = :user_id AND issued_before_us > :issued_us)
UNION ALL SELECT user_id FROM accounts_kept_family
WHERE user_id = :user_id AND family <> :family AND issued_before_us > :issued_us
LIMIT 1;

-- name: write_revocation
-- Call tokens back; a later moment takes the place of an earlier one.
INSERT INTO accounts_revocation (kind, id, issued_before_us, expire_us)
VALUES (:kind, :id, :issued_before_us, :expire_us)
ON CONFLICT (kind, id) DO UPDATE SET
    issued_before_us = CASE
        WHEN excluded.issued_before_us > accounts_revocation.issued_before_us THEN excluded.issued_before_us
        ELSE accounts_revocation.issued_before_us END,
    expire_us = CASE
        WHEN excluded.expire_us > accounts_revocation.expire_us THEN excluded.expire_us
        ELSE accounts_revocation.expire_us END;

-- name: find_kept_moment
-- Before which moment a player's sessions but one were called back.
SELECT issued_before_us FROM accounts_kept_family WHERE user_id = :user_id;

-- name: write_kept_family
-- Call back a player's sessions but one; it takes the place of the one that was kept before.
INSERT INTO accounts_kept_family (user_id, family, issued_before_us, expire_us)
VALUES (:user_id, :family, :issued_before_us, :expire_us)
ON CONFLICT (user_id) DO UPDATE SET
    family = excluded.family,
    issued_before_us = excluded.issued_before_us,
    expire_us = excluded.expire_us;

-- name: delete_kept_family
-- All sessions were called back.
DELETE FROM accounts_kept_family WHERE user_id = :user_id;

-- name: prune_kept_families
-- Those beside which all others have expired by themselves.
DELETE FROM accounts_kept_family WHERE expire_us <= :now_us;

-- name: read_revocations
-- What was called back since a moment and still matters.
SELECT kind, id, issued_before_us, expire_us, '' FROM accounts_revocation
WHERE issued_before_us >= :since_us AND expire_us > :now_us
UNION ALL SELECT 'others', user_id, issued_before_us, expire_us, family FROM accounts_kept_family
WHERE issued_before_us >= :since_us AND expire_us > :now_us;

-- name: prune_revocations
-- Those whose tokens have all expired by themselves.
DELETE FROM accounts_revocation WHERE expire_us <= :now_us;
