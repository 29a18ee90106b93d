-- The direct messages of a player, where the channel `4.<user id>.<user id>.` names them second; where it names them
-- first, they are a range of the key.
CREATE INDEX chat_message_direct ON chat_message (substr(channel_id, 40, 36))
WHERE channel_id >= '4.' AND channel_id < '4/';
