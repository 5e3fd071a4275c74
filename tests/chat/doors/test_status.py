"""One's own status from any page: by a form, and as JSON."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from chat.doors.status import end_of
from helpers.web.clock import Clock
from tests.support.people import JsonObject, Person


async def sets(someone: Person, **fields: str) -> JsonObject:
    headers = {"Accept": "application/json", "X-CSRF-Token": await someone.token("/rooms")}
    async with someone.http.post("/status", data=fields, headers=headers) as answer:
        assert answer.status in (200, 422), await answer.text()
        found: JsonObject = await answer.json()
        return found


async def test_a_status_is_told_in_the_rooms_and_stands_on_every_page(
    alice: Person, bob: Person, lobby: str
) -> None:
    at_alice = await alice.enters(lobby)
    await bob.enters(lobby)
    assert await sets(bob, status="away", text=" at <lunch> ") == {
        "type": "presence",
        "name": bob.name,
        "status": "away",
        "text": "at <lunch>",
    }
    await at_alice.hears("presence", name=bob.name, status="away", text="at <lunch>")
    for path in ("/feed", "/users", f"/rooms/{lobby}", "/settings"):
        async with bob.http.get(path) as answer:
            text = await answer.text()
        assert 'data-status="away" data-text="at &lt;lunch&gt;" data-until=""' in text, path
    told = await sets(bob, status="dnd", text="busy", lasts="1h")
    event = await at_alice.hears("presence", name=bob.name, status="dnd", text="busy")
    assert event["until"] == told["until"]
    left = datetime.fromisoformat(told["until"]) - datetime.now(UTC)
    assert timedelta(minutes=58) < left < timedelta(minutes=61)
    assert (await bob.gets("/status"))["status"] == "dnd"
    await sets(bob, status="", text="ignored", lasts="1h")
    await at_alice.hears("presence", name=bob.name, status="")
    assert await bob.gets("/status") == {"type": "presence", "name": bob.name, "status": ""}


async def test_without_scripts_it_is_a_page_that_leads_back(bob: Person) -> None:
    answer = await bob.submits("/status", status="away", text="out", next="/feed")
    assert (answer.status, answer.headers["Location"]) == (303, "/feed")
    async with bob.http.get("/status?next=/feed") as page:
        text = (await page.text()).partition("<main")[2]
    assert 'name="next" value="/feed"' in text
    assert "You are away now." in text
    assert re.search(r'name="status" value="away" checked', text)
    answer = await bob.submits("/status", status="", next="https://elsewhere.example")
    assert answer.headers["Location"] == "/status"


async def test_a_message_ends_away(bob: Person, lobby: str) -> None:
    listener = await bob.enters(lobby)
    await sets(bob, status="away", lasts="1h")
    await listener.says("I am here")
    await listener.hears("presence", name=bob.name, status="")
    assert (await bob.gets("/status"))["status"] == ""


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"status": "asleep"}, "status"),
        ({"status": "away", "text": "x" * 101}, "text"),
        ({"status": "away", "text": "two\nlines"}, "text"),
        ({"status": "away", "text": "\0"}, "text"),
        ({"status": "dnd", "lasts": "an hour"}, "lasts"),
        ({"status": "dnd", "lasts": "9999w"}, "lasts"),
    ],
)
async def test_what_is_refused_changes_nothing(bob: Person, fields: dict[str, str], field: str) -> None:
    await sets(bob, status="away", text="before")
    assert list((await sets(bob, **fields))["errors"]) == [field]
    answer = await bob.submits("/status", **fields)
    assert answer.status == 422
    assert "field-error" in await answer.text()
    assert (await bob.gets("/status"))["text"] == "before"


@pytest.mark.parametrize(
    ("offset", "now", "end"),
    [
        (0, "2026-11-21T22:30:00+00:00", "2026-11-22T08:00:00+00:00"),
        (180, "2026-11-21T22:30:00+00:00", "2026-11-22T05:00:00+00:00"),
        (-480, "2026-11-22T01:00:00+00:00", "2026-11-22T16:00:00+00:00"),
        (0, "2026-11-22T03:59:00+00:00", "2026-11-22T08:00:00+00:00"),
        (0, "2026-11-22T04:00:00+00:00", "2026-11-23T08:00:00+00:00"),
    ],
    ids=["evening", "after midnight there", "still the day before there", "night", "early morning"],
)
def test_tomorrow_is_the_readers_own_morning(offset: int, now: str, end: str) -> None:
    found = end_of("tomorrow", Clock(offset), datetime.fromisoformat(now))
    assert found == int(datetime.fromisoformat(end).timestamp() * 1000)
