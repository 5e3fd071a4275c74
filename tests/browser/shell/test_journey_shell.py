"""From room to room within one page: what is in memory comes at once, with its place, its draft and its
address."""

from playwright.async_api import Request, expect

from tests.support.pages.browser import Visitor, one_database
from tests.support.pages.shell import fills, goes_to, is_in, link, top_row
from tests.support.people import Person

pytestmark = one_database


async def test_to_another_room_and_back(alice: Visitor, dora: Person, room: str, other: str) -> None:
    page = alice.page
    listener = await dora.enters(room)
    await fills(listener)
    await alice.sees("line 39.")
    await page.evaluate("document.querySelector('.timeline-scroller').scrollTop -= 500")
    await expect(page.locator(".jump")).to_be_visible()
    place = await page.evaluate(top_row(page))
    await page.fill("#composer-text", "half a thought")
    await goes_to(alice, other)
    await expect(page.locator("#composer-text")).to_be_focused()
    await expect(page.locator("#composer-text")).to_have_value("")
    await page.fill("#composer-text", "half a cup")
    await page.go_back()
    await is_in(alice, room)
    await expect(page.locator("#composer-text")).to_have_value("half a thought")
    assert await page.evaluate(top_row(page)) == place
    await page.go_forward()
    await is_in(alice, other)
    await expect(page.locator("#composer-text")).to_have_value("half a cup")
    await page.press("#composer-text", "Enter")
    await alice.sees("half a cup")
    # An address is that of a page: loaded anew it is the same.
    await page.reload()
    await alice.is_connected()
    await expect(page.locator("#room-name")).to_have_text(other)
    await page.go_back()
    await expect(page.locator("#room-name")).to_have_text(room)
    await expect(page.locator("#composer-text")).to_have_value("half a thought")


async def test_what_is_in_memory_is_shown_without_a_request_or_a_new_row(
    alice: Visitor, dora: Person, room: str, other: str
) -> None:
    page = alice.page
    listener = await dora.enters(room)
    await fills(listener)
    await alice.sees("line 39.")
    await goes_to(alice, other)
    await goes_to(alice, room)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    await page.evaluate("""() => {
      window.made = 0;
      const { importNode } = Document.prototype;
      Document.prototype.importNode = function (...values) {
        window.made += 1;
        return importNode.apply(this, values);
      };
    }""")
    await goes_to(alice, other)
    await goes_to(alice, room)
    page.remove_listener("request", note)
    assert asked == []
    # The bar of actions, once for each room that is shown.
    assert await page.evaluate("made") <= 4


async def test_by_keyboard(alice: Visitor, room: str, other: str) -> None:
    page = alice.page
    await page.keyboard.press("Control+k")
    await page.fill("#switcher-text", other)
    await expect(page.locator("#switcher-list [role=option]").first).to_contain_text(other)
    await page.keyboard.press("Enter")
    await is_in(alice, other)
    await expect(page.locator("#switcher")).to_be_hidden()
    await expect(page.locator("#composer-text")).to_be_focused()
    await page.keyboard.press("Alt+ArrowDown")
    await is_in(alice, room)
    await page.keyboard.press("Alt+ArrowUp")
    await is_in(alice, other)
    await expect(page.locator("#arrival")).to_have_text(f"#{other} – aiochat")
    # What one did in one room isn't done twice in the next.
    await page.keyboard.type("once")
    await page.keyboard.press("Enter")
    await expect(page.locator("#timeline .message[data-number] .message-text")).to_have_text("once")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator(".composer-mode")).to_be_visible()
    await page.keyboard.press("Alt+ArrowDown")
    await is_in(alice, room)
    await expect(page.locator(".composer-mode")).to_be_hidden()
    await page.go_back()
    await is_in(alice, other)
    # What is half edited is there still.
    await expect(page.locator(".composer-mode")).to_be_visible()
    await page.fill("#composer-text", "once, and changed")
    await page.keyboard.press("Enter")
    await alice.sees("once, and changed")


