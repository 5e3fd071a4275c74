"""Who follows whom. Read from both ends: whom somebody follows, and who follows somebody.

The database counts followers itself, by triggers: to read a million rows for each look at a person's page takes 0.1 s."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0008_statuses"}


def _count_followers(connection: Any) -> None:
    cursor = connection.cursor()
    more = """INSERT INTO follow_counts (user_id, followers) VALUES (NEW.followed_id, 1)
        ON CONFLICT (user_id) DO UPDATE SET followers = follow_counts.followers + 1"""
    less = "UPDATE follow_counts SET followers = followers - 1 WHERE user_id = OLD.followed_id"
    for name, event, change in (("follows_added", "INSERT", more), ("follows_removed", "DELETE", less)):
        if type(connection).__module__.partition(".")[0] == "sqlite3":
            cursor.execute(f"CREATE TRIGGER {name} AFTER {event} ON follows BEGIN {change}; END")
        else:
            cursor.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {change}; RETURN NULL; END$$")
            cursor.execute(f"CREATE TRIGGER {name} AFTER {event} ON follows FOR EACH ROW EXECUTE FUNCTION {name}()")


steps = [
    statement("""
        CREATE TABLE follows (
            follower_id BIGINT NOT NULL REFERENCES users (id),
            followed_id BIGINT NOT NULL REFERENCES users (id),
            at BIGINT NOT NULL,
            PRIMARY KEY (follower_id, followed_id)
        )"""),
    statement("CREATE INDEX follows_by_followed ON follows (followed_id, follower_id)"),
    statement("CREATE TABLE follow_counts (user_id BIGINT NOT NULL PRIMARY KEY, followers BIGINT NOT NULL)"),
    step(_count_followers),
]
