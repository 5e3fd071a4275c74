"""Alice in one of her two rooms, and somebody who is in both."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import unique
from tests.support.pages.browser import Visitor
from tests.support.pages.shell import STAYS
from tests.support.people import Person


@pytest.fixture
async def other(alice: Visitor, room: str) -> str:
    """Another room of Alice's. She is in the first one, whose page is marked."""
    assert alice.person
    name = unique("Kitchen")
    await alice.person.creates(name)
    await alice.enters(room)
    await alice.page.evaluate(STAYS)
    return name


@pytest.fixture
async def dora(alice: Visitor, room: str, other: str) -> AsyncIterator[Person]:
    """Somebody in both rooms."""
    found = await Person(alice.url, unique("dora")).joins()
    yield found
    await found.close()
