"""The rooms that everybody is in from the beginning: whoever makes themselves an account joins them."""

import logging

from accounts.models import User
from chat.actions.membership import join_or_return
from chat.engine import Engine
from chat.errors import ActionError
from chat.models import Room

log = logging.getLogger("aiochat.rooms")


async def join_default_rooms(engine: Engine, room_ids: list[int], user: User) -> None:
    """Joins those that are still open. The account is made already: what goes wrong is logged."""
    if not room_ids:
        return
    query = Room.select().where(Room.id.in_(room_ids), Room.kind == "open", Room.archived_at.is_null())
    for room in await query.order_by(Room.id).aio_execute():
        try:
            await join_or_return(engine, room, user)
        except ActionError as error:
            log.warning("account %d doesn't join room %d: %s", user.id, room.id, error.text)
