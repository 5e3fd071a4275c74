"""Reports of messages: who may report what, what is kept of it, who answers it and how, and what the
reporters are told."""

import asyncio
from typing import Any

import pytest

from tests.chat.actions.test_conversations import opens
from tests.conftest import Cast
from tests.support.deleted_accounts import change, leaves, rows, until
from tests.support.feed_reader import asks as sends
from tests.support.feed_reader import blocks, fills
from tests.support.people import JsonObject, Listener, Person
from tests.support.servers import Aiochat

pytestmark = pytest.mark.usefixtures("door")


async def queue(someone: Person, room: str, query: str = "") -> list[JsonObject]:
    found: list[JsonObject] = (await someone.gets(f"/rooms/{room}/reports{query}"))["reports"]
    return found


async def answers(someone: Person, room: str, **form: Any) -> tuple[int, JsonObject]:
    """Answers a report. Returns the status and the JSON."""
    fields = {name: str(value) for name, value in form.items()}
    return await sends(someone, f"/rooms/{room}/reports", **fields)


def stored(chat: Aiochat, room: str, table: str = "reports") -> int:
    """How many rows the room has there."""
    is_here = f"room_id = (SELECT id FROM rooms WHERE name = '{room}')"
    return len(rows(chat, f"SELECT * FROM {table} WHERE {is_here}"))


async def told(at_someone: Listener, field: str, **expected: Any) -> JsonObject:
    """The next whole `unread` with this field, of which the last entry is like this."""
    while True:
        event = await at_someone.hears("unread", whole=True)
        found = event.get(field, [])
        if found and all(found[-1].get(name) == value for name, value in expected.items()):
            last: JsonObject = found[-1]
            return last


async def reports_told(at_someone: Listener, room: str, count: int) -> None:
    """Waits until the sidebar has so many reports of this room."""
    while True:
        event = await at_someone.hears("unread", whole=True)
        if any(one["name"] == room and one.get("reports", 0) == count for one in event["rooms"]):
            return


async def reported(at_bob: Listener, at_carol: Listener, text: str = "spam") -> int:
    """Bob writes, Carol reports it. Returns the message's number."""
    number = int((await at_bob.says(text))["number"])
    assert (await at_carol.says(f"/report {number} rude"))["type"] == "notice"
    return number


@pytest.fixture
async def carol(cast: Cast) -> Person:
    return await cast.person("carol")


async def test_what_is_reported_is_kept_as_it_was(
    alice: Person, bob: Person, carol: Person, lobby: str
) -> None:
    at_alice, at_bob, at_carol = [await one.enters(lobby) for one in (alice, bob, carol)]
    for text in ("one", "two", "three", "four", "spam", "six"):
        await at_bob.says(text)
    assert (await at_carol.says("/report 5 rude"))["text"] == (
        "Reported. The moderators of this room will look at it."
    )
    await reports_told(at_alice, lobby, 1)
    await at_bob.ws.send_json({"type": "edit", "number": 5, "text": "kind words", "nonce": "e"})
    await at_bob.hears("receipt", nonce="e")
    assert (await at_bob.says("/delete 6"))["type"] == "receipt"
    [found] = await queue(alice, lobby)
    assert [(line["number"], line["text"]) for line in found["lines"]] == [
        *((2, "two"), (3, "three"), (4, "four"), (5, "spam"), (6, "six"))
    ]
    assert (found["number"], found["author"], found["reporters"]) == (5, bob.name, 1)
    assert [(one["reporter"], one["reason"]) for one in found["reasons"]] == [(carol.name, "rude")]
    assert not at_bob.heard("unread", reports=1)
    # Again: the reason is the new one, and nobody is told anew.
    assert "already" in (await at_carol.says("/report 5 very rude"))["text"]
    [found] = await queue(alice, lobby)
    assert [one["reason"] for one in found["reasons"]] == ["very rude"]
    status, _ = await sends(alice, f"/rooms/{lobby}/5/report", reason="I saw it too")
    assert status == 200
    [found] = await queue(alice, lobby)
    assert [one["reporter"] for one in found["reasons"]] == [carol.name, alice.name]


