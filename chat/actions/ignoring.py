"""Whom somebody ignores: a matter of their own, of which nobody else learns. What blocks do is in
accounts/relations."""

from accounts.models import User
from chat.engine import Engine
from chat.errors import ActionError
from chat.models import Ignored
from helpers.clock import now_ms

MAX_IGNORED = 500


async def ignore(engine: Engine, user: User, person: User) -> bool:
    """Hides the messages of a person for the user, on all of their devices. Returns False where it is
    so already. Raises ActionError."""
    if person.id == user.id:
        raise ActionError("refused", "You can’t ignore yourself.")
    if person.left_at is not None:
        raise ActionError("no_such_user", "There is no such account any more.")
    is_theirs = Ignored.user_id == user.id
    if await Ignored.select().where(is_theirs, Ignored.ignored_id == person.id).aio_exists():
        return False
    if await Ignored.select().where(is_theirs).aio_count() >= MAX_IGNORED:
        raise ActionError("refused", "You can ignore at most {most} people.", most=MAX_IGNORED)
    row = {"user_id": user.id, "ignored_id": person.id, "at": now_ms()}
    await Ignored.insert(row).on_conflict_ignore().aio_execute()
    engine.unread.note_standings([user.id])
    return True


async def unignore(engine: Engine, user: User, person: User) -> bool:
    """Shows their messages again. Returns False where they weren't ignored."""
    is_this = (Ignored.user_id == user.id) & (Ignored.ignored_id == person.id)
    found = await Ignored.delete().where(is_this).returning(Ignored.user_id).aio_execute()
    engine.unread.note_standings([user.id])
    return bool(found)
