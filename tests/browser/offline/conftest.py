"""Alice in one of her two rooms, in a browser that keeps what she sees."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.conftest import unique
from tests.support.pages.browser import Profiles, Visitor
from tests.support.pages.inspector import axe
from tests.support.people import Listener, Person

__all__ = ["axe"]


@pytest.fixture(scope="session")
def profiles(browser: Browser) -> Profiles:
    return Profiles(browser, service_workers="allow")


@pytest.fixture
async def other(alice: Visitor, room: str) -> str:
    """Another room of Alice's. She is in the first one."""
    assert alice.person
    name = unique("Kitchen")
    await alice.person.creates(name)
    await alice.enters(room)
    return name


@pytest.fixture
async def dora(alice: Visitor, room: str, other: str) -> AsyncIterator[tuple[Listener, Listener]]:
    """Somebody in both rooms, by a program."""
    found = await Person(alice.url, unique("dora")).joins()
    yield await found.enters(room), await found.enters(other)
    await found.close()
