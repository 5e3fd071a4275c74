"""Without a network the rooms that one has seen open, say so, and take what one writes."""

from playwright.async_api import Browser, expect

from tests.conftest import unique
from tests.support.pages.browser import PHONE, WIDE, Visitor, Visitors, comes_true, one_database
from tests.support.pages.offline import is_kept, is_offline, isnt_kept
from tests.support.pages.shell import STAYS, link
from tests.support.people import Listener

pytestmark = one_database

REFUSED = """Object.defineProperty(IDBFactory.prototype, "open", {
  value() { throw new DOMException("no", "SecurityError"); },
});"""

Dora = tuple[Listener, Listener]


async def sees_in_order(visitor: Visitor, *texts: str) -> None:
    for text in texts:
        await visitor.sees(text)
    shown = await visitor.page.locator("#timeline > .message .message-text").all_inner_texts()
    assert [text for text in shown if text in texts] == list(texts)


async def changes(listener: Listener, number: int, **change: str) -> None:
    nonce = unique("change")
    await listener.ws.send_json({"number": number, "nonce": nonce, **change})
    await listener.hears("receipt", nonce=nonce)


async def test_it_opens_and_what_is_written_arrives_once(alice: Visitor, room: str, dora: Dora) -> None:
    page = alice.page
    await dora[0].says("**beans** are up")
    await alice.says("good")
    await is_kept(alice, room, "good")
    await alice.context.set_offline(True)
    await page.goto(f"{alice.url}/rooms/{room}")
    await sees_in_order(alice, "beans are up", "good")
    await expect(page.locator("#timeline strong")).to_have_text("beans")
    await expect(page).to_have_title(f"#{room} – aiochat")
    await expect(page.locator("#room-name")).to_have_text(room)
    await expect(page.locator(".room-link[aria-current=page]")).to_have_attribute("data-room", room)
    await is_offline(alice)
    await alice.says("written without a network")
    await expect(page.locator("#status")).to_have_text("offline, 1 waiting")
    # Loaded once more, it is there still.
    await page.reload()
    await sees_in_order(alice, "beans are up", "good", "written without a network")
    await is_offline(alice)
    await dora[0].says("meanwhile")
    await alice.context.set_offline(False)
    await alice.is_connected()
    await expect(page.locator("#timeline .pending")).to_have_count(0)
    await sees_in_order(alice, "beans are up", "good", "meanwhile", "written without a network")
    await dora[0].hears("message", text="written without a network")
    await dora[0].is_told()
    assert len(dora[0].heard("message", text="written without a network")) == 1
    await is_kept(alice, room, "written without a network")


async def test_from_room_to_room(alice: Visitor, room: str, other: str, dora: Dora) -> None:
    page, unseen = alice.page, unique("Attic")
    assert alice.person
    await alice.person.creates(unseen)
    await dora[1].says("in the kitchen")
    await is_kept(alice, room)
    await page.click(link(alice, other))
    await alice.sees("in the kitchen")
    await is_kept(alice, other, "in the kitchen")
    await page.goto(f"{alice.url}/rooms/{room}")
    await alice.is_connected()
    await expect(page.locator(link(alice, unseen))).to_have_count(1)
    await alice.context.set_offline(True)
    await page.reload()
    await is_offline(alice)
    await page.evaluate(STAYS)
    await alice.says("written on the way")
    await page.click(link(alice, other))
    await page.wait_for_url(f"**/rooms/{other}")
    await alice.sees("in the kitchen")
    await is_offline(alice)
    await page.click(link(alice, unseen))
    await expect(page.locator(".toast")).to_contain_text(
        f"There is no connection now, and #{unseen} isn’t kept in this browser."
    )
    await expect(page.locator("#room-name")).to_have_text(other)
    await page.go_back()
    await page.wait_for_url(f"**/rooms/{room}")
    await expect(page.locator("#room-name")).to_have_text(room)
    await page.go_forward()
    await page.wait_for_url(f"**/rooms/{other}")
    assert await page.evaluate("window.stays")
    # What waits in the room that isn't shown is sent, too.
    await alice.context.set_offline(False)
    await alice.is_connected()
    await dora[0].hears("message", text="written on the way")


async def test_a_post_in_the_address(alice: Visitor, room: str, dora: Dora) -> None:
    page = alice.page
    numbers = [(await dora[0].says(f"line {number}."))["number"] for number in range(40)]
    await is_kept(alice, room, "line 39.")
    await alice.context.set_offline(True)
    await page.goto(f"{alice.url}/rooms/{room}/{numbers[3]}")
    await expect(page.locator(f"#timeline > [data-number='{numbers[3]}']")).to_be_in_viewport()
    await expect(page.locator(f"#timeline > [data-number='{numbers[39]}']")).not_to_be_in_viewport()


