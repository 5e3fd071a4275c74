"""A journey around the timeline in real Chromium: what is unread elsewhere, conversations, people
and how they are, one's own settings."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Locator, expect

from tests.conftest import unique
from tests.support.pages.browser import PHONE, WIDE, Profiles, Screen, Visitor, Visitors, behind_nginx
from tests.support.people import PASSWORD, Person
from tests.support.servers import Aiochat

pytestmark = behind_nginx


@pytest.fixture
async def bob(visitors: Visitors) -> Visitor:
    return await visitors("bob", WIDE)


@pytest.fixture
async def tablet(alice: Visitor, profiles: Profiles) -> AsyncIterator[Visitor]:
    """Alice's other device, signed in by itself."""
    async with profiles.lent(Screen(alice.url, WIDE)) as page:
        visitor = Visitor(page.context, page, alice.url, alice.name)
        await page.goto(f"{alice.url}/accounts/login")
        await page.fill("[name=username]", alice.name)
        await page.fill("[name=password]", PASSWORD)
        await page.click("main form button")
        await page.wait_for_url("**/rooms")
        yield visitor
        await visitor.goes()
    assert not visitor.complaints, visitor.complaints


@pytest.fixture
async def carol(site: tuple[str, Aiochat]) -> AsyncIterator[Person]:
    """Carol uses a program of her own."""
    someone = await Person(site[0], unique("carol")).joins()
    yield someone
    await someone.close()


async def make_room(visitor: Visitor, name: str) -> str:
    """A room of the visitor's, who is in it then."""
    name = unique(name)
    await visitor.makes(name)
    return name


@pytest.fixture
async def garden(alice: Visitor) -> str:
    return await make_room(alice, "Garden")


@pytest.fixture
async def lounge(alice: Visitor, garden: str) -> str:
    """Where Alice is."""
    return await make_room(alice, "Lounge")


def row(visitor: Visitor, title: str) -> Locator:
    """A room or conversation in the sidebar."""
    return visitor.page.locator(".sidebar a[data-room]", has=visitor.page.get_by_text(title, exact=True))


async def shows(visitor: Visitor, title: str, unread: int, mentions: int = 0) -> None:
    for part, count in (("count", unread), ("mentions", mentions)):
        badge = row(visitor, title).locator(f"[data-part={part}]")
        if count:
            await expect(badge.locator(f"[data-part={part}-number]")).to_have_text(str(count))
            await expect(badge).to_be_visible()
        else:
            await expect(badge).to_be_hidden()


async def test_what_is_unread_elsewhere_is_counted_live(
    alice: Visitor, bob: Visitor, garden: str, lounge: str
) -> None:
    icon = alice.page.locator("link[rel=icon]")
    await shows(alice, garden, 0)
    before = await alice.page.locator(".sidebar a[data-room]").all_inner_texts()
    await bob.enters(garden)
    await bob.says("the beans are up")
    await shows(alice, garden, 1)
    await expect(alice.page).to_have_title(re.compile(f"^#{lounge}"))
    await expect(icon).to_have_attribute("href", re.compile("^data:image/svg"))
    await bob.says(f"@{alice.name} come and see")
    await shows(alice, garden, 2, mentions=1)
    await expect(alice.page).to_have_title(re.compile(rf"^\(1\) #{lounge}"))
    # The rows keep their places under the reader's eyes.
    after = await alice.page.locator(".sidebar a[data-room] .room-link-name").all_inner_texts()
    assert after == [text.split("\n")[0] for text in before]


async def test_what_one_device_has_read_the_other_has(
    alice: Visitor, bob: Visitor, tablet: Visitor, garden: str, lounge: str
) -> None:
    await bob.enters(garden)
    await bob.says(f"@{alice.name} the beans are up")
    await shows(alice, garden, 1, mentions=1)
    await tablet.enters(garden)
    await tablet.sees("the beans are up")
    await shows(alice, garden, 0)
    await expect(alice.page).to_have_title(re.compile(f"^#{lounge}"))


async def test_a_direct_message_by_the_keyboard(
    alice: Visitor, bob: Visitor, garden: str, lounge: str
) -> None:
    await bob.enters(garden)
    await alice.page.keyboard.press("Control+k")
    await expect(alice.page.locator("#switcher")).to_be_visible()
    await alice.page.keyboard.type(bob.name)
    await expect(alice.page.locator("#switcher-list [role=option][aria-selected=true]")).to_contain_text(
        bob.name
    )
    await alice.page.keyboard.press("Enter")
    await alice.page.wait_for_url(re.compile(r"/rooms/direct\.[0-9a-f]{16}$"))
    await alice.is_connected()
    await expect(alice.page.locator("#room-name")).to_have_text(bob.name)
    await expect(alice.page).to_have_title(re.compile(f"^{bob.name} "))
    await alice.says("between the two of us")
    await shows(bob, alice.name, 1)
    await expect(bob.page).to_have_title(re.compile(r"^\(1\) #"))
    await row(bob, alice.name).click()
    await bob.sees("between the two of us")
    await expect(bob.page).to_have_title(re.compile(f"^{alice.name} "))
    await bob.says("I see")
    await alice.sees("I see")


