"""The site as an app: installed, shared with, and notified. This Chromium has a push service's events, but
shows no notifications: what the worker would show is read of it."""

import json
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page, expect

from tests.support.pages.browser import PHONE, Visitor, Visitors, comes_true, one_database
from tests.support.pages.inspector import Inspector
from tests.support.pages.offline import is_kept
from tests.support.services.push_service import Device

pytestmark = one_database

SHOWS = """() => {
  self.shown = [];
  // This Chromium ends a page that asks for one.
  Object.defineProperty(Object.getPrototypeOf(navigator), "setAppBadge", {
    value: async (count) => { self.badge = count; },
  });
  const note = (title, options) => ({ title, ...options, close() {
    self.shown = self.shown.filter((one) => one.tag !== options.tag);
  } });
  self.registration.getNotifications = async ({ tag } = {}) =>
    self.shown.filter((one) => !tag || one.tag === tag);
  self.registration.showNotification = async (title, options) => {
    self.shown = self.shown.filter(({ tag }) => tag !== options.tag);
    self.shown.push(note(title, options));
  };
}"""

SHOWN = "() => JSON.parse(JSON.stringify(self.shown))"


async def is_accessible(page: Page, axe: str) -> None:
    inspector = Inspector(page, axe)
    await inspector.looks(page, page.url)
    assert not inspector.found, "\n".join(inspector.found)


class Pushes:
    """The push events of a browser's worker."""

    def __init__(self, session: CDPSession, origin: str, page: Page) -> None:
        self._session, self._origin, self._page = session, origin, page
        self._registration = ""
        session.on("ServiceWorker.workerRegistrationUpdated", self._note)

    def _note(self, event: Any) -> None:
        for one in event["registrations"]:
            if not one["isDeleted"] and one["scopeURL"].startswith(self._origin):
                self._registration = one["registrationId"]

    async def come(self, data: object) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        where = {"origin": self._origin, "registrationId": self._registration}
        await self._session.send("ServiceWorker.deliverPushMessage", {**where, "data": text})

    async def shown(self) -> list[Any]:
        worker = self._page.context.service_workers[-1]
        return list(await worker.evaluate(SHOWN))


@pytest.fixture
async def pushes(alice: Visitor, room: str) -> Pushes:
    session = await alice.context.new_cdp_session(alice.page)
    found = Pushes(session, alice.url, alice.page)
    await session.send("ServiceWorker.enable")
    await is_kept(alice, room)
    worker = alice.context.service_workers[-1]
    await worker.evaluate(SHOWS)
    return found


def pushed(room: str, number: int, text: str) -> dict[str, object]:
    path = f"/rooms/{room}"
    return {
        **{"id": number, "title": f"Vera in #{room}", "body": text, "url": f"{path}/{number}"},
        **{"tag": "room-1", "room": path, "number": number, "lang": "en", "at": 1, "badge": 2},
        "actions": [["reply", "Reply"], ["read", "Mark as read"]],
    }


async def waits_for(pushes: Pushes, *texts: str) -> list[Any]:
    """Until these are shown."""
    for _ in range(200):
        found = await pushes.shown()
        if [one.get("body", "") for one in found] == list(texts):
            return found
        await pushes._page.wait_for_timeout(25)
    raise AssertionError(await pushes.shown())


async def test_what_is_pushed_is_shown_once_for_a_room(alice: Visitor, room: str, pushes: Pushes) -> None:
    await alice.page.goto(f"{alice.url}/feed")
    await pushes.come(pushed(room, 5, "beans"))
    [one] = await waits_for(pushes, "beans")
    assert one["title"] == f"Vera in #{room}"
    assert one["tag"] == "room-1"
    worker = alice.context.service_workers[-1]
    assert await worker.evaluate("() => self.badge") == 2
    assert one["data"] == {"url": f"/rooms/{room}/5", "room": f"/rooms/{room}", "number": 5, "lang": "en"}
    # Late, and again: the later one stays. What can't be read says that there is something.
    await pushes.come(pushed(room, 4, "before"))
    await pushes.come(pushed(room, 6, "soup"))
    await waits_for(pushes, "soup")
    for broken in ("", "{", "[]", '{"title": 5}'):
        await pushes.come(broken)
    await waits_for(pushes, "soup", "")


PRESS = """async ([action, tag, reply]) => {
  const notification = self.shown.find((one) => one.tag === tag);
  const event = new ExtendableEvent("notificationclick");
  Object.assign(event, { action, notification, reply });
  let done;
  const ended = new Promise((resolve) => { done = resolve; });
  event.waitUntil = (work) => work.then(() => done("done"), (error) => done(String(error)));
  self.dispatchEvent(event);
  return ended;
}"""


async def presses(pushes: Pushes, action: str, reply: str | None = None) -> None:
    worker = pushes._page.context.service_workers[-1]
    assert await worker.evaluate(PRESS, [action, "room-1", reply]) == "done"


