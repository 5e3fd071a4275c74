"""What people of the tests do with the feed, by forms of their own and JSON."""

import asyncio
import contextlib
import json
from typing import Any

import aiohttp

from tests.support.people import PATIENCE, JsonObject, Person


async def asks(someone: Person, path: str, **fields: str) -> tuple[int, Any]:
    """Posts a form as a program does. Returns the status and the JSON of the answer, None without
    any."""
    headers = {"Accept": "application/json", "X-CSRF-Token": await someone.token("/rooms")}
    async with someone.http.post(path, data=fields, headers=headers) as answer:
        return answer.status, await answer.json() if answer.content_type == "application/json" else None


async def writes(someone: Person, text: str) -> JsonObject:
    status, post = await asks(someone, "/feed", text=text)
    assert status == 201, post
    found: JsonObject = post
    return found


async def comments(someone: Person, post: JsonObject, text: str) -> JsonObject:
    status, comment = await asks(someone, f"/feed/{post['id']}/comments", text=text)
    assert status == 201, comment
    found: JsonObject = comment
    return found


async def follows(someone: Person, other: Person) -> None:
    status, answer = await asks(someone, f"/users/{other.name}/follow")
    assert (status, answer["following"]) == (200, True)


async def texts(someone: Person, path: str = "/feed") -> list[str]:
    return [post["text"] for post in (await someone.gets(path))["posts"]]


async def page(someone: Person, path: str) -> tuple[int, str]:
    async with someone.http.get(path) as answer:
        return answer.status, await answer.text()


async def fills(someone: Person, path: str, on: str, **fields: str) -> aiohttp.ClientResponse:
    """Sends a form of the page `on`, as a browser without scripts does."""
    return await someone.submits(path, page=on, **fields)


async def blocks(someone: Person, other: Person) -> None:
    assert await asks(someone, f"/users/{other.name}/block") == (200, {"name": other.name, "blocked": True})


async def goes_private(someone: Person, value: str = "yes") -> None:
    answer = await someone.submits("/accounts/profile", private=value)
    assert answer.status == 303


async def status_of(someone: Person, path: str) -> int:
    async with someone.http.get(path, headers={"Accept": "application/json"}) as answer:
        return answer.status


async def since(someone: Person) -> int:
    """The id from which a stream goes on from here."""
    found: int = (await someone.gets("/feed"))["since"]
    return found


def asked_of(post: JsonObject) -> list[str]:
    """Everything that one can ask of somebody's post."""
    return [f"/feed/{post['id']}/{what}" for what in ("like", "unlike", "comments", "edit", "delete")]


class Stream:
    """An open stream of the feed's events: (id, event, data) of each, as a browser understands
    them."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer
        self.heard: list[tuple[str, JsonObject]] = []
        self.ids: list[int] = []
        self.last_id = ""
        self._came = asyncio.Event()
        self._next = 0
        self.task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        fields: dict[str, str] = {}
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            async for line in self.answer.content:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                    continue
                self.last_id = fields.get("id", self.last_id)
                if "data" in fields:
                    if "id" in fields:
                        self.ids.append(int(self.last_id))
                    self.heard.append((fields["event"], json.loads(fields["data"])))
                fields = {}
                self._came.set()
        self._came.set()

    async def hears(self, kind: str, **expected: Any) -> JsonObject:
        """The next event, which must be this one."""
        async with asyncio.timeout(PATIENCE):
            while self._next >= len(self.heard):
                assert not self.task.done(), f"ended before {kind} {expected}; heard {self.heard}"
                self._came.clear()
                await self._came.wait()
        found, data = self.heard[self._next]
        self._next += 1
        assert found == kind, (found, data)
        assert {name: data.get(name) for name in expected} == expected, data
        return data

    async def comes(self) -> None:
        """Waits for more of whatever kind. It is in `heard` then."""
        before = len(self.heard)
        async with asyncio.timeout(PATIENCE):
            while len(self.heard) == before:
                assert not self.task.done(), f"ended; heard {self.heard}"
                self._came.clear()
                await self._came.wait()

    async def ends(self) -> None:
        await asyncio.wait_for(asyncio.shield(self.task), PATIENCE)

    async def close(self) -> None:
        self.answer.close()
        await asyncio.gather(self.task, return_exceptions=True)


async def listens(
    someone: Person, query: str = "", last_event_id: str | None = None, url: str = ""
) -> Stream:
    """Opens a stream of events. It has caught up with what was committed before when it says where
    it stands."""
    headers = {"Last-Event-ID": last_event_id} if last_event_id is not None else {}
    answer = await someone.http.get(
        f"{url}/feed/events{query}", headers=headers, timeout=aiohttp.ClientTimeout(total=None)
    )
    assert answer.status == 200, await answer.text()
    assert answer.content_type == "text/event-stream"
    return Stream(answer)
