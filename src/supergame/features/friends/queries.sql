-- name: pair
-- What two players are to each other; two look-ups by primary key.
SELECT user_id, state FROM friends_edge WHERE user_id = :user_id AND other_id = :other_id
UNION ALL
SELECT user_id, state FROM friends_edge WHERE user_id = :other_id AND other_id = :user_id;

-- name: put
-- One side of a pair comes into a state; NULL leaves what its owner has noted about the other.
INSERT INTO friends_edge (user_id, other_id, state, metadata, updated_us)
VALUES (:user_id, :other_id, :state, COALESCE(CAST(:metadata AS TEXT), '{}'), :now_us)
ON CONFLICT (user_id, other_id) DO UPDATE SET
    state = excluded.state,
    metadata = COALESCE(CAST(:metadata AS TEXT), friends_edge.metadata),
    updated_us = excluded.updated_us;

-- name: drop
-- One side of a pair is nothing to the other any more.
DELETE FROM friends_edge WHERE user_id = :user_id AND other_id = :other_id;

-- name: note
-- What a player has noted about another.
UPDATE friends_edge SET metadata = :metadata WHERE user_id = :user_id AND other_id = :other_id;

-- name: counts
-- How many others a player has in each state; reads the index alone.
SELECT state, COUNT(*) FROM friends_edge WHERE user_id = :user_id GROUP BY state;

-- name: friends
-- A player's friends.
SELECT other_id FROM friends_edge WHERE user_id = :user_id AND state = 0;

-- name: page
-- A page of a player's list: friends first, then invites and blocks; those longest in their state first.
SELECT other_id, state, metadata, updated_us FROM friends_edge
WHERE user_id = :user_id AND (state, updated_us, other_id) > (:state, :updated_us, :other_id)
ORDER BY state, updated_us, other_id
LIMIT :limit;

-- name: page_of_state
-- The same of one state.
SELECT other_id, state, metadata, updated_us FROM friends_edge
WHERE user_id = :user_id AND state = :state AND (updated_us, other_id) > (:updated_us, :other_id)
ORDER BY updated_us, other_id
LIMIT :limit;

-- name: page_of_friends
-- Friends of a player's friends: one row for each friend who knows them. Whoever is something to the player already,
-- or blocks the player, is left out.
SELECT friend.other_id, theirs.other_id
FROM friends_edge AS friend JOIN friends_edge AS theirs ON theirs.user_id = friend.other_id AND theirs.state = 0
WHERE friend.user_id = :user_id AND friend.state = 0 AND theirs.other_id <> :user_id
    AND friend.other_id >= :referrer_id AND (friend.other_id, theirs.other_id) > (:referrer_id, :other_id)
    AND NOT EXISTS (SELECT 1 FROM friends_edge WHERE user_id = :user_id AND other_id = theirs.other_id)
    AND NOT EXISTS (SELECT 1 FROM friends_edge WHERE user_id = theirs.other_id AND other_id = :user_id)
ORDER BY friend.other_id, theirs.other_id
LIMIT :limit;

-- name: states
-- What some others are to a player; the order makes SQLite look each up by primary key, not read the whole list.
SELECT other_id, state FROM friends_edge WHERE user_id = :user_id AND other_id IN (:other_ids*) ORDER BY other_id;

-- name: all_of
-- Everything others are to a player, for the archive and for merging accounts.
SELECT other_id, state, metadata, updated_us FROM friends_edge
WHERE user_id = :user_id
ORDER BY state, updated_us, other_id;

-- name: all_about
-- Everything a player is to others.
SELECT user_id, state, metadata, updated_us FROM friends_edge WHERE other_id = :user_id;

-- name: forget
-- An account is being deleted: what others were to its player, and its player to them.
DELETE FROM friends_edge WHERE user_id = :user_id OR other_id = :user_id;
