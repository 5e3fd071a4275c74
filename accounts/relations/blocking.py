"""Blocking and unblocking people. accounts/relations/visibility.py says what a block hides."""

from peewee_async.databases import AioDatabase

from accounts.keys import Blocked
from accounts.models import Block, User
from accounts.relations.following import end_following, locked_users
from helpers.clock import now_ms
from helpers.text.translation import Text


class CannotBlock(Exception):
    """The person can't be blocked. `text` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


async def block(database: AioDatabase, user: User, person: User, callbacks: list[Blocked]) -> None:
    """Blocks a person. It ends follows and follow requests between the two and prevents new ones.
    Raises CannotBlock."""
    if user.id == person.id:
        raise CannotBlock(Text("You can’t block yourself."))
    async with locked_users(database, user.id, person.id):
        row = {"blocker_id": user.id, "blocked_id": person.id, "at": now_ms()}
        await Block.insert(row).on_conflict_ignore().aio_execute()
        await end_following(user.id, person.id)
        await end_following(person.id, user.id)
        then = [await callback(user.id, person.id) for callback in callbacks]
    for call in then:
        if call is not None:
            call()


async def unblock(user: User, person: User) -> None:
    """Removes the block if there is one. Follows that the block ended aren't restored."""
    await Block.delete().where(Block.blocker_id == user.id, Block.blocked_id == person.id).aio_execute()
