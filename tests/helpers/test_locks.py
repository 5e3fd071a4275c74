"""Work for one key runs one after the other, that of others beside it."""

import asyncio
import gc

from helpers.locks import KeyedLocks


async def test_one_key_is_held_by_one_at_a_time_and_forgotten_afterwards() -> None:
    locks, order = KeyedLocks(), []
    go_on = asyncio.Event()

    async def works(key: str, name: str) -> None:
        async with locks.of(key):
            order.append(f"{name} begins")
            await go_on.wait()
            order.append(f"{name} ends")

    tasks = [asyncio.create_task(works(*one)) for one in (("a", "first"), ("a", "second"), ("b", "other"))]
    while len(order) < 2:
        await asyncio.sleep(0)
    assert order == ["first begins", "other begins"]
    go_on.set()
    await asyncio.gather(*tasks)
    assert order.index("first ends") < order.index("second begins")
    del tasks
    gc.collect()
    assert not locks._locks
