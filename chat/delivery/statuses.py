"""Statuses of users, in all rooms: away, or not to be disturbed. They are stored for each user and
are not part of a history. Changed names are told in the same way."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from accounts.models import User
from chat.envelopes import EphemeralEvent, StatusChange
from chat.errors import ActionError
from chat.events import Presence, Renamed, encode
from chat.models import Member, Status
from helpers.clock import iso, now_ms
from helpers.db.database import is_unavailable
from helpers.text.characters import is_one_line

log = logging.getLogger("aiochat.statuses")

AWAY = "away"
DND = "dnd"
MAX_TEXT = 100


class Statuses:
    """`publish` sends a change to the user's rooms, in all processes, and `publish_to_room` an event
    to one room. `spawn` runs a background task."""

    def __init__(
        self,
        publish: Callable[[StatusChange], None],
        publish_to_room: Callable[[EphemeralEvent], None],
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._publish_change = publish
        self._publish_to_room = publish_to_room
        self._spawn = spawn
        self._away: set[int] = set()
        """The users known to be away. Posting ends it."""

    async def open(self) -> None:
        """Loads who is away. Later changes arrive by `note`."""
        rows = await Status.select(Status.user_id).where(Status.status == AWAY).tuples().aio_execute()
        self._away.update(user_id for (user_id,) in rows)

    async def set(
        self, user_id: int, name: str, status: str, text: str = "", until: int | None = None
    ) -> None:
        """Stores and announces a status. `until`, in ms since 1970, is when it ends by itself.
        Raises ActionError for an invalid text."""
        if len(text) > MAX_TEXT or not is_one_line(text):
            raise ActionError("bad_usage", "One line of at most {most} characters, please.", most=MAX_TEXT)
        values = {Status.status: status, Status.text: text, Status.until: until}
        await (
            Status.insert({Status.user_id: user_id, **values})
            .on_conflict(conflict_target=[Status.user_id], update=values)
            .aio_execute()
        )
        await self._publish(user_id, _presence(name, status, text, until))

    async def clear(self, user_id: int, name: str, status: str | None = None) -> bool:
        """Ends the user's status; with `status` only that one. Returns False where there was
        none."""
        is_this = Status.user_id == user_id
        if status is not None:
            is_this &= Status.status == status
        found = bool(await Status.delete().where(is_this).aio_execute())
        if found:
            await self._publish(user_id, Presence(name, ""))
        return found

    def posted(self, user_id: int, name: str) -> None:
        """Posting ends "away"."""
        if user_id in self._away:
            self._away.discard(user_id)
            self._spawn(self._clear_away(user_id, name))

    def joined(self, room_id: int, user_id: int, name: str) -> None:
        """A new member's status is told in the room: whoever is there doesn't know it yet."""
        self._spawn(self._tell_room(room_id, user_id, name))

    def note(self, change: StatusChange) -> None:
        """Notes a change from another process."""
        if change.is_away is None:
            return
        if change.is_away:
            self._away.add(change.user_id)
        else:
            self._away.discard(change.user_id)

    async def tell_name(self, user_id: int, name: str, shown: str) -> None:
        """Announces how somebody is shown from now on."""
        event = encode(Renamed(name, shown))
        self._publish_change(StatusChange(user_id, event, None, await _rooms_of(user_id)))

    async def _publish(self, user_id: int, event: Presence) -> None:
        change = StatusChange(user_id, encode(event), event.status == AWAY, await _rooms_of(user_id))
        self.note(change)
        self._publish_change(change)

    async def _tell_room(self, room_id: int, user_id: int, name: str) -> None:
        try:
            status: Status | None = await Status.aio_get_or_none(Status.user_id == user_id)
        except Exception as error:
            if not is_unavailable(error):
                log.exception("a new member's status wasn't told")
            return
        if status is not None and (status.until is None or status.until > now_ms()):
            event = _presence(name, status.status, status.text, status.until)
            self._publish_to_room(EphemeralEvent(room_id, encode(event)))

    async def _clear_away(self, user_id: int, name: str) -> None:
        try:
            await self.clear(user_id, name, AWAY)
        except Exception as error:
            self._away.add(user_id)
            if not is_unavailable(error):
                log.exception("a status wasn't cleared")


async def status_of(user: User) -> Presence:
    """A person's status; an empty one where there is none, or where it has ended."""
    status: Status | None = await Status.aio_get_or_none(Status.user_id == user.id)
    if status is None or (status.until is not None and status.until <= now_ms()):
        return Presence(user.name, "")
    return _presence(user.name, status.status, status.text, status.until)


async def _rooms_of(user_id: int) -> tuple[int, ...]:
    rooms = await Member.select(Member.room).where(Member.user == user_id).tuples().aio_execute()
    return tuple(room_id for (room_id,) in rooms)


def _presence(name: str, status: str, text: str, until: int | None) -> Presence:
    return Presence(name, status, text, None if until is None else iso(until))
