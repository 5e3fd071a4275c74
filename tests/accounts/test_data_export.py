"""One's own data as a download: all of it, nobody else's, written as it is read."""

import asyncio
import base64
import io
import json
import secrets
import zipfile
from typing import Any

import aiohttp
from PIL import Image

from accounts.personal_data.export import PAGE
from tests.chat.actions.test_conversations import opens
from tests.conftest import LIMITS_OFF, Cast, unique
from tests.support.deleted_accounts import acts, asks, change, leaves, rows
from tests.support.feed_reader import goes_private
from tests.support.files import posts, uploads
from tests.support.people import PATIENCE, Person
from tests.support.servers import Aiochat

DOWNLOAD = "/accounts/data/download"


async def downloads(someone: Person) -> Any:
    async with someone.http.get(DOWNLOAD) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.headers["Content-Disposition"] == 'attachment; filename="aiochat-data.json"'
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.content_type == "application/json"
        return json.loads(await answer.read())


async def test_all_of_ones_own_and_nothing_of_others(cast: Cast, bob: Person, lobby: str) -> None:
    carol = cast.stranger("carol")
    await carol.joins(email=f"{carol.name}@mail.example")
    profile = {"display_name": "Caroline", "bio": "beans", "place": "Porto", "time_zone": "Europe/Lisbon"}
    assert (await carol.submits("/accounts/profile", **profile)).status == 303
    picture = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(picture, "PNG")
    form = aiohttp.FormData()
    form.add_field("picture", picture.getvalue(), filename="me.png", content_type="image/png")
    async with carol.http.post(
        "/accounts/picture", data=form, headers={"X-CSRF-Token": await carol.token("/rooms")}
    ) as answer:
        assert answer.status in (200, 303)
    await acts(carol, f"/users/{bob.name}/follow")
    assert (await bob.submits("/accounts/profile", display_name="Мария O'Neil")).status == 303
    dave, erin = await cast.person("dave"), await cast.person("erin")
    await goes_private(dave)
    await acts(carol, f"/users/{dave.name}/follow")
    await acts(carol, f"/users/{erin.name}/block")
    at_carol, at_bob = await carol.enters(lobby), await bob.enters(lobby)
    await at_bob.says("Bob says this")
    await at_carol.says('Carol says "this" \u2028 🎉')
    await at_carol.says("and that")
    await asks(at_carol, type="edit", number=3, text="and not that")
    await asks(at_carol, type="react", number=1, emoji="👍", on=True)
    direct = (await acts(carol, "/conversations", **{"with": bob.name}))["name"]
    await (await carol.enters(direct)).says("psst")
    await at_carol.says("/away digging")
    hers, his = await acts(carol, "/feed", text="Her post"), await acts(bob, "/feed", text="His post")
    await acts(carol, f"/feed/{his['id']}/like")
    comment = await acts(carol, f"/feed/{his['id']}/comments", text="Her comment")
    await acts(bob, f"/feed/{hers['id']}/comments", text="His comment")

    found = await downloads(carol)
    account = found["account"]
    assert {
        **account,
        **profile,
        "name": carol.name,
        "email": f"{carol.name}@mail.example",
        "is_admin": False,
    } == account
    image = Image.open(
        io.BytesIO(base64.b64decode(account["picture"].removeprefix("data:image/webp;base64,")))
    )
    assert image.size == (256, 256)
    assert [(one["address"], bool(one["used_at"])) for one in found["sessions"]] == [("127.0.0.1", True)]
    following = [(one["name"], one["display_name"]) for one in found["following"]]
    assert following == [(bob.name, "Мария O'Neil")]
    called = [one["display_names"][bob.name] for one in found["messages"] if "people" in one]
    assert [name.split(" @")[0] for name in called] == ["Мария O'Neil"]
    assert [one["name"] for one in found["asked_to_follow"]] == [dave.name]
    assert [one["name"] for one in found["blocked"]] == [erin.name]
    assert {(one["room"], one["role"]) for one in found["rooms"]} == {(lobby, "member"), (direct, "member")}
    messages = {
        (one["room"], one["number"]): (one["text"], one["edited_at"] is not None, one.get("people"))
        for one in found["messages"]
    }
    assert messages == {
        (lobby, 2): ('Carol says "this" \n 🎉', False, None),
        (lobby, 3): ("and not that", True, None),
        (direct, 1): ("psst", False, sorted([bob.name, carol.name])),
    }
    assert [(one["room"], one["number"], one["emoji"]) for one in found["reactions"]] == [(lobby, 1, "👍")]
    assert [(one["status"], one["text"]) for one in found["status"]] == [("away", "digging")]
    assert [(one["id"], one["text"]) for one in found["posts"]] == [(hers["id"], "Her post")]
    assert [(one["id"], one["post"], one["text"]) for one in found["comments"]] == [
        (comment["id"], his["id"], "Her comment")
    ]
    assert [one["post"] for one in found["likes"]] == [his["id"]]
    text = json.dumps(found)
    assert not any(word in text for word in ("Bob says", "His post", "His comment", "password", "argon2"))


