"""What concerns people outside of the histories of rooms: the database itself notes it, where it is stored, in its
transaction, so that none is forgotten. What is taken back takes its notice with it."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0056_notices"}


def _note(kind: str, user: str, by: str, at: str = "NEW.at", **others: str) -> str:
    columns = {"kind": f"'{kind}'", "user_id": user, "by_id": by, "at": at, **others}
    return f"INSERT INTO notice_jobs ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"  # noqa: S608 - our own words


def _forget(subject: str, user: str = "") -> str:
    whose = f" AND user_id = {user}" if user else ""
    return f"DELETE FROM notices WHERE subject = {subject}{whose}"  # noqa: S608 - our own words


_TOLD = "NEW.outcome IS NOT NULL AND OLD.outcome IS NULL"
_SEEN = "NEW.outcome IS NULL AND OLD.outcome IS NOT NULL"
_TRIGGERS = {
    "followed": ("AFTER INSERT ON follows", "", _note("follow", "NEW.followed_id", "NEW.follower_id")),
    "unfollowed": (
        *("AFTER DELETE ON follows", ""),
        _forget("'follow:' || OLD.follower_id", "OLD.followed_id"),
    ),
    "asked": ("AFTER INSERT ON follow_requests", "", _note("request", "NEW.followed_id", "NEW.follower_id")),
    "unasked": (
        *("AFTER DELETE ON follow_requests", ""),
        _forget("'request:' || OLD.follower_id", "OLD.followed_id"),
    ),
    "liked": ("AFTER INSERT ON feed_likes", "", _note("like", "0", "NEW.user_id", post_id="NEW.post_id")),
    "unliked": ("AFTER DELETE ON feed_likes", "", _forget("'like:' || OLD.post_id || ':' || OLD.user_id")),
    "commented": (
        *("AFTER INSERT ON feed_comments", ""),
        _note("comment", "0", "NEW.author_id", post_id="NEW.post_id", comment_id="NEW.id"),
    ),
    "uncommented": ("AFTER DELETE ON feed_comments", "", _forget("'comment:' || OLD.id")),
    "post_deleted": (
        "AFTER UPDATE OF deleted_at ON feed_posts",
        "NEW.deleted_at IS NOT NULL AND OLD.deleted_at IS NULL",
        _note("gone", "0", "NEW.author_id", "NEW.deleted_at", post_id="NEW.id"),
    ),
    "invited": (
        *("AFTER INSERT ON invitations", "NEW.inviter_id IS NOT NULL"),
        _note("invitation", "NEW.user_id", "NEW.inviter_id", room_id="NEW.room_id"),
    ),
    "uninvited": ("AFTER DELETE ON invitations", "", _forget("'invitation:' || OLD.room_id", "OLD.user_id")),
    "answered": (
        *("AFTER UPDATE OF outcome ON report_reasons", _TOLD),
        _note("outcome", "NEW.user_id", "NEW.report_id", room_id="NEW.room_id", number="NEW.number"),
    ),
    "answer_seen": (
        *("AFTER UPDATE OF outcome ON report_reasons", _SEEN),
        "UPDATE notices SET read_at = at WHERE subject = 'outcome:' || OLD.report_id "
        "AND user_id = OLD.user_id AND read_at IS NULL",
    ),
}


def _create_triggers(connection: Any) -> None:
    module = type(connection).__module__.partition(".")[0]
    for name, (when, only, does) in _TRIGGERS.items():
        head = f"CREATE TRIGGER notices_{name} {when} FOR EACH ROW" + (f" WHEN ({only})" if only else "")
        if module == "sqlite3":
            connection.cursor().execute(f"{head} BEGIN {does}; END")
            continue
        connection.cursor().execute(
            f"CREATE FUNCTION notices_{name}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {does}; RETURN NULL; END$$"
        )
        connection.cursor().execute(f"{head} EXECUTE FUNCTION notices_{name}()")


steps = [
    statement("""
        CREATE TABLE notice_jobs (
            id {identity},
            kind TEXT NOT NULL,
            user_id BIGINT NOT NULL,
            by_id BIGINT NOT NULL,
            room_id BIGINT,
            number BIGINT,
            post_id BIGINT,
            comment_id BIGINT,
            at BIGINT NOT NULL
        )"""),
    statement("CREATE INDEX notice_jobs_of_room ON notice_jobs (room_id, id) WHERE room_id IS NOT NULL"),
    statement("CREATE INDEX notices_of_posts ON notices (post_id, id) WHERE post_id IS NOT NULL"),
    step(_create_triggers),
]
