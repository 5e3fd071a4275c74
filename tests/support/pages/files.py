"""What visitors do with files, for the journeys of them."""

import base64
import io
from typing import Any

from PIL import Image
from playwright.async_api import FilePayload, Locator, Page, Route, expect

from tests.support.pages.browser import Visitor

GIVE = """async (node, [event, files]) => {
  const given = new DataTransfer();
  for (const { name, type, text } of files) given.items.add(new File([text], name, { type }));
  const field = event === "paste" ? "clipboardData" : "dataTransfer";
  const options = { bubbles: true, cancelable: true, [field]: given };
  const kinds = event === "paste" ? [event] : ["dragenter", "dragover", event];
  for (const kind of kinds)
    node.dispatchEvent(event === "paste" ? new ClipboardEvent(kind, options) : new DragEvent(kind, options));
}"""
"""Pastes files, or drags them over and drops them."""


FILM = """async ([width, height]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const drawing = canvas.getContext("2d");
  const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: "video/webm" });
  const pieces = [];
  let size = 0;
  recorder.ondataavailable = ({ data }) => {
    pieces.push(data);
    size += data.size;
  };
  const ended = new Promise((end) => (recorder.onstop = end));
  recorder.start(20);
  // A busy machine takes its time until there is anything.
  for (let place = 0; place < 12 || (size < 1000 && place < 500); place += 1) {
    drawing.fillStyle = place % 2 ? "#00a000" : "#00a800";
    drawing.fillRect(0, 0, width, height);
    await new Promise((next) => setTimeout(next, 40));
  }
  recorder.stop();
  await ended;
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""
"""A green film of half a second or a little more, recorded by the browser."""


async def filmed(page: Page, width: int, height: int) -> bytes:
    return base64.b64decode(await page.evaluate(FILM, [width, height]))


def drawn(width: int, height: int, colour: str = "teal") -> bytes:
    """A picture."""
    found = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(found, "PNG")
    return found.getvalue()


def payload(name: str, data: bytes, kind: str = "text/plain") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": data}


async def chooses(visitor: Visitor, *files: FilePayload) -> None:
    await visitor.page.locator("#composer-file").set_input_files(list(files))


async def gives(node: Locator, event: str, *files: dict[str, str]) -> None:
    """By `event`: "paste" or "drop"."""
    await node.evaluate(GIVE, [event, list(files)])


def pieces(visitor: Visitor) -> Locator:
    """Above the box."""
    return visitor.page.locator("#attachments .attachment")


async def all_uploaded(visitor: Visitor, count: int) -> None:
    await expect(visitor.page.locator("#attachments .attachment[data-state=ready]")).to_have_count(count)


class Tunnel:
    """A network that lets parts of uploads through as long as it is told to."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        """Of the parts that came through."""
        self.passes = 0
        self.lost = 0

    async def carry(self, route: Route) -> None:
        request = route.request
        if request.method == "PATCH" and not self.passes:
            self.lost += 1
            await route.abort("connectionreset")
            return
        if request.method == "PATCH":
            self.passes -= 1
            self.sizes.append(int((await request.all_headers()).get("content-length", "0")))
        await route.continue_()


async def through(visitor: Visitor, tunnel: Tunnel) -> None:
    await visitor.page.route("**/uploads/**", tunnel.carry)


def files_of(message: dict[str, Any]) -> list[tuple[str, str]]:
    return [(file["name"], file["description"]) for file in message["files"]]
