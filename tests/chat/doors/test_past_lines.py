"""Who came and went is in old histories: programs get it as before, and pages leave it out unless
their reader asks for it."""

from typing import Any

from tests.support.deleted_accounts import change
from tests.support.people import Person
from tests.support.room_state import embedded
from tests.support.servers import Aiochat


async def test_lines_of_who_came_and_went_are_for_who_asks(
    chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.says("first")
    await bob.enters(lobby)
    await (await bob.enters(lobby)).says("second")
    here = f"room_id = (SELECT id FROM rooms WHERE name = '{lobby}')"
    change(chat, f"UPDATE messages SET kind = 'came' WHERE kind = 'joined' AND {here}")
    everything, without = ["created", "post", "came", "post"], ["created", "post", "post"]

    async def kinds(query: str) -> tuple[list[str], bool]:
        page: Any = await alice.gets(f"/rooms/{lobby}/messages?{query}")
        return [line["kind"] for line in page["messages"]], page["more"]

    assert await kinds("") == await kinds("past=1") == (everything, False)
    assert await kinds("past=0") == (without, False)
    assert await kinds("past=0&limit=2") == (["post", "post"], True)
    assert await kinds("past=0&before=2&limit=1") == (["post"], True)
    assert await kinds("past=0&after=1&limit=1") == (["post"], False)
    assert await kinds("past=0&before_seq=4") == (["created", "post"], False)
    assert await kinds("past=0&after_seq=2") == (["post"], False)
    assert (await alice.gets(f"/rooms/{lobby}/messages?past=0&around=2"))["messages"][-1]["text"] == "second"
    async with alice.http.get(f"/rooms/{lobby}/messages?past=2") as answer:
        assert answer.status == 400
    page = await embedded(alice, lobby)
    assert [line["kind"] for line in page["messages"]] == without
    async with alice.http.get(f"/rooms/{lobby}/2") as answer:
        assert "came in" not in await answer.text()
    alice.http.cookie_jar.update_cookies({"preferences": "past:shown"})
    page = await embedded(alice, lobby)
    assert ([line["kind"] for line in page["messages"]], page["past"]) == (everything, True)
    async with alice.http.get(f"/rooms/{lobby}") as answer:
        assert "came in" in await answer.text()
