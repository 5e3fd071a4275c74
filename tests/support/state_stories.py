"""Plays what is done in a room before those who watch it, and records what each of them had, was
told, and would see in a page that is loaded now."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chat.actions.test_conversations import opens
from tests.conftest import Cast, unique
from tests.support.files import uploads
from tests.support.people import PATIENCE, JsonObject, Listener, Person
from tests.support.room_state import RoomState, differences, embedded, without_old_quotes

AT_ONCE = 30
"""Stories that are played at the same time."""

LOOK_AGAIN_SECONDS = 0.5
"""Or sooner, when something is told."""

KILLED, LEFT, DELETED = 4501, 4502, 4505

ANSWERS = {"accept": 200, "decline": 204}
"""What answers an invitation to the story's room, over HTTP, and the status."""

Step = tuple[str, str | JsonObject] | tuple[str, str | JsonObject, str]
"""Who does what: a line as typed, or a request. `{bob}` stands for Bob's name in this story. A
third part is the code of the error that answers it."""


@dataclass(frozen=True)
class Case:
    """What is done in one story.

    In a room of the kind `place`, Alice's, `members` have it open, `invited` are members without
    having come, and `elsewhere` are connected to another room of theirs. `before` is done before
    the state is taken, `does` after it. `typing` is whom the others see typing at the end. `until`
    says of what a fresh load shows whether all has happened, where that isn't done when it is
    answered."""

    id: str
    does: Sequence[Step] = ()
    before: Sequence[Step] = ()
    place: str = "open"
    members: tuple[str, ...] = ("alice", "bob", "carol")
    invited: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    typing: str | None = None
    until: Callable[[JsonObject], bool] = bool


class Watcher:
    """Somebody with a page of a room: the state that it began with, and all that its socket told."""

    def __init__(self, name: str, person: Person, room: str, page: JsonObject, listener: Listener) -> None:
        self.name = name
        self.person = person
        self.room = room
        self.page = page
        self.listener = listener
        self.requests: dict[str, JsonObject] = {}

    @property
    def told(self) -> list[JsonObject]:
        """What the socket told, and in its place what the person themselves has said to have
        read."""
        told = []
        for event in self.listener.events:
            request = self.requests.get(event.get("nonce", ""))
            if event["type"] == "receipt" and request and request["type"] == "read":
                told.append(request)
            told.append(event)
        return told

    async def asks(self, request: JsonObject) -> JsonObject:
        if request["type"] == "ping":
            await self.listener.is_told()
            return {}
        nonce = secrets.token_hex(8)
        self.requests[nonce] = request
        await self.listener.ws.send_json({**request, "nonce": nonce})
        while True:
            try:
                answer = await self.listener.hears(nonce=nonce)
            except AssertionError:
                # Who leaves may be gone before the answer.
                if self.listener.ws.close_code not in (LEFT, DELETED):
                    raise
                return {}
            if answer["type"] in ("receipt", "notice", "error"):
                return answer

    def state(self, told: list[JsonObject]) -> RoomState:
        """What they have: the page that they began with, and what was told since."""
        state = RoomState(self.page)
        for event in told:
            if event["type"] == "read":
                state.read(event["number"], back=event.get("back", False))
            else:
                state.take(event)
        return state


@dataclass
class Seen:
    """What one watcher had in the end, and what a page shows that is loaded then."""

    name: str
    differences: list[str]
    recording: JsonObject | None
    """For the browser's reducers; None for who isn't in the room any more."""


