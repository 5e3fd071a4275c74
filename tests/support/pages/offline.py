"""What a browser keeps of somebody's rooms."""

from playwright.async_api import expect

from tests.support.pages.browser import Visitor, comes_true

KEPT = """async () => {
  const found = { rooms: [], text: "", caches: await caches.keys(), controlled: false };
  found.controlled = Boolean(navigator.serviceWorker.controller);
  if (!(await indexedDB.databases()).some(({ name }) => name === "aiochat")) return found;
  const result = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const database = await result(indexedDB.open("aiochat"));
  try {
    const transaction = database.transaction([...database.objectStoreNames]);
    const all = [];
    for (const name of database.objectStoreNames)
      all.push(await result(transaction.objectStore(name).getAll()));
    found.text = JSON.stringify(all.flat()) === "[]" ? "" : JSON.stringify(all);
    found.rooms = (await result(transaction.objectStore("notes").getAll())).map(({ name }) => name);
  } finally {
    database.close();
  }
  return found;
}"""
"""The names of the rooms, all that is in the database as one text, empty where it is empty."""


async def is_kept(visitor: Visitor, room: str, text: str = "") -> None:
    """The room, with this text, and what is needed to show it."""
    await comes_true(
        visitor.page,
        f"""async ([room, text]) => {{
          const found = await ({KEPT})().catch(() => null);
          return found && found.controlled && found.rooms.includes(room) && found.text.includes(text)
            && found.caches.length === 1;
        }}""",
        [room, text],
    )


async def isnt_kept(visitor: Visitor, text: str) -> None:
    """Neither by the name of a room nor in one."""
    await comes_true(
        visitor.page,
        f"async (text) => {{ const found = await ({KEPT})(); return !found.text.includes(text); }}",
        text,
    )


async def is_offline(visitor: Visitor) -> None:
    await expect(visitor.page.locator("#status")).to_have_attribute("data-state", "offline")


NOTHING = f"async () => {{ const found = await ({KEPT})(); return !found.text && !found.caches.length; }}"
"""Of anybody."""
