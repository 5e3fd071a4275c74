"""Accounts that are deleted: nothing of them is left but what they leave, and nobody can be them
again."""

import pytest

from accounts.people.names import DELETED
from chat.personal_data.erasure import without_name
from tests.conftest import LIMITS_OFF, Cast, unique
from tests.support.deleted_accounts import (
    JSON,
    acts,
    asks,
    change,
    everything,
    leaves,
    rows,
    status,
    until,
    until_gone,
)
from tests.support.people import PASSWORD, Listener, Person
from tests.support.servers import Aiochat


async def test_nothing_of_the_account_is_left_and_the_name_is_free(
    cast: Cast, chat: Aiochat, bob: Person, lobby: str
) -> None:
    carol = cast.stranger("carol")
    await carol.joins(email=f"{carol.name}@left.example")
    profile = {
        "display_name": "Wilhelmina Smith",
        "bio": "I grow quinces",
        "place": "Vaduz",
        "time_zone": "Europe/Lisbon",
    }
    assert (await carol.submits("/accounts/profile", **profile)).status == 303
    await acts(carol, f"/users/{bob.name}/follow")
    await acts(bob, f"/users/{carol.name}/follow")
    at_carol, at_bob = await carol.enters(lobby), await bob.enters(lobby)
    await at_carol.says("/away at lunch with my horse")
    await at_bob.says(f"hello @{carol.name}")
    ((user_id,),) = rows(chat, f"SELECT id FROM users WHERE name = '{carol.name}'")
    await leaves(carol)
    assert await at_carol.ends() in (4502, 4503)
    async with carol.http.get("/") as page:
        assert "Your account is deleted." in await page.text()
    await at_bob.hears("message", kind="left", author=carol.name)
    assert [status for (status,) in rows(chat, f"SELECT name FROM users WHERE id = {user_id}")] == [DELETED]
    assert [await status(bob, f"/users/{carol.name}{rest}") for rest in ("", "/posts", "/picture")] == [
        404,
        404,
        404,
    ]
    assert [await status(bob, f"/users/{odd}") for odd in (f"~%20{user_id}", "deleted%20user")] == [404, 404]
    for query in (carol.name, "deleted", "~", "", f"~ {user_id}", str(user_id)):
        assert DELETED not in [one["name"] for one in (await bob.gets(f"/people?q={query}"))["people"]]
    assert carol.name not in [one["name"] for one in (await bob.gets(f"/rooms/{lobby}/members"))["members"]]
    assert (
        await cast.stranger().submits("/accounts/login", username=carol.name, password=PASSWORD)
    ).status == 401
    assert (
        await cast.stranger().submits(
            "/accounts/login", username=f"{carol.name}@left.example", password=PASSWORD
        )
    ).status == 401
    for login in (f"~ {user_id}", DELETED):
        assert (await cast.stranger().submits("/accounts/login", username=login, password="!")).status == 401
    headers = {**JSON, "X-CSRF-Token": await bob.token("/rooms")}
    async with bob.http.post("/conversations", data={"with": carol.name}, headers=headers) as answer:
        assert answer.status == 422
    await until(
        lambda: not rows(chat, f"SELECT 1 FROM follows WHERE {user_id} IN (follower_id, followed_id)")
    )
    stored = everything(chat)
    for word in ("Wilhelmina", "grow quinces", "Vaduz", "left.example", "my horse"):
        assert word not in stored
    lines = [line for line in stored.splitlines() if carol.name in line]
    # And in the index of the search, as soon as it has that.
    tables = {line.partition(":")[0] for line in lines}
    assert {"messages"} <= tables <= {"messages", "search_lines"}, f"but in what Bob said: {lines}"
    assert all("hello @" in line for line in lines)
    assert not rows(chat, f"SELECT 1 FROM sessions WHERE user_id = {user_id}")
    again = cast.stranger()
    again.name = carol.name
    await again.registers()
    assert (await again.gets("/feed"))["posts"] == []


