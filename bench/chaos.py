"""A site under faults: `python -m bench.chaos --seconds 60 --seed 1`.

Two workers on PostgreSQL and Redis, and people who talk, come and go, and are removed, while
something fails every few seconds. In the end nothing may be lost, doubled, out of order, unseen or
invented, nobody who was removed may be connected, and presence must agree with who is connected
within a minute. Exits with 1 and a line for each fault found."""

import argparse
import asyncio
import contextlib
import random
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp

from tests.support.people import Listener, Person
from tests.support.servers import Aiochat, Nginx, Postgres, Redis, Server, free_port

DATABASE = "chaos"
PEOPLE = 16
VICTIMS = 3
ANSWER_SECONDS = 6.0
PRESENCE_SECONDS = 60.0
CALM_SECONDS = 15.0
"""After the last fault, for everybody to come back."""

TROUBLES = (
    *(aiohttp.ClientError, ConnectionError, TimeoutError, AssertionError, RuntimeError),
    asyncio.IncompleteReadError,
)
"""What a client meets in an outage."""


Fault = Callable[["Site"], Awaitable[None]]


@dataclass
class Site:
    """Two workers, and nginx before them."""

    workers: list[Aiochat]
    nginx: Nginx
    postgres: Postgres
    redis: Redis
    chance: random.Random

    @property
    def worker(self) -> Aiochat:
        return self.chance.choice(self.workers)

    @property
    def urls(self) -> list[str]:
        return [worker.url for worker in self.workers]


async def _kills(server: Server, seconds: float) -> None:
    await asyncio.to_thread(server.kill)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(server.start)


async def _stops(server: Server, seconds: float) -> None:
    await asyncio.to_thread(server.pause)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(server.resume)


async def _replaces(server: Server) -> None:
    await asyncio.to_thread(server.restart)


FAULTS: dict[str, Fault] = {
    "a worker is killed": lambda site: _kills(site.worker, 0.5),
    "a worker is replaced": lambda site: _replaces(site.worker),
    "a worker is stopped for 4 s": lambda site: _stops(site.worker, 4),
    "Redis is killed and comes back empty": lambda site: _kills(site.redis, 2),
    "Redis comes back empty at once": lambda site: _kills(site.redis, 0),
    "Redis is stopped for 3 s": lambda site: _stops(site.redis, 3),
    "PostgreSQL is killed": lambda site: _kills(site.postgres, 1),
    "PostgreSQL is stopped for 3 s": lambda site: _stops(site.postgres, 3),
    "PostgreSQL's connections are cut": lambda site: asyncio.to_thread(
        site.postgres.cut_connections, DATABASE
    ),
}


@dataclass
class Talker:
    """Somebody who keeps each text until its receipt, and comes back with the last seq seen."""

    person: Person
    room: str
    urls: list[str]
    chance: random.Random
    sent: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, int] = field(default_factory=dict)
    """The seq of each nonce."""
    seen: list[int] = field(default_factory=list)
    listener: Listener | None = None
    epoch: str | None = None
    is_removed: bool = False
    is_stopping: bool = False

    async def run(self) -> None:
        while not self.is_stopping and not self.is_removed:
            with contextlib.suppress(*TROUBLES):
                await self.connect()
                await self._talk(time.monotonic() + self.chance.uniform(2, 15))
            await self.disconnect()
            await asyncio.sleep(self.chance.choice((0.1, 0.5, 2.0, 12.0)))

    async def connect(self) -> None:
        since = self.seen[-1] if self.seen else 0
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                self.listener = await self.person.enters(
                    self.room, since=since, epoch=self.epoch, url=self.chance.choice(self.urls)
                )
        except aiohttp.WSServerHandshakeError as error:
            if error.status < 500:
                # An emptied Redis holds no sessions.
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self.person.logs_in()
            raise
        self.epoch = self.listener.events[0]["epoch"]

    async def disconnect(self) -> None:
        listener, self.listener = self.listener, None
        if listener is None:
            return
        for reset in listener.heard("reset"):
            # The history is compared anyway.
            self.seen = list(range(1, reset["seq"] + 1))
        self.seen += [event["seq"] for event in listener.heard("message")]
        if listener.ws.close_code == 4501:
            self.is_removed = True
        with contextlib.suppress(*TROUBLES):
            async with asyncio.timeout(ANSWER_SECONDS):
                await listener.close()

    async def _talk(self, until: float) -> None:
        while time.monotonic() < until and not self.is_stopping:
            waiting = [nonce for nonce in self.sent if nonce not in self.receipts]
            if not waiting:
                nonce = f"{self.person.name}-{len(self.sent)}"
                self.sent[nonce] = f"{self.person.name} says {len(self.sent)}"
                waiting = [nonce]
            await self.send(waiting[0])
            await asyncio.sleep(self.chance.uniform(0, 0.3))

    async def send(self, nonce: str) -> None:
        assert self.listener is not None
        await self.listener.ws.send_json({"type": "post", "nonce": nonce, "text": self.sent[nonce]})
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await self.listener._answer(nonce)
        if answer["type"] == "receipt":
            self.receipts[nonce] = answer["seq"]


