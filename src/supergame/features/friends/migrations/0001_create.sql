-- What one player is to another, as the first sees it; states are the protocol's. Both of two players have a row in
-- states 0 to 2, only the one who blocks in state 3.
CREATE TABLE friends_edge (
    user_id TEXT NOT NULL,
    other_id TEXT NOT NULL,
    state BIGINT NOT NULL CHECK (state IN (0, 1, 2, 3)),
    metadata TEXT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (user_id, other_id)
);
-- A player's list in its order, and how many there are in each state.
CREATE INDEX friends_edge_list ON friends_edge (user_id, state, updated_us, other_id);
-- Who else has a row about a player whose account goes.
CREATE INDEX friends_edge_to ON friends_edge (other_id);