async def test_pictures_of_posts_come_along_and_go(cast: Cast, chat: Aiochat) -> None:
    carol = await cast.person("carol")
    picture = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(picture, "PNG")
    form = aiohttp.FormData({"text": "Look"})
    form.add_field("picture", picture.getvalue(), filename="red.png", content_type="image/png")
    form.add_field("alt", "Something red")
    headers = {"Accept": "application/json", "X-CSRF-Token": await carol.token("/rooms")}
    async with carol.http.post("/feed", data=form, headers=headers) as answer:
        assert answer.status == 201, await answer.text()
        post_id = (await answer.json())["id"]
    ((found,),) = [post["pictures"] for post in (await downloads(carol))["posts"]]
    assert found["alt"] == "Something red"
    assert Image.open(
        io.BytesIO(base64.b64decode(found["data"].removeprefix("data:image/webp;base64,")))
    ).size == (30, 20)
    await leaves(carol, "remove")
    async with asyncio.timeout(PATIENCE):
        while rows(chat, f"SELECT 1 FROM feed_pictures WHERE post_id = {post_id}"):
            await asyncio.sleep(0.05)


async def test_acts_of_order_by_and_about_the_person(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await bob.enters(lobby)
    await at_alice.says("/topic Tea")
    await at_alice.says(f"/ban {bob.name} 1h too loud")
    by, about = (await downloads(alice))["acts"], (await downloads(bob))["acts"]
    assert [(one["number"], one["act"], one["whom"]) for one in by] == [
        (1, "topic", None),
        (2, "ban", bob.name),
    ]
    [found] = about
    assert (found["room"], found["by"], found["reason"]) == (lobby, alice.name, "too loud")
    assert found["until"] > found["at"]


async def test_who_has_done_nothing_yet(cast: Cast, bob: Person) -> None:
    found = await downloads(bob)
    assert found["account"]["name"] == bob.name
    assert all(
        found[name] == []
        for name in ("following", "rooms", "messages", "reactions", "status", "posts", "comments", "likes")
    )
    async with bob.http.get("/accounts/data") as page:
        assert f'href="{DOWNLOAD}"' in await page.text()


async def test_who_left_a_group_finds_its_members_no_more(cast: Cast, alice: Person, bob: Person) -> None:
    carol = await cast.person("carol")
    name = (await acts(bob, "/conversations", **{"with": alice.name}))["name"]
    group = await opens(bob, alice, carol)
    for room in (name, group):
        at_bob = await bob.enters(room)
        await at_bob.says("hello")
        await asks(at_bob, type="react", number=1, emoji="👍", on=True)
    people = sorted([alice.name, bob.name, carol.name])
    found = await downloads(bob)
    for section in ("rooms", "messages", "reactions"):
        assert {one["room"]: one["people"] for one in found[section]} == {
            name: sorted([alice.name, bob.name]),
            group: people,
        }
    await at_bob.types("/leave")
    assert await at_bob.ends() == 4502
    found = await downloads(bob)
    for section in ("messages", "reactions"):
        assert ["people" in one for one in found[section] if one["room"] == group] == [False]
        assert ["people" in one for one in found[section] if one["room"] == name] == [True]
    assert carol.name not in json.dumps(found)


async def test_more_than_a_page_of_each(cast: Cast, chat: Aiochat, bob: Person, lobby: str) -> None:
    """Each thing once, at the borders of pages too."""
    count = 2 * PAGE
    listener = await bob.enters(lobby)
    await listener.says("hello")
    ((user_id, room_id),) = rows(
        chat, f"SELECT u.id, r.id FROM users u, rooms r WHERE u.name = '{bob.name}' AND r.name = '{lobby}'"
    )
    series = f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {count})"
    change(
        chat,
        f"""INSERT INTO messages (room_id, seq, changed_seq, number, kind, author_id, nonce, text, at)
        {series} SELECT {room_id}, 1000 + n, 1000 + n, 1000 + n, 'post', {user_id}, 'page-' || n, 'text ' ||
            n, 0 FROM series""",
    )
    change(
        chat,
        f"""INSERT INTO reactions (room_id, seq, user_id, emoji, added_seq)
        {series} SELECT {room_id}, 1000 + (n + 2) / 3, {user_id}, 'e' || n, 1 FROM series""",
    )
    tag = unique("page")
    change(
        chat,
        f"""INSERT INTO users (name, name_key, skeleton, password_hash, is_admin, created_at)
        {series} SELECT '{tag}x' || n, '{tag}x' || n, '{tag}x' || n, '!', FALSE, 0 FROM series""",
    )
    change(
        chat,
        f"INSERT INTO follows (follower_id, followed_id, at) SELECT {user_id}, id, 0 FROM users WHERE name "
        f"LIKE '{tag}x%'",
    )
    change(
        chat,
        f"INSERT INTO feed_posts (author_id, text, at) {series} "
        f"SELECT {user_id}, '{tag}' || n, 0 FROM series",
    )
    mine = f"SELECT id, {user_id}, 0 FROM feed_posts WHERE text LIKE '{tag}%'"
    change(chat, f"INSERT INTO feed_likes (post_id, user_id, at) {mine}")
    change(
        chat, f"INSERT INTO feed_comments (post_id, author_id, at, text) {mine.replace(', 0', ', 0, text')}"
    )
    found = await downloads(bob)
    assert sorted(one["number"] for one in found["messages"]) == [1, *range(1001, 1001 + count)]
    assert sorted(one["emoji"] for one in found["reactions"]) == sorted(f"e{n}" for n in range(1, count + 1))
    for section in ("following", "posts", "comments", "likes"):
        assert len({json.dumps(one) for one in found[section]}) == len(found[section]) == count, section


