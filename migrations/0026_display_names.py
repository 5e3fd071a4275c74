"""Names of people as others read them: the words by which they are found, and a key that is the
same for those that look alike."""

from typing import Any

from yoyo import step

from helpers.migrations import statement

__depends__ = {"0023_invitations"}


def fill(connection: Any) -> None:
    """Of names that stand already. None holds `@` any more, which a handle follows."""
    cursor = connection.cursor()
    cursor.execute("SELECT id, display_name FROM users WHERE display_name <> ''")
    found = cursor.fetchall()
    if not found:
        return
    # Their tables of letters take memory that most migrations don't need.
    from accounts.people.display_names import display_skeleton
    from helpers.text.folding import search_words

    sign = "?" if type(connection).__module__.startswith("sqlite3") else "%s"
    change = "UPDATE users SET display_name = ?, display_skeleton = ? WHERE id = ?".replace("?", sign)
    add = "INSERT INTO name_words (word, user_id) VALUES (?, ?)".replace("?", sign)
    for user_id, stored in found:
        name = " ".join(stored.replace("@", " ").split())
        cursor.execute(change, (name, display_skeleton(name), user_id))
        for word in sorted(search_words(name)):
            cursor.execute(add, (word, user_id))


steps = [
    statement("ALTER TABLE users ADD COLUMN display_skeleton TEXT NOT NULL DEFAULT ''"),
    statement(
        "CREATE INDEX users_by_display_skeleton ON users (display_skeleton) WHERE display_skeleton <> ''"
    ),
    statement("""
        CREATE TABLE name_words (
            word TEXT COLLATE {by_bytes} NOT NULL,
            user_id BIGINT NOT NULL,
            PRIMARY KEY (word, user_id)
        )"""),
    statement("CREATE INDEX name_words_by_user ON name_words (user_id)"),
    step(fill),
]
