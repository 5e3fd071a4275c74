"""Previews of links, end to end: a real page on loopback, a real site over both databases."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web
from PIL import Image

from chat.previews.worker import PreviewWorker
from helpers.db.leases import Claim, Lease
from helpers.tasks import cancel_all
from tests.chat.history.conftest import filled
from tests.conftest import unique
from tests.support.databases import new_sqlite
from tests.support.deleted_accounts import change, rows
from tests.support.people import PATIENCE, JsonObject, Listener, Person
from tests.support.servers import Aiochat
from tests.support.services.fake_upstream import drawn
from tests.support.sites.linked import Site, linked_site
from timings import Timings

PAGE = """<!doctype html><title>Plain</title><meta property="og:title" content="{title}">
<meta property="og:site_name" content="The Shop"><meta property="og:description" content="Cheap">
<meta property="og:image" content="/p.png">"""


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with linked_site() as found:

        async def picture(_: web.Request) -> web.Response:
            return web.Response(body=drawn("green", (600, 300)), content_type="image/png")

        found.pages |= {"p.png": picture, "fish": PAGE.format(title="Fish"), "chips": "<title>Chips</title>"}
        yield found


async def until_none(chat: Aiochat, sql: str) -> None:
    """Waits until the statement finds nothing."""
    async with asyncio.timeout(PATIENCE):
        while rows(chat, sql):
            await asyncio.sleep(0.05)


async def looked_at(chat: Aiochat) -> None:
    """All links have been looked at."""
    await until_none(chat, "SELECT id FROM preview_jobs")


async def previews(person: Person, room: str, number: int) -> list[JsonObject]:
    found = await person.gets(f"/rooms/{room}/{number}")
    return list(found["message"].get("previews", []))


async def request(listener: Listener, type: str, **fields: object) -> JsonObject:
    nonce = unique("nonce")
    await listener.ws.send_json({"type": type, "nonce": nonce, **fields})
    return await listener._answer(nonce)


async def status(person: Person, path: str) -> int:
    async with person.http.get(path) as answer:
        return answer.status


async def test_a_link_gets_its_card(
    chat: Aiochat, alice: Person, bob: Person, lobby: str, site: Site
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    text = f"look: {site.url('fish')} and {site.url('chips')} and {site.url('missing')}"
    receipt = await at_alice.says(text)
    told = await at_bob.hears("changed", number=receipt["number"])
    fish, chips = told["previews"]
    assert told["text"] == text
    assert "edited_at" not in told
    picture = fish.pop("picture")
    assert fish == {
        **{"url": site.url("fish"), "title": "Fish", "site": "The Shop", "description": "Cheap"},
        **{"width": 480, "height": 240},
    }
    assert chips == {"url": site.url("chips"), "title": "Chips", "site": "127.0.0.2"}
    async with bob.http.get(picture) as answer:
        assert answer.status == 200
        assert answer.content_type == "image/webp"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        with Image.open(io.BytesIO(await answer.read())) as image:
            assert (image.format, image.size) == ("WEBP", (480, 240))
    async with (
        aiohttp.ClientSession(chat.url) as nobody,
        nobody.get(picture, allow_redirects=False) as answer,
    ):
        assert answer.status in (303, 401)
    # In every place where messages are read.
    assert (await previews(bob, lobby, receipt["number"]))[1] == chips
    since = (await bob.enters(lobby, since=receipt["seq"] - 1)).events
    assert chips in next(one for one in since if one.get("number") == receipt["number"])["previews"]
    # Once more: from what is known.
    site.asked.clear()
    again = await at_bob.says(site.url("fish"))
    [card] = (await at_alice.hears("changed", number=again["number"]))["previews"]
    assert card["title"] == "Fish"
    assert card["picture"] != picture
    assert site.asked == []


async def test_three_at_most_and_none_of_what_is_hidden(
    chat: Aiochat, alice: Person, lobby: str, site: Site
) -> None:
    at_alice = await alice.enters(lobby)
    for name in "abcde":
        site.pages[name] = f"<title>{name}</title>"
    url = site.url
    first = await at_alice.says(f"{url('a')} {url('a')} {url('b')} {url('c')} {url('d')}")
    told = await at_alice.hears("changed", number=first["number"])
    assert [card["title"] for card in told["previews"]] == ["a", "b", "c"]
    second = await at_alice.says(f"a ||secret {url('d')} here|| `{url('e')}`\n\n> {url('a')}")
    await looked_at(chat)
    assert await previews(alice, lobby, second["number"]) == []
    assert {path for _, path in site.asked} == {"/a", "/b", "/c"}


async def test_an_edit_gets_its_links_anew(
    chat: Aiochat, alice: Person, bob: Person, lobby: str, site: Site
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    receipt = await at_alice.says(f"see {site.url('fish')}")
    number = receipt["number"]
    [card] = (await at_bob.hears("changed", number=number))["previews"]
    await request(at_alice, "edit", number=number, text=f"look: {site.url('fish')} {site.url('chips')}")
    # What stays is shown all the time.
    assert (await at_bob.hears("changed", number=number))["previews"] == [card]
    told = await at_bob.hears("changed", number=number)
    assert [one["title"] for one in told["previews"]] == ["Fish", "Chips"]
    assert await status(alice, card["picture"]) == 200
    await request(at_alice, "edit", number=number, text="nothing to see")
    assert "previews" not in await at_bob.hears("changed", number=number)
    assert await status(alice, card["picture"]) == 404
    assert rows(chat, f"SELECT id FROM preview_pictures WHERE id = '{card['picture'][10:42]}'") == []


async def test_who_takes_a_card_away(
    chat: Aiochat, alice: Person, bob: Person, lobby: str, site: Site
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    own = (await at_alice.says(f"{site.url('fish')} {site.url('chips')}"))["number"]
    [fish, _] = (await at_bob.hears("changed", number=own))["previews"]
    refused = await request(at_bob, "dismiss_preview", number=own, url=fish["url"])
    assert (refused["type"], refused["code"]) == ("error", "forbidden")
    assert len(await previews(bob, lobby, own)) == 2
    answer = await request(at_alice, "dismiss_preview", number=own, url=fish["url"])
    assert answer["type"] == "receipt"
    assert [one["title"] for one in (await at_bob.hears("changed", number=own))["previews"]] == ["Chips"]
    assert await status(alice, fish["picture"]) == 404
    # Twice is once, and what isn't there changes nothing.
    for url in (fish["url"], "https://example.org/"):
        assert (await request(at_alice, "dismiss_preview", number=own, url=url))["seq"] == answer["seq"]
    for bad in ({"number": own}, {"number": own, "url": "x" * 3000}, {"number": -1, "url": ""}):
        assert (await request(at_alice, "dismiss_preview", **bad))["code"] == "bad_request"
    # It doesn't come back with an edit.
    await request(at_alice, "edit", number=own, text=f"again {site.url('fish')} {site.url('chips')}")
    await looked_at(chat)
    assert [one["title"] for one in await previews(alice, lobby, own)] == ["Chips"]
    # A moderator takes away others'.
    his = (await at_bob.says(site.url("fish")))["number"]
    [card] = (await at_alice.hears("changed", number=his))["previews"]
    assert (await request(at_alice, "dismiss_preview", number=his, url=card["url"]))["type"] == "receipt"
    assert await previews(bob, lobby, his) == []


async def test_pictures_are_for_who_sees_the_post(
    chat: Aiochat, alice: Person, bob: Person, site: Site
) -> None:
    attic = await alice.closes_off(unique("Attic"))
    at_alice = await alice.enters(attic)
    number = (await at_alice.says(site.url("fish")))["number"]
    [card] = (await at_alice.hears("changed", number=number))["previews"]
    assert await status(alice, card["picture"]) == 200
    assert await status(bob, card["picture"]) == 404
    await at_alice.says(f"/invite {bob.name}")
    await bob.accepts(attic)
    assert await status(bob, card["picture"]) == 200
    await request(at_alice, "delete", number=number)
    assert await status(bob, card["picture"]) == 404
    await request(at_alice, "undelete", number=number)
    assert await status(bob, card["picture"]) == 200
    assert [one["title"] for one in await previews(bob, attic, number)] == ["Fish"]
    await at_alice.says(f"/kick {bob.name}")
    assert await status(bob, card["picture"]) == 404


async def test_what_is_erased_leaves_nothing(chat: Aiochat, alice: Person, lobby: str, site: Site) -> None:
    at_alice = await alice.enters(lobby)
    receipt = await at_alice.says(site.url("fish"))
    await at_alice.hears("changed", number=receipt["number"])
    ((room_id,),) = rows(chat, f"SELECT id FROM rooms WHERE slug = '{lobby.lower()}'")
    here = f"room_id = {room_id} AND seq = {receipt['seq']}"
    assert len(rows(chat, f"SELECT id FROM preview_pictures WHERE {here}")) == 1
    change(chat, f"UPDATE messages SET text = '', html = NULL WHERE {here}")
    assert rows(chat, f"SELECT id FROM preview_pictures WHERE {here}") == []
    assert rows(chat, f"SELECT previews FROM messages WHERE {here}") == [(None,)]


async def test_a_permalink_stores_nothing_of_its_post(
    chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    attic = await alice.closes_off(unique("Attic"))
    at_attic = await alice.enters(attic)
    await at_attic.says("the secret")
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    url = f"{chat.url}/rooms/{attic}/1"
    number = (await at_alice.says(f"as in {url}, and {chat.url}/rooms/{attic}"))["number"]
    told = await at_bob.hears("changed", number=number)
    assert told["previews"] == [{"url": url, "permalink": True}]
    assert "secret" not in json.dumps(told)
    assert await status(bob, f"/rooms/{attic}/1") == 404


async def test_rooms_without_previews(
    chat: Aiochat, alice: Person, bob: Person, lobby: str, site: Site
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    form = {"act": "previews", "previews": "off", "page": f"/rooms/{lobby}/settings"}
    assert (await bob.submits(f"/rooms/{lobby}/settings", **{**form, "page": "/rooms"})).status == 303
    await at_alice.says("not yet")
    assert (await alice.submits(f"/rooms/{lobby}/settings", **form)).status == 303
    line = await at_alice.hears("message", kind="previews")
    assert line["text"] == "off"
    number = (await at_alice.says(site.url("fish")))["number"]
    await looked_at(chat)
    assert await previews(alice, lobby, number) == []
    assert site.asked == []
    assert (await at_alice.says("/undo A1"))["type"] == "receipt"
    assert (await at_bob.hears("message", kind="previews", text="on"))["author"] == alice.name
    number = (await at_alice.says(site.url("fish")))["number"]
    assert (await at_alice.hears("changed", number=number))["previews"][0]["title"] == "Fish"


async def test_nobody_waits_for_who_posts_much(
    chat: Aiochat, alice: Person, bob: Person, lobby: str, site: Site
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    go = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        await go.wait()
        return web.Response(text="<title>Slow</title>", content_type="text/html")

    for place in range(12):
        site.pages[f"slow{place}"] = slow
        await at_alice.says(site.url(f"slow{place}"))
    number = (await at_bob.says(site.url("fish")))["number"]
    assert (await at_bob.hears("changed", number=number))["previews"][0]["title"] == "Fish"
    assert len([path for _, path in site.asked if "slow" in path]) == 1
    go.set()
    await looked_at(chat)


async def test_old_ones_are_dropped(chat: Aiochat, alice: Person, lobby: str, site: Site) -> None:
    at_alice = await alice.enters(lobby)
    number = (await at_alice.says(site.url("fish")))["number"]
    await at_alice.hears("changed", number=number)
    # A message of a restored backup, of long ago.
    change(
        chat,
        "INSERT INTO preview_jobs (author_id, room_id, seq, at) SELECT author_id, room_id, seq, 1 "
        f"FROM messages WHERE number = {number} AND room_id = (SELECT id FROM rooms WHERE name = '{lobby}')",
    )
    await looked_at(chat)


async def test_whoever_ends_leaves_the_task_to_another(tmp_path: Path) -> None:
    async with filled(new_sqlite(tmp_path / "db")):
        nothing: Any = None
        engine = cast(Any, SimpleNamespace(timings=Timings()))
        worker, other = PreviewWorker(engine, nothing, nothing, lambda: True, ()), Claim("previews", 30)
        task = asyncio.create_task(worker.run())
        async with asyncio.timeout(PATIENCE):
            while not await Lease.select().where(Lease.name == "previews").aio_count():
                await asyncio.sleep(0.01)
        assert not await other.hold()
        await cancel_all([task])
        assert await other.hold()
