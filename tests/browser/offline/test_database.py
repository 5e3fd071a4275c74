"""How much is kept, and for whom, by what the page's scripts do in a real browser's database."""

from playwright.async_api import expect

from tests.support.pages.browser import Visitor, comes_true, one_database
from tests.support.pages.offline import NOTHING, is_kept
from tests.support.people import Listener

pytestmark = one_database

FILL = """async ([count, person, shells]) => {
  const { claim, keepRoom, keepShell } = await import("/static/js/offline/database.js");
  await claim(person, "token");
  const shell = { lang: "en", head: [""], body: [""], scripts: "", headers: {}, files: [], away: {} };
  for (let id = 1; id <= count; id += 1) {
    const name = `r${id}`, key = `s${id % shells}`;
    await keepShell(person, key, shell);
    const lines = { lines: [], lastSeq: 1, more: false, epoch: "e" };
    const note = { id, name, title: name, shell: key, usedAt: id, since: Date.now(), lastSeq: 1,
      checkedSeq: 1, epoch: "e" };
    await keepRoom(person, note, { id, title: name, main: "", members: "", state: {}, lines },
      { rooms: [], invitations: [] });
  }
}"""

ROOMS = """async () => {
  const { everything } = await import("/static/js/offline/database.js");
  return (await everything())?.notes.map(({ id }) => id) ?? null;
}"""

LATER = """async (days) => {
  const { everything } = await import("/static/js/offline/database.js");
  return (await everything(Date.now() + days * 86_400_000)) !== null;
}"""


async def test_the_latest_twenty_rooms(alice: Visitor) -> None:
    await alice.page.goto(f"{alice.url}/robots.txt")
    await alice.page.evaluate(FILL, [23, "p", 1])
    assert await alice.page.evaluate(ROOMS) == list(range(23, 3, -1))


async def test_rooms_of_the_latest_three_releases(alice: Visitor) -> None:
    await alice.page.goto(f"{alice.url}/robots.txt")
    await alice.page.evaluate(FILL, [20, "p", 5])
    assert await alice.page.evaluate(ROOMS) == [20, 19, 18]


async def test_nothing_is_shown_after_as_long_as_a_session_lasts(alice: Visitor) -> None:
    await alice.page.goto(f"{alice.url}/robots.txt")
    await alice.page.evaluate(FILL, [1, "p", 1])
    assert await alice.page.evaluate(LATER, 29)
    assert not await alice.page.evaluate(LATER, 31)
    await comes_true(alice.page, NOTHING)


async def test_it_is_one_persons(alice: Visitor) -> None:
    page = alice.page
    await page.goto(f"{alice.url}/robots.txt")
    await page.evaluate(FILL, [3, "p", 1])
    # A page that is still open after somebody else has signed in changes nothing.
    outcome = """async () => {
      const { dropRoom } = await import("/static/js/offline/database.js");
      return dropRoom("q", 2).then(() => "done", () => "refused");
    }"""
    assert await page.evaluate(outcome) == "refused"
    assert await page.evaluate(ROOMS) == [3, 2, 1]
    await page.evaluate(FILL, [1, "q", 1])
    assert await page.evaluate(ROOMS) == [1]
    await page.evaluate("import('/static/js/offline/database.js').then(({ forget }) => forget())")
    await comes_true(page, NOTHING)
    assert await page.evaluate(outcome) == "refused"
    await comes_true(page, NOTHING)


async def test_three_hundred_lines_open_within_a_second(
    alice: Visitor, room: str, dora: tuple[Listener, Listener]
) -> None:
    """Without a network, in time of the processor, as Chromium counts it: other programs may have it
    meanwhile. The best of some, since even that is longer where caches are shared."""
    page = alice.page
    for number in range(330):
        await dora[0].says(f"line {number}. What people say is a **line** or two, and `code`.")
    await is_kept(alice, room, "line 329.")
    count = """async () => {
      const { linesOf, notes } = await import("/static/js/offline/database.js");
      return (await linesOf((await notes())[0].id)).lines.lines.length;
    }"""
    assert await page.evaluate(count) == 300
    await alice.context.set_offline(True)
    session = await alice.context.new_cdp_session(page)
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    times = []
    for _ in range(5):
        await page.goto(f"{alice.url}/rooms/{room}")
        await expect(page.locator("#timeline > .message")).to_have_count(300)
        await alice.sees("line 329.")
        metrics = (await session.send("Performance.getMetrics"))["metrics"]
        times.append(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))
    assert 0 < min(times) < 1, times


AN_EARLIER_RELEASE = """async () => {
  const result = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const database = await result(indexedDB.open("aiochat"));
  const transaction = database.transaction(["shells", "notes"], "readwrite");
  const [shells, notes] = ["shells", "notes"].map((name) => transaction.objectStore(name));
  const [key] = await result(shells.getAllKeys());
  const shell = await result(shells.get(key));
  shells.delete(key);
  shells.put({ ...shell, body: [...shell.body.slice(0, -1), "<p>as it was</p></body>"] }, "old");
  for (const note of await result(notes.getAll())) notes.put({ ...note, shell: "old" });
  database.close();
}"""


async def test_another_release_of_the_site(alice: Visitor, room: str) -> None:
    """Without a network a room comes with the frame that it was kept with, from the server and after that
    with the new one."""
    page = alice.page
    old = page.get_by_text("as it was", exact=True)
    await is_kept(alice, room)
    await page.evaluate(AN_EARLIER_RELEASE)
    await alice.context.set_offline(True)
    await page.goto(f"{alice.url}/rooms/{room}")
    await expect(old).to_have_count(1)
    await alice.context.set_offline(False)
    await page.goto(f"{alice.url}/rooms/{room}")
    await expect(old).to_have_count(0)
    await alice.says("by the new one")
    await is_kept(alice, room, "by the new one")
    await alice.context.set_offline(True)
    await page.goto(f"{alice.url}/rooms/{room}")
    await alice.sees("by the new one")
    await expect(old).to_have_count(0)
