-- One row per group. `search_name` is the name as searches compare it; a NIL creator is the system. Of `edge_count`
-- members there is a row in groups_member each; a group without any is deleted.
CREATE TABLE groups_group (
    id TEXT PRIMARY KEY,
    creator_id TEXT NOT NULL,
    name TEXT NOT NULL,
    search_name TEXT NOT NULL,
    description TEXT NOT NULL,
    lang_tag TEXT NOT NULL,
    metadata TEXT NOT NULL,
    avatar_url TEXT NOT NULL,
    open BIGINT NOT NULL,
    edge_count BIGINT NOT NULL,
    max_count BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    updated_us BIGINT NOT NULL,
    CHECK (edge_count >= 0 AND edge_count <= max_count)
);
CREATE UNIQUE INDEX groups_group_by_name ON groups_group (name);
-- The order of every listing.
CREATE INDEX groups_group_by_search_name ON groups_group (search_name, id);
CREATE INDEX groups_group_by_creator ON groups_group (creator_id);

-- What players are in groups: superadmin 0, admin 1, member 2, asks to be let in 3, banned 4; and since when.
CREATE TABLE groups_member (
    group_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    state BIGINT NOT NULL,
    since_us BIGINT NOT NULL,
    PRIMARY KEY (group_id, user_id)
);
-- The players of a group and the groups of a player, each in the order they are listed.
CREATE INDEX groups_member_by_state ON groups_member (group_id, state, since_us, user_id);
CREATE INDEX groups_member_by_user ON groups_member (user_id, state, since_us, group_id);