class Story:
    """What happens in a run, and what is wrong in the end."""

    def __init__(self, site: Site, seconds: float) -> None:
        self.site = site
        self.seconds = seconds
        self.room = ""
        self.wrong: list[str] = []
        self.removed: dict[str, int] = {}
        """The seq of each removal."""
        self.talkers: list[Talker] = []

    async def run(self) -> None:
        boss = await Person(self.site.nginx.url, "boss").registers()
        self.room = await boss.closes_off("Storm")
        self.boss = Talker(boss, self.room, self.site.urls, self.site.chance)
        await self._once(self.boss.connect)
        for number in range(PEOPLE):
            person = await Person(self.site.nginx.url, f"p{number}").registers()
            await self.command(f"/invite {person.name}")
            await person.accepts(self.room)
            self.talkers.append(Talker(person, self.room, self.site.urls, random.Random(number)))
        tasks = [asyncio.create_task(talker.run()) for talker in self.talkers]
        removing = asyncio.create_task(self._remove())
        await self._trouble()
        await removing
        await asyncio.sleep(CALM_SECONDS)
        for talker in self.talkers:
            talker.is_stopping = True
        await asyncio.gather(*tasks)
        await self._settle()
        await self._compare()
        for talker in (self.boss, *self.talkers):
            await talker.disconnect()
            await talker.person.close()

    async def _once(self, work: Callable[[], Awaitable[None]]) -> None:
        """Until it goes through."""
        async with asyncio.timeout(120):
            while True:
                with contextlib.suppress(*TROUBLES):
                    return await work()
                await asyncio.sleep(0.2)

    async def command(self, line: str) -> int:
        """The boss's command, asked again until it is answered. Returns the seq of its line."""
        nonce = f"command-{len(self.boss.sent)}"
        self.boss.sent[nonce] = line

        async def ask() -> None:
            if self.boss.listener is None or self.boss.listener.ws.closed:
                await self.boss.disconnect()
                await self.boss.connect()
            await self.boss.send(nonce)
            assert nonce in self.boss.receipts

        await self._once(ask)
        return self.boss.receipts[nonce]

    async def _trouble(self) -> None:
        until = time.monotonic() + self.seconds
        while time.monotonic() < until:
            await asyncio.sleep(self.site.chance.uniform(1, 5))
            name = self.site.chance.choice(list(FAULTS))
            print(f"{self.seconds - until + time.monotonic():5.1f} s: {name}", flush=True)
            await FAULTS[name](self.site)

    async def _remove(self) -> None:
        for number in range(VICTIMS):
            await asyncio.sleep(self.seconds / (VICTIMS + 1))
            name = self.talkers[number].person.name
            self.removed[name] = await self.command(f"/kill {name}")

    async def _settle(self) -> None:
        """Everybody says what is left, and every other one goes."""
        for talker in self.talkers:
            if talker.person.name in self.removed:
                with contextlib.suppress(*TROUBLES):
                    await talker.connect()
                    self.wrong.append(f"{talker.person.name} was removed and may enter")
                continue

            async def say_all(talker: Talker = talker) -> None:
                await talker.disconnect()
                await talker.connect()
                for nonce in talker.sent.keys() - talker.receipts.keys():
                    await talker.send(nonce)
                assert talker.sent.keys() == talker.receipts.keys()

            await self._once(say_all)
        for talker in self.talkers[::2]:
            await talker.disconnect()
        expected = {"boss"} | {talker.person.name for talker in self.talkers if talker.listener}

        async def boss_returns() -> None:
            await self.boss.disconnect()
            await self.boss.person.logs_in()
            await self.boss.connect()

        await self._once(boss_returns)
        began = time.monotonic()
        while True:
            members = (await self.boss.person.gets(f"/rooms/{self.room}/members"))["members"]
            present = {member["name"] for member in members if member["present"]}
            if present == expected:
                print(f"presence is right after {time.monotonic() - began:.1f} s")
                return
            if time.monotonic() - began > PRESENCE_SECONDS:
                self.wrong.append(f"present are {sorted(present)}, connected {sorted(expected)}")
                return
            await asyncio.sleep(0.5)

    async def _compare(self) -> None:
        history = await self.boss.person.history(self.room)
        seqs = [line["seq"] for line in history]
        last = len(history)
        if seqs != list(range(1, last + 1)):
            self.wrong.append("the history has holes, or repeats")
        by_seq = {line["seq"]: line for line in history}
        posts = [line["text"] for line in history if line["kind"] == "post"]
        sent = {text for talker in self.talkers for text in talker.sent.values()}
        if len(posts) != len(set(posts)):
            self.wrong.append("a message is there twice")
        if set(posts) - sent:
            self.wrong.append("a message was invented")
        for talker in self.talkers:
            name = talker.person.name
            for nonce, seq in talker.receipts.items():
                if by_seq.get(seq, {}).get("text") != talker.sent[nonce]:
                    self.wrong.append(f"{nonce} has a receipt and isn't in the history")
            if name in self.removed:
                late = [
                    line for line in history if line["author"] == name and line["seq"] > self.removed[name]
                ]
                if late:
                    self.wrong.append(f"{name} was removed, and did {late[0]['kind']} later")
            elif talker.listener is not None:
                await talker.listener.is_told()
            is_live = talker.listener is not None
            await talker.disconnect()
            if talker.seen != list(range(1, len(talker.seen) + 1)):
                self.wrong.append(f"{name} saw a hole or a repetition")
            if is_live and len(talker.seen) < last:
                self.wrong.append(f"{name} saw {len(talker.seen)} of {last}")
        print(f"{last} lines, {sum(len(talker.receipts) for talker in self.talkers)} acknowledged")


