"""How the site is, told to those who run it."""

from accounts.people.site_roles import SiteRole
from administration.health import MAX_ROOMS
from settings import version
from tests.administration.conftest import Staff
from tests.conftest import Cast
from tests.operations.saving.test_migrations import FOLDER
from tests.support.people import Person
from tests.support.servers import Aiochat


async def test_what_the_site_holds(
    cast: Cast, chat: Aiochat, staff: Staff, alice: Person, lobby: str
) -> None:
    auditor = await staff(SiteRole.AUDITOR)
    listener = await alice.enters(lobby)
    await listener.is_told()
    found = await auditor.gets("/admin/health")
    is_postgres = "AIOCHAT_DATABASE_URL" in chat.env
    assert found["has_redis"] == is_postgres
    assert (found["redis_ms"] is not None) == is_postgres
    assert 0 <= found["database_ms"] < 60_000
    assert found["database"]["name"].startswith("PostgreSQL" if is_postgres else "SQLite")
    assert found["database"]["bytes"] > 10_000
    # One of another story may have ended a moment ago.
    assert found["workers"] >= 1
    assert found["migrations"]["missing"] == []
    assert found["migrations"]["applied"] == len(list(FOLDER.glob("[0-9]*.py")))
    assert found["here"]["connections"] >= 1
    assert found["here"]["sessions"] >= 1
    assert found["here"]["journal"] == 0
    assert found["versions"]["aiochat"] == version()
    async with auditor.http.get("/admin/health") as answer:
        page = await answer.text()
    assert answer.status == 200
    assert found["database"]["name"] in page
    assert "no answer in time" not in page


async def test_what_takes_how_much(
    cast: Cast, chat: Aiochat, staff: Staff, alice: Person, lobby: str
) -> None:
    administrator = await staff(SiteRole.ADMINISTRATOR)
    listener = await alice.enters(lobby)
    for place in range(40):
        await listener.says(f"message {place}")
    found = await administrator.gets("/admin/storage")
    assert found["database"]["bytes"] > 10_000
    counts = {room["title"]: room["messages"] for room in found["rooms"]}
    assert counts.get(lobby, 40) == 40
    # Other stories may have larger rooms.
    assert lobby in counts or len(counts) == MAX_ROOMS
    if "AIOCHAT_DATABASE_URL" in chat.env:
        tables = {table["name"]: table for table in found["tables"]}
        assert tables["messages"]["bytes"] > 0
        assert [one["bytes"] for one in found["tables"]] == sorted(
            (one["bytes"] for one in found["tables"]), reverse=True
        )
    async with administrator.http.get("/admin/storage") as answer:
        page = await answer.text()
    assert answer.status == 200
    assert lobby in page or page.count('href="/admin/rooms/') == MAX_ROOMS