async def test_one_download_at_a_time(cast: Cast, chat: Aiochat, bob: Person) -> None:
    ((user_id,),) = rows(chat, f"SELECT id FROM users WHERE name = '{bob.name}'")
    change(chat, f"INSERT INTO downloads (user_id, until) VALUES ({user_id}, 9999999999999)")
    async with bob.http.get(DOWNLOAD) as answer:
        assert answer.status == 429
        assert int(answer.headers["Retry-After"]) > 0
    change(chat, f"UPDATE downloads SET until = 1 WHERE user_id = {user_id}")
    await downloads(bob)
    assert not rows(chat, f"SELECT 1 FROM downloads WHERE user_id = {user_id}")
    await downloads(bob)


async def test_who_goes_away_in_the_middle_can_begin_again(
    chat: Aiochat, cast: Cast, bob: Person, lobby: str
) -> None:
    await (await bob.enters(lobby)).says("hello")
    ((user_id, room_id),) = rows(
        chat, f"SELECT u.id, r.id FROM users u, rooms r WHERE u.name = '{bob.name}' AND r.name = '{lobby}'"
    )
    series = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 3000)"
    wide = "'" + "x" * 5000 + "'"
    change(
        chat,
        f"""INSERT INTO messages (room_id, seq, changed_seq, number, kind, author_id, nonce, text, at)
        {series} SELECT {room_id}, 1000 + n, 1000 + n, 1000 + n, 'post', {user_id}, 'wide-' || n, {wide}, 0
            FROM series""",
    )
    answer = await bob.http.get(DOWNLOAD)
    await answer.content.readexactly(100_000)
    answer.close()
    async with asyncio.timeout(PATIENCE):
        while rows(chat, f"SELECT 1 FROM downloads WHERE user_id = {user_id}"):
            await asyncio.sleep(0.05)
    assert len((await downloads(bob))["messages"]) == 3001


async def test_it_is_not_for_every_minute(own_servers: None) -> None:
    with Aiochat(env={**LIMITS_OFF, "AIOCHAT_RATE_LIMITS": "on"}) as server:
        someone = await Person(server.url, "eager").joins()
        statuses = []
        for _ in range(8):
            async with someone.http.get(DOWNLOAD) as answer:
                await answer.read()
                statuses.append(answer.status)
        assert (statuses[0], statuses[-1]) == (200, 429)
        await someone.close()


async def test_files_come_along_where_they_are_wanted(cast: Cast, bob: Person, lobby: str) -> None:
    carol = await cast.person("carol")
    at_carol, at_bob = await carol.enters(lobby), await bob.enters(lobby)
    large = secrets.token_bytes(1_500_000)
    for name, data in (("same.txt", b"one"), ("same.txt", b"two"), ("../large.bin", large)):
        await posts(at_carol, (await uploads(carol, name, data))["id"])
    await posts(at_bob, (await uploads(bob, "his.txt", b"not hers"))["id"])
    async with carol.http.get(f"{DOWNLOAD}?files=1") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Disposition"] == 'attachment; filename="aiochat-data.zip"'
        assert answer.content_type == "application/zip"
        archived = zipfile.ZipFile(io.BytesIO(await answer.read()))
    assert archived.testzip() is None
    assert archived.namelist() == [
        "aiochat-data.json",
        *("files/000001 same.txt", "files/000002 same.txt", "files/000003 large.bin"),
    ]
    told = json.loads(archived.read("aiochat-data.json"))
    assert [file["name"] for file in told["files"]] == ["same.txt", "same.txt", "large.bin"]
    assert [archived.read(name) for name in archived.namelist()[1:]] == [b"one", b"two", large]
    assert (await downloads(carol))["account"] == told["account"]
