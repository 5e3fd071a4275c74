"""A day on the site: everything that people do there and that asks the database for something, for
tests/operations/plans/test_query_plans.py."""

import asyncio
import secrets

from tests.conftest import unique
from tests.support.people import PASSWORD, Listener, Person
from tests.support.sites import feed_requests
from tests.support.sites.large import Crowd


async def live(url: str, crowd: Crowd) -> None:
    """What people do: Alice everything that there is, others the like, and all of them at once."""
    new = Person(url, unique("newcomer"))
    await new.registers()
    await new.logs_out()
    await new.logs_in()
    people = [Person(url, f"p{place}") for place in range(len(crowd.tokens))]
    for someone, token in zip(people, crowd.tokens, strict=True):
        someone.http.cookie_jar.update_cookies({"session": token})
    alice = people[0]
    try:
        await _look_around(alice)
        await _talk(alice, new, crowd.lines)
        await _call(alice, people[2])
        await _converse(alice, new)
        await _name_a_room(new)
        await feed_requests.reads_and_writes(alice, new, people[1], people[7])
        await asyncio.gather(*[someone.enters("Hall", since=crowd.lines - 150) for someone in people])
        await alice.enters("Hall", since=10)
        await asyncio.gather(*[someone.gets("/rooms?only=own") for someone in people])
        await _go_back(alice)
        await _leave(alice, new)
    finally:
        for someone in (new, *people):
            await someone.close()


async def _look_around(alice: Person) -> None:
    for path in ("/rooms", "/rooms?q=oom77", "/rooms?after=Room5", "/rooms/Hall"):
        async with alice.http.get(path) as page:
            assert page.status == 200
    for query in ("", "only=own", "after=Room5", "q=oom77"):
        await alice.gets(f"/rooms?{query}")
    cursors = [
        f"{name}={place}"
        for name in ("before", "after", "before_seq", "after_seq")
        for place in (3, 50_000, 99_000)
    ]
    for cursor in ("", *cursors):
        await alice.gets(f"/rooms/Hall/messages?limit=50&{cursor}")
    await alice.gets("/rooms/Hall/members")
    for number in (3, 40_000, 85_000):
        assert (await alice.gets(f"/rooms/Hall/messages?around={number}"))["messages"]
        await alice.gets(f"/rooms/Hall/{number}/versions")
    last = int((await alice.gets("/rooms/Hall/messages"))["messages"][-1]["seq"])
    assert len((await alice.gets(f"/kept?kept=1-{last - 600}-{last - 500}&kept=2-9-9"))["rooms"]) >= 1
    async with alice.http.get("/rooms/Hall/40000") as page:
        assert page.status == 200
    assert len((await alice.gets("/rooms/Hall/pins"))["messages"]) == 100
    for words in ("", "p77", "9999", "nobody"):
        await alice.gets(f"/people?q={words}")
        await alice.gets(f"/users?q={words}")
    for after in ("", "p5000", "zzz"):
        await alice.gets(f"/users?after={after}")
    for section in ("privacy", "sessions"):
        async with alice.http.get(f"/settings/{section}") as page:
            assert page.status == 200
    assert (await alice.submits("/status", page="/rooms", status="dnd", lasts="1h")).status == 303
    await alice.gets("/status")
    for query in ("", "?unread=1", "?before=9"):
        await alice.gets(f"/notifications{query}")
    await alice.gets("/rooms/Hall/notifications")
    await alice.gets("/rooms/Hall/40000/why")
    await alice.gets("/settings/notifications")


async def _go_back(alice: Person) -> None:
    listener = await alice.enters("Hall")
    await listener.hears("unread", whole=True)
    for number in (9, 8, 7):
        await listener.ws.send_json({"type": "read", "number": number, "back": True})
        while not any(
            room.get("read_number") == number for room in (await listener.hears("unread"))["rooms"]
        ):
            pass


