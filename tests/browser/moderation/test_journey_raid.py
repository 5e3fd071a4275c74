"""A raid: thirty fresh accounts write in five rooms, and two moderators make an end of it, one by
commands, one by mouse. Counted in presses, and compared with what was there before."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from playwright.async_api import expect

from tests.conftest import Cast, unique
from tests.support.deleted_accounts import change
from tests.support.pages.browser import Visitor, one_database
from tests.support.people import PATIENCE, JsonObject, Listener, Person
from tests.support.servers import Aiochat

pytestmark = one_database

ROOMS, RAIDERS = 5, 30
BY_MOUSE = 2
"""Rooms; the others are quieted by commands."""

PRESSES = 3
"""By mouse for one room: its place in the sidebar, its name, and the button."""

COUNT_PRESSES = """
    addEventListener("pointerdown", (event) => { if (event.isTrusted) pressed(); }, { capture: true });
"""
"""In each page, before anything of it runs: what a script does isn't counted."""


@dataclass
class Raider:
    person: Person
    at_room: Listener
    posted: list[JsonObject] = field(default_factory=list)
    refused: int = 0
    """How often since the last message that was taken."""

    async def write(self, is_over: asyncio.Event) -> None:
        while not is_over.is_set():
            answer = await self.at_room.says(f"raid of {self.person.name} {len(self.posted)}")
            if answer["type"] == "receipt":
                self.posted.append(answer)
                self.refused = 0
            else:
                self.refused += 1
            await asyncio.sleep(0.2)


def posts(history: list[JsonObject]) -> dict[int, str]:
    return {line["number"]: line["text"] for line in history if "number" in line}


@pytest.fixture
async def cast(site: tuple[str, Aiochat]) -> AsyncIterator[Cast]:
    nobody = Person(site[0], "nobody")
    stage = Cast(site[0], nobody, [nobody])
    yield stage
    await stage.close()


async def test_two_moderators_end_it(site: tuple[str, Aiochat], cast: Cast, alice: Visitor) -> None:
    assert alice.person
    marta = await cast.person("marta")
    rooms = [unique("Raided") for _ in range(ROOMS)]
    at_marta = []
    for room in rooms:
        await alice.person.creates(room)
        at_marta.append(await marta.enters(room))
        at_alice = await alice.person.enters(room)
        await at_alice.says("a quiet word")
        await at_alice.says(f"/mod {marta.name}")
        await at_alice.close()
    change(site[1], f"UPDATE users SET created_at = created_at - 864000000 WHERE name = '{marta.name}'")
    people = await asyncio.gather(*(cast.person(f"raider{place}") for place in range(RAIDERS)))
    raiders = [
        Raider(person, await person.enters(rooms[place % ROOMS])) for place, person in enumerate(people)
    ]
    is_over = asyncio.Event()
    writing = [asyncio.create_task(raider.write(is_over)) for raider in raiders]
    try:
        async with asyncio.timeout(PATIENCE):
            while min(len(raider.posted) for raider in raiders) < 3:
                await asyncio.sleep(0.1)
        page = alice.page
        presses: list[float] = []
        await page.expose_function("pressed", lambda: presses.append(time.monotonic()))
        await page.add_init_script(COUNT_PRESSES)
        await page.goto(f"{alice.url}/rooms/{rooms[-1]}")
        await alice.is_connected()
        began = time.monotonic()
        typed = 0
        acts: list[int] = []
        for at_room in at_marta[BY_MOUSE:]:
            answer = await at_room.says("/raid")
            acts.append(answer["act"])
            typed += len("/raid") + 1
        for room in rooms[:BY_MOUSE]:
            await page.locator("#room-list a", has_text=room).click()
            await expect(page.locator("#room-name")).to_have_text(room)
            await page.locator(".room-settings-link").click()
            await page.get_by_role("button", name="End a raid").click()
            await expect(page.locator(".flash")).to_contain_text("A")
        quiet_by = len(presses)
        ended = time.monotonic()
        # Nobody's next three messages are taken.
        async with asyncio.timeout(PATIENCE):
            while min(raider.refused for raider in raiders) < 3:
                await asyncio.sleep(0.05)
    finally:
        is_over.set()
        await asyncio.gather(*writing)
    assert quiet_by == PRESSES * BY_MOUSE, "counted by the page itself"
    print(f"quiet after {ended - began:.1f} s, {quiet_by} presses by mouse, {typed} keys")
    for room in rooms:
        assert {text for text in posts(await marta.history(room)).values() if text} == {"a quiet word"}
    # All of it is undone: by the command, and by the button in the log.
    for at_room, act in zip(at_marta[BY_MOUSE:], acts, strict=True):
        assert (await at_room.says(f"/undo A{act}"))["type"] == "receipt"
    for room in rooms[:BY_MOUSE]:
        await alice.page.goto(f"{alice.url}/rooms/{room}/log")
        await alice.page.locator("li", has_text="ended a raid").get_by_role("button", name="Undo").click()
        await expect(alice.page.locator("li", has_text="undid").first).to_be_visible()
    assert len(presses) == quiet_by + BY_MOUSE, "one for each undo"
    for place, room in enumerate(rooms):
        found = posts(await marta.history(room))
        written = {
            one["number"]: f"raid of {raider.person.name} {index}"
            for raider in raiders[place::ROOMS]
            for index, one in enumerate(raider.posted)
        }
        assert found == {1: "a quiet word", **written}
