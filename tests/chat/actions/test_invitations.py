"""An invitation is accepted, declined, withdrawn, or over: until it is accepted, its guest is told
the room's name, its topic and the inviter, and nothing else."""

import aiohttp
import pytest

from tests.conftest import Cast
from tests.support.database_snapshot import Stored
from tests.support.deleted_accounts import change, rows
from tests.support.people import JsonObject, Listener, Person
from tests.support.presence import are_online
from tests.support.servers import Aiochat


async def invited(someone: Person) -> list[JsonObject]:
    """The invitations that the person has to answer."""
    found: list[JsonObject] = (await someone.gets("/rooms?only=own"))["invitations"]
    return found


async def own(someone: Person) -> list[str]:
    return [room["name"] for room in (await someone.gets("/rooms?only=own"))["rooms"]]


async def waiting(listener: Listener, *names: str) -> JsonObject:
    """The next whole `unread` with just these invitations."""
    while True:
        told = await listener.hears("unread", whole=True)
        if [one["name"] for one in told.get("invitations", [])] == [*names]:
            return told


@pytest.fixture
async def at_cellar(alice: Person, cellar: str) -> Listener:
    return await alice.enters(cellar)


async def test_who_is_invited_sees_it_and_accepts(
    alice: Person, bob: Person, lobby: str, cellar: str, at_cellar: Listener
) -> None:
    at_lobby = await bob.enters(lobby)
    await waiting(at_lobby)
    await at_cellar.says("/topic who pays the rent")
    await at_cellar.says("not for guests")
    assert (await at_cellar.says(f"/invite {bob.name}"))["type"] == "receipt"
    [told] = (await waiting(at_lobby, cellar))["invitations"]
    expected = {"name": cellar, "topic": "who pays the rent", "kind": "closed", "inviter": alice.name}
    assert {name: value for name, value in told.items() if name not in ("at", "title")} == expected
    assert cellar.startswith(told["title"].lower())
    assert await invited(bob) == [told]
    assert await own(bob) == [lobby]
    members = (await alice.gets(f"/rooms/{cellar}/members"))["members"]
    assert [one["name"] for one in members] == [alice.name]
    await bob.accepts(cellar)
    whole = await waiting(at_lobby)
    assert [room["name"] for room in whole["rooms"]] == sorted([lobby, cellar], key=str.lower)
    assert await invited(bob) == []
    lines = [(line["kind"], line["author"]) for line in await bob.history(cellar)]
    assert [line for line in lines if line[0] in ("invited", "joined")] == [
        ("invited", alice.name),
        ("joined", bob.name),
    ]
    at_bob = await bob.enters(cellar)
    assert at_bob.heard("hello")[0]["you"] == {"name": bob.name, "role": "member"}
    assert await bob.answers(cellar, "accept") == 200, "once more changes nothing"
    assert [line["kind"] for line in await alice.history(cellar)].count("joined") == 1