async def _leave(alice: Person, new: Person) -> None:
    """Alice takes her data along, and the newcomer deletes their account with all that they
    wrote."""
    async with alice.http.get("/accounts/data/download") as answer:
        found = await answer.json()
    assert found["messages"]
    assert found["reactions"]
    listener, guest = await alice.enters("Hall"), await new.enters("Hall")
    number = (await listener.says(f"Goodbye, @{new.name}"))["number"]
    await guest.ws.send_json({"type": "react", "number": number, "emoji": "👋", "on": True, "nonce": "waves"})
    await guest.hears("receipt", nonce="waves")
    answer = await new.submits("/accounts/delete", password=PASSWORD, messages="remove")
    assert answer.status == 303
    while not any(
        "Good morning, Alice" in str(event) or event.get("deleted") for event in listener.heard("changed")
    ):
        await listener.hears("changed")
    while (await alice.gets(f"/rooms/Hall/{number}"))["message"].get("reactions"):
        await asyncio.sleep(0.1)


async def _converse(alice: Person, new: Person) -> None:
    headers = {"Accept": "application/json", "X-CSRF-Token": await new.token("/rooms")}
    for others in (["alice"], ["alice", *(f"p{number}" for number in range(1000, 1036, 2))]):
        form = [("with", name) for name in others]
        async with new.http.post("/conversations", data=form, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            name = (await answer.json())["name"]
        listener, guest = await alice.enters(name), await new.enters(name)
        await listener.says("psst")
        await guest.ws.send_json({"type": "read", "number": 1, "nonce": "forth"})
        await guest.ws.send_json({"type": "read", "number": 0, "back": True, "nonce": "back"})
        await guest.hears("receipt", nonce="back")
        await alice.gets(f"/rooms/{name}/members")
        if len(others) > 1:
            await guest.types("/leave")
            await guest.ends()
        await listener.close()


async def _name_a_room(new: Person) -> None:
    former = str((await new.creates("", title=unique("Кухня ")))["name"])
    listener = await new.enters(former)
    for line in (f"/rename {unique('Столовая ')}", f"/address {unique('dining')}"):
        assert (await listener.says(line))["type"] == "receipt"
    async with new.http.get(f"/rooms/{former}") as page:
        assert page.status == 200
    await listener.close()


async def _talk(alice: Person, new: Person, lines: int) -> None:
    listener, guest = await alice.enters("Hall", since=lines - 600), await new.enters("Hall")
    texts = (
        "Good morning",
        "/me waves",
        "@p7 and @p8, see #Room4",
        "/who",
        "/topic All and sundry",
        "/help",
        "/away",
        "/dnd 2h",
        "/back",
    )
    for text in texts:
        await listener.says(text)
    await listener.ws.send_json({"type": "read", "number": 7})
    await _amend(listener, listener.heard("receipt")[0]["number"])
    await guest.says("Good morning, Alice")
    await guest.types("/leave")
    assert await guest.ends() == 4502
    for text in (f"/invite @{new.name}", f"/uninvite @{new.name}", f"/invite @{new.name}", "/who"):
        assert (await listener.says(text))["type"] in ("receipt", "notice")
    assert await new.answers("Hall", "decline") == 204
    assert await new.answers("Hall", "accept") == 404
    await listener.close()


async def _call(alice: Person, other: Person) -> None:
    """Alice, who administers the site, calls all members, and who is there; another may not."""
    listener, guest = await alice.enters("Hall"), await other.enters("Hall")
    for text in ("@all good morning", "@here good morning"):
        number = (await listener.says(text))["number"]
        for request in ({"type": "delete"}, {"type": "undelete"}):
            nonce = secrets.token_hex(4)
            await listener.ws.send_json({**request, "number": number, "nonce": nonce})
            await listener.hears("receipt", nonce=nonce)
        assert (await guest.says(text))["unheard"] == "forbidden"
    await listener.says("@all good night")
    await listener.close()
    await guest.close()


async def _amend(listener: Listener, number: int) -> None:
    """Does all that can be done to a post of one's own, and answers it."""
    await listener.ws.send_json({"type": "post", "text": "An answer", "reply_to": number})
    texts = [f"{secrets.token_hex(4)} {names}" for names in ("@p7 @p8", "@p8 @p9")]
    for request in (
        *[{"type": "edit", "text": text} for text in texts],
        {"type": "delete"},
        {"type": "undelete"},
    ):
        await listener.ws.send_json({**request, "number": number})
    for is_on in (True, False, True):
        await listener.ws.send_json({"type": "react", "number": number, "emoji": "👍", "on": is_on})
    await listener.is_told()
    assert not listener.heard("error")