def _run(seconds: float, seed: int) -> list[str]:
    with contextlib.ExitStack() as stack:
        postgres, redis = stack.enter_context(Postgres()), stack.enter_context(Redis())
        ports = [free_port(), free_port()]
        nginx = Nginx(ports)
        env = {
            "AIOCHAT_DATABASE_URL": postgres.create_database(DATABASE),
            "AIOCHAT_REDIS_URL": redis.url,
            "AIOCHAT_RATE_LIMITS": "off",
            "AIOCHAT_PUBLIC_URL": nginx.url,
            "AIOCHAT_TRUST_PROXY": "1",
        }
        workers = [stack.enter_context(Aiochat(port=port, env=env)) for port in ports]
        stack.enter_context(nginx)
        story = Story(Site(workers, nginx, postgres, redis, random.Random(seed)), seconds)
        asyncio.run(story.run())
        for worker in workers:
            story.wrong += [
                f"a worker's log: {line}"
                for line in worker.log.read_text("utf-8", "replace").splitlines()
                if "Traceback" in line or "Fatal" in line
            ]
            if story.wrong:
                print(worker.tail(40))
        return story.wrong


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench.chaos", description="A site under faults.")
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    wrong = _run(given.seconds, given.seed)
    for line in wrong:
        print(line)
    print("something is wrong" if wrong else "all is right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