async def test_a_press_marks_as_read(alice: Visitor, room: str, pushes: Pushes) -> None:
    await alice.says("one")
    await alice.says("two")
    await alice.page.goto(f"{alice.url}/feed")
    await pushes.come(pushed(room, 2, "two"))
    await waits_for(pushes, "two")
    await presses(pushes, "read")
    await waits_for(pushes)
    assert alice.person
    mine = next(one for one in (await alice.person.gets("/rooms?only=own"))["rooms"] if one["name"] == room)
    assert mine["unread"] == 0
    await expect(alice.page).to_have_url(f"{alice.url}/feed")


TAKES_TEXT = """() => {
  Object.defineProperty(NotificationEvent.prototype, "reply", { value: null, configurable: true });
  Object.defineProperty(Notification, "maxActions", { value: 2, configurable: true });
}"""
"""As with Chromium's switch for answers within notifications."""


async def test_an_answer_is_written_in_the_notification(alice: Visitor, room: str, pushes: Pushes) -> None:
    await alice.says("tea or coffee?")
    page, path = alice.page, f"/rooms/{room}"
    await page.goto(f"{alice.url}/feed")
    await page.context.service_workers[-1].evaluate(TAKES_TEXT)
    message = {**pushed(room, 1, "tea or coffee?"), "unsent": "It wasn’t sent."}
    await pushes.come(message)
    [one] = await waits_for(pushes, "tea or coffee?")
    assert one["actions"] == [
        {"action": "reply", "title": "Reply", "type": "text", "placeholder": "Reply"},
        {"action": "read", "title": "Mark as read"},
    ]
    await presses(pushes, "reply", " tea ")
    await waits_for(pushes)
    assert alice.person
    sent = (await alice.person.gets(f"{path}/messages"))["messages"][-1]
    assert (sent["text"], sent["reply_to"]) == ("tea", 1)
    await expect(page).to_have_url(f"{alice.url}/feed")
    # What isn't taken is told, and is in the box of the page that a press opens.
    await pushes.come({**message, "number": 2, "body": "and sugar?"})
    await waits_for(pushes, "and sugar?")
    await presses(pushes, "reply", "/nothing of that kind")
    [one] = await waits_for(pushes, "/nothing of that kind")
    assert (one["title"], one["data"]["url"]) == ("It wasn’t sent.", f"{path}/1#answer")
    # No worker may open a window without a person's press.
    await page.goto(f"{alice.url}{one['data']['url']}")
    await expect(page.locator("#composer-text")).to_have_value("/nothing of that kind")
    await expect(page.locator(".mode-reply")).to_be_visible()
    assert (await alice.person.gets(f"{path}/messages"))["messages"][-1]["text"] == "tea"


ALLOWS = """(() => {
  const found = (name) => sessionStorage.getItem(name);
  Object.defineProperty(Notification, "permission", { get: () => found("permission") ?? "default" });
  Notification.requestPermission = async () => {
    sessionStorage.setItem("permission", found("answer") ?? "granted");
    return Notification.permission;
  };
  const made = () => {
    const given = JSON.parse(found("subscription"));
    const bytes = Uint8Array.from(found("key").split(","), Number);
    return { ...given, options: { applicationServerKey: bytes.buffer }, toJSON: () => given,
      unsubscribe: async () => sessionStorage.removeItem("key") };
  };
  PushManager.prototype.getSubscription = async () => (found("key") ? made() : null);
  PushManager.prototype.subscribe = async ({ applicationServerKey: key, userVisibleOnly }) => {
    if (!userVisibleOnly) throw new Error("it must be seen");
    sessionStorage.setItem("key", key.toString());
    return made();
  };
})();"""
"""A browser that allows notifications, with a push service."""


async def test_this_device_begins_and_ends(alice: Visitor, axe: str) -> None:
    page = alice.page
    subscription = json.dumps(Device("https://127.0.0.2/push/alice").subscription)
    await page.context.add_init_script(ALLOWS)
    await page.goto(f"{alice.url}/settings/account")
    await page.evaluate("(text) => sessionStorage.setItem('subscription', text)", subscription)
    await page.click(".own-nav a[href='/settings/notifications']")
    button = page.get_by_role("button", name="Notify me on this device")
    await expect(button).to_be_visible()
    await is_accessible(page, axe)
    await button.click()
    await expect(page.locator("#this-device [data-state=on]")).to_be_visible()
    device = page.locator("#devices .own-session")
    await expect(device).to_contain_text("Chrome, Linux")
    await is_accessible(page, axe)
    await page.get_by_role("button", name="No more on this device").click()
    await expect(device).to_have_count(0)
    await expect(button).to_be_visible()
    # Somebody says no: nothing is listed, and the page tells how to mend it.
    await page.evaluate("sessionStorage.setItem('answer', 'denied'); sessionStorage.removeItem('permission')")
    await button.click()
    await expect(page.locator("#this-device [data-state=denied]")).to_contain_text("permissions")
    await expect(button).to_be_hidden()


