"""Commands for one's status, which all rooms see."""

from typing import Literal

from chat.commands.registry import Answer, Call, Duration, Rest, command
from chat.delivery.statuses import AWAY, DND
from helpers.clock import now_ms
from helpers.text.durations import show_duration


@command()
async def away(call: Call, text: Rest | None = None) -> Answer:
    """Tells others that you are away, until you write again."""
    await call.engine.statuses.set(call.user.id, call.user.name, AWAY, text or "")
    return call.language.t("You are away now. /back ends it, and so does writing a message.")


@command()
async def back(call: Call) -> Answer:
    """Tells others that you can be reached again."""
    is_news = await call.engine.statuses.clear(call.user.id, call.user.name)
    t = call.language.t
    return t("You are back.") if is_news else t("You weren't away.")


@command()
async def dnd(call: Call, duration: Duration | Literal["off"] | None = None) -> Answer:
    """Tells others not to disturb you, for as long as "30m", "2h", "3d" or "1w" say, or until you
    turn it off."""
    t = call.language.t
    if duration == "off":
        is_news = await call.engine.statuses.clear(call.user.id, call.user.name, DND)
        return t("You may be disturbed again.") if is_news else t("You could be disturbed already.")
    until = None if duration is None else now_ms() + duration * 1000
    await call.engine.statuses.set(call.user.id, call.user.name, DND, until=until)
    if duration is None:
        return t("You are not to be disturbed. /dnd off ends it.")
    return t(
        "You are not to be disturbed for {duration}. /dnd off ends it.", duration=show_duration(duration)
    )
