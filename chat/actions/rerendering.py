"""The messages of all rooms, to be rendered anew after the dialect has changed."""

from collections.abc import Sequence

from peewee_async.databases import AioDatabase

from accounts.people.mentions import NamedPeople
from chat.actions.posting import render_text
from chat.formatting import GROUP_MENTION
from chat.history.access import RoomAccessReader
from chat.history.mentions import Directory
from chat.models import Message
from helpers.redis.bus import Bus
from helpers.rendering import Renderer
from helpers.rerendering import Render, Stored, Texts

_MESSAGES = Texts(
    Message,
    Message.room_id,
    Message.seq,
    text=Message.text,
    html=Message.html,
    wanted=Message.kind.in_(["post", "me"]) & (Message.text != ""),
)


def texts_of_rooms(database: AioDatabase, renderer: Renderer) -> list[tuple[Texts, Render]]:
    """Nobody is called by a message that is rendered anew."""
    directory = Directory(RoomAccessReader(database), NamedPeople(), Bus())

    async def render(texts: Sequence[Stored]) -> list[str | None]:
        return [await render_one(*stored) for stored in texts]

    async def render_one(text: str, html: str | None) -> str | None:
        rendered = await render_text(renderer, directory, 0, text)
        # Whether it called all depends on who wrote it, and where.
        called_all = html is not None and GROUP_MENTION in html
        return rendered.quiet_html if rendered.mentions_groups and not called_all else rendered.html

    return [(_MESSAGES, render)]
