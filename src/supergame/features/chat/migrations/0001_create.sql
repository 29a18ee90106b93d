-- Messages that are kept. An id holds its time, so the key is the order of a channel's history, and a new message
-- goes to the end of its channel.
CREATE TABLE chat_message (
    channel_id TEXT NOT NULL,
    id TEXT NOT NULL,
    sender_id TEXT NOT NULL,
    username TEXT NOT NULL,
    code BIGINT NOT NULL,
    content TEXT NOT NULL,
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (channel_id, id)
);

CREATE INDEX chat_message_sender ON chat_message (sender_id);
