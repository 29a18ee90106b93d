-- Tokens that were used and may not be used again, by the hash of what tells them apart.
CREATE TABLE identity_used_token (
    provider TEXT NOT NULL,
    token TEXT NOT NULL,
    expire_us BIGINT NOT NULL,
    PRIMARY KEY (provider, token)
);
CREATE INDEX identity_used_token_by_expiry ON identity_used_token (expire_us);
