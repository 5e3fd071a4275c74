"""The people who run the site, and what they send."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from accounts.people.site_roles import SiteRole
from tests.conftest import Cast
from tests.support.accounts import accounts_of
from tests.support.people import JsonObject, Person

Staff = Callable[[SiteRole], Awaitable[Person]]


@pytest.fixture
async def cast(cast: Cast) -> AsyncIterator[Cast]:
    """Their roles end with the test: on the servers, which other tests have too, the boss alone
    administers."""
    yield cast
    for someone in cast.people:
        role = SiteRole.ADMINISTRATOR if someone is cast.boss else SiteRole.NONE
        accounts_of(cast.url).give_role(someone.name, role)


@pytest.fixture
def staff(cast: Cast) -> Staff:
    """Makes a new person with a role on the site."""

    async def make(role: SiteRole) -> Person:
        someone = await cast.person(role.name.lower())
        accounts_of(cast.url).give_role(someone.name, role)
        return someone

    return make


async def acts(someone: Person, path: str, **fields: str) -> tuple[int, JsonObject]:
    """Sends a form as a program does. Returns the status and the JSON."""
    headers = {"Accept": "application/json", "X-CSRF-Token": await someone.token("/rooms")}
    async with someone.http.post(path, data=fields, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.json()
