"""How often each read mark was set back, which tells the later of two marks."""

from helpers.migrations import statement

__depends__ = {"0002_rooms"}

steps = [statement("ALTER TABLE members ADD COLUMN times_back BIGINT NOT NULL DEFAULT 0")]
