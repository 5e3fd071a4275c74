"""People of the tests: who register, talk and listen over real HTTP and WebSocket, as a stranger's
program would."""

import asyncio
import contextlib
import json
import re
import secrets
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from yarl import URL

from tests.support.accounts import PASSWORD, accounts_of
from tests.support.over_personal import OverPersonal

__all__ = ["PASSWORD", "PATIENCE", "JsonObject", "Listener", "Person", "person"]

PATIENCE = 60.0
"""How long something is waited for, in seconds. It is long, since it costs nothing where all is
well."""

JsonObject = dict[str, Any]


class Listener:
    """An open connection to a room: it `.says()` and it `.hears()`. Every event that came is in
    `events`."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse | OverPersonal) -> None:
        self.ws = ws
        self.events: list[JsonObject] = []
        self._unheard: list[JsonObject] = []
        self._came = asyncio.Event()
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for frame in self.ws:
            events = self._events_in(frame.data)
            self.events += events
            self._unheard += events
            self._came.set()
        self._came.set()

    def _events_in(self, frame: str) -> list[JsonObject]:
        return [json.loads(line) for line in frame.split("\n")]

    async def says(self, text: str, nonce: str | None = None) -> JsonObject:
        """Posts and returns the answer: a receipt, a notice or an error."""
        nonce = nonce or secrets.token_hex(8)
        await self.ws.send_json({"type": "post", "text": text, "nonce": nonce})
        return await self._answer(nonce)

    async def _answer(self, nonce: str) -> JsonObject:
        while True:
            event = await self.hears(nonce=nonce)
            if event["type"] != "message":
                return event

    async def brings(self, room: str, *guests: "Person") -> None:
        """Invites people to the room, who accept."""
        for guest in guests:
            assert (await self.says(f"/invite {guest.name}"))["type"] == "receipt"
            await guest.accepts(room)

    async def types(self, line: str) -> None:
        await self.ws.send_str(line)

    async def hears(self, type: str | None = None, **expected: Any) -> JsonObject:
        """The next event like this; those before it are skipped, and stay in `events`."""

        async def find() -> JsonObject:
            while True:
                while self._unheard:
                    event = self._unheard.pop(0)
                    if (type is None or event["type"] == type) and all(
                        event.get(name) == value for name, value in expected.items()
                    ):
                        return event
                if self._task.done():
                    raise AssertionError(
                        f"closed with {self.ws.close_code} before {type} {expected}; heard "
                        f"{self.events[-10:]}"
                    )
                self._came.clear()
                await self._came.wait()

        try:
            return await asyncio.wait_for(find(), PATIENCE)
        except TimeoutError:
            raise AssertionError(f"never heard {type} {expected}; heard {self.events[-10:]}") from None

    @property
    def room_events(self) -> list[JsonObject]:
        """All events but those of other rooms too: what is unread, and who is online, is told at any
        moment."""
        return [event for event in self.events if event["type"] not in ("unread", "online", "notices")]

    def heard(self, type: str, **expected: Any) -> list[JsonObject]:
        """All events like this so far."""
        return [
            event
            for event in self.events
            if event["type"] == type and all(event.get(name) == value for name, value in expected.items())
        ]

    async def is_told(self) -> None:
        """Everything that was sent before has been heard: a ping's answer comes after it."""
        await self.ws.send_json({"type": "ping"})
        await self.hears("pong")

    async def ends(self) -> int | None:
        """Waits for the end and returns its close code."""
        await asyncio.wait_for(asyncio.shield(self._task), PATIENCE)
        return self.ws.close_code

    async def close(self) -> None:
        await self.ws.close()
        await asyncio.gather(self._task, return_exceptions=True)


