"""Commands for everyone: help, other ways to post, and the read mark."""

from typing import Literal
from urllib.parse import urlencode

from accounts.models import User
from chat import requests
from chat.actions.conversations import open_conversation
from chat.actions.order import filtering
from chat.commands.registry import Answer, Call, Rest, Word, command
from chat.errors import ActionError
from chat.history.access import room_seen_by
from chat.models import Room
from chat.roles import Permission
from helpers.base_path import with_base
from helpers.text.characters import isolated

MOST_FOUND = 5
SHRUG = "¯\\_(ツ)_/¯"


@command()
async def help(call: Call, command: Word | None = None) -> Answer:
    """Shows the commands that you may use, or how to use one."""
    if command is None:
        shown = call.commands.explain(call.standing, call.language)
        return "\n".join(f"{told.usage}: {told.help}" for told in shown)
    found = call.commands.find(command.removeprefix("/"))
    if found is None or not found.may_be_run_by(call.standing):
        raise ActionError(
            "unknown_command",
            "There is no /{name} for you. /help lists the commands.",
            name=command.removeprefix("/")[:32],
        )
    t = call.language.t
    also = (
        t("Also: {names}.", names=", ".join(f"/{alias}" for alias in found.aliases)) if found.aliases else ""
    )
    return f"{found.usage_in(call.language)}: {t(found.help)} {also}".rstrip()


@command(says=True)
async def me(call: Call, text: Rest) -> Answer:
    """Says what you do, as in "/me waves"."""
    return await filtering.post_and_wait(call.engine, call.room_id, call.person, text, call.nonce, kind="me")


@command(says=True)
async def shrug(call: Call, text: Rest | None = None) -> Answer:
    """Says that you don't know, after your words if there are any."""
    said = SHRUG if text is None else f"{text} {SHRUG}"
    return await filtering.post_and_wait(
        call.engine, call.room_id, call.person, said, call.nonce, kind="post"
    )


@command(says=True)
async def msg(call: Call, user: User, text: Rest) -> Answer:
    """Writes to someone in private, where you two alone read it."""
    text = Rest(requests.clean_text(text))
    room = await open_conversation(call.engine, call.user, [user])
    await filtering.post_and_wait(call.engine, room.id, call.person, text, call.nonce, kind="post")
    return call.language.t(
        "Sent to {name}: {address}", name=user.called, address=with_base(f"/rooms/{room.name}")
    )


@command()
async def search(call: Call, words: Rest) -> Answer:
    """Finds messages in your rooms and in open ones: /search lists what else may be asked for."""
    answer = await call.engine.search.find(call.user, words, most=MOST_FOUND)
    t = call.language.t
    if not answer.results:
        return t("Nothing was found.")
    lines = [
        t(
            "{author} in {room}: {excerpt} {address}",
            author=one.line.author,
            room=isolated(one.title),
            excerpt=isolated(one.excerpt),
            address=with_base(f"/rooms/{one.room}/{one.line.number}"),
        )
        for one in answer.results
        if not one.is_folded
    ]
    address = with_base(f"/search?{urlencode({'q': words})}")
    return "\n".join([*lines, t("All that was found: {address}", address=address)])


@command()
async def unread(call: Call, number: Word | None = None) -> Answer:
    """Marks a message and all after it as unread for you, or, without its number, the last one."""
    room = await Room.aio_get(Room.id == call.room_id)
    digits = str(room.posts) if number is None else number.removeprefix("#")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 16):
        raise ActionError("bad_usage", "The number of a message, please.")
    if not room_seen_by(room, call.standing).cleared_number < int(digits) <= room.posts:
        raise ActionError("no_such_message", "There is no such message.")
    await call.engine.read_marks.put(call.room_id, call.user.id, int(digits) - 1, back=True)
    return call.language.t("Unread from {number} on.", number=int(digits))


@command(needs=Permission.EXPORT)
async def export(call: Call, shape: Literal["html", "text", "jsonl"] = "html") -> Answer:
    """Gives you what was said here as a file: as html or text to read, as jsonl for programs."""
    room = await Room.aio_get(Room.id == call.room_id)
    address = with_base(f"/rooms/{room.name}/export?{urlencode({'as': shape})}")
    return call.language.t("Download it here: {address}", address=address)
