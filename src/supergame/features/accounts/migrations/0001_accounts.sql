-- One row per player. An empty text means that the player has not said; a ban is the time it was made.
CREATE TABLE accounts_user (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL,
    display_name TEXT NOT NULL DEFAULT '',
    avatar_url TEXT NOT NULL DEFAULT '',
    lang_tag TEXT NOT NULL DEFAULT 'en',
    location TEXT NOT NULL DEFAULT '',
    timezone TEXT NOT NULL DEFAULT '',
    metadata TEXT NOT NULL DEFAULT '{}',
    password_hash TEXT,
    verified_us BIGINT,
    disabled_us BIGINT,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL
);
CREATE UNIQUE INDEX accounts_user_by_username ON accounts_user (username);

-- The ways a player may log in: a device's id, a custom id, an email address in lower case. One id, one player.
CREATE TABLE accounts_identity (
    provider TEXT NOT NULL,
    external_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    linked_us BIGINT NOT NULL,
    PRIMARY KEY (provider, external_id)
);
-- Holds all that reading an account needs, in the order it is shown.
CREATE INDEX accounts_identity_by_user ON accounts_identity (user_id, linked_us, provider, external_id);

-- Families of tokens that were refreshed at least once; without a row the generation is 0.
CREATE TABLE accounts_session_family (
    family TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    generation BIGINT NOT NULL,
    rotated_us BIGINT NOT NULL,
    username TEXT NOT NULL,
    vars TEXT NOT NULL,
    expire_us BIGINT NOT NULL
);
CREATE INDEX accounts_session_family_by_user ON accounts_session_family (user_id);
CREATE INDEX accounts_session_family_by_expiry ON accounts_session_family (expire_us);

-- Tokens that were called back and have not expired yet: a whole family, or a user's made before a moment.
CREATE TABLE accounts_revocation (
    kind TEXT NOT NULL CHECK (kind IN ('family', 'user')),
    id TEXT NOT NULL,
    issued_before_us BIGINT NOT NULL,
    expire_us BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX accounts_revocation_by_moment ON accounts_revocation (issued_before_us);
CREATE INDEX accounts_revocation_by_expiry ON accounts_revocation (expire_us);

-- Accounts whose deletion was to be recorded, so that a restored backup can be rid of them again.
CREATE TABLE accounts_tombstone (
    user_id TEXT PRIMARY KEY,
    deleted_us BIGINT NOT NULL
);
