"""The filters of rooms and of the site, in memory: whether a text meets one is asked for each post.
Nearly all rooms have none. Whoever changes them has all processes read them anew over the bus."""

import asyncio
import functools
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass

from peewee import fn

from accounts.people.looks import display_look
from chat.models import Filter
from helpers.db.database import is_unavailable
from helpers.redis.bus import Bus
from helpers.tasks import cancel_all

log = logging.getLogger("aiochat.filters")

SITE = 0
"""In place of a room's id."""

CHANNEL = b"filters"
LOOK_SECONDS = 10.0
"""For so long a change goes unseen whose message got lost."""

ACTIONS = ("refuse", "hold", "report")
"""The strongest first: of several rules that a text meets, that holds."""

MAX_WORD = 64
"""Characters of one word that are compared."""

_WORD = re.compile(r"\w+")
_HOST = re.compile(r"(?:https?://(?:[^\s/@]{1,200}@)?|(?<![\w.])(?=www\.))([\w.-]{1,253})", re.IGNORECASE)


@functools.lru_cache(maxsize=50_000)
def word_key(word: str) -> str:
    """A word without case, accents, and what makes it look like another one."""
    return display_look(word[:MAX_WORD])


def words_key(text: str) -> str:
    """The words of a text by their keys, with a space around each."""
    return f" {' '.join(word_key(word) for word in _WORD.findall(text))} "


def host_key(host: str) -> str:
    """A host in lower case, as it is looked up."""
    host = host.strip(".").lower()
    try:
        return host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        return host


@dataclass(frozen=True)
class Rule:
    id: int
    kind: str
    pattern: str
    action: str


class Rules:
    """The compiled rules of a room, or of the site."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        ordered = sorted(rules, key=lambda rule: ACTIONS.index(rule.action))
        self.all = tuple(ordered)
        self._words = [(words_key(rule.pattern), rule) for rule in ordered if rule.kind == "word"]
        self._hosts = [(rule.pattern, rule) for rule in ordered if rule.kind == "host"]
        self.held_posts_of_new = max((int(rule.pattern) for rule in ordered if rule.kind == "new"), default=0)

    def met(self, text: str) -> Rule | None:
        """The strongest rule that the text meets."""
        found: list[Rule] = []
        if self._words:
            words = words_key(text)
            found += [rule for key, rule in self._words if key in words][:1]
        if self._hosts and (hosts := {host_key(host) for host in _HOST.findall(text)}):
            found += [
                rule
                for pattern, rule in self._hosts
                if any(host == pattern or host.endswith(f".{pattern}") for host in hosts)
            ][:1]
        return min(found, key=lambda rule: ACTIONS.index(rule.action), default=None)


class Filters:
    """Those of all rooms that have some. The bus must be open."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._rules: dict[int, Rules] = {}
        self._version = (0, 0)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def of(self, room_id: int) -> tuple[Rules | None, Rules | None]:
        """The room's rules and the site's, None where there are none."""
        return self._rules.get(room_id), self._rules.get(SITE)

    def applies(self, room_id: int) -> bool:
        """Whether there is any rule for the room. Asked for each post."""
        rules = self._rules
        return bool(rules) and (room_id in rules or SITE in rules)

    async def open(self) -> None:
        self._unsubscribe = self._bus.subscribe(CHANNEL, lambda *_: self._wake.set(), self._wake.set)
        await self._bus.follow(CHANNEL)
        await self.read()
        self._task = asyncio.create_task(self._follow(), name="filters")

    async def close(self) -> None:
        self._unsubscribe()
        if self._task is not None:
            await cancel_all([self._task])

    async def changed(self) -> None:
        """After the commit of a change: all processes read them anew, this one now."""
        await self.read()
        self._bus.publish(CHANNEL, b"changed")

    async def read(self) -> None:
        by_room: dict[int, list[Rule]] = {}
        for one in await Filter.select().order_by(Filter.id).aio_execute():
            by_room.setdefault(one.room_id, []).append(Rule(one.id, one.kind, one.pattern, one.action))
        self._rules = {room_id: Rules(rules) for room_id, rules in by_room.items()}
        ids = [rule.id for rules in by_room.values() for rule in rules]
        self._version = max(ids, default=0), len(ids)

    async def _follow(self) -> None:
        while True:
            was_told = True
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                was_told = False
            self._wake.clear()
            try:
                if was_told or await self._stored_version() != self._version:
                    await self.read()
            except Exception as error:
                if not is_unavailable(error):
                    log.exception("the filters can't be read")

    async def _stored_version(self) -> tuple[int, int]:
        """Ids only grow, so that the last one and the count tell whether something was changed."""
        rows = await Filter.select(fn.MAX(Filter.id), fn.COUNT(Filter.id)).tuples().aio_execute()
        last, count = next(iter(rows))
        return last or 0, count
