"""The room page in Russian, in real Chromium: what scripts say, dates, plurals, errors from the
server, and the switch."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.conftest import unique
from tests.support.pages.browser import WIDE, Visitor
from tests.support.people import Person
from tests.support.servers import Aiochat

CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


@pytest.fixture
async def vera(browser: Browser, sqlite_chat: Aiochat) -> AsyncIterator[Visitor]:
    """Vera reads Russian, and her clock is in Moscow."""
    context = await browser.new_context(viewport=WIDE, locale="ru-RU", timezone_id="Europe/Moscow")
    visitor = Visitor(context, await context.new_page(), sqlite_chat.url, unique("vera"))
    await visitor.registers()
    yield visitor
    await context.close()
    assert visitor.complaints == []


async def test_a_room_in_russian(vera: Visitor) -> None:
    page, room = vera.page, unique("Besedka")
    bob, eve = Person(vera.url, unique("bob")), Person(vera.url, unique("eve"))
    try:
        await bob.joins()
        await eve.joins()
        await bob.creates(room, topic="Tea")
        at_bob = await bob.enters(room)
        at_eve = await eve.enters(room)
        await at_eve.types("/leave")
        await at_eve.ends()
        async with page.expect_websocket() as opened:
            await vera.enters(room)
        assert "language=ru" in (await opened.value).url.partition("?")[2].split("&")
        await expect(page.locator("#status")).to_have_text("на связи")
        await expect(page.locator("#here-title")).to_have_text("В сети – 2")
        await expect(page.locator("#timeline .divider.day")).to_have_text("Сегодня")
        run = page.locator("#timeline .run summary")
        await expect(run).to_have_text(f"{eve.name} вступает и покидает комнату, {vera.name} вступает")
        await run.click()
        await expect(page.locator("#timeline .run li [data-part=text]")).to_have_text(
            [
                f"{eve.name} вступает в комнату",
                f"{eve.name} покидает комнату",
                f"{vera.name} вступает в комнату",
            ]
        )
        await vera.says("/nichts")
        await expect(page.locator("#timeline .refusal-reason")).to_contain_text("Команды /nichts нет.")
        await page.locator("#timeline [data-action=discard]").click()
        await page.fill("#composer-text", "x" * 10_021)
        await expect(page.locator("#composer-hint")).to_have_text(
            "Слишком длинно: лишний 21 символ. Отправьте по частям."
        )
        await page.fill("#composer-text", "/i")
        await expect(page.locator("#completions")).to_contain_text("/invite [@имя]")
        await page.fill("#composer-text", "")
        await at_bob.says(f"/kill @{vera.name}")
        await expect(page.locator("#banner")).to_contain_text("Вас удалили из этой комнаты.")
        await page.click("#me-button")
        await (
            page.locator("#settings label", has=page.locator("[value=dark]"))
            .filter(has_text="Тёмная")
            .click()
        )
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    finally:
        await bob.close()
        await eve.close()


async def test_the_switch_goes_back_to_the_same_page(vera: Visitor) -> None:
    page = vera.page
    await page.click("main summary")
    await page.fill("[name=title]", unique("Veranda"))
    await page.click("main form button:not([type=search])")
    await vera.is_connected()
    address = page.url
    await vera.says("Привет")
    await page.click("#me-button")
    await page.locator("#settings").get_by_role("link", name="English").click()
    await page.wait_for_url(address)
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await vera.is_connected()
    await expect(page.locator("#status")).to_have_text("connected")
    await expect(page.locator("#timeline .divider.day")).to_have_text("Today")
    await vera.says("/nichts")
    await expect(page.locator("#timeline .refusal-reason")).to_contain_text("There is no /nichts.")
    shown = (await page.locator("#app").inner_text()).replace("Привет", "")
    assert not CYRILLIC.search(shown), shown
