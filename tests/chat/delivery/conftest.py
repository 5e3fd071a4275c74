"""Two engines on one database, in the test's own process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from accounts.models import User
from chat.engine import open_engine
from chat.models import Member, Room
from chat.roles import Role
from helpers.db.database import open_database
from helpers.redis.bus import Bus
from helpers.rendering import Renderer
from tests.support.databases import new_sqlite
from tests.support.in_process import ALICE, BOB, CELLAR, QUICK, Site, services_of


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    database = open_database(new_sqlite(tmp_path / "test.db"))
    counters = dict.fromkeys(("last_seq", "posts", "cleared_seq", "cleared_number", "created_at"), 0)
    await Room.insert(
        id=CELLAR, name="Cellar", slug="cellar", topic="", kind="closed", **counters
    ).aio_execute()
    for person, role in ((ALICE, Role.OWNER), (BOB, Role.MEMBER)):
        name = person.name
        await User.insert(
            id=person.id,
            name=name,
            name_key=name,
            skeleton=name,
            password_hash="",
            is_admin=False,
            created_at=0,
        ).aio_execute()
        await Member.insert(
            room=CELLAR, user=person.id, role=role, present=True, read_number=0, joined_at=0
        ).aio_execute()
    async with (
        open_engine(database, None, Bus(), "site", "epoch", Renderer(), timings=QUICK) as here,
        open_engine(database, None, Bus(), "site", "epoch", Renderer(), timings=QUICK) as there,
    ):
        services = services_of(here)
        bob = await User.aio_get(User.id == BOB.id)
        yield Site(services, there, await Room.aio_get(Room.id == CELLAR), bob)
        await services.keep_alive.close()
    await database.aio_close()


@pytest.fixture(params=["room", "person"])
def by_both(request: pytest.FixtureRequest, site: Site) -> None:
    """Bob enters by the room's socket, and by his own."""
    site.over_personal = request.param == "person"