async def in_the_room(people: list[Person], lobby: str, what: str) -> tuple[Listener, Listener]:
    """Alice owns it; Carol has done everything there that there is to do. `what` is in all that she
    says."""
    alice, carol = people
    at_alice, at_carol = await alice.enters(lobby), await carol.enters(lobby)
    await at_alice.says("Good morning")
    await at_carol.says(f"First {what}")
    await asks(at_carol, type="edit", number=2, text=f"{what} are up")
    await asks(at_alice, type="react", number=2, emoji="🎉", on=True)
    await asks(at_carol, type="react", number=1, emoji="👍", on=True)
    await asks(at_alice, type="pin", number=2, on=True)
    nonce = unique("reply")
    await at_alice.ws.send_json({"type": "post", "text": "Which ones?", "reply_to": 2, "nonce": nonce})
    await at_alice.hears("receipt", nonce=nonce)
    await at_carol.says(f"/me waters {what}")
    await at_carol.says(f"{what} for @{alice.name}")
    return at_alice, at_carol


async def test_what_was_written_stays_under_another_name(
    cast: Cast, chat: Aiochat, alice: Person, lobby: str
) -> None:
    carol = await cast.person("carol")
    at_alice, _ = await in_the_room([alice, carol], lobby, "beans")
    await leaves(carol)
    await at_alice.hears("changed", number=1, reactions=None)
    await until_gone(chat, carol.name)
    history = await alice.history(lobby)
    assert carol.name not in str(history)
    posts = {line["number"]: line for line in history if "number" in line}
    assert [(posts[number]["author"], posts[number]["text"]) for number in (2, 4)] == [
        (DELETED, "beans are up"),
        (DELETED, "waters beans"),
    ]
    assert posts[2]["pinned"]
    assert posts[2]["reactions"] == [{"emoji": "🎉", "names": [alice.name]}]
    assert "reactions" not in posts[1]
    assert posts[3]["quote"] == {"author": DELETED, "text": "beans are up"}
    assert "mentions" not in posts[3], "nobody is called who isn't there"
    assert [line["text"] for line in history if line["kind"] in ("joined", "left")] == [
        f"{DELETED} joined the room",
        f"{DELETED} left the room",
    ]
    for language, name in (("en", DELETED), ("ru", "удалённый пользователь")):
        async with alice.http.get(f"/rooms/{lobby}", headers={"Accept-Language": language}) as page:
            shown = await page.text()
        assert f'data-part="author">{name}</bdi>' in shown, "without scripts"
        assert carol.name not in shown


async def test_what_was_written_goes(cast: Cast, chat: Aiochat, alice: Person, lobby: str) -> None:
    carol = await cast.person("carol")
    what = unique("carrots")
    at_alice, at_carol = await in_the_room([alice, carol], lobby, what)
    await at_carol.says(f"{what}: said and deleted")
    await asks(at_carol, type="delete", number=6)
    await at_carol.says(f"{what}: seen by nobody")
    await at_alice.says("/clear")
    await at_carol.says(f"{what}: after that")
    await at_alice.says("the last word")
    await leaves(carol, "remove")
    await at_alice.hears("changed", number=8, deleted=True, text="")
    await until_gone(chat, what, carol.name)
    cleared = at_alice.heard("cleared")[0]["seq"]
    assert [event["number"] for event in at_alice.heard("changed") if event["seq"] > cleared] == [8], (
        "of what is seen, and of nothing else"
    )
    ((room_id,),) = rows(chat, f"SELECT id FROM rooms WHERE name = '{lobby}'")
    assert not rows(chat, f"SELECT 1 FROM message_versions WHERE room_id = {room_id}")
    assert not rows(chat, f"SELECT 1 FROM reactions WHERE room_id = {room_id}")
    history = await alice.history(lobby)
    assert [
        (line["author"], line["text"], line.get("deleted", False)) for line in history if "number" in line
    ] == [
        (DELETED, "", True),
        (alice.name, "the last word", False),
    ]
    seqs = [
        event["seq"]
        for event in at_alice.events
        if "seq" in event and event["type"] in ("message", "changed", "cleared")
    ]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), "told live, in order and without holes"
    again = await alice.enters(lobby, since=seqs[0] - 1)
    assert what not in str(again.events)