class PersonalListener(Listener):
    """A personal socket. Each event of a room has the room's id as `in`. `frames` are as they came."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.frames: list[str] = []
        super().__init__(ws)

    def _events_in(self, frame: str) -> list[JsonObject]:
        self.frames.append(frame)
        head, _, rest = frame.partition("\n")
        if head.isdigit():
            return [{**json.loads(line), "in": head} for line in rest.split("\n")]
        return super()._events_in(frame)

    async def asks(self, type: str, room: str | None = None, **fields: Any) -> None:
        where = {} if room is None else {"room": room}
        await self.ws.send_json({"type": type, **where, **fields})

    async def enters(self, name: str, **fields: Any) -> str:
        """Enters the room, waits until it is caught up and returns its id."""
        await self.asks("enter", name, **fields)
        room = str((await self.hears("hello", entered=name))["in"])
        await self.hears("caught_up", **{"in": room})
        return room

    async def posts(self, room: str, text: str, nonce: str | None = None) -> JsonObject:
        """Posts in the room and returns the answer."""
        nonce = nonce or secrets.token_hex(8)
        await self.asks("post", room, text=text, nonce=nonce)
        return await self._answer(nonce)


class Person:
    """Somebody with a browser of their own: cookies, forms, JSON, sockets."""

    over_personal = False
    """Whether rooms are entered over personal sockets, each over one."""

    def __init__(self, url: str, name: str, connector: aiohttp.BaseConnector | None = None) -> None:
        self.url = url
        self.name = name
        self.http = aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True), connector=connector)
        self.listeners: list[Listener] = []
        self._tokens: dict[str, str] = {}
        """The CSRF tokens of the sessions that they have had, by the cookie's value."""

    @property
    def _cookie(self) -> str:
        cookies = self.http.cookie_jar.filter_cookies(URL(self.url))
        cookie = cookies.get("__Host-session") or cookies.get("session")
        return cookie.value if cookie else ""

    async def token(self, page: str = "/accounts/login") -> str:
        """The session's CSRF token, read of a page with a form unless it is known."""
        if known := self._tokens.get(self._cookie):
            return known
        async with self.http.get(page) as answer:
            text = await answer.text()
        found = re.search(r'name="csrf[_-]token"[^>]*(?:value|content)="([^"]+)"', text)
        assert found, f"{page} has no CSRF token: {answer.status}"
        if cookie := self._cookie:
            self._tokens[cookie] = found.group(1)
        return found.group(1)

    async def submits(self, path: str, *, page: str | None = None, **fields: str) -> aiohttp.ClientResponse:
        """Posts a form with the token of its page, and doesn't follow the answer."""
        if path in ("/accounts/login", "/accounts/register"):
            # The session that they had may have been ended elsewhere.
            self._tokens.clear()
        token = await self.token(page or path)
        answer = await self.http.post(path, data={**fields, "csrf_token": token}, allow_redirects=False)
        await answer.read()
        return answer

    async def registers(self, password: str = PASSWORD, email: str = "") -> "Person":
        answer = await self.submits("/accounts/register", username=self.name, password=password, email=email)
        assert answer.status == 303, await answer.text()
        return self

    async def joins(self, email: str = "") -> "Person":
        """Has an account and is signed in, without the pages: written into the database."""
        accounts_of(self.url).add(self.name, email)
        return await self.returns()

    async def returns(self) -> "Person":
        """Is signed in, without the pages."""
        session = accounts_of(self.url).sign_in(self.name)
        self.http.cookie_jar.update_cookies({"session": session.cookie}, URL(self.url))
        self._tokens[session.cookie] = session.csrf_token
        return self

    async def logs_in(self, password: str = PASSWORD) -> "Person":
        answer = await self.submits("/accounts/login", username=self.name, password=password)
        assert answer.status == 303, await answer.text()
        return self

    async def logs_out(self) -> None:
        answer = await self.submits("/accounts/logout", page="/rooms")
        assert answer.status == 303

    async def creates(self, room: str, kind: str = "open", topic: str = "", title: str = "") -> JsonObject:
        """Makes a room of this name. Without one it is made of the title."""
        status, found = await self.tries_to_create(name=room, kind=kind, topic=topic, title=title)
        assert status == 201, found
        return found

    async def closes_off(self, title: str, topic: str = "") -> str:
        """Makes a closed room and returns its name, which nobody guesses."""
        return str((await self.creates("", "closed", topic, title))["name"])

    async def tries_to_create(self, **fields: str) -> tuple[int, JsonObject]:
        """The status and the answer."""
        headers = {"Accept": "application/json", "X-CSRF-Token": await self.token("/rooms")}
        async with self.http.post("/rooms", data=fields, headers=headers) as answer:
            return answer.status, await answer.json()

    async def answers(self, room: str, answer: str) -> int:
        """Accepts or declines an invitation as a program would. Returns the status."""
        headers = {"Accept": "application/json", "X-CSRF-Token": await self.token("/rooms")}
        async with self.http.post(f"/rooms/{room}/{answer}", headers=headers) as found:
            return found.status

    async def accepts(self, room: str) -> None:
        assert await self.answers(room, "accept") == 200

    async def gets(self, path: str) -> Any:
        """The JSON at a path, which must be there."""
        async with self.http.get(path, headers={"Accept": "application/json"}) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def history(self, room: str) -> list[JsonObject]:
        """The whole visible history, oldest first, page by page."""
        lines: list[JsonObject] = []
        cursor = ""
        while True:
            page = await self.gets(f"/rooms/{room}/messages?limit=100{cursor}")
            lines = page["messages"] + lines
            if not page["more"]:
                return lines
            cursor = f"&before_seq={lines[0]['seq']}"

    async def enters(
        self,
        room: str,
        since: int | None = None,
        epoch: str | None = None,
        url: str | None = None,
        headers: dict[str, str] | None = None,
        language: str | None = None,
    ) -> Listener:
        """Opens the room's socket and waits until it has caught up. `language` is written as
        addresses write it."""
        named = (("since", since), ("epoch", epoch), ("language", language))
        query = "&".join(f"{name}={value}" for name, value in named if value is not None)
        path = f"/ws?language={language or ''}" if self.over_personal else f"/rooms/{room}/ws?{query}"
        ws: aiohttp.ClientWebSocketResponse | OverPersonal = await self.http.ws_connect(
            f"{url or ''}{path}", origin=self.url, headers=headers, max_msg_size=0
        )
        if isinstance(ws, aiohttp.ClientWebSocketResponse) and self.over_personal:
            ws = OverPersonal(ws, room)
            await ws.enter(since, epoch)
        listener = Listener(ws)
        self.listeners.append(listener)
        await listener.hears("caught_up")
        return listener

    async def connects(self, url: str | None = None) -> PersonalListener:
        """Opens a personal socket and waits until it says what is unread."""
        ws = await self.http.ws_connect(f"{url or ''}/ws", origin=self.url, max_msg_size=0)
        listener = PersonalListener(ws)
        self.listeners.append(listener)
        await listener.hears("unread", whole=True)
        return listener

    async def close(self) -> None:
        for listener in self.listeners:
            await listener.close()
        await self.http.close()


@contextlib.asynccontextmanager
async def person(url: str, name: str) -> AsyncIterator[Person]:
    """Somebody, until the block ends."""
    someone = Person(url, name)
    try:
        yield someone
    finally:
        await someone.close()