async def test_what_cannot_be_reported(chat: Aiochat, alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_bob.says("own")
    await at_alice.says("gone")
    await at_alice.says("/delete 2")
    for line, code in (
        ("/report", "bad_usage"),
        ("/report x", "bad_usage"),
        ("/report -1", "bad_usage"),
        ("/report 1", "refused"),
        ("/report 2", "deleted"),
        ("/report 99", "no_such_message"),
        ("/report 0", "no_such_message"),
        (f"/report 2 {'x' * 201}", "bad_usage"),
    ):
        answer = await at_bob.says(line)
        assert (answer["type"], answer.get("code")) == ("error", code), line
    assert not stored(chat, lobby)
    status, answer = await sends(bob, f"/rooms/{lobby}/99/report")
    assert (status, answer["error"]["code"]) == (404, "no_such_message")


async def test_each_answer_is_an_act_and_the_reporter_is_told(
    alice: Person, bob: Person, carol: Person, lobby: str
) -> None:
    at_alice, at_bob, at_carol = [await one.enters(lobby) for one in (alice, bob, carol)]
    for given, act, done in (
        ("dismiss", None, False),
        ("delete", "delete", True),
        ("timeout 1h", "timeout", True),
        ("ban", "ban", True),
    ):
        number = await reported(at_bob, at_carol, f"spam for {given}")
        [found] = await queue(alice, lobby)
        status, answer = await answers(alice, lobby, report=found["report"], answer=given)
        assert status == 200, answer
        name = given.partition(" ")[0]
        outcome = await told(at_carol, "outcomes", number=number)
        assert outcome.get("done", False) is done
        assert (outcome["name"], outcome["report"]) == (lobby, found["report"])
        assert not await queue(alice, lobby)
        [last, *_] = await queue(alice, lobby, "?answered=1")
        assert (last["answer"], last["answered_by"], last["act"]) == (name, alice.name, answer["act"])
        if act:
            [entry, *_] = (await alice.gets(f"/rooms/{lobby}/log"))["entries"]
            assert (entry["act"], entry["number"], entry["whom"]) == (act, answer["act"], bob.name)
            assert (await at_alice.says(f"/undo A{answer['act']}"))["type"] == "receipt"
        if name == "ban":
            assert await at_bob.ends() == 4501
    # Who was away is told when they come back, until they have seen it.
    await at_carol.close()
    page = await carol.gets("/rooms?only=own")
    assert [one["number"] for one in page["outcomes"]] == [1, 2, 3, 4]
    for one in page["outcomes"]:
        assert (await sends(bob, f"/reports/{one['report']}/seen"))[0] == 204
    assert len((await carol.gets("/rooms?only=own"))["outcomes"]) == 4, "another can't answer for her"
    for one in page["outcomes"]:
        assert (await sends(carol, f"/reports/{one['report']}/seen"))[0] == 204
    assert not (await carol.gets("/rooms?only=own"))["outcomes"]
    answer = await (await carol.enters(lobby)).says("/report 1 still")
    assert answer["code"] == "answered"


async def test_a_timeout_or_a_ban_can_take_the_message_along(
    alice: Person, bob: Person, carol: Person, lobby: str
) -> None:
    at_bob, at_carol = await bob.enters(lobby), await carol.enters(lobby)
    await reported(at_bob, at_carol)
    [found] = await queue(alice, lobby)
    _, answer = await answers(alice, lobby, report=found["report"], answer="ban 1d", delete=1)
    entries = (await alice.gets(f"/rooms/{lobby}/log"))["entries"]
    assert [entry["act"] for entry in entries] == ["delete", "ban"]
    assert answer["act"] == 1
    assert [line["text"] for line in await alice.history(lobby) if "number" in line] == [""]


async def test_of_two_who_answer_at_once_one_acts(
    alice: Person, bob: Person, carol: Person, cast: Cast, lobby: str
) -> None:
    at_alice, at_bob, at_carol = [await one.enters(lobby) for one in (alice, bob, carol)]
    dave = await cast.person("dave")
    await dave.enters(lobby)
    await at_alice.says(f"/mod {dave.name}")
    for place in range(5):
        await reported(at_bob, at_carol, f"spam {place}")
        [found] = await queue(alice, lobby)
        done = await asyncio.gather(
            answers(alice, lobby, report=found["report"], answer="delete"),
            answers(dave, lobby, report=found["report"], answer="timeout 1h"),
        )
        assert sorted(status for status, _ in done) == [200, 409]
        [(_, refused)] = [one for one in done if one[0] == 409]
        [last, *_] = await queue(alice, lobby, "?answered=1")
        assert refused["error"]["code"] == "answered"
        assert f"{last['answered_by']} has answered this already." == refused["error"]["text"]
        entries = (await alice.gets(f"/rooms/{lobby}/log"))["entries"]
        assert len([one for one in entries if one["act"] in ("delete", "timeout")]) == place + 1
        if last["answer"] == "timeout":
            await at_alice.says(f"/untimeout {bob.name}")
    # The same answer of the same person again is answered alike.
    [last, *_] = await queue(alice, lobby, "?answered=1")
    again = alice if last["answered_by"] == alice.name else dave
    given = "delete" if last["answer"] == "delete" else "timeout 1h"
    status, answer = await answers(again, lobby, report=last["report"], answer=given)
    assert (status, answer["act"]) == (200, last["act"])


async def test_reported_twice_at_once_it_is_one_report(
    chat: Aiochat, alice: Person, bob: Person, carol: Person, cast: Cast, lobby: str
) -> None:
    at_bob = await bob.enters(lobby)
    reporters = [alice, carol, await cast.person("dave")]
    for one in reporters:
        await one.enters(lobby)
    await at_bob.says("spam")
    asked = [sends(one, f"/rooms/{lobby}/1/report", reason=one.name) for one in reporters * 2]
    done = await asyncio.gather(*asked)
    assert [status for status, _ in done] == [200] * 6
    assert sorted(answer["new"] for _, answer in done) == [False] * 3 + [True] * 3
    [found] = await queue(alice, lobby)
    assert {one["reason"] for one in found["reasons"]} == {one.name for one in reporters}
    assert stored(chat, lobby) == 1


async def test_who_answers_and_about_whom(
    alice: Person, bob: Person, carol: Person, cast: Cast, lobby: str
) -> None:
    at_alice, at_bob, at_carol = [await one.enters(lobby) for one in (alice, bob, carol)]
    await at_alice.says(f"/mod {bob.name}")
    await reported(at_bob, at_carol)
    # A moderator doesn't see reports of what they wrote, and answers none.
    [found] = await queue(alice, lobby)
    assert not await queue(bob, lobby)
    assert all(not room.get("reports") for room in (await bob.gets("/rooms?only=own"))["rooms"])
    for someone, status in ((bob, 404), (carol, 403), (await cast.person("dave"), 403)):
        assert (await answers(someone, lobby, report=found["report"], answer="dismiss"))[0] == status
    await at_alice.says(f"/unmod {bob.name}")
    await at_alice.says(f"/mod {carol.name}")
    assert [room.get("reports") for room in (await carol.gets("/rooms?only=own"))["rooms"]] == [1]
    for form, status in (
        ({"answer": "dismiss"}, 400),
        ({"report": "x", "answer": "dismiss"}, 400),
        ({"report": 10**14, "answer": "dismiss"}, 404),
        ({"report": found["report"]}, 400),
        ({"report": found["report"], "answer": "explode"}, 400),
        ({"report": found["report"], "answer": "timeout"}, 400),
        ({"report": found["report"], "answer": "timeout soon"}, 400),
        ({"report": found["report"], "answer": "dismiss 1h"}, 400),
    ):
        assert (await answers(carol, lobby, **form))[0] == status, form
    for query in ("?before=x", "?before=0"):
        async with alice.http.get(f"/rooms/{lobby}/reports{query}") as answer:
            assert answer.status == 400
    assert len(await queue(carol, lobby)) == 1


async def test_a_conversation_has_no_queue_of_its_own(chat: Aiochat, bob: Person, carol: Person) -> None:
    room = await opens(bob, carol)
    at_bob, at_carol = await bob.enters(room), await carol.enters(room)
    await at_bob.says("psst")
    assert "Those who keep order on this site" in (await at_carol.says("/report 1 rude"))["text"]
    async with carol.http.get(f"/rooms/{room}/reports") as answer:
        assert answer.status == 403
    assert all(not one.get("reports") for one in (await carol.gets("/rooms?only=own"))["rooms"])
    # Who has blocked somebody can still report them.
    await blocks(carol, bob)
    await at_bob.is_told()
    assert (await at_carol.says("/report 1 very rude"))["type"] == "notice"
    assert stored(chat, room) == 1


async def test_what_was_kept_is_erased_after_its_time(
    chat: Aiochat, alice: Person, bob: Person, carol: Person, lobby: str
) -> None:
    at_bob, at_carol = await bob.enters(lobby), await carol.enters(lobby)
    await reported(at_bob, at_carol)
    [found] = await queue(alice, lobby)
    await answers(alice, lobby, report=found["report"], answer="dismiss")
    change(chat, f"UPDATE reports SET answered_at = answered_at - {31 * 86_400_000}")
    async with asyncio.timeout(60):
        while any(stored(chat, lobby, table) for table in ("reports", "report_lines", "report_reasons")):
            await asyncio.sleep(0.05)


async def test_the_page_works_without_scripts(alice: Person, bob: Person, carol: Person, lobby: str) -> None:
    at_bob, at_carol = await bob.enters(lobby), await carol.enters(lobby)
    await reported(at_bob, at_carol, "<b>spam</b>")
    async with alice.http.get(f"/rooms/{lobby}/reports") as answer:
        page = await answer.text()
    assert "&lt;b&gt;spam" in page
    assert "rude" in page
    [found] = await queue(alice, lobby)
    here, form = f"/rooms/{lobby}/reports", {"report": str(found["report"]), "answer": "delete"}
    for said in ("Answered by A1. The log can undo it.", "has answered this already."):
        answer = await fills(alice, here, here, **form)
        assert (answer.status, answer.headers["Location"]) == (303, here)
        async with alice.http.get(here) as answer:
            assert said in await answer.text()
        form["answer"] = "dismiss"


async def test_who_leaves_takes_their_words_along(
    chat: Aiochat, alice: Person, bob: Person, carol: Person, cast: Cast, lobby: str
) -> None:
    dave = await cast.person("dave")
    at_bob, at_carol, at_dave = [await one.enters(lobby) for one in (bob, carol, dave)]
    await at_dave.says("something of somebody else")
    await reported(at_bob, at_carol, "spam of the one who leaves")
    async with carol.http.get("/accounts/data/download") as answer:
        [own] = (await answer.json(content_type=None))["reports"]
    assert (own["room"], own["number"], own["reason"]) == (lobby, 2, "rude")
    await leaves(bob, "remove")
    await leaves(carol, "keep")
    await until(lambda: "spam of the one" not in str(rows(chat, "SELECT text FROM report_lines")))
    await until(lambda: not stored_reasons(chat, lobby))
    [found] = await queue(alice, lobby)
    assert (found["author"], [line["text"] for line in found["lines"]]) == (
        *("deleted user", ["something of somebody else"]),
    )
    assert [one["reporter"] for one in found["reasons"]] == ["deleted user"]
    async with alice.http.get(f"/rooms/{lobby}/reports") as page:
        assert page.status == 200
    assert (await answers(alice, lobby, report=found["report"], answer="ban"))[1]["error"]["code"] == (
        "no_such_user"
    )
    assert (await answers(alice, lobby, report=found["report"], answer="delete"))[0] == 200


def stored_reasons(chat: Aiochat, room: str) -> list[Any]:
    is_here = f"room_id = (SELECT id FROM rooms WHERE name = '{room}')"
    return rows(chat, f"SELECT * FROM report_reasons WHERE {is_here} AND reason <> ''")
