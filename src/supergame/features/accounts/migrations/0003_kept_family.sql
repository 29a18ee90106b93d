-- Sessions of a player that were called back, but for one: its family, and the moment before which the tokens of the
-- others were made.
CREATE TABLE accounts_kept_family (
    user_id TEXT PRIMARY KEY,
    family TEXT NOT NULL,
    issued_before_us BIGINT NOT NULL,
    expire_us BIGINT NOT NULL
);
CREATE INDEX accounts_kept_family_by_moment ON accounts_kept_family (issued_before_us);
CREATE INDEX accounts_kept_family_by_expiry ON accounts_kept_family (expire_us);
