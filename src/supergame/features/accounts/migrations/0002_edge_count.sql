-- How many friends a player has; others see it, and it is too dear to count for everybody in a list.
ALTER TABLE accounts_user ADD COLUMN edge_count BIGINT NOT NULL DEFAULT 0;
