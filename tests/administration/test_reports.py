"""The reports that those who run the site answer, on both databases."""

import asyncio
from typing import Any

import pytest

from accounts.people.site_roles import SiteRole
from tests.administration.conftest import Staff, acts
from tests.chat.actions.test_conversations import opens
from tests.chat.order.test_reports import queue, stored, told
from tests.conftest import Cast, unique
from tests.support.deleted_accounts import rows
from tests.support.people import JsonObject, Listener, Person
from tests.support.servers import Aiochat


async def about(someone: Person, author: Person, query: str = "") -> list[JsonObject]:
    """The reports in the site's queue about this author: other tests have theirs."""
    found = (await someone.gets(f"/admin/reports{query}"))["reports"]
    return [one for one in found if one["author"] == author.name]


async def site_count(at_someone: Listener) -> int:
    event = await at_someone.hears("unread", whole=True)
    return int(event.get("site_reports", 0))


@pytest.fixture
async def carol(cast: Cast) -> Person:
    return await cast.person("carol")


async def test_what_comes_to_the_site(
    alice: Person, bob: Person, carol: Person, staff: Staff, lobby: str
) -> None:
    guard = await staff(SiteRole.MODERATOR)
    at_alice, at_bob, at_carol = [await one.enters(lobby) for one in (alice, bob, carol)]
    await at_bob.says("by a member")
    await at_alice.says("by the owner")
    await at_carol.says("/report 1")
    await at_carol.says("/report 2")
    assert not await about(guard, bob), "the room has somebody who answers it"
    [found] = await about(guard, alice)
    assert found["room"] == {"kind": "open", "name": lobby, "title": lobby}
    assert [line["text"] for line in found["lines"]] == ["by a member", "by the owner"]
    assert not await queue(alice, lobby, "?before=1")
    # When nobody keeps order any more, the other one comes as well.
    await at_alice.types(f"/owner {bob.name}")
    await at_alice.hears("receipt")
    assert len(await about(guard, bob)) == 1


async def test_a_conversation_is_answered_by_the_site_alone(
    chat: Aiochat, bob: Person, carol: Person, cast: Cast, staff: Staff
) -> None:
    guard, auditor = await staff(SiteRole.MODERATOR), await staff(SiteRole.AUDITOR)
    own = unique("Own")
    await guard.creates(own)
    at_own = await guard.enters(own)
    before = await site_count(at_own)
    room = await opens(bob, carol)
    at_bob, at_carol = await bob.enters(room), await carol.enters(room)
    for text in ("one", "two", "three", "four", "five", "six", "psst", "eight"):
        await at_bob.says(text)
    await at_carol.says("/report 7 rude")
    assert await site_count(at_own) == before + 1
    [found] = await about(auditor, bob)
    assert found["room"] == {"kind": "direct"}
    assert [line["number"] for line in found["lines"]] == [4, 5, 6, 7, 8], "nothing else is shown"
    async with guard.http.get(f"/rooms/{room}/7") as answer:
        assert answer.status == 404
    form = {"report": str(found["report"])}
    assert (await acts(auditor, "/admin/reports", **form, answer="delete"))[0] == 403
    for given in ("ban", "timeout 1h"):
        status, refused = await acts(guard, "/admin/reports", **form, answer=given)
        assert (status, refused["error"]["code"]) == (409, "refused")
    status, _ = await acts(guard, "/admin/reports", **form, answer="delete")
    assert status == 200
    await at_bob.hears("changed", number=7, deleted=True)
    assert (await told(at_carol, "outcomes", number=7))["done"] is True
    assert await site_count(at_own) == before
    [(number,)] = rows(chat, f"SELECT act FROM reports WHERE id = {found['report']}")
    assert number == 1
    [last] = await about(guard, bob, "?answered=1")
    assert (last["answer"], last["answered_by"]) == ("delete", guard.name)
    logged = rows(chat, "SELECT after FROM site_acts WHERE act = 'report'")
    assert any(f'"report": {found["report"]},' in after for (after,) in logged)
    assert stored(chat, room) == 1


async def test_the_site_acts_in_a_room_of_which_it_is_no_member(
    alice: Person, carol: Person, staff: Staff
) -> None:
    guard = await staff(SiteRole.MODERATOR)
    room = await alice.closes_off(unique("Den"))
    at_alice = await alice.enters(room)
    await at_alice.brings(room, carol)
    at_carol = await carol.enters(room)
    await at_alice.says("by the owner")
    await at_carol.says("/report 1")
    [found] = await about(guard, alice)
    form = {"report": str(found["report"]), "answer": "timeout 1d", "delete": "1"}
    status, answer = await acts(guard, "/admin/reports", **form)
    assert status == 200, answer
    entries = (await carol.gets(f"/rooms/{room}/log"))["entries"]
    assert [(one["act"], one["by"], one["whom"]) for one in entries[:2]] == [
        ("delete", guard.name, alice.name),
        ("timeout", guard.name, alice.name),
    ]
    assert (await at_alice.says("hm"))["code"] == "timed_out"
    async with guard.http.get(f"/rooms/{room}") as page:
        assert page.status == 404, "the room stays closed"


async def test_the_site_and_a_moderator_at_once(
    alice: Person, bob: Person, carol: Person, staff: Staff, lobby: str
) -> None:
    guard = await staff(SiteRole.ADMINISTRATOR)
    at_alice, at_bob, at_carol = [await one.enters(lobby) for one in (alice, bob, carol)]
    await at_alice.says(f"/mod {bob.name}")
    await at_bob.says("spam")
    await at_carol.says("/report 1")
    [found] = await about(guard, bob)
    form: dict[str, Any] = {"report": str(found["report"]), "answer": "delete"}
    done = await asyncio.gather(
        acts(guard, "/admin/reports", **form), acts(alice, f"/rooms/{lobby}/reports", **form)
    )
    assert sorted(status for status, _ in done) == [200, 409]


async def test_an_account_is_suspended_by_an_answer(bob: Person, carol: Person, staff: Staff) -> None:
    guard = await staff(SiteRole.MODERATOR)
    room = await opens(bob, carol)
    at_bob, at_carol = await bob.enters(room), await carol.enters(room)
    await at_bob.says("psst")
    await at_carol.says("/report 1 rude")
    [found] = await about(guard, bob)
    form = {"report": str(found["report"]), "answer": "suspend 1d"}
    for status in (200, 200):
        assert (await acts(guard, "/admin/reports", **form))[0] == status
    assert await at_bob.ends() == 4503
    assert (await told(at_carol, "outcomes", number=1))["done"] is True
    [last] = await about(guard, bob, "?answered=1")
    assert last["answer"] == "suspend"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"report": "x"}, 400),
        ({"report": "9" * 15, "answer": "delete"}, 404),
        ({"report": "9" * 16, "answer": "delete"}, 400),
        ({"report": "1", "answer": "explode"}, 400),
    ],
)
async def test_what_cannot_be_asked(staff: Staff, form: dict[str, str], status: int) -> None:
    guard = await staff(SiteRole.MODERATOR)
    assert (await acts(guard, "/admin/reports", **form))[0] == status
    async with guard.http.get("/admin/reports?before=x") as answer:
        assert answer.status == 400