async def test_either_of_two_pins(alice: Visitor, bob: Visitor, lounge: str) -> None:
    await bob.enters(lounge)
    await alice.says(f"/msg @{bob.name} between the two of us")
    for visitor, other in ((alice, bob), (bob, alice)):
        await row(visitor, other.name).click()
        await expect(visitor.page.locator("#room-name")).to_have_text(other.name)
    await bob.says("I see")
    for visitor, text in ((alice, "I see"), (bob, "between the two of us")):
        await visitor.sees(text)
        await visitor.is_connected()
        await visitor.page.locator("#timeline > .message[data-number]", has_text=text).focus()
        await visitor.page.keyboard.press("Enter")
        menu = visitor.page.locator("#message-menu")
        pin = menu.get_by_role("menuitem", name="Pin to the room")
        await expect(pin).to_be_visible()
        await expect(menu.get_by_role("menuitem", name="Delete")).to_be_hidden()
        await pin.click()
        for one in (alice, bob):
            pinned = one.page.locator("#timeline > .message[data-number]", has_text=text)
            await expect(pinned.locator(".pin-mark")).to_be_visible()
    await alice.page.click("#pins-button")
    await expect(alice.page.locator("#pins").get_by_role("button", name="Unpin")).to_have_count(2)


async def test_a_message_to_several(alice: Visitor, bob: Visitor, carol: Person, lounge: str) -> None:
    await alice.page.keyboard.press("Control+k")
    for name in (bob.name, carol.name):
        await alice.page.keyboard.type(name)
        await expect(alice.page.locator("#switcher-list [aria-selected=true]")).to_contain_text(name)
        await alice.page.keyboard.press("Control+Enter")
    await expect(alice.page.locator(".picked-list li")).to_have_count(2)
    await alice.page.keyboard.press("Enter")
    await alice.page.wait_for_url(re.compile(r"/rooms/group\.[0-9a-f]{16}$"))
    await expect(alice.page.locator("#room-name")).to_have_text(f"{bob.name}, {carol.name}")


async def test_the_switcher_goes_to_rooms_and_gives_the_focus_back(
    alice: Visitor, garden: str, lounge: str
) -> None:
    await alice.page.locator("#composer-text").focus()
    await alice.page.keyboard.press("Control+k")
    await alice.page.keyboard.type("nothing is called so")
    await expect(alice.page.locator(".switcher-note")).not_to_be_empty()
    await alice.page.keyboard.press("Escape")
    await expect(alice.page.locator("#composer-text")).to_be_focused()
    await alice.page.keyboard.press("Control+k")
    await alice.page.keyboard.type(garden.lower())
    await alice.page.keyboard.press("Enter")
    await alice.page.wait_for_url(f"**/rooms/{garden}")
    await alice.is_connected()
    # Alone with nothing typed it proposes where one was last.
    await alice.page.keyboard.press("Control+k")
    await alice.page.keyboard.press("Enter")
    await alice.page.wait_for_url(f"**/rooms/{lounge}")
    await alice.is_connected()
    await alice.page.keyboard.press("Alt+ArrowUp")
    await alice.page.wait_for_url(f"**/rooms/{garden}")


async def test_who_types_is_shown_and_lapses(alice: Visitor, carol: Person, lounge: str) -> None:
    listener = await carol.enters(lounge)
    line = alice.page.locator("chat-typing")
    place = await line.bounding_box()
    await listener.ws.send_json({"type": "typing"})
    await expect(line).to_have_text(f"{carol.name} is typing…")
    assert await line.bounding_box() == place
    await expect(line).to_have_text("", timeout=10_000)
    await listener.ws.send_json({"type": "typing"})
    await expect(line).not_to_have_text("")
    await listener.says("done")
    await expect(line).to_have_text("")


async def test_do_not_disturb_is_seen_by_others(alice: Visitor, bob: Visitor, lounge: str) -> None:
    await bob.enters(lounge)
    await bob.page.click("#me-button")
    await bob.page.locator("#settings label", has=bob.page.locator("[value=dnd]")).click()
    await bob.page.select_option("#settings [name=lasts]", "1h")
    await bob.page.click("#settings .status-form .button")
    await expect(bob.page.locator("#me-button .me-status")).to_contain_text("Do not disturb")
    await expect(bob.page.locator("#timeline .pending, #timeline .notice")).to_have_count(0)
    member = alice.page.locator(f"#members [data-person='{bob.name}']")
    await expect(member.locator(".avatar")).to_have_attribute("data-dot", "dnd")
    await member.click()
    await expect(alice.page.locator("#person-card .card-state")).to_contain_text("Do not disturb until")
    await alice.page.keyboard.press("Escape")
    await bob.page.click("#me-button")
    await bob.page.locator("#settings label", has=bob.page.locator("[name=status][value='']")).click()
    await bob.page.click("#settings .status-form .button")
    await expect(member.locator(".avatar")).to_have_attribute("data-dot", "here")