async def test_what_came_meanwhile_is_there_and_counted(
    alice: Visitor, dora: Person, room: str, other: str
) -> None:
    page = alice.page
    listener = await dora.enters(room)
    await fills(listener, 3)
    await alice.sees("line 2.")
    await goes_to(alice, other)
    count = page.locator(f"{link(alice, room)} [data-part=count]")
    await expect(count).to_be_hidden()
    for number in range(30):
        await listener.says(f"meanwhile {number}. {'and so on ' * 20}")
    await expect(count).to_have_text("30 unread")
    await listener.says(f"@{alice.name} come!")
    await expect(page).to_have_title(f"(1) #{other} – aiochat")
    await page.click(link(alice, room))
    # It opens at the first of them, as a page does, and what wasn't on screen isn't read.
    await expect(page.locator("#timeline > .new")).to_be_in_viewport()
    await expect(page.locator("#timeline > .new + .message")).to_contain_text("meanwhile 0.")
    await expect(alice.line("come!")).to_have_count(1)
    await expect(alice.line("come!")).not_to_be_in_viewport()
    await expect(page.locator(".jump-text")).to_contain_text("Jump to latest (")
    await page.click(".jump")
    await expect(page).to_have_title(f"#{room} – aiochat")
    await goes_to(alice, other)
    await expect(count).to_be_hidden()
    assert await page.locator(f"{link(alice, room)}.has-unread").count() == 0
    await goes_to(alice, room)
    await expect(page.locator("#timeline > .new")).to_have_count(0)


async def test_so_much_that_it_is_loaded(alice: Visitor, dora: Person, room: str, other: str) -> None:
    listener = await dora.enters(room)
    await goes_to(alice, other)
    await fills(listener, 60)
    await expect(alice.page.locator(f"{link(alice, room)} [data-part=count]")).to_have_text("60 unread")
    await goes_to(alice, room)
    await expect(alice.page.locator("#timeline > .new + .message")).to_contain_text("line 0.")


async def test_what_was_just_sent_arrives(alice: Visitor, dora: Person, room: str, other: str) -> None:
    """However soon one is elsewhere."""
    page = alice.page
    listener = await dora.enters(room)
    await alice.context.set_offline(True)
    await expect(page.locator("#status")).not_to_have_attribute("data-state", "connected")
    await alice.says("from the tunnel")
    await alice.context.set_offline(False)
    await page.click(link(alice, other))
    await is_in(alice, other)
    await listener.hears("message", text="from the tunnel")
    await goes_to(alice, room)
    await alice.sees("from the tunnel")
    await expect(page.locator("#timeline .pending")).to_have_count(0)


async def test_a_link_to_a_message_of_another_room(
    alice: Visitor, dora: Person, room: str, other: str
) -> None:
    page = alice.page
    listener = await dora.enters(room)
    await fills(listener, 60)
    await goes_to(alice, other)
    await alice.says(f"See {alice.url}/rooms/{room}/3 and #{room}")
    await page.click(f"#timeline a[href$='/rooms/{room}/3' i]")
    await page.wait_for_url(f"**/rooms/{room}/3")
    await expect(alice.line("line 2.")).to_be_in_viewport()
    await expect(page.locator(".message[data-number='3'].pointed")).to_have_count(1)
    await page.go_back()
    await is_in(alice, other)
    await page.click("#timeline a.room-ref")
    await is_in(alice, room)
    await expect(alice.line("line 2.")).to_be_in_viewport()
    # Within the room all is as before.
    await listener.says(f"And {alice.url}/rooms/{room}/50")
    await page.click(link(alice, room))
    await page.click(f"#timeline a[href$='/rooms/{room}/50' i]")
    await page.wait_for_url(f"**/rooms/{room}/50")
    await page.go_back()
    await is_in(alice, room)


async def test_with_a_key_held_a_link_is_the_browsers(alice: Visitor, room: str, other: str) -> None:
    await expect(alice.page.locator(link(alice, other))).to_have_count(1)
    taken = await alice.page.evaluate(
        """(link) => ["ctrlKey", "metaKey", "shiftKey", "altKey"].filter((held) => {
          let taken = null;
          addEventListener("click", (event) => {
            taken = event.defaultPrevented;
            event.preventDefault();
          }, { once: true });
          document.querySelector(link)
            .dispatchEvent(new MouseEvent("click", { [held]: true, bubbles: true, cancelable: true }));
          return taken !== false;
        })""",
        link(alice, other),
    )
    assert taken == []
    await is_in(alice, room)


async def test_two_tabs(alice: Visitor, room: str, other: str) -> None:
    """Each has its own room, and one's own words come in both."""
    tab = await alice.context.new_page()
    await tab.goto(f"{alice.url}/rooms/{other}")
    await tab.click(f".room-lists a[href='/rooms/{room}' i]")
    await expect(tab.locator("#room-name")).to_have_text(room)
    await expect(tab.locator("#status")).to_have_attribute("data-state", "connected")
    await alice.says("to both")
    await expect(tab.locator("#timeline .message-text", has_text="to both")).to_have_count(1)
    await goes_to(alice, other)
    await expect(tab.locator("#room-name")).to_have_text(room)
