"""Any acts of order, undone one after the other, leave the room as it was before them."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from chat.actions import editing
from chat.actions.order import deleting, moderation, removing
from chat.actions.rooms import modes, rooms
from chat.actions.rooms.deleted_rooms import delete_room, restore_room
from chat.actions.undo import undo
from chat.drafts import Draft
from chat.engine import Engine, open_engine
from chat.errors import ActionError
from chat.history.reading import page
from chat.models import Ban, LastPost, Member, Room, Timeout
from chat.requests import Pin, Undelete, new_nonce
from chat.roles import RIGHTS, ROLE_WORDS, Role
from helpers.redis.bus import make_bus
from helpers.rendering import Renderer
from tests.chat.history.conftest import ALICE, BOB, MALLORY, filled
from tests.chat.history.test_journal import append
from tests.support.databases import new_sqlite

ROOM = 1
POSTS = 6

ACTS = st.one_of(
    st.tuples(st.just("kick"), st.sampled_from((BOB.id, MALLORY.id))),
    st.tuples(st.just("ban"), st.sampled_from((BOB.id, MALLORY.id)), st.sampled_from((None, 3600, 86_400))),
    st.tuples(st.just("unban"), st.sampled_from((BOB.id, MALLORY.id))),
    st.tuples(st.just("timeout"), st.just(BOB.id), st.sampled_from((600, 3600))),
    st.tuples(st.just("untimeout"), st.just(BOB.id)),
    st.tuples(st.just("delete"), st.integers(1, POSTS), st.integers(0, 3)),
    st.tuples(st.just("purge"), st.just(BOB.id)),
    st.tuples(st.just("clear")),
    st.tuples(st.just("topic"), st.sampled_from(("", "tea", "soup"))),
    st.tuples(st.just("title"), st.sampled_from(("Kitchen", "Garden"))),
    st.tuples(st.just("address"), st.sampled_from(("kitchen", "garden"))),
    st.tuples(st.just("slow"), st.sampled_from((0, 10, 30))),
    st.tuples(st.sampled_from(("lock", "unlock", "archive", "unarchive"))),
    st.tuples(st.just("right"), st.sampled_from(tuple(RIGHTS)), st.sampled_from((*ROLE_WORDS, modes.USUAL))),
    st.tuples(st.just("kind"), st.sampled_from(("open", "closed"))),
    st.tuples(st.just("history"), st.sampled_from(tuple(modes.PASTS))),
    st.tuples(st.just("delete_room")),
    st.tuples(st.just("pin"), st.integers(1, POSTS), st.booleans()),
    st.tuples(st.just("role"), st.just(BOB.id), st.sampled_from((Role.MEMBER, Role.MODERATOR))),
)


async def act(engine: Engine, what: tuple[Any, ...]) -> int | None:
    """Does it as the owner. Returns the number of the act, None for one that isn't recorded."""
    name, *values = what
    nonce = new_nonce()
    here = (engine, ROOM, ALICE)
    user: Any = await User.aio_get(User.id == values[0]) if name in ABOUT else None
    match name:
        case "kick":
            done = await removing.kick(*here, user, "why", nonce)
        case "ban":
            done = await removing.ban(*here, user, values[1], "", nonce)
        case "unban":
            done = await removing.unban(*here, user, "", nonce)
        case "timeout":
            done = await removing.time_out(*here, user, values[1], "", nonce)
        case "untimeout":
            done = await removing.end_timeout(*here, user, "", nonce)
        case "delete":
            first, more = values
            done = await deleting.delete_numbers(*here, [(first, first + more)], "", nonce)
        case "purge":
            done = await deleting.purge(*here, user, 86_400, "", nonce)
        case "clear":
            done = await moderation.clear(*here, "", nonce)
        case "topic":
            done = await moderation.set_topic(*here, values[0], nonce)
        case "title":
            done = await rooms.set_title(*here, values[0], nonce)
        case "address":
            done = await rooms.set_name(*here, values[0], nonce)
        case "slow":
            done = await modes.slow(*here, values[0], nonce)
        case "right":
            right, who = values
            done = await modes.set_right(*here, right, who, nonce)
        case "kind":
            done = await rooms.set_kind(*here, values[0], nonce)
        case "history":
            done = await modes.set_past(*here, values[0], nonce)
        case "delete_room":
            room = await Room.aio_get(Room.id == ROOM)
            before = await shown()
            await delete_room(*here, room.name, "", nonce)
            done = await restore_room(*here, new_nonce())
            assert await shown() == before
            # It stands in the log, and isn't undone.
            return None
        case "pin":
            done = await editing.amend(*here, Pin(values[0], on=values[1]))
        case "role":
            done = await moderation.grant(*here, user, values[1], nonce)
        case _:
            done = await getattr(modes, name)(*here, nonce)
    return done.act


ABOUT = ("kick", "ban", "unban", "timeout", "untimeout", "purge", "role")


async def shown() -> dict[str, Any]:
    """The room as its people have it: all that acts change, but not the lines that tell of them."""
    room = await Room.aio_get(Room.id == ROOM)
    found = await page(room, 100)
    posts = [
        (line.number, line.text if not line.is_deleted else None, bool(line.pinned))
        for line in found.lines
        if line.number
    ]
    columns = (Member.user, Member.role, Member.joined_at, Member.first_seq, Member.hidden_number)
    members = await Member.select(*columns).where(Member.room == ROOM).tuples().aio_execute()
    limits = {
        table.__name__: sorted(
            await table.select(table.user_id, table.until).where(table.room_id == ROOM).tuples().aio_execute()
        )
        for table in (Ban, Timeout)
    }
    about = (room.kind, room.name, room.title or room.name, room.topic, room.modes)
    return {
        "about": (*about, room.cleared_number),
        "posts": posts,
        "members": sorted(members),
        **limits,
    }


async def take_back(engine: Engine, before: list[Any]) -> None:
    """What was deleted now and isn't an act: posts of the owner's own."""
    now = (await shown())["posts"]
    for (number, *_), was in zip(now, before, strict=True):
        if was not in now:
            await editing.amend(engine, ROOM, ALICE, Undelete(number))


async def play(acts: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with filled(new_sqlite(Path(folder) / "test.db")) as database:
            await (
                Member.update(role=Role.OWNER)
                .where(Member.room == ROOM, Member.user == ALICE.id)
                .aio_execute()
            )
            bus = make_bus("")
            await bus.open("site")
            async with open_engine(database, None, bus, "site", "epoch", Renderer()) as engine:
                for place in range(POSTS):
                    author = (ALICE, BOB)[place % 2]
                    await append(engine.journal, Draft(ROOM, author, f"n{place}", f"text {place}"))
                states, done = [await shown()], []
                for what in acts:
                    try:
                        number = await act(engine, what)
                    except ActionError:
                        assert await shown() == states[-1], f"{what} was refused and changed something"
                        continue
                    if number is None:
                        await take_back(engine, states[-1]["posts"])
                        continue
                    done.append(number)
                    states.append(await shown())
                for recorded in reversed(done):
                    states.pop()
                    await undo(engine, ROOM, ALICE, recorded, "", new_nonce())
                    assert await shown() == states[-1], recorded
                assert not await LastPost.select().aio_count()
            await bus.close()


@settings(max_examples=30, deadline=None)
@given(st.lists(ACTS, min_size=1, max_size=8))
def test_undone_in_turn_all_is_as_before(acts: list[tuple[Any, ...]]) -> None:
    asyncio.run(play(acts))
