"""Commands about notices. notifications/setup.py adds them to the chat, which doesn't depend on them."""

from typing import Literal

from chat.commands.registry import Answer, Call, Duration, Word
from chat.errors import ActionError
from chat.history.access import room_seen_by
from chat.history.reading import visible_post
from chat.models import Room
from helpers.clock import iso, now_ms
from notifications.deciding import ALL, MENTIONS, NOTHING
from notifications.levels import level_in, set_level
from notifications.settings import store_focus, wishes_of
from notifications.why import Explainer
from notifications.wishes import tomorrow
from notifications.words import in_words

MAX_DIGITS = 16


class NoticeCommands:
    """The commands, bound to what they need of an application."""

    def __init__(self, explainer: Explainer) -> None:
        self._explainer = explainer

    async def notify(
        self,
        call: Call,
        level: Literal["all", "mentions", "none"] | None = None,
        duration: Duration | Literal["tomorrow"] | None = None,
    ) -> Answer:
        """Chooses how much of this room calls you: all, mentions and threads, or none; for a time like
        "1h", until tomorrow, or always. Without a word it tells what holds."""
        room = await Room.aio_get(Room.id == call.room_id)
        if level is not None:
            until = None
            if duration == "tomorrow":
                until = tomorrow((await wishes_of(call.user)).zone, now_ms())
            elif duration is not None:
                until = now_ms() + int(duration) * 1000
            await set_level(call.engine, room, call.user.id, level, until)
        found, until = await level_in(room, call.user.id)
        t = call.language.t
        text = {
            ALL: t("Everything in this room calls you."),
            MENTIONS: t("Mentions and threads of yours in this room call you."),
            NOTHING: t("Nothing in this room calls you."),
        }[found]
        if until is None:
            return text
        return f"{text} {t('That ends at {time}.', time=call.language.moment(iso(until)))}"

    async def focus(
        self, call: Call, duration: Duration | Literal["tomorrow", "off"] | None = None
    ) -> Answer:
        """Lets nothing call you for a time like "1h", or until tomorrow. Others don’t learn of it."""
        t = call.language.t
        if duration == "off":
            await store_focus(call.user.id, None)
            return t("What concerns you calls you again.")
        now = now_ms()
        if duration is None or duration == "tomorrow":
            until = tomorrow((await wishes_of(call.user)).zone, now)
        else:
            until = now + int(duration) * 1000
        await store_focus(call.user.id, until)
        return t("Nothing calls you until {time}. /focus off ends it.", time=call.language.moment(iso(until)))

    async def why(self, call: Call, number: Word) -> Answer:
        """Tells why a message, by its number, called you, or didn’t."""
        text = number.removeprefix("#")
        is_number = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and not text.startswith("0")
        room = room_seen_by(await Room.aio_get(Room.id == call.room_id), call.standing)
        line = await visible_post(room, int(text)) if is_number else None
        reason = await self._explainer.explain(room, int(text), call.user) if line is not None else None
        if reason is None:
            raise ActionError("no_such_message", "There is no such message here, or it was cleared away.")
        return in_words(reason, call.language)
