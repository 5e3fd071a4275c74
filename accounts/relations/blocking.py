"""Blocking somebody, and no longer: the verbs, and the list of whom one blocks. What a block hides
is in accounts/relations/visibility.py."""

from peewee_async.databases import AioDatabase

from accounts.keys import Blocked
from accounts.models import Block, User
from accounts.relations.following import end_following, locked_users
from helpers.clock import now_ms
from helpers.text.translation import Text


class CannotBlock(Exception):
    """Somebody can't be blocked by this person. `text` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


async def block(database: AioDatabase, user: User, person: User, callbacks: list[Blocked]) -> None:
    """From now on the two neither follow each other nor ask to, and can't. Raises CannotBlock."""
    if user.id == person.id:
        raise CannotBlock(Text("You can’t block yourself."))
    async with locked_users(database, user.id, person.id):
        row = {"blocker_id": user.id, "blocked_id": person.id, "at": now_ms()}
        await Block.insert(row).on_conflict_ignore().aio_execute()
        await end_following(user.id, person.id)
        await end_following(person.id, user.id)
        for callback in callbacks:
            await callback(user.id, person.id)


async def unblock(user: User, person: User) -> None:
    """`user` no longer blocks `person`, whether they did or not. What the block ended stays
    ended."""
    await Block.delete().where(Block.blocker_id == user.id, Block.blocked_id == person.id).aio_execute()
