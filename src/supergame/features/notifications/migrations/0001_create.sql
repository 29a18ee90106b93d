-- What is kept for users until they delete it. The key is the order of the list; a user's rows are few enough
-- to be looked through by id.
CREATE TABLE notifications_notification (
    user_id TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    id TEXT NOT NULL,
    subject TEXT NOT NULL,
    content TEXT NOT NULL,
    code BIGINT NOT NULL,
    sender_id TEXT NOT NULL,
    PRIMARY KEY (user_id, created_us, id)
);
