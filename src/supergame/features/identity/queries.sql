-- name: use_token
-- Remember that a token was used, unless it is known already; the count says which.
INSERT INTO identity_used_token (provider, token, expire_us) VALUES (:provider, :token, :expire_us)
ON CONFLICT (provider, token) DO NOTHING;

-- name: prune
-- Those that would be refused by their time anyway.
DELETE FROM identity_used_token WHERE expire_us <= :now_us;