async def test_a_closed_room_shows_nothing_else_before(
    bob: Person, cellar: str, at_cellar: Listener, stored: Stored, alice: Person
) -> None:
    await at_cellar.says(f"sealed letters, @{bob.name}")
    await at_cellar.says(f"/invite {bob.name}")
    await at_cellar.says(f"the second, @{bob.name}")
    before = stored(alice, bob)
    for below in ("/messages", "/members", "/pins", "/1/versions", "/ws"):
        async with bob.http.get(f"/rooms/{cellar}{below}", headers={"Origin": bob.url}) as answer:
            assert answer.status == 404, below
    for below in ("", "/1", "/99"):
        async with bob.http.get(f"/rooms/{cellar}{below}", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/rooms"), below
    async with bob.http.get("/rooms") as answer:
        text = await answer.text()
    assert cellar in text
    assert alice.name in text
    assert "sealed letters" not in text
    assert stored(alice, bob) == before
    assert (await bob.gets(f"/rooms?q={cellar}"))["rooms"] == []
    await bob.accepts(cellar)
    [room] = [one for one in (await bob.gets("/rooms?only=own"))["rooms"] if one["name"] == cellar]
    assert (room["unread"], room["mentions"]) == (0, 0), "what was before is none of his"


async def test_a_decline_is_told_to_nobody_and_holds(
    cast: Cast, alice: Person, bob: Person, cellar: str, at_cellar: Listener
) -> None:
    carol = await cast.person("carol")
    await at_cellar.brings(cellar, carol)
    at_carol = await carol.enters(cellar)
    await are_online(alice, cellar, alice, carol)
    await at_cellar.says(f"/mod {carol.name}")
    await at_cellar.says(f"/invite {bob.name}")
    pending = (await at_cellar.says("/who"))["text"], (await at_carol.says(f"/invite {bob.name}"))["text"]
    before = await alice.history(cellar), len(at_cellar.heard("message"))
    assert await bob.answers(cellar, "decline") == 204
    assert await invited(bob) == []
    for answer in ("accept", "decline"):
        assert await bob.answers(cellar, answer) == 404
    await at_cellar.is_told()
    assert (await alice.history(cellar), len(at_cellar.heard("message"))) == before
    again = (await at_cellar.says("/who"))["text"], (await at_carol.says(f"/invite {bob.name}"))["text"]
    assert again == pending, "to all others it looks as if it waited"
    # Nobody learns of it by withdrawing it, and nobody reaches him with another one.
    assert (await at_cellar.says(f"/uninvite {bob.name}"))["type"] == "notice"
    assert (await at_cellar.says(f"/uninvite {bob.name}"))["code"] == "refused"
    assert (await at_carol.says(f"/invite {bob.name}"))["type"] == "receipt"
    assert (await at_cellar.says(f"/invite {bob.name}"))["text"] == pending[1]
    assert await invited(bob) == []
    assert await bob.answers(cellar, "accept") == 404


async def test_after_a_while_they_are_asked_again(
    chat: Aiochat, bob: Person, cellar: str, at_cellar: Listener
) -> None:
    for answer in ("nothing", "decline"):
        assert (await at_cellar.says(f"/invite {bob.name}"))["type"] == "receipt"
        assert [one["name"] for one in await invited(bob)] == [cellar]
        if answer == "decline":
            assert await bob.answers(cellar, answer) == 204
        here = f"room_id = (SELECT id FROM rooms WHERE name = '{cellar}')"
        days = 30 * 24 * 3_600_000
        [(until_,)] = rows(chat, f"SELECT until - at FROM invitations WHERE {here}")
        assert days <= until_ < days + 600_000
        change(chat, f"UPDATE invitations SET until = until - {days + 600_000} WHERE {here}")
        assert await invited(bob) == []
        assert await bob.answers(cellar, "accept") == 404
    assert (await at_cellar.says(f"/invite {bob.name}"))["type"] == "receipt"
    await bob.accepts(cellar)


async def test_a_late_decline_is_no_news_either(
    chat: Aiochat, bob: Person, cellar: str, at_cellar: Listener
) -> None:
    """To all others the invitation ends when it would have ended. The decline holds longer."""
    await at_cellar.says(f"/invite {bob.name}")
    here = f"room_id = (SELECT id FROM rooms WHERE name = '{cellar}')"
    days = 29 * 24 * 3_600_000
    change(chat, f"UPDATE invitations SET at = at - {days}, until = until - {days} WHERE {here}")
    assert await bob.answers(cellar, "decline") == 204
    assert (await at_cellar.says(f"/invite {bob.name}"))["code"] == "refused"
    change(chat, f"UPDATE invitations SET at = at - {days}, until = until - {days} WHERE {here}")
    assert bob.name not in (await at_cellar.says("/who"))["text"]
    assert (await at_cellar.says(f"/uninvite {bob.name}"))["text"] == f"{bob.name} isn’t invited."
    assert (await at_cellar.says(f"/invite {bob.name}"))["type"] == "receipt"
    assert await invited(bob) == []
    assert bob.name in (await at_cellar.says("/who"))["text"]


async def test_once_is_enough(alice: Person, bob: Person, cellar: str, at_cellar: Listener) -> None:
    await at_cellar.says(f"/invite {bob.name}")
    again = await at_cellar.says(f"/invite @{bob.name.upper()}")
    assert (again["code"], again["text"]) == ("refused", f"{bob.name} is invited already.")
    assert len(await invited(bob)) == 1
    assert [line["kind"] for line in await alice.history(cellar)].count("invited") == 1


async def test_two_at_once_are_one(alice: Person, bob: Person, cellar: str) -> None:
    tabs = [await alice.enters(cellar) for _ in range(3)]
    for number, tab in enumerate(tabs):
        await tab.ws.send_json({"type": "post", "text": f"/invite {bob.name}", "nonce": f"{cellar}{number}"})
    answers = [await tab._answer(f"{cellar}{number}") for number, tab in enumerate(tabs)]
    assert sorted(answer["type"] for answer in answers) == ["error", "error", "receipt"]
    assert len(await invited(bob)) == 1


async def test_an_open_room_is_the_same(cast: Cast, alice: Person, bob: Person, lobby: str) -> None:
    carol = await cast.person("carol")
    at_alice, at_carol = await alice.enters(lobby), await carol.enters(lobby)
    assert (await at_carol.says(f"/invite {bob.name}"))["type"] == "receipt"
    [invitation] = await invited(bob)
    assert (invitation["kind"], invitation["inviter"]) == ("open", carol.name)
    assert await own(bob) == []
    assert await bob.answers(lobby, "decline") == 204
    at_bob = await bob.enters(lobby)
    assert at_bob.heard("hello")[0]["you"]["role"] == "member", "one may come in all the same"
    assert await invited(bob) == []
    await at_bob.types("/leave")
    assert await at_bob.ends() == 4502
    assert (await at_alice.says(f"/invite {bob.name}"))["type"] == "receipt", "he came: it is as new"
    assert len(await invited(bob)) == 1
    await bob.enters(lobby)
    assert await invited(bob) == []
    assert await bob.answers(lobby, "decline") == 404


async def test_who_accepts_and_does_not_come_is_offline(
    alice: Person, bob: Person, cellar: str, at_cellar: Listener
) -> None:
    await at_cellar.says(f"/invite {bob.name}")
    await bob.accepts(cellar)
    assert (await at_cellar.hears("message", kind="joined"))["author"] == bob.name
    await are_online(alice, cellar, alice)


async def test_who_was_invited_before_is_a_member_still(
    chat: Aiochat, alice: Person, bob: Person, cellar: str, at_cellar: Listener
) -> None:
    """Of before there were invitations: the line `invited` and the membership were one."""
    await at_cellar.says(f"/invite {bob.name}")
    room, user = (
        f"(SELECT id FROM rooms WHERE name = '{cellar}')",
        f"(SELECT id FROM users WHERE name = '{bob.name}')",
    )
    change(chat, f"DELETE FROM invitations WHERE room_id = {room}")
    change(
        chat,
        f"""INSERT INTO members (room_id, user_id, role, present, read_number, joined_at)
            VALUES ({room}, {user}, 1, FALSE, 0, 0)""",
    )
    assert await own(bob) == [cellar]
    assert [line["kind"] for line in await bob.history(cellar)][-1] == "invited"
    assert bob.name in (await at_cellar.says("/who"))["text"]
    assert (await (await bob.enters(cellar)).says("hello"))["type"] == "receipt"


async def test_the_page_of_rooms_answers_without_scripts(
    alice: Person, bob: Person, lobby: str, cellar: str, at_cellar: Listener
) -> None:
    at_lobby = await alice.enters(lobby)
    for listener in (at_lobby, at_cellar):
        await listener.says(f"/invite {bob.name}")
    answer = await bob.submits(f"/rooms/{lobby}/decline", page="/rooms")
    assert (answer.status, answer.headers["Location"]) == (303, "/rooms")
    answer = await bob.submits(f"/rooms/{cellar}/accept", page="/rooms")
    assert (answer.status, answer.headers["Location"]) == (303, f"/rooms/{cellar}")
    async with bob.http.get(f"/rooms/{cellar}") as page:
        assert page.status == 200
    gone = await bob.submits(f"/rooms/{lobby}/accept", page="/rooms")
    assert gone.status == 404
    assert "There is no such invitation any more." in await text_of(gone)


async def text_of(answer: aiohttp.ClientResponse) -> str:
    return await answer.text()


async def test_nothing_tells_whether_a_closed_room_is_there(mallory: Person, cellar: str) -> None:
    headers = {"Accept": "application/json", "X-CSRF-Token": await mallory.token("/rooms")}
    for answer in ("accept", "decline"):
        bodies = []
        for room in (cellar, "no-such-room", "direct.0123456789abcdef"):
            async with mallory.http.post(f"/rooms/{room}/{answer}", headers=headers) as found:
                bodies.append((found.status, await found.text()))
        assert bodies[0][0] == 404
        assert len(set(bodies)) == 1


async def test_the_download_has_them(cast: Cast, alice: Person, bob: Person, cellar: str) -> None:
    at_cellar = await alice.enters(cellar)
    await at_cellar.says(f"/invite {bob.name}")
    await bob.answers(cellar, "decline")
    async with bob.http.get("/accounts/data/download") as answer:
        [of_bob] = (await answer.json())["invitations"]
    async with alice.http.get("/accounts/data/download") as answer:
        [of_alice] = (await answer.json())["invitations"]
    assert (of_bob["room"], of_bob["inviter"], of_bob["declined"]) == (cellar, alice.name, True)
    title = of_bob["title"]
    assert {**of_alice, "at": ""} == {
        "room": cellar,
        "title": title,
        "guest": bob.name,
        "display_name": "",
        "at": "",
    }