async def test_what_isnt_kept_says_so(alice: Visitor, room: str) -> None:
    page = alice.page
    await is_kept(alice, room)
    await alice.context.set_offline(True)
    await page.goto(f"{alice.url}/feed?who=<b>")
    await expect(page.get_by_role("heading", level=1)).to_have_text("There is no connection")
    await expect(page.locator("main .button")).to_have_attribute("href", "/feed?who=%3Cb%3E")
    await page.click(f"main li a:has-text('#{room}')")
    await is_offline(alice)
    await expect(page.locator("#room-name")).to_have_text(room)
    # Where one begins leads on to the room that one was in last.
    await page.goto(f"{alice.url}/rooms")
    assert page.url == f"{alice.url}/rooms/{room}"
    await page.goto(f"{alice.url}/rooms/{unique('never')}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("There is no connection")
    await alice.context.set_offline(False)
    await page.goto(f"{alice.url}/feed")
    await expect(page.get_by_role("heading", level=1)).not_to_have_text("There is no connection")


async def test_what_was_taken_away_meanwhile_isnt_kept(
    alice: Visitor, room: str, other: str, dora: Dora
) -> None:
    page = alice.page
    numbers = {}
    for listener, where in zip(dora, ("here", "there"), strict=True):
        for text in ("deleted", "edited", "stays"):
            numbers[where, text] = (await listener.says(f"{text} {where}"))["number"]
    await is_kept(alice, room, "stays here")
    await page.click(link(alice, other))
    await alice.sees("stays there")
    await is_kept(alice, other, "stays there")
    # Loaded without a network, it has nothing but what is kept.
    await alice.context.set_offline(True)
    await page.goto(f"{alice.url}/rooms/{room}")
    await is_offline(alice)
    for listener, where in zip(dora, ("here", "there"), strict=True):
        for number, (text, change) in enumerate(
            {"deleted": {"type": "delete"}, "edited": {"type": "edit"}}.items()
        ):
            nonce = f"{where}{number}"
            fields = {"number": numbers[where, text], "nonce": nonce, "text": f"mended {where}"}
            await listener.ws.send_json(
                {**change, **(fields if text == "edited" else {**fields, "text": None})}
            )
            await listener.hears("receipt", nonce=nonce)
    await alice.context.set_offline(False)
    await alice.is_connected()
    await alice.sees("mended here")
    await expect(alice.line("deleted here")).to_have_count(0)
    # Also in the room that isn't open.
    for text in ("deleted here", "edited here", "deleted there", "edited there"):
        await isnt_kept(alice, text)
    await is_kept(alice, other, "mended there")
    await is_kept(alice, room, "mended here")


async def test_what_is_deleted_while_one_looks_isnt_kept(alice: Visitor, room: str, dora: Dora) -> None:
    number = (await dora[0].says("a secret"))["number"]
    await is_kept(alice, room, "a secret")
    await changes(dora[0], number, type="delete")
    await isnt_kept(alice, "a secret")
    await dora[0].says("not for long")
    await is_kept(alice, room, "not for long")
    assert alice.person
    at_alice = await alice.person.enters(room)
    await at_alice.types("/clear")
    await isnt_kept(alice, "not for long")


async def test_rooms_that_one_was_removed_from(
    alice: Visitor, visitors: Visitors, room: str, other: str, dora: Dora
) -> None:
    bob = await visitors("bob", PHONE)
    for where, listener in ((other, dora[1]), (room, dora[0])):
        await bob.enters(where)
        await listener.says(f"for members of {where}")
        await is_kept(bob, where, f"for members of {where}")
    await alice.says(f"/kill @{bob.name} enough")
    await expect(bob.page.locator("#banner")).to_be_visible()
    await isnt_kept(bob, f"for members of {room}")
    # And the one that isn't open when it happens.
    assert alice.person
    assert bob.person
    at_alice = await alice.person.enters(other)
    await at_alice.types(f"/kill @{bob.name} enough")
    await at_alice.hears("message", kind="killed")
    third = unique("Shed")
    await bob.person.creates(third)
    await bob.enters(third)
    await is_kept(bob, third)
    await isnt_kept(bob, f"for members of {other}")


async def test_without_a_database_the_page_is_as_it_was(browser: Browser, alice: Visitor, room: str) -> None:
    context = await browser.new_context(viewport=WIDE)
    page = await context.new_page()
    await page.add_init_script(REFUSED)
    bob = Visitor(context, page, alice.url, unique("bob"))
    await bob.joins()
    await bob.enters(room)
    await comes_true(page, "async () => (await navigator.serviceWorker.getRegistrations()).length === 1")
    for text in ("as ever", "and ever"):
        await bob.says(text)
        await bob.sees(text)
    await context.set_offline(True)
    await bob.says("later")
    await context.set_offline(False)
    await bob.is_connected()
    await expect(page.locator("#timeline .pending")).to_have_count(0)
    await bob.sees("later")
    assert not bob.complaints
    await bob.leaves()
