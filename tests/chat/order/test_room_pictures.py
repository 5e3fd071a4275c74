"""Pictures of rooms: who may set one, who sees it, and how it is undone."""

import io
from typing import Any

import aiohttp
import pytest
from PIL import Image

from tests.chat.order.test_acts import does, log_of, refused
from tests.conftest import Cast
from tests.support.feed_reader import asks as sends
from tests.support.people import Person
from tests.support.pictures import drawn

pytestmark = pytest.mark.usefixtures("door")


async def gives(someone: Person, room: str, data: bytes) -> tuple[int, Any]:
    form = aiohttp.FormData()
    form.add_field("csrf_token", await someone.token("/rooms"))
    form.add_field("picture", data, filename="picture.png", content_type="image/png")
    headers = {"Accept": "application/json"}
    async with someone.http.post(f"/rooms/{room}/picture", data=form, headers=headers) as answer:
        return answer.status, await answer.json()


async def picture(someone: Person, room: str, query: str = "") -> tuple[int, bytes]:
    async with someone.http.get(f"/rooms/{room}/picture{query}") as answer:
        return answer.status, await answer.read()


async def version(someone: Person, room: str) -> int:
    found = (await someone.gets("/rooms"))["rooms"]
    return next(int(one.get("picture", 0)) for one in found if one["name"] == room)


async def test_it_is_told_to_all_and_undone(alice: Person, bob: Person, cast: Cast, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    assert (await picture(bob, lobby))[0] == 404
    assert (await gives(bob, lobby, drawn()))[0] == 403
    status, done = await gives(alice, lobby, drawn())
    assert (status, done["act"]) == (200, 1)
    line = await at_bob.hears("message", kind="picture")
    first = int(line["text"])
    assert await version(bob, lobby) == first > 0
    status, data = await picture(bob, lobby, f"?size=64&v={first}")
    image = Image.open(io.BytesIO(data))
    assert (status, image.format, image.size) == (200, "WEBP", (64, 64))
    await gives(alice, lobby, drawn(size=(200, 200)))
    second = await version(bob, lobby)
    assert second > first
    await does(at_alice, "/undo A2")
    assert await version(bob, lobby) == first
    assert (await picture(bob, lobby, "?size=64"))[1] == data
    assert (await sends(bob, f"/rooms/{lobby}/settings", act="remove_picture"))[0] == 403
    assert (await sends(alice, f"/rooms/{lobby}/settings", act="remove_picture"))[0] == 200
    assert (await picture(bob, lobby))[0] == 404
    assert (await sends(alice, f"/rooms/{lobby}/settings", act="remove_picture"))[0] == 409
    assert await refused(at_alice, "/undo A1") == "in_the_way"
    await does(at_alice, "/undo A4")
    assert await version(bob, lobby) == first
    acts = [entry["act"] for entry in (await log_of(bob, lobby))["entries"]]
    assert acts == ["undo", "picture", "undo", "picture", "picture"]
    for answer in ("?size=63", "?size=x"):
        assert (await picture(bob, lobby, answer))[0] == 400


async def test_bad_files_change_nothing(alice: Person, lobby: str) -> None:
    for data in (b"", b"no picture", drawn()[:200]):
        status, answer = await gives(alice, lobby, data)
        assert (status, list(answer["errors"])) == (422, ["picture"])
    assert await version(alice, lobby) == 0
    assert not (await log_of(alice, lobby))["entries"]


async def test_of_a_closed_room_members_alone_see_it(alice: Person, bob: Person, cellar: str) -> None:
    assert (await gives(alice, cellar, drawn()))[0] == 200
    assert (await picture(alice, cellar))[0] == 200
    assert (await picture(bob, cellar))[0] == 404
    assert (await gives(bob, cellar, drawn()))[0] == 404


async def test_former_ones_are_kept_for_an_undo_but_not_all(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    for width in range(200, 208):
        assert (await gives(alice, lobby, drawn(size=(width, 200))))[0] == 200
    for act in range(8, 3, -1):
        await does(at_alice, f"/undo A{act}")
    assert await refused(at_alice, "/undo A3") == "in_the_way"
