"""Turns: so much work of a key at a time."""

import asyncio

from helpers.turns import Turns


async def test_a_turn_may_end_before_its_work() -> None:
    turns = Turns(1)
    async with turns.turn("a") as end:
        end()
        end()
        async with turns.turn("a"):
            assert turns.asked("a") == 2
    assert not turns._places


async def test_work_of_a_key_waits_and_others_does_not() -> None:
    turns, running, may_end = Turns(2), [], asyncio.Event()

    async def work(name: str) -> None:
        async with turns.turn(name[0]):
            running.append(name)
            await may_end.wait()

    tasks = [asyncio.create_task(work(name)) for name in ("a1", "a2", "a3", "a4", "a5", "b1")]
    for _ in range(5):
        await asyncio.sleep(0)
    assert running == ["a1", "a2", "b1"]
    assert [turns.asked(key) for key in "abc"] == [5, 1, 0]
    # Who waits may give up, and who works too.
    for place in (3, 0):
        tasks[place].cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    assert running == ["a1", "a2", "b1", "a3"]
    may_end.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert running[4:] == ["a5"]
    assert not turns._places, "nothing is kept of what is over"
