"""Who may invite to a room, pin in it, mention all of its members and set its topic: the least role. None stands for what holds where
nobody has chosen."""

from helpers.migrations import statement

__depends__ = {"0031_acts"}

steps = [
    statement("ALTER TABLE rooms ADD COLUMN inviting SMALLINT"),
    statement("ALTER TABLE rooms ADD COLUMN pinning SMALLINT NOT NULL DEFAULT 2"),
    statement("ALTER TABLE rooms ADD COLUMN mentioning SMALLINT"),
    statement("ALTER TABLE rooms ADD COLUMN topic_setting SMALLINT NOT NULL DEFAULT 2"),
]