async def test_rooms_pass_on_and_conversations_are_left(
    cast: Cast, chat: Aiochat, bob: Person, alice: Person
) -> None:
    carol = await cast.person("carol")
    shared = unique("Shared")
    await carol.creates(shared)
    alone = await carol.closes_off(unique("Alone"))
    at_bob = await bob.enters(shared)
    direct = (await acts(carol, "/conversations", **{"with": bob.name}))["name"]
    at_direct = await bob.enters(direct)
    await (await carol.enters(direct)).says("psst")
    await at_direct.hears("message", text="psst")
    headers = {**JSON, "X-CSRF-Token": await carol.token("/rooms")}
    async with carol.http.post(
        "/conversations", data=[("with", bob.name), ("with", alice.name)], headers=headers
    ) as answer:
        group = (await answer.json())["name"]
    closed = await bob.closes_off(unique("Closed"))
    at_closed = await bob.enters(closed)
    for command in ("/invite @{}", "/mod @{}", "/unmod @{}", "/kill @{} who is late", "/invite @{}"):
        await at_closed.says(command.format(carol.name))
        if "invite" in command:
            await carol.accepts(closed)
    await leaves(carol)
    await at_bob.hears("message", kind="role", target=bob.name)
    await at_direct.hears("message", kind="left")
    await until_gone(chat, carol.name)
    for room, members in ((shared, [(bob.name, "owner")]), (direct, [(bob.name, "member")])):
        assert [
            (one["name"], one["role"]) for one in (await bob.gets(f"/rooms/{room}/members"))["members"]
        ] == members
    assert carol.name not in str(await bob.gets(f"/rooms/{group}/members"))
    titles = {room["name"]: room["title"] for room in (await bob.gets("/rooms"))["rooms"]}
    assert (titles[direct], titles[group]) == (DELETED, alice.name)
    assert [line["text"] for line in await bob.history(direct)] == ["psst", f"{DELETED} left the room"]
    assert [line["text"] for line in await bob.history(closed) if line.get("target")] == [
        f"{bob.name} invited {DELETED}",
        f"{bob.name} made {DELETED} a moderator",
        f"{bob.name} made {DELETED} a member",
        f"{bob.name} removed {DELETED} from the room: who is late",
        f"{bob.name} invited {DELETED}",
    ]
    async with bob.http.get(f"/rooms/{closed}", headers={"Accept-Language": "ru"}) as page:
        assert f"{bob.name} удаляет удалённый пользователь из комнаты: who is late" in await page.text()
    async with bob.http.get("/rooms", headers={"Accept-Language": "ru"}) as page:
        assert "удалённый пользователь" in await page.text()
    assert await status(alice, f"/rooms/{alone}") == 404


@pytest.mark.parametrize("messages", ["keep", "remove"])
async def test_the_feed(cast: Cast, chat: Aiochat, bob: Person, messages: str) -> None:
    carol = await cast.person("carol")
    await acts(bob, f"/users/{carol.name}/follow")
    what = unique("tulips")
    hers, his = await acts(carol, "/feed", text=f"{what} are up"), await acts(bob, "/feed", text="His post")
    gone = await acts(bob, "/feed", text="Soon gone")
    for post in (his, gone):
        await acts(carol, f"/feed/{post['id']}/like")
        await acts(carol, f"/feed/{post['id']}/comments", text=f"{what}, say I")
    await acts(bob, f"/feed/{gone['id']}/delete")
    since = (await bob.gets("/feed"))["since"]
    ((user_id,),) = rows(chat, f"SELECT id FROM users WHERE name = '{carol.name}'")
    await leaves(carol, messages)
    await until(lambda: not rows(chat, f"SELECT 1 FROM leavings WHERE user_id = {user_id} AND due_at <= at"))
    found = await bob.gets(f"/feed/{his['id']}")
    assert found["post"]["likes"] == 0
    if messages == "keep":
        assert [(one["author"], one["text"]) for one in found["comments"]] == [(DELETED, f"{what}, say I")]
        async with bob.http.get(f"/feed/{hers['id']}") as page:
            shown = await page.text()
            assert page.status == 200
        assert f'data-part="author" data-person="{DELETED}"><bdi dir="ltr">{DELETED}</bdi>' in shown, (
            "a name without a link"
        )
        return
    assert found["comments"] == []
    assert found["post"]["comments"] == 0
    assert await status(bob, f"/feed/{hers['id']}") == 404
    assert what not in everything(chat)
    own = f"post_id IN ({hers['id']}, {his['id']})"
    wanted = {("like", "removed"), ("comment", "removed"), ("post", "removed")}
    assert wanted <= set(rows(chat, f"SELECT kind, change FROM feed_events WHERE id > {since} AND {own}")), (
        "readers are told"
    )


