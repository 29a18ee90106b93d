-- name: add_group
-- A new group, still without members; a taken name breaks the unique index.
INSERT INTO groups_group (
    id, creator_id, name, search_name, description, lang_tag, metadata, avatar_url, open, edge_count, max_count,
    created_us, updated_us
) VALUES (
    :id, :creator_id, :name, :search_name, :description, :lang_tag, :metadata, :avatar_url, :open, 0, :max_count,
    :now_us, :now_us
);

-- name: find_group
-- One group, by primary key.
SELECT id, creator_id, name, description, lang_tag, metadata, avatar_url, open, edge_count, max_count, created_us,
    updated_us
FROM groups_group
WHERE id = :id;

-- name: find_groups
-- Several groups.
SELECT id, creator_id, name, description, lang_tag, metadata, avatar_url, open, edge_count, max_count, created_us,
    updated_us
FROM groups_group
WHERE id IN (:ids*);

-- name: find_groups_from
-- Groups in the order of their ids, from one on: ids are random, so any start gives a random few.
SELECT id, creator_id, name, description, lang_tag, metadata, avatar_url, open, edge_count, max_count, created_us,
    updated_us
FROM groups_group
WHERE id >= :start
ORDER BY id
LIMIT :count;

-- name: search
-- A page of groups by name; walks the index of search names from the pattern's beginning, or the last page's end.
SELECT id, creator_id, name, description, lang_tag, metadata, avatar_url, open, edge_count, max_count, created_us,
    updated_us
FROM groups_group
WHERE (search_name, id) > (:after_name, :after_id) AND search_name <= :last_name
    AND search_name LIKE :pattern ESCAPE '\'
    AND (CAST(:lang_tag AS TEXT) IS NULL OR lang_tag = :lang_tag)
    AND (CAST(:members AS BIGINT) IS NULL OR edge_count <= :members)
    AND (CAST(:open AS BIGINT) IS NULL OR open = :open)
ORDER BY search_name, id
LIMIT :limit;

-- name: change_group
-- NULL leaves a field as it is; a taken name breaks the unique index.
UPDATE groups_group SET
    name = COALESCE(:name, name),
    search_name = COALESCE(:search_name, search_name),
    description = COALESCE(:description, description),
    lang_tag = COALESCE(:lang_tag, lang_tag),
    metadata = COALESCE(:metadata, metadata),
    avatar_url = COALESCE(:avatar_url, avatar_url),
    open = COALESCE(CAST(:open AS BIGINT), open),
    max_count = COALESCE(CAST(:max_count AS BIGINT), max_count),
    updated_us = :now_us
WHERE id = :id;

-- name: grow
-- One member more, if there is room; no row is touched where there is none.
UPDATE groups_group SET edge_count = edge_count + 1 WHERE id = :id AND edge_count < max_count;

-- name: shrink
-- One member less.
UPDATE groups_group SET edge_count = edge_count - 1 WHERE id = :id;

-- name: delete_group
-- The group itself.
DELETE FROM groups_group WHERE id = :id;

-- name: delete_members
-- All who were in a group, had asked to be, or were banned from it.
DELETE FROM groups_member WHERE group_id = :group_id;

-- name: change_creator
-- The creator's account is deleted, or has become part of another.
UPDATE groups_group SET creator_id = :to_id WHERE creator_id = :from_id;

-- name: find_state
-- What a player is in a group, by primary key.
SELECT state FROM groups_member WHERE group_id = :group_id AND user_id = :user_id;

-- name: find_since
-- What a player is in a group, and since when.
SELECT state, since_us FROM groups_member WHERE group_id = :group_id AND user_id = :user_id;

-- name: put_member
-- A player becomes something in a group.
INSERT INTO groups_member (group_id, user_id, state, since_us) VALUES (:group_id, :user_id, :state, :since_us)
ON CONFLICT (group_id, user_id) DO UPDATE SET state = excluded.state, since_us = excluded.since_us;

-- name: change_state
-- A member rises or falls, and stays a member since the same time.
UPDATE groups_member SET state = :state WHERE group_id = :group_id AND user_id = :user_id;

-- name: remove_member
-- A player is nothing in a group any more.
DELETE FROM groups_member WHERE group_id = :group_id AND user_id = :user_id;

-- name: count_state
-- How many are the same thing in a group; each of these numbers has a limit or is asked of superadmins.
SELECT COUNT(*) FROM groups_member WHERE group_id = :group_id AND state = :state;

-- name: count_groups
-- How many groups a player is in or has asked to join.
SELECT COUNT(*) FROM groups_member WHERE user_id = :user_id AND state <= 3;

-- name: find_heir
-- The longest-standing member of the highest role.
SELECT user_id, state FROM groups_member
WHERE group_id = :group_id AND state <= 2
ORDER BY state, since_us, user_id
LIMIT 1;

-- name: find_admins
-- Those who decide on requests, highest role first.
SELECT user_id FROM groups_member
WHERE group_id = :group_id AND state <= 1
ORDER BY state, since_us, user_id
LIMIT :limit;

-- name: find_states
-- What these players are in a group; the order makes SQLite look each up by primary key, not read the whole group.
SELECT user_id, state FROM groups_member WHERE group_id = :group_id AND user_id IN (:user_ids*) ORDER BY user_id;

-- name: page_of_group
-- A page of the players in a group, highest role first; begins where the last page ended.
SELECT user_id, state, since_us FROM groups_member
WHERE group_id = :group_id AND (state, since_us, user_id) > (:after_state, :after_us, :after_id) AND state <= :lowest
ORDER BY state, since_us, user_id
LIMIT :limit;

-- name: page_of_user
-- A page of a player's groups, highest role first; begins where the last page ended.
SELECT m.state, m.since_us, g.id, g.creator_id, g.name, g.description, g.lang_tag, g.metadata, g.avatar_url, g.open,
    g.edge_count, g.max_count, g.created_us, g.updated_us
FROM groups_member AS m JOIN groups_group AS g ON g.id = m.group_id
WHERE m.user_id = :user_id AND (m.state, m.since_us, m.group_id) > (:after_state, :after_us, :after_id)
    AND m.state <= :lowest
ORDER BY m.state, m.since_us, m.group_id
LIMIT :limit;

-- name: all_of_user
-- What a player is in all groups.
SELECT group_id, state, since_us FROM groups_member WHERE user_id = :user_id ORDER BY state, since_us, group_id;

-- name: created_by
-- The groups that a player has created.
SELECT id FROM groups_group WHERE creator_id = :user_id ORDER BY id;
