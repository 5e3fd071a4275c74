"""Statuses of users, in all rooms: away, or not to be disturbed. They are stored for each user and
are not part of a history."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from chat.envelopes import StatusChange
from chat.errors import ActionError
from chat.events import Presence, encode
from chat.models import Status
from helpers.clock import iso
from helpers.db.database import is_unavailable
from helpers.text.characters import is_one_line

log = logging.getLogger("aiochat.statuses")

AWAY = "away"
DND = "dnd"
MAX_TEXT = 100


class Statuses:
    """`publish` sends a change to the user's rooms, in all processes. `spawn` runs a background
    task."""

    def __init__(
        self, publish: Callable[[StatusChange], None], spawn: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        self._publish_change = publish
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
        event = Presence(name, status, text, None if until is None else iso(until))
        self._publish(StatusChange(user_id, encode(event), status == AWAY))

    async def clear(self, user_id: int, name: str, status: str | None = None) -> bool:
        """Ends the user's status; with `status` only that one. Returns False where there was
        none."""
        is_this = Status.user_id == user_id
        if status is not None:
            is_this &= Status.status == status
        found = bool(await Status.delete().where(is_this).aio_execute())
        if found:
            self._publish(StatusChange(user_id, encode(Presence(name, "")), False))
        return found

    def posted(self, user_id: int, name: str) -> None:
        """Posting ends "away"."""
        if user_id in self._away:
            self._away.discard(user_id)
            self._spawn(self._clear_away(user_id, name))

    def note(self, change: StatusChange) -> None:
        """Notes a change from another process."""
        if change.is_away:
            self._away.add(change.user_id)
        else:
            self._away.discard(change.user_id)

    def _publish(self, change: StatusChange) -> None:
        self.note(change)
        self._publish_change(change)

    async def _clear_away(self, user_id: int, name: str) -> None:
        try:
            await self.clear(user_id, name, AWAY)
        except Exception as error:
            self._away.add(user_id)
            if not is_unavailable(error):
                log.exception("a status wasn't cleared")
