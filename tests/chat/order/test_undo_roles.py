"""Who undoes what: each act of order, by each role, through the door of the log. Who may not changes
nothing."""

import io
import re
from typing import Any

import aiohttp
import pytest

from chat.actions.undo import UNDOING
from tests.chat.order.test_acts import log_of
from tests.conftest import Cast, unique
from tests.support.feed_reader import asks
from tests.support.people import Person
from tests.support.pictures import drawn
from tests.support.servers import Aiochat

Step = str | dict[str, str]

WAYS: dict[str, list[Step]] = {
    "kick": ["/kick {dave}"],
    "ban": ["/ban {dave}"],
    "unban": ["/ban {dave}", "/unban {dave}"],
    "timeout": ["/timeout {dave} 10m"],
    "untimeout": ["/timeout {dave} 10m", "/untimeout {dave}"],
    "delete": ["/delete 1"],
    "purge": ["/purge {dave} 1h"],
    "clear": ["/clear"],
    "topic": ["/topic beans"],
    "picture": [{"picture": ""}],
    "title": ["/title {new}"],
    "address": ["/address {new}"],
    "slow": ["/slow 30s"],
    "lock": ["/lock"],
    "unlock": ["/lock", "/unlock"],
    "archive": ["/archive"],
    "unarchive": ["/archive", "/unarchive"],
    "kind": ["/kind closed"],
    "rights": ["/allow topic members"],
    "history": ["/history joining"],
    "previews": [{"act": "previews", "previews": "off"}],
    "pin": [{"pin": "on"}],
    "unpin": [{"pin": "on"}, {"pin": ""}],
    "role": ["/mod {dave}"],
    "owner": ["/owner {dave}"],
    "retention": [{"act": "retention", "days": "30"}],
    "invite": ["/invite {erin}"],
    "add_filter": [{"act": "add_filter", "kind": "word", "pattern": "quince", "action": "hold"}],
    "remove_filter": [
        {"act": "add_filter", "kind": "word", "pattern": "quince", "action": "hold"},
        {"act": "remove_filter", "filter": "{filter}"},
    ],
    "raid": ["/raid"],
}
"""How each act is done: a command, a request to pin, a form of the settings, or that of the picture."""

OWNERS_ALONE = {"address", "archive", "unarchive", "kind", "rights", "history", "role", "owner", "retention"}


@pytest.fixture
def chat(sqlite_chat: Aiochat) -> Aiochat:
    """Who may doesn't depend on the database."""
    return sqlite_chat


def test_every_act_that_can_be_undone_is_here() -> None:
    assert set(WAYS) == set(UNDOING)


async def acts(someone: Person, room: str, step: Step, names: dict[str, str]) -> bool:
    """Whether they may."""
    if isinstance(step, str):
        answer = await (await someone.enters(room)).says(step.format(**names))
        return answer["type"] not in ("error", "notice")
    if "pin" in step:
        at_room = await someone.enters(room)
        nonce = unique("pin")
        await at_room.ws.send_json({"type": "pin", "number": 1, "on": step["pin"] == "on", "nonce": nonce})
        await at_room.hears("receipt", nonce=nonce)
        return True
    if "picture" in step:
        form = aiohttp.FormData()
        form.add_field("picture", io.BytesIO(drawn()), filename="picture.png", content_type="image/png")
        headers = {"X-CSRF-Token": await someone.token("/rooms"), "Accept": "application/json"}
        async with someone.http.post(f"/rooms/{room}/picture", data=form, headers=headers) as given:
            return given.status == 200
    if "filter" in step:
        async with someone.http.get(f"/rooms/{room}/settings") as page:
            found = re.findall(r'name="filter" value="(\d+)"', await page.text())
        step = {**step, "filter": found[0] if found else "1"}
    status, _ = await asks(someone, f"/rooms/{room}/settings", **step)
    return status == 200


@pytest.mark.parametrize("act", sorted(UNDOING))
async def test_undone_by_each_role(cast: Cast, alice: Person, bob: Person, act: str) -> None:
    """Alice owns the room, Marta moderates, Bob is a member, Mallory isn't. Dave is whom it is about."""
    marta, dave, erin = [await cast.person(name) for name in ("marta", "dave", "erin")]
    mallory = await cast.person("mallory")

    async def made(someone: Person) -> tuple[str, int | None]:
        """A new room in which that person has done it; without a number where they may not."""
        room = unique("Undone")
        await alice.creates(room)
        at_alice = await alice.enters(room)
        for one in (dave, marta, bob):
            await (await one.enters(room)).says("a word of mine")
        await at_alice.says(f"/mod {marta.name}")
        before = (await log_of(alice, room))["entries"][0]["number"]
        names = {"dave": dave.name, "erin": erin.name, "new": unique("other")}
        for step in WAYS[act]:
            if not await acts(someone, room, step, names):
                return room, None
        number: int = (await log_of(alice, room))["entries"][0]["number"]
        assert (number, (await log_of(alice, room))["entries"][0]["act"]) == (before + len(WAYS[act]), act)
        return room, number

    async def undoes(someone: Person, room: str, number: int | None) -> int:
        status, _ = await asks(someone, f"/rooms/{room}/log", undo=str(number))
        return status

    async def log(room: str) -> list[Any]:
        return [entry["undone_by"] for entry in (await log_of(alice, room))["entries"]]

    room, number = await made(alice)
    before = await log(room)
    assert await undoes(mallory, room, number) in (403, 404)
    assert await undoes(bob, room, number) == 403
    # What the owner did a moderator doesn't undo; unless the owner is one since.
    if act != "owner":
        assert await undoes(marta, room, number) == 403
        assert await log(room) == before
        assert await undoes(alice, room, number) == 200
        assert (await log(room))[1] == (number or 0) + 1
        assert await undoes(alice, room, number) == 200, "again it is the same"
        assert len(await log(room)) == len(before) + 1
    else:
        assert await undoes(marta, room, number) == 403
        assert await undoes(alice, room, number) == 403, "the new owner's to give back"
        assert await undoes(dave, room, number) == 200
    # A moderator's own act, where moderators may do it: a member doesn't undo it, both others do.
    for someone in (marta, alice):
        room, number = await made(marta)
        if number is None:
            assert act in OWNERS_ALONE
            return
        assert await undoes(bob, room, number) == 403
        assert await undoes(someone, room, number) == 200
