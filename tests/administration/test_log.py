"""The log of the site and of its rooms: what is looked for, by pages and in one file."""

import csv
import io
import json
from collections import Counter

import pytest

from accounts.people.site_roles import SiteRole
from tests.administration.conftest import Staff, acts
from tests.conftest import Cast, unique
from tests.support.accounts import accounts_of
from tests.support.people import JsonObject, Person


async def log(someone: Person, query: str = "") -> list[JsonObject]:
    """All entries that are looked for, page by page."""
    found: list[JsonObject] = []
    after = ""
    while True:
        page = await someone.gets(f"/admin/log?{query}{after}")
        found += page["entries"]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


async def exported(someone: Person, query: str) -> str:
    async with someone.http.get(f"/admin/log/export?{query}") as answer:
        assert answer.status == 200
        assert "attachment" in answer.headers["Content-Disposition"]
        return await answer.text()


async def test_both_kinds_of_acts_are_there_in_their_order(
    cast: Cast, staff: Staff, alice: Person, bob: Person, lobby: str
) -> None:
    auditor, moderator = await staff(SiteRole.AUDITOR), await staff(SiteRole.MODERATOR)
    listener = await alice.enters(lobby)
    await bob.enters(lobby)
    await listener.says("/topic Beans")
    await acts(moderator, f"/admin/people/{bob.name}", act="end_sessions", reason="=lost a phone")
    await listener.says(f"/timeout @{bob.name} 1h too loud")
    await acts(moderator, f"/admin/people/{bob.name}", act="suspend", reason="again", **{"for": "1h"})
    about_bob = await log(auditor, f"whom={bob.name}")
    assert [(one["act"], one["by"], one["reason"]) for one in about_bob] == [
        ("suspend", moderator.name, "again"),
        ("timeout", alice.name, "too loud"),
        ("end_sessions", moderator.name, "=lost a phone"),
    ]
    assert [one["number"][0] for one in about_bob] == ["S", "A", "S"]
    assert [one["act"] for one in await log(auditor, f"by={alice.name}")] == ["timeout", "topic"]
    in_room = await log(auditor, f"room={lobby}")
    assert [(one["act"], one["room"]) for one in in_room] == [("timeout", lobby), ("topic", lobby)]
    assert in_room == await log(auditor, f"room={in_room[0]['room_id']}")
    assert [one["act"] for one in await log(auditor, f"whom={bob.name}&act=suspend")] == ["suspend"]
    at = about_bob[1]["at"]
    assert [one["act"] for one in await log(auditor, f"whom={bob.name}&since={at}")] == ["suspend", "timeout"]
    assert [one["act"] for one in await log(auditor, f"whom={bob.name}&until={at}")] == ["end_sessions"]
    day = at[:10]
    assert len(await log(auditor, f"whom={bob.name}&since={day}&until={day}")) == 3
    rows = list(csv.DictReader(io.StringIO(await exported(auditor, f"whom={bob.name}&format=csv"))))
    assert [(row["number"], row["act"]) for row in rows] == [(one["number"], one["act"]) for one in about_bob]
    assert rows[2]["reason"] == "'=lost a phone", "no formula for a spreadsheet"
    lines = (await exported(auditor, f"whom={bob.name}&format=jsonl")).splitlines()
    assert [json.loads(line) for line in lines] == about_bob
    async with auditor.http.get(f"/admin/log?whom={bob.name}") as answer:
        page = await answer.text()
    assert all(text in page for text in ("too loud", "=lost a phone", "suspended"))


async def test_every_entry_is_on_one_page(cast: Cast, staff: Staff, alice: Person, lobby: str) -> None:
    """However many come at one time."""
    moderator = await staff(SiteRole.MODERATOR)
    listener = await alice.enters(lobby)
    for place in range(70):
        await listener.says(f"/topic Number {place}")
        if place < 55:
            await acts(moderator, f"/admin/people/{alice.name}", act="rename", display_name=f"Name {place}")
    whole = await log(moderator)
    numbers = Counter((one["number"], one["room_id"]) for one in whole)
    assert max(numbers.values()) == 1
    assert len([one for one in whole if one["room"] == lobby]) == 70
    assert len([one for one in whole if one["whom"] == alice.name and one["act"] == "rename"]) == 55
    assert [one["at"] for one in whole] == sorted((one["at"] for one in whole), reverse=True)
    lines = (await exported(moderator, "format=jsonl")).splitlines()
    assert [json.loads(line)["number"] for line in lines] == [one["number"] for one in whole]


async def test_what_a_closed_room_is_about_is_not_in_it(cast: Cast, staff: Staff, alice: Person) -> None:
    auditor = await staff(SiteRole.AUDITOR)
    title = unique("Cellar")
    name = await alice.closes_off(title)
    listener = await alice.enters(name)
    await listener.says("/topic a secret of ours")
    [room] = (await auditor.gets(f"/admin/rooms?q={title}"))["rooms"]
    found = await log(auditor, f"room={room['id']}")
    assert [(one["act"], one["before"], one["after"]) for one in found] == [("topic", {}, {})]
    assert "secret" not in await exported(auditor, f"room={room['id']}")
    async with auditor.http.get(f"/admin/log?room={name}") as answer:
        assert answer.status == 404, "its address says nothing here"


async def test_names_go_with_their_account(cast: Cast, staff: Staff) -> None:
    auditor, someone = await staff(SiteRole.AUDITOR), await cast.person("gone")
    await acts(cast.boss, f"/admin/people/{someone.name}", act="rename", display_name="Most Peculiar")
    await acts(
        cast.boss, f"/admin/people/{someone.name}", act="delete", messages="keep", confirm=someone.name
    )
    text = await exported(auditor, "")
    assert "Most Peculiar" not in text
    assert someone.name not in text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("by=nobody-here", 404),
        ("whom=" + "a" * 65, 400),
        ("room=nowhere-at-all", 404),
        ("act=DROP%20TABLE", 400),
        ("since=yesterday", 400),
        ("since=1000-01-01", 400),
        ("until=9999-12-31", 400),
        ("until=2026-13-01", 400),
        ("since=%F0%9F%98%80", 400),
        ("after=1-2-3-4", 400),
        ("after=x", 400),
        ("after=" + "9" * 16 + "-1-1-1", 400),
    ],
)
async def test_wrong_questions_about_the_log(cast: Cast, query: str, status: int) -> None:
    doors = ["/admin/log"] if "after" in query else ["/admin/log", "/admin/log/export"]
    for path in doors:
        async with cast.boss.http.get(f"{path}?{query}", headers={"Accept": "application/json"}) as answer:
            assert answer.status == status, path
            assert (await answer.json())["error"]["code"]
    async with cast.boss.http.get("/admin/log/export?format=xml") as answer:
        assert answer.status == 400


async def test_who_may_not_read_it_exports_nothing(cast: Cast, bob: Person, staff: Staff) -> None:
    auditor = await staff(SiteRole.AUDITOR)
    accounts_of(cast.url).give_role(auditor.name, SiteRole.NONE)
    for someone in (bob, auditor):
        for path in ("/admin/log", "/admin/log/export"):
            async with someone.http.get(path) as answer:
                assert answer.status == 403
