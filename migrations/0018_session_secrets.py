"""A secret of each user's that their sessions carry: whoever changes it ends the sessions of before.

The secret of those who have accounts already is empty, as is that of their sessions: nobody is signed out."""

from helpers.migrations import statement

__depends__ = {"0017_deleted_posts"}

steps = [
    statement("ALTER TABLE users ADD COLUMN session_secret TEXT NOT NULL DEFAULT ''"),
]