@dataclass
class Story:
    case: Case
    cast: Cast
    people: dict[str, Person] = field(default_factory=dict)
    room: str = ""
    other: str = ""
    watchers: dict[str, Watcher] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """The ids of those that were sent, by their names."""

    async def play(self) -> list[Seen]:
        try:
            await self._open()
            if self.case.before or self.case.place in ("direct", "group"):
                # In conversations nobody is told who is connected: all are, before pages are loaded.
                await self._prepare()
            await self._begin()
            await self._do(self.case.does)
            seen = await asyncio.gather(*(self._see(watcher) for watcher in self.watchers.values()))
            # Only now, since what a new connection makes the server read is told to others as well.
            for one in seen:
                if one.recording and one.name == self.case.does[-1][0]:
                    await self._load(self.watchers[one.name], one, one.recording)
            return seen
        finally:
            for person in self.people.values():
                await person.close()

    async def _open(self) -> None:
        case = self.case
        for name in dict.fromkeys((*case.members, *case.invited, *case.elsewhere)):
            self.people[name] = await self.cast.person(name)
        owner = self.people["alice"]
        others = [self.people[name] for name in (*case.members, *case.invited) if name != "alice"]
        if case.place in ("direct", "group"):
            self.room = await opens(owner, *others)
        else:
            made = await owner.creates("", case.place, topic="the first topic", title=unique("A room "))
            self.room = made["name"]
            guests = others if case.place == "closed" else [self.people[name] for name in case.invited]
            if guests:
                at_owner = await owner.enters(self.room)
                await at_owner.brings(self.room, *guests)
                await at_owner.close()
        if case.elsewhere:
            self.other = unique("Other")
            await self.people[case.elsewhere[0]].creates(self.other)

    async def _prepare(self) -> None:
        """What is done before the state is taken, by connections that are over afterwards."""
        for name, room in self._places():
            person = self.people[name.split()[0]]
            self.watchers[name] = Watcher(name, person, room, {}, await person.enters(room))
        await self._do(self.case.before)
        for watcher in self.watchers.values():
            # The mark of who has written is stored within a second: the state is taken afterwards.
            posts = watcher.listener.heard("message", author=watcher.person.name, kind="post")
            if posts:
                await watcher.asks({"type": "read", "number": posts[-1]["number"]})

    async def _begin(self) -> None:
        """Everybody loads their page, and is told what is unread."""
        before = [watcher.listener for watcher in self.watchers.values()]
        for name, room in self._places():
            self.watchers[name] = await self._watch(name, room)
        for watcher in self.watchers.values():
            await watcher.listener.hears("unread", whole=True)
        for listener in before:
            await listener.close()
        await self._are_online()

    async def _are_online(self) -> None:
        """Waits until all who watch are recorded as online: nothing changes by itself after that."""
        names = {watcher.person.name for watcher in self.watchers.values()}
        async with asyncio.timeout(PATIENCE):
            while True:
                members = (await self.people["alice"].gets(f"/rooms/{self.room}/members"))["members"]
                if all(member["present"] for member in members if member["name"] in names):
                    return
                await asyncio.sleep(0.05)

    def _places(self) -> list[tuple[str, str]]:
        """Who watches which room."""
        here = [(name, self.room) for name in self.case.members]
        return here + [(f"{name} elsewhere", self.other) for name in self.case.elsewhere]

    async def _watch(self, name: str, room: str) -> Watcher:
        person = self.people[name.split()[0]]
        page = await embedded(person, room)
        listener = await person.enters(room, since=page["last_seq"], epoch=page["epoch"])
        return Watcher(name, person, room, page, listener)

    async def _do(self, steps: Sequence[Step]) -> None:
        names = {name: person.name for name, person in self.people.items()} | {"room": self.room}
        for who, what, *code in steps:
            if not isinstance(what, str) and what["type"] in ANSWERS:
                status = await self.people[who.split()[0]].answers(self.room, what["type"])
                assert status == ANSWERS[what["type"]]
                continue
            request = {"type": "post", "text": what.format(**names)} if isinstance(what, str) else what
            if isinstance(what, dict) and "files" in what:
                files = [await self._sent(who, **one) for one in what["files"]]
                request = {**what, "files": files}
            answer = await self.watchers[who].asks(request)
            assert [answer[field] for field in ("code",) if field in answer] == code, answer

    async def _sent(self, who: str, name: str, description: str) -> JsonObject:
        """A file of this name, which is uploaded where it wasn't yet."""
        if name not in self.files:
            self.files[name] = (await uploads(self.people[who], name, name.encode()))["id"]
        return {"id": self.files[name], "description": description}

    async def _see(self, watcher: Watcher) -> Seen:
        """Compares until both are the same, or patience is at its end."""
        now = asyncio.get_running_loop().time
        end = now() + PATIENCE
        while True:
            await self._settle(watcher)
            recorded = watcher.told
            state = watcher.state(recorded)
            if state.is_gone:
                return await self._see_gone(watcher)
            page = await embedded(watcher.person, watcher.room)
            fresh = RoomState(page)
            if self.case.typing and self.case.typing != watcher.name:
                fresh.typing = {self.people[self.case.typing].name}
            if state.reload_at:
                state.reload(fresh)
            told, shown = (without_old_quotes(one.shown(), state.edited) for one in (state, fresh))
            found = differences(told, shown)
            # Presence is recorded a moment after one has connected.
            connected = [one.person.name for one in self.watchers.values() if not one.listener.ws.closed]
            are_there = all(fresh.is_online(name) for name in connected if name in fresh.members)
            is_done = not found and are_there and self.case.until(shown)
            if is_done or now() > end:
                break
            count = len(watcher.listener.events)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                    while len(watcher.listener.events) == count:
                        await asyncio.sleep(0.02)
        recording = {
            "page": watcher.page,
            "told": recorded,
            "fresh_page": page,
            "fresh_told": [],
            "typing": sorted(fresh.typing),
        }
        if not is_done and not found:
            found = ["what was to happen hasn't happened"]
        return Seen(watcher.name, found, recording)

    async def _settle(self, watcher: Watcher) -> None:
        """All that was sent to them has come, or the connection has ended."""
        with contextlib.suppress(AssertionError, ConnectionError):
            await watcher.listener.is_told()

    async def _see_gone(self, watcher: Watcher) -> Seen:
        code = await watcher.listener.ends()
        own = [room["name"] for room in (await watcher.person.gets("/rooms?only=own"))["rooms"]]
        found = [f"closed with {code}"] if code not in (KILLED, LEFT, DELETED) else []
        return Seen(watcher.name, found + ["still a member"] * (watcher.room in own), None)

    async def _load(self, watcher: Watcher, seen: Seen, recording: JsonObject) -> None:
        """Loads a second page with its socket. The different ways to load a room show the same."""
        person, path = watcher.person, f"/rooms/{watcher.room}"
        page = recording["fresh_page"]
        listener = await person.enters(watcher.room, since=page["last_seq"], epoch=page["epoch"])
        await listener.hears("unread", whole=True)
        recording["fresh_told"] = listener.events
        parts: dict[str, Any] = {
            "messages": (await person.gets(f"{path}/messages"))["messages"],
            "members": (await person.gets(f"{path}/members"))["members"],
            "rooms": (await person.gets("/rooms?only=own"))["rooms"],
        }
        await listener.close()
        for loaded in ({**page, **parts}, {**page, "rooms": []}):
            state = RoomState(loaded)
            for event in listener.events:
                state.take(event)
            found = differences(state.shown(), RoomState(page).shown())
            seen.differences += [f"loaded otherwise: {one}" for one in found]


async def play(cases: Sequence[Case], cast: Cast) -> dict[str, list[Seen] | BaseException]:
    """Plays them beside each other, each with people and rooms of its own."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(case: Case) -> list[Seen]:
        async with gate:
            return await Story(case, cast).play()

    outcomes = await asyncio.gather(*(one(case) for case in cases), return_exceptions=True)
    return {case.id: outcome for case, outcome in zip(cases, outcomes, strict=True)}
