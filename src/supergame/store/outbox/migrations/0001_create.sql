CREATE TABLE outbox_event (
    id TEXT NOT NULL PRIMARY KEY,
    node TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    created_us BIGINT NOT NULL
);
CREATE INDEX outbox_event_order ON outbox_event (node, created_us, id);
