-- name: find
-- One object, by primary key.
SELECT collection, key, user_id, value, version, permission_read, permission_write, create_us, update_us
FROM storage_objects
WHERE user_id = :user_id AND collection = :collection AND key = :key;

-- name: find_keys
-- Several objects of one owner's collection, by primary key.
SELECT collection, key, user_id, value, version, permission_read, permission_write, create_us, update_us
FROM storage_objects
WHERE user_id = :user_id AND collection = :collection AND key IN (:keys*);

-- name: find_owners
-- Several owners' objects of one name, by primary key.
SELECT collection, key, user_id, value, version, permission_read, permission_write, create_us, update_us
FROM storage_objects
WHERE user_id IN (:user_ids*) AND collection = :collection AND key = :key;

-- name: put
-- Write over whatever is there, unless it may not be written or its owner was deleted. No row comes back then.
INSERT INTO storage_objects
    (user_id, collection, key, value, version, permission_read, permission_write, create_us, update_us)
SELECT
    CAST(:user_id AS TEXT), CAST(:collection AS TEXT), CAST(:key AS TEXT), CAST(:value AS TEXT),
    CAST(:version AS TEXT), CAST(:permission_read AS BIGINT), CAST(:permission_write AS BIGINT),
    CAST(:now_us AS BIGINT), CAST(:now_us AS BIGINT)
WHERE NOT EXISTS (SELECT 1 FROM accounts_tombstone WHERE user_id = :user_id)
ON CONFLICT (user_id, collection, key) DO UPDATE SET
    value = excluded.value,
    version = excluded.version,
    permission_read = excluded.permission_read,
    permission_write = excluded.permission_write,
    update_us = excluded.update_us
WHERE storage_objects.permission_write >= :permission_needed
RETURNING create_us;

-- name: put_new
-- Write only where nothing is. No row comes back where something is, or its owner was deleted.
INSERT INTO storage_objects
    (user_id, collection, key, value, version, permission_read, permission_write, create_us, update_us)
SELECT
    CAST(:user_id AS TEXT), CAST(:collection AS TEXT), CAST(:key AS TEXT), CAST(:value AS TEXT),
    CAST(:version AS TEXT), CAST(:permission_read AS BIGINT), CAST(:permission_write AS BIGINT),
    CAST(:now_us AS BIGINT), CAST(:now_us AS BIGINT)
WHERE NOT EXISTS (SELECT 1 FROM accounts_tombstone WHERE user_id = :user_id)
ON CONFLICT (user_id, collection, key) DO NOTHING
RETURNING create_us;

-- name: put_over
-- Write only over a known version that may be written. No row comes back where that is not what is there.
UPDATE storage_objects SET
    value = :value,
    version = :version,
    permission_read = :permission_read,
    permission_write = :permission_write,
    update_us = :now_us
WHERE user_id = :user_id AND collection = :collection AND key = :key
    AND version = :expected AND permission_write >= :permission_needed
RETURNING create_us;

-- name: remove
-- Delete one object that may be written, of whatever version.
DELETE FROM storage_objects
WHERE user_id = :user_id AND collection = :collection AND key = :key AND permission_write >= :permission_needed;

-- name: remove_version
-- Delete one object that may be written and has not changed since.
DELETE FROM storage_objects
WHERE user_id = :user_id AND collection = :collection AND key = :key
    AND version = :expected AND permission_write >= :permission_needed;

-- name: list_of_user
-- A page of one owner's collection, along the primary key.
SELECT collection, key, user_id, value, version, permission_read, permission_write, create_us, update_us
FROM storage_objects
WHERE user_id = :user_id AND collection = :collection AND key > :after_key AND permission_read >= :permission_needed
ORDER BY key
LIMIT :limit;

-- name: list_public
-- A page of what everybody may read in a collection, along the index.
SELECT collection, key, user_id, value, version, permission_read, permission_write, create_us, update_us
FROM storage_objects
WHERE collection = :collection AND permission_read = 2 AND (key, user_id) > (:after_key, :after_user_id)
ORDER BY key, user_id
LIMIT :limit;

-- name: list_all
-- A page of a whole collection. One index serves this and list_public: the three permissions are merged.
SELECT collection, key, user_id, value, version, permission_read, permission_write, create_us, update_us
FROM (
    SELECT * FROM (
        SELECT * FROM storage_objects
        WHERE collection = :collection AND permission_read = 0 AND (key, user_id) > (:after_key, :after_user_id)
        ORDER BY key, user_id LIMIT :limit
    ) AS nobodys
    UNION ALL SELECT * FROM (
        SELECT * FROM storage_objects
        WHERE collection = :collection AND permission_read = 1 AND (key, user_id) > (:after_key, :after_user_id)
        ORDER BY key, user_id LIMIT :limit
    ) AS owners
    UNION ALL SELECT * FROM (
        SELECT * FROM storage_objects
        WHERE collection = :collection AND permission_read = 2 AND (key, user_id) > (:after_key, :after_user_id)
        ORDER BY key, user_id LIMIT :limit
    ) AS everybodys
) AS found
ORDER BY key, user_id
LIMIT :limit;

-- name: read_user
-- All that a player keeps, along the primary key, for their archive.
SELECT collection, key, user_id, value, version, permission_read, permission_write, create_us, update_us
FROM storage_objects
WHERE user_id = :user_id
ORDER BY collection, key;

-- name: name_user
-- The names of all that a player keeps in some collections, along the primary key.
SELECT collection, key, user_id
FROM storage_objects
WHERE user_id = :user_id AND collection IN (:collections*);

-- name: move_user
-- Two accounts are being merged: what the one that stays has none of.
UPDATE storage_objects SET user_id = :into_id
WHERE user_id = :from_id AND NOT EXISTS (
    SELECT 1 FROM storage_objects AS there
    WHERE there.user_id = :into_id
        AND there.collection = storage_objects.collection AND there.key = storage_objects.key
);

-- name: forget_user
-- All that a deleted player kept, along the primary key.
DELETE FROM storage_objects WHERE user_id = :user_id;
