"""How long those wait who look for what is to be pushed or mailed."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from notifications.ways.mail import MailWay
from notifications.ways.push import PushWay
from tests.timings.stage import Moments, Stage, running, story
from timings import DEFAULT


async def looked_apart(make: Callable[[Any], Any]) -> float:
    """Of what looks in vain whether something is theirs to do."""

    async def is_ours() -> bool:
        looked.note()
        return False

    looked = Moments()
    way = make(None)
    way._claim = SimpleNamespace(hold=is_ours)
    async with running(way.run()):
        return await looked.apart()


@story
async def push(stage: Stage) -> float:
    return await looked_apart(lambda none: PushWay(none, none, DEFAULT.push))


@story
async def missed_mail(stage: Stage) -> float:
    return await looked_apart(lambda none: MailWay(none, none, DEFAULT.missed_mail))
