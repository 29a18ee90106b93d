-- One-time tokens that were sent by mail: one of each purpose for each player. Only the SHA-256 of a token is kept.
CREATE TABLE recovery_token (
    user_id TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('verify', 'reset')),
    email TEXT NOT NULL,
    hash TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    expire_us BIGINT NOT NULL,
    PRIMARY KEY (user_id, purpose)
);
CREATE UNIQUE INDEX recovery_token_by_hash ON recovery_token (hash);
CREATE INDEX recovery_token_by_expiry ON recovery_token (expire_us);

-- Second factors. The secret is encrypted; until a first code was shown enabled_us is NULL and nothing is asked for.
-- No code of last_counter or before is taken any more.
CREATE TABLE recovery_totp (
    user_id TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    last_counter BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    enabled_us BIGINT
);

-- The SHA-256 of recovery codes that have not been used.
CREATE TABLE recovery_code (
    user_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (user_id, hash)
);