async def test_a_status_has_words(alice: Visitor, bob: Visitor, lounge: str) -> None:
    await bob.enters(lounge)
    await bob.page.click("#me-button")
    await bob.page.locator("#settings label", has=bob.page.locator("[value=away]")).click()
    await bob.page.fill("#settings [name=text]", "at <b>lunch</b>")
    await bob.page.keyboard.press("Enter")
    member = alice.page.locator(f"#members [data-person='{bob.name}']")
    await expect(member.locator("[data-part=status]")).to_have_text("at <b>lunch</b>")
    await alice.page.reload()
    await expect(member.locator("[data-part=status]")).to_have_text("at <b>lunch</b>")


async def test_a_card_mentions_and_removes(alice: Visitor, bob: Visitor, lounge: str) -> None:
    await bob.enters(lounge)
    await bob.says("Good morning")
    await alice.sees("Good morning")
    await alice.page.locator("#timeline .message-author", has_text=bob.name).click()
    await alice.page.click("[data-card=mention]")
    await expect(alice.page.locator("#composer-text")).to_have_value(f"@{bob.name} ")
    await expect(alice.page.locator("#composer-text")).to_be_focused()
    await alice.page.fill("#composer-text", "")
    await bob.says(f"@{alice.name} here I am")
    await alice.page.locator("#timeline a.mention").click()
    await expect(alice.page.locator("#person-card h2")).to_have_text(alice.name)
    await alice.page.keyboard.press("Escape")
    member = alice.page.locator(f"#members [data-person='{bob.name}']")
    await member.focus()
    await alice.page.keyboard.press("Enter")
    await alice.page.click("[data-card=kick]")
    await alice.page.keyboard.type("enough")
    await alice.page.keyboard.press("Enter")
    await expect(alice.page.locator("#timeline")).to_contain_text(f"removed {bob.name} from the room: enough")
    await expect(bob.page.locator("#banner")).to_contain_text("removed")
    await expect(member).to_have_count(0)
    await expect(alice.page.locator("#person-card")).to_be_hidden()


async def test_a_member_has_no_power_over_others(alice: Visitor, bob: Visitor, lounge: str) -> None:
    await bob.enters(lounge)
    await bob.page.locator(f"#members [data-person='{alice.name}']").click()
    await expect(bob.page.locator("[data-card=message]")).to_be_visible()
    for act in ("kick", "timeout", "mod", "unmod"):
        await expect(bob.page.locator(f"[data-card={act}]")).to_be_hidden()


async def test_settings_last(alice: Visitor, lounge: str) -> None:
    await alice.says("on which side?")
    await alice.sees("on which side?")
    own = alice.page.locator("#timeline .message.own .avatar").first
    await expect(own).to_be_hidden()
    await alice.page.click("#me-button")
    await alice.page.click("#settings [data-preference=sides] input")
    await alice.page.locator("#settings label", has=alice.page.locator("[value=dark]")).click()
    for _ in range(2):
        await expect(own).to_be_visible()
        await expect(alice.page.locator("html")).to_have_attribute("data-theme", "dark")
        await alice.page.reload()
        await alice.is_connected()
    await alice.page.click("#me-button")
    await expect(alice.page.locator("#settings [data-preference=sides] input")).to_be_checked()
    await expect(alice.page.locator("#settings [value=dark]")).to_be_checked()
    await alice.page.locator("#settings button", has_text="Sign out").click()
    await alice.page.wait_for_url(f"{alice.url}/")


async def test_the_drawers_of_a_phone(alice: Visitor, visitors: Visitors, garden: str, lounge: str) -> None:
    dora = await visitors("dora", PHONE)
    await dora.enters(lounge)
    await dora.page.click("[data-drawer=members]")
    await dora.page.locator(f"#members [data-person='{alice.name}']").click()
    await expect(dora.page.locator("#person-card")).to_be_visible()
    await dora.page.keyboard.press("Escape")
    await expect(dora.page.locator("#person-card")).to_be_hidden()
    # Escape closed the card alone.
    await expect(dora.page.locator("#app")).to_have_attribute("data-open", "members")
    await dora.page.keyboard.press("Escape")
    await dora.page.click("[data-drawer=sidebar]")
    await dora.page.click(".sidebar-find [data-dialog=switcher]")
    await expect(dora.page.locator("#switcher-text")).to_be_focused()
    await dora.page.locator("#switcher [data-close]").click()
    width = await dora.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
