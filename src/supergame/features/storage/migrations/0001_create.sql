-- One row per stored object. The key serves reading, listing one owner's collection and deleting a player's rows.
CREATE TABLE storage_objects (
    user_id TEXT NOT NULL,
    collection TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    version TEXT NOT NULL,
    permission_read BIGINT NOT NULL,
    permission_write BIGINT NOT NULL,
    create_us BIGINT NOT NULL,
    update_us BIGINT NOT NULL,
    PRIMARY KEY (user_id, collection, key)
);
-- Listing a collection over all owners, by who may read.
CREATE INDEX storage_objects_collection ON storage_objects (collection, permission_read, key, user_id);
