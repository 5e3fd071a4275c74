"""Acts of order, each with what was before, so that it can be undone; who may only read for a while;
who may post in a room, how often, and whether it is read only.

Who can't come back to a room stays in the table kicks, whose rows may last for good now."""

from helpers.migrations import statement

__depends__ = {"0029_read_marks_back"}

steps = [
    statement("""
        CREATE TABLE acts (
            room_id BIGINT NOT NULL,
            number BIGINT NOT NULL,
            act TEXT NOT NULL,
            author_id BIGINT NOT NULL,
            target_id BIGINT,
            reason TEXT NOT NULL,
            before TEXT NOT NULL,
            after TEXT NOT NULL,
            at BIGINT NOT NULL,
            until BIGINT,
            seq BIGINT NOT NULL,
            undoes BIGINT,
            undone_by BIGINT,
            PRIMARY KEY (room_id, number)
        )"""),
    statement("CREATE INDEX acts_by_target ON acts (target_id, room_id) WHERE target_id IS NOT NULL"),
    statement("CREATE INDEX acts_by_author ON acts (author_id)"),
    statement("""
        CREATE TABLE timeouts (
            room_id BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            until BIGINT NOT NULL,
            PRIMARY KEY (room_id, user_id)
        )"""),
    statement("CREATE INDEX timeouts_by_user ON timeouts (user_id)"),
    # Of rooms in slow mode alone.
    statement("""
        CREATE TABLE last_posts (
            room_id BIGINT NOT NULL,
            user_id BIGINT NOT NULL,
            at BIGINT NOT NULL,
            PRIMARY KEY (room_id, user_id)
        )"""),
    statement("CREATE INDEX last_posts_by_user ON last_posts (user_id)"),
    statement("ALTER TABLE rooms ADD COLUMN posting SMALLINT NOT NULL DEFAULT 1"),
    statement("ALTER TABLE rooms ADD COLUMN slow_seconds BIGINT NOT NULL DEFAULT 0"),
    statement("ALTER TABLE rooms ADD COLUMN archived_at BIGINT"),
    # A moderator's deletion can be undone for long; an author's own is erased soon.
    statement("""
        CREATE INDEX messages_to_purge_own ON messages (deleted_at, room_id, seq)
        WHERE deleted_at IS NOT NULL AND text <> '' AND deleted_by = author_id"""),
]
