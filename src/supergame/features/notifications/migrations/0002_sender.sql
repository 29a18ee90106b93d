-- Finds what a deleted player has sent to others. Most notifications are the system's, and are not in it.
CREATE INDEX notifications_notification_sender ON notifications_notification (sender_id) WHERE sender_id <> '';
