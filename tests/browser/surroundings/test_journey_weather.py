"""What comes from elsewhere, in the browser: the weather in the sidebar, and pictures that are at
Gravatar."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from accounts.people.gravatar import hash_of
from tests.conftest import LIMITS_OFF, unique
from tests.support.pages.browser import PHONE, WIDE, Visitor
from tests.support.people import Person
from tests.support.servers import Aiochat
from tests.support.services.fake_upstream import Elsewhere, drawn, elsewhere


@pytest.fixture
async def others() -> AsyncIterator[Elsewhere]:
    async with elsewhere() as found:
        yield found


@pytest.fixture
async def alice(own_servers: None, browser: Browser, others: Elsewhere) -> AsyncIterator[Visitor]:
    """She is at home in Oslo."""
    env = {
        "AIOCHAT_WEATHER_URL": f"{others.url}/{{place}}",
        "AIOCHAT_GRAVATAR": "1",
        "AIOCHAT_GRAVATAR_URL": f"{others.url}/avatar",
    }
    with Aiochat(env={**LIMITS_OFF, **env}) as server:
        context = await browser.new_context(viewport=WIDE)
        found = Visitor(context, await context.new_page(), server.url, unique("alice"))
        await found.joins()
        assert found.person
        await found.person.submits("/accounts/profile", place="Oslo")
        yield found
        await found.leaves()
        assert not found.complaints, found.complaints


async def test_weather_and_faces_from_elsewhere(alice: Visitor, others: Elsewhere) -> None:
    others.lines |= {"Oslo": "Oslo: ⛅️ +3°C", "Bergen": "Bergen: 🌧 <b>+5°C</b>"}
    email = f"{unique('vera')}@example.org"
    others.pictures[hash_of(email)] = drawn("red")
    room = unique("Window")
    await alice.makes(room)
    vera = await Person(alice.url, unique("vera")).joins(email=email)
    listener = await vera.enters(room)
    await listener.says("It is cold")
    page = alice.page
    line, box = page.locator(".weather-line"), page.get_by_label("Weather at the place")
    await expect(line).to_have_text("Oslo: ⛅️ +3°C")
    await expect(box).to_have_value("Oslo")

    async def asks(place: str) -> None:
        await box.fill(place)
        await box.press("Enter")

    await asks("Bergen")
    await expect(line).to_have_text("Bergen: 🌧 <b>+5°C</b>")
    await expect(line).to_have_attribute("aria-live", "polite")
    # The place is remembered, here and on a phone's page of the same browser.
    await page.set_viewport_size(PHONE)
    await alice.enters(room)
    await page.click("[data-drawer=sidebar]")
    await expect(line).to_have_text("Bergen: 🌧 <b>+5°C</b>")
    await expect(box).to_have_value("Bergen")
    await page.keyboard.press("Escape")
    await page.set_viewport_size(WIDE)
    # Away, it says so, and all else is as before.
    await asks("broken")
    await expect(line).to_have_text("No weather to be had just now.")
    await asks("...")
    await expect(line).to_contain_text("Which place?")
    assert "status of 400" in alice.complaints.pop(), "as browsers tell of each"
    await alice.says("So it is")
    await listener.hears("message", text="So it is")
    await asks("")
    await expect(line).to_have_text("Oslo: ⛅️ +3°C")
    await expect(box).to_have_value("Oslo")
    # Vera gave no picture, but Gravatar has one.
    face = page.locator(".message:not(.own) .avatar img.loaded")
    await expect(face).to_have_count(1)
    answer = await page.request.get(await face.evaluate("image => image.src"))
    assert answer.headers["content-type"] == "image/webp"
    await vera.close()
