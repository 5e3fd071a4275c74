"""Reads that are shared: fewer of them, none that began before it was asked for, and one's trouble
stays one's own."""

import asyncio
import contextvars

import pytest

from helpers.batching import BatchLoader, SingleFlight

inside = contextvars.ContextVar("inside", default="outside")


class Source:
    """A slow source whose value changes; it answers with what was true when the read began."""

    def __init__(self) -> None:
        self.value = 0
        self.reads: list[object] = []
        self.contexts: list[str] = []
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def read(self, key: object) -> int:
        value, error = self.value, self.error
        self.reads.append(key)
        self.contexts.append(inside.get())
        await self.gate.wait()
        if error:
            raise error
        return value

    async def read_many(self, keys: list[int]) -> dict[int, int]:
        value = await self.read(sorted(keys))
        return {key: value for key in keys if key < 100}


@pytest.fixture
async def source() -> Source:
    return Source()


async def asked(*reads: "asyncio.Task[int | None]") -> list["asyncio.Task[int | None]"]:
    """The reads, when those that can have begun."""
    for _ in range(5):
        await asyncio.sleep(0)
    return list(reads)


async def test_who_asks_at_the_same_moment_shares_a_read(source: Source) -> None:
    shared = SingleFlight(source.read)
    waiting = await asked(*[asyncio.create_task(shared.get("a")) for _ in range(100)])
    source.gate.set()
    assert await asyncio.gather(*waiting) == [0] * 100
    assert source.reads == ["a"]


async def test_who_asks_while_one_runs_gets_the_next_and_not_what_was_true_before(source: Source) -> None:
    shared = SingleFlight(source.read)
    early = await asked(asyncio.create_task(shared.get("a")))
    source.value = 1
    late = await asked(*[asyncio.create_task(shared.get("a")) for _ in range(100)])
    assert source.reads == ["a"], "one at a time"
    source.value = 2
    source.gate.set()
    assert await asyncio.gather(*early) == [0]
    assert await asyncio.gather(*late) == [2] * 100
    assert source.reads == ["a", "a"]
    source.value = 3
    assert await shared.get("a") == 3, "and nothing is kept"


async def test_other_keys_do_not_wait(source: Source) -> None:
    shared = SingleFlight(source.read)
    await asked(*[asyncio.create_task(shared.get(key)) for key in "aabbc"])
    assert source.reads == ["a", "b", "c"]
    source.gate.set()


async def test_who_stops_waiting_takes_it_from_nobody(source: Source) -> None:
    shared = SingleFlight(source.read)
    first, second = await asked(*[asyncio.create_task(shared.get("a")) for _ in range(2)])
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    source.gate.set()
    assert await second == 0
    assert source.reads == ["a"]


async def test_an_error_is_heard_by_all_who_shared_it_and_by_no_other(source: Source) -> None:
    shared = SingleFlight(source.read)
    source.error = ConnectionError("away")
    early = await asked(*[asyncio.create_task(shared.get("a")) for _ in range(2)])
    source.error = None
    late = await asked(asyncio.create_task(shared.get("a")))
    source.gate.set()
    assert [type(result) for result in await asyncio.gather(*early, return_exceptions=True)] == [
        ConnectionError
    ] * 2
    assert await asyncio.gather(*late) == [0]


async def test_it_reads_outside_of_the_askers_transaction(source: Source) -> None:
    """A transaction lives in a context variable; whoever shares the read must not be in it."""
    inside.set("a transaction")
    source.gate.set()
    await SingleFlight(source.read).get("a")
    assert source.contexts == ["outside"]


async def test_keys_that_are_asked_for_meanwhile_are_read_together(source: Source) -> None:
    batched = BatchLoader(source.read_many, most=10)
    first = await asked(*[asyncio.create_task(batched.get(key)) for key in (1, 2, 1)])
    source.value = 1
    others = await asked(*[asyncio.create_task(batched.get(key)) for key in (1, 3, 200)])
    source.gate.set()
    assert await asyncio.gather(*first) == [0, 0, 0]
    assert await asyncio.gather(*others) == [1, 1, None]
    assert source.reads == [[1, 2], [1, 3, 200]]


async def test_no_read_takes_more_keys_than_it_may(source: Source) -> None:
    batched = BatchLoader(source.read_many, most=10)
    source.gate.set()
    assert await asyncio.gather(*[batched.get(key) for key in range(25)]) == [0] * 25
    assert [len(read) for read in source.reads] == [10, 10, 5]  # type: ignore[arg-type]