async def test_what_came_in_late_goes_in_the_end(cast: Cast, chat: Aiochat, bob: Person) -> None:
    """A request was under way, and stored something after all had been looked through: it is looked
    through once more."""
    carol = await cast.person("carol")
    ((user_id, his_id),) = rows(
        chat,
        f"SELECT a.id, b.id FROM users a, users b WHERE a.name = '{carol.name}' AND b.name = '{bob.name}'",
    )
    await leaves(carol)
    await until(lambda: bool(rows(chat, f"SELECT 1 FROM leavings WHERE user_id = {user_id} AND due_at > at")))
    change(chat, f"INSERT INTO statuses (user_id, status, text) VALUES ({user_id}, 'away', 'late')")
    late = f"VALUES ({his_id}, {user_id}, 1), ({user_id}, {his_id}, 1)"
    change(chat, f"INSERT INTO follows (follower_id, followed_id, at) {late}")
    change(chat, f"INSERT INTO follow_requests (follower_id, followed_id, at) {late}")
    change(chat, f"INSERT INTO blocks (blocker_id, blocked_id, at) {late}")
    change(chat, f"UPDATE leavings SET at = 0, due_at = 0 WHERE user_id = {user_id}")
    await until(lambda: not rows(chat, f"SELECT 1 FROM leavings WHERE user_id = {user_id}"))
    assert not rows(chat, f"SELECT 1 FROM statuses WHERE user_id = {user_id}")
    for table, one, other in (
        ("follows", "follower_id", "followed_id"),
        ("follow_requests", "follower_id", "followed_id"),
        ("blocks", "blocker_id", "blocked_id"),
    ):
        assert not rows(chat, f"SELECT 1 FROM {table} WHERE {user_id} IN ({one}, {other})")


@pytest.mark.parametrize(
    ("fields", "code", "word"),
    [
        ({"password": "not the password"}, 403, "your password"),
        ({"password": ""}, 422, "needed"),
        ({"password": "p" * 501}, 422, "too long"),
        ({"messages": ""}, 422, "Choose one"),
        ({"messages": "burn"}, 422, "Choose one"),
    ],
)
async def test_no_account_is_deleted_by_a_mistake(
    alice: Person, lobby: str, fields: dict[str, str], code: int, word: str
) -> None:
    answer = await alice.submits("/accounts/delete", **{"password": PASSWORD, "messages": "keep", **fields})
    assert answer.status == code
    assert word in await answer.text()
    await (await alice.enters(lobby)).says("still here")
    headers = {**JSON, "X-CSRF-Token": await alice.token("/rooms")}
    form = {"password": PASSWORD, "messages": "keep", **fields}
    async with alice.http.post("/accounts/delete", data=form, headers=headers) as found:
        assert found.status == code
        assert word in str((await found.json())["errors"])


async def test_the_only_administrator_stays(own_servers: None) -> None:
    # A site of its own: on that of all stories others may have become one.
    with Aiochat(env=LIMITS_OFF) as server:
        boss = await Person(server.url, "boss").registers()
        alice = await Person(server.url, "alice").joins()
        answer = await boss.submits("/accounts/delete", password=PASSWORD, messages="remove")
        assert answer.status == 409
        assert "Make somebody else one first, on their page under Administration." in await answer.text()
        assert not rows(server, "SELECT 1 FROM users WHERE name = 'boss' AND left_at IS NOT NULL")
        assert await status(boss, "/rooms") == 200
        for someone in (boss, alice):
            await someone.close()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("carol joined the room", "deleted user joined the room"),
        ("carol is the owner now", "deleted user is the owner now"),
        ("bob invited carol", "bob invited deleted user"),
        ("bob invited carolyn", "bob invited carolyn"),
        (
            "bob removed carol from the room: carol is rude",
            "bob removed deleted user from the room: carol is rude",
        ),
        ("carol removed carol from the room", "deleted user removed deleted user from the room"),
        ("deleted user made carol a moderator", "deleted user made deleted user a moderator"),
        ("caroline came in", "caroline came in"),
    ],
)
def test_a_service_line_without_a_name(text: str, wanted: str) -> None:
    assert without_name(text, "carol") == wanted
