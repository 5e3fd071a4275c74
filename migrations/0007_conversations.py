"""For conversations: people by the beginning of their names, and whether somebody is present anywhere."""

from helpers.migrations import statement

__depends__ = {"0005_changing_messages"}

steps = [
    statement("CREATE INDEX users_by_prefix ON users (name_key COLLATE {by_bytes})"),
    statement("CREATE INDEX members_present_anywhere ON members (user_id) WHERE present"),
]
