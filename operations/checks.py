"""What must be true of a database, as statements that find where it isn't. Each gives a text for every
fault. `repair` mends what can be told from the rest; what can't is left as it is. They hold on both
databases."""

from typing import NamedTuple

from chat.drafts import GROUPS


class Check(NamedTuple):
    """`promise` is what is true of a sound database, `faults` a statement that gives the places where it
    isn't, `repair` one that makes it true, if there is one."""

    promise: str
    faults: str
    repair: str | None = None


def first_faults(check: Check, most: int) -> str:
    """The statement that gives the first faults, each with how many there are in all: a broken site may have
    millions."""
    return f"SELECT *, count(*) OVER () FROM ({check.faults}) AS faults LIMIT {most}"


_LAST = """
    SELECT room_id, max(CASE WHEN changed_seq > seq THEN changed_seq ELSE seq END) AS last_seq,
        coalesce(max(number), 0) AS posts
    FROM messages GROUP BY room_id"""
_ROOM = "'room ' || rooms.id || ' (' || rooms.name || ')'"
_LINE = "'room ' || {0}.room_id || ', line ' || {0}.seq"
_NO_MESSAGE = (
    "NOT EXISTS (SELECT 1 FROM messages WHERE messages.room_id = {0}.room_id AND messages.seq = {0}.seq)"
)
_NO_ROOM = "NOT EXISTS (SELECT 1 FROM rooms WHERE rooms.id = {0}.room_id)"
_REACTIONS = """
    (SELECT count(*) FROM reactions
    WHERE reactions.room_id = messages.room_id AND reactions.seq = messages.seq)"""
_NAMES_SOMEBODY_LIVING = """
    EXISTS (SELECT 1 FROM messages WHERE messages.room_id = mentions.room_id
    AND messages.number = mentions.number AND messages.deleted_at IS NULL)"""


def _orphans(table: str) -> Check:
    """Rows about a line that isn't there."""
    line, lacks = _LINE.format(table), _NO_MESSAGE.format(table)
    return Check(
        f"{table.replace('_', ' ')} belong to a line",
        f"SELECT {line} FROM {table} WHERE {lacks}",
        f"DELETE FROM {table} WHERE {lacks}",
    )


HISTORY = (
    Check(
        "the numbering of a room is never behind its lines",
        f"SELECT {_ROOM} FROM rooms JOIN ({_LAST}) found ON found.room_id = rooms.id "
        "WHERE found.last_seq > rooms.last_seq OR found.posts > rooms.posts",
        f"""
        UPDATE rooms SET
            last_seq = CASE WHEN found.last_seq > rooms.last_seq THEN found.last_seq ELSE rooms.last_seq END,
            posts = CASE WHEN found.posts > rooms.posts THEN found.posts ELSE rooms.posts END
        FROM ({_LAST}) found WHERE found.room_id = rooms.id
            AND (found.last_seq > rooms.last_seq OR found.posts > rooms.posts)""",
    ),
    Check(
        "no number of a post is missing",
        f"""
        SELECT {_ROOM} || ': ' || (rooms.posts - rooms.kept_number - coalesce(found.posts, 0)) || ' of '
            || (rooms.posts - rooms.kept_number) || ' posts'
        FROM rooms LEFT JOIN (
            SELECT room_id, count(*) AS posts FROM messages JOIN rooms ON rooms.id = room_id
            WHERE number > rooms.kept_number GROUP BY room_id
        ) found ON found.room_id = rooms.id
        WHERE rooms.posts - rooms.kept_number <> coalesce(found.posts, 0)""",
    ),
    Check(
        "numbers grow with the lines, and none is there twice",
        f"""
        SELECT {_LINE.format("found")} FROM (
            SELECT room_id, seq, number, lag(number) OVER (PARTITION BY room_id ORDER BY seq) AS former
            FROM messages WHERE number IS NOT NULL
        ) found WHERE number <= former""",
    ),
    Check(
        "nobody has read more than there is",
        "SELECT 'room ' || room_id || ', person ' || user_id FROM members JOIN rooms ON rooms.id = room_id "
        "WHERE read_number > rooms.posts OR hidden_number > rooms.posts",
        """
        UPDATE members SET
            read_number = CASE WHEN read_number > rooms.posts THEN rooms.posts ELSE read_number END,
            hidden_number = CASE WHEN hidden_number > rooms.posts THEN rooms.posts ELSE hidden_number END
        FROM rooms WHERE rooms.id = members.room_id
            AND (read_number > rooms.posts OR hidden_number > rooms.posts)""",
    ),
    Check(
        "an answer is to a post of before",
        f"SELECT {_LINE.format('messages')} FROM messages WHERE reply_to >= number",
        "UPDATE messages SET reply_to = NULL WHERE reply_to >= number",
    ),
    Check(
        "lines belong to a room",
        f"SELECT DISTINCT 'room ' || room_id FROM messages WHERE {_NO_ROOM.format('messages')}",
        f"DELETE FROM messages WHERE {_NO_ROOM.format('messages')}",
    ),
    Check(
        "memberships are of a person in a room",
        "SELECT 'room ' || room_id || ', person ' || user_id FROM members "
        f"WHERE {_NO_ROOM.format('members')} OR NOT EXISTS (SELECT 1 FROM users WHERE users.id = user_id)",
        f"DELETE FROM members WHERE {_NO_ROOM.format('members')} "
        "OR NOT EXISTS (SELECT 1 FROM users WHERE users.id = user_id)",
    ),
    _orphans("reactions"),
    _orphans("message_versions"),
    Check(
        "the reactions of a line are as many as it counts",
        f"SELECT {_LINE.format('messages')} || ': ' || reactions || ' and not ' || {_REACTIONS} "
        f"FROM messages WHERE reactions <> {_REACTIONS}",
        f"UPDATE messages SET reactions = {_REACTIONS} WHERE reactions <> {_REACTIONS}",
    ),
    Check(
        "mentions are counted of posts that are there",
        "SELECT 'room ' || room_id || ', post ' || number || ', person ' || user_id FROM mentions "
        f"WHERE NOT {_NAMES_SOMEBODY_LIVING}",
        f"DELETE FROM mentions WHERE NOT {_NAMES_SOMEBODY_LIVING}",
    ),
    Check(
        "who is mentioned exists",
        "SELECT DISTINCT 'person ' || user_id FROM mentions WHERE user_id NOT IN "
        f"({', '.join(str(group.user_id) for group in GROUPS.values())}) "
        "AND NOT EXISTS (SELECT 1 FROM users WHERE users.id = user_id)",
    ),
)


def of_blobs(references: list[tuple[str, str]]) -> tuple[Check, ...]:
    """What is true of contents, to which these columns of these tables refer."""
    counted = " + ".join(
        f"(SELECT count(*) FROM {table} WHERE {table}.{column} = blobs.id)" for table, column in references
    )
    return (
        Check(
            "references to contents are as many as they count",
            f"SELECT 'content ' || id || ': ' || refs || ' and not ' || ({counted}) FROM blobs "
            f"WHERE refs <> {counted}",
            f"UPDATE blobs SET refs = {counted} WHERE refs <> {counted}",
        ),
        *(
            Check(
                f"the contents of {table.replace('_', ' ')} are known",
                f"SELECT '{table} of content ' || {column} FROM {table} WHERE {column} IS NOT NULL "
                f"AND NOT EXISTS (SELECT 1 FROM blobs WHERE blobs.id = {table}.{column})",
            )
            for table, column in references
        ),
    )
