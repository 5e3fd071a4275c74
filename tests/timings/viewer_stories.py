"""How long it takes until a room knows who has it in front of them."""

import asyncio

from chat.delivery.viewers import RoomViewers
from tests.chat.delivery.test_channel import FakeClient
from tests.timings.stage import ALICE, Moments, Stage, story


@story
async def viewers_gather(stage: Stage) -> float:
    """Somebody comes and goes all the time."""
    told, client = Moments(), FakeClient()
    viewers = RoomViewers(lambda _: [], told.note)

    async def come_and_go() -> None:
        while len(told) < 2:
            viewers.start(client, ALICE.name)
            await asyncio.sleep(0.01)
            viewers.stop(client, ALICE.name)

    stage.runs(come_and_go())
    viewers.open()
    seconds = await told.apart()
    await viewers.close()
    return seconds


@story
async def viewers_again(stage: Stage) -> float:
    """Nothing else happens."""
    told = Moments()
    viewers = RoomViewers(lambda _: [], told.note)
    viewers.start(FakeClient(), ALICE.name)
    viewers.open()
    seconds = await told.apart()
    await viewers.close()
    return seconds