async def test_on_a_phone_devices_are_removed_from_the_list(visitors: Visitors, axe: str) -> None:
    bob = await visitors("bob", PHONE)
    page = bob.page
    assert bob.person
    token = await bob.person.token("/rooms")
    headers = {"X-CSRF-Token": token, "User-Agent": "Mozilla/5.0 (iPhone) Version/19 Safari/605.1"}
    given = Device("https://127.0.0.2/push/bob").subscription
    async with bob.person.http.post("/accounts/push", json=given, headers=headers) as answer:
        assert answer.status == 201
    await page.goto(f"{bob.url}/settings/notifications")
    await expect(page.locator("#devices .own-session")).to_contain_text("Safari, iPhone")
    await is_accessible(page, axe)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.click("#devices .own-sessions button")
    await expect(page.locator(".flash")).to_contain_text("isn’t notified any more")
    await expect(page.locator("#devices .own-session")).to_have_count(0)


SHARES = """async (isAway) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: "/share", enctype: "multipart/form-data" });
  const text = document.createElement("textarea");
  Object.assign(text, { name: "text", value: "look <b>here</b>" });
  const url = document.createElement("input");
  Object.assign(url, { name: "url", value: "https://fish.example/" });
  const files = document.createElement("input");
  Object.assign(files, { name: "files", type: "file" });
  const chosen = new DataTransfer();
  chosen.items.add(new File(["beans"], "beans.txt", { type: "text/plain" }));
  files.files = chosen.files;
  form.append(text, url, files);
  document.body.append(form);
  form.submit();
}"""
"""As another program would, by the system's dialog: without a token."""


async def test_what_is_shared_waits_for_a_room_and_is_sent_by_whoever_shares(
    alice: Visitor, room: str, axe: str
) -> None:
    page = alice.page
    await is_kept(alice, room)
    await page.goto(f"{alice.url}/feed")
    await page.evaluate(SHARES)
    await expect(page.locator("#shared-text")).to_have_text("look <b>here</b>\nhttps://fish.example/")
    await expect(page.locator("#shared-files li")).to_have_text("beans.txt")
    await expect(page).to_have_url(f"{alice.url}/share")
    await is_accessible(page, axe)
    await page.click(f"#share-rooms a[href='/rooms/{room}#share']")
    await expect(page.locator("#composer-text")).to_have_value("look <b>here</b>\nhttps://fish.example/")
    await expect(page.locator("#attachments")).to_contain_text("beans.txt")
    await expect(page).to_have_url(f"{alice.url}/rooms/{room}")
    assert await alice.texts() == [], "nothing is sent by itself"
    await alice.is_connected()
    await page.press("#composer-text", "Enter")
    await alice.sees("look <b>here</b>")
    await page.goto(f"{alice.url}/share")
    await expect(page.locator("#nothing-shared")).to_be_visible()


async def test_without_a_network_it_is_shared_in_a_room_that_is_kept(alice: Visitor, room: str) -> None:
    page = alice.page
    await is_kept(alice, room)
    await page.goto(f"{alice.url}/feed")
    await alice.context.set_offline(True)
    await page.evaluate(SHARES)
    await page.click(f"main a[href='/rooms/{room}#share']")
    await expect(page.locator("#composer-text")).to_have_value("look <b>here</b>\nhttps://fish.example/")
    await alice.context.set_offline(False)


async def test_it_can_be_installed(alice: Visitor, room: str) -> None:
    await is_kept(alice, room)
    session = await alice.context.new_cdp_session(alice.page)
    found = await session.send("Page.getAppManifest")
    assert found["url"] == f"{alice.url}/manifest.webmanifest"
    assert found["errors"] == []
    manifest = json.loads(found["data"])
    assert (manifest["name"], manifest["start_url"]) == ("aiochat", "/rooms")
    assert {one["purpose"] for one in manifest["icons"]} == {"any", "maskable"}
    sizes = """async (icons) => {
      const size = async ({ src, type }) => {
        const answer = await fetch(src);
        const picture = await createImageBitmap(await answer.blob());
        return [answer.headers.get("Content-Type") === type, `${picture.width}x${picture.height}`];
      };
      return Promise.all(icons.map(size));
    }"""
    drawn = [one for one in manifest["icons"] if one["type"] == "image/png"]
    assert len(drawn) == 4
    assert await alice.page.evaluate(sizes, drawn) == [[True, one["sizes"]] for one in drawn]
    for shortcut in manifest["shortcuts"]:
        answer = await alice.page.goto(f"{alice.url}{shortcut['url']}")
        assert answer
        assert answer.ok
    await comes_true(alice.page, "() => navigator.serviceWorker.controller !== null")
