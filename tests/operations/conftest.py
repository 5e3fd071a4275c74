"""nginx before programs that tell what they were asked, and the commands about people."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conftest import LIMITS_OFF, server_env, unique
from tests.support.databases import new_postgres, new_sqlite
from tests.support.programs.shell import Shell, empty_redis
from tests.support.servers import Postgres, Redis
from tests.support.servers.upstream import Worker
from tests.support.sites.saved import SavedSite

PASSWORD = "a fine password"


@pytest.fixture(scope="module")
async def workers() -> AsyncIterator[list[Worker]]:
    both = [Worker("north"), Worker("south")]
    for worker in both:
        await worker.start()
    yield both
    for worker in both:
        await worker.stop()


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("static folder")
    (folder / "js").mkdir()
    (folder / "js" / "connection.js").write_text("export const connection = 1;\n" * 100)
    (folder / ".secret").write_text("no")
    (folder / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "robots.txt").write_text("User-agent: *\nDisallow: /rooms\n")
    return folder


@pytest.fixture(params=["sqlite", "postgres"])
def shell(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Shell]:
    """Commands on a site of their own, whose administrator is alice."""
    env = {"AIOCHAT_DATA_DIR": str(tmp_path / "data")}
    name = unique("shell")
    if request.param == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        redis: Redis = request.getfixturevalue("redis")
        env |= {
            "AIOCHAT_DATABASE_URL": new_postgres(postgres, name),
            "AIOCHAT_REDIS_URL": empty_redis(redis, 13),
        }
    else:
        (tmp_path / "data").mkdir()
        new_sqlite(tmp_path / "data" / "aiochat.db")
    shell = Shell(monkeypatch, capsys, env)
    shell.says("register", "alice", given=f"{PASSWORD}\n")
    yield shell
    if request.param == "postgres":
        postgres.drop_database(name)


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Commands on a site without people."""
    (tmp_path / "data").mkdir()
    new_sqlite(tmp_path / "data" / "aiochat.db")
    return Shell(monkeypatch, capsys, {"AIOCHAT_DATA_DIR": str(tmp_path / "data")})


@pytest.fixture(params=["sqlite", "postgres"])
def saved_site(request: pytest.FixtureRequest, own_servers: None, tmp_path: Path) -> SavedSite:
    if request.param == "sqlite":
        return SavedSite(tmp_path, LIMITS_OFF, None, "")
    postgres: Postgres = request.getfixturevalue("postgres")
    redis: Redis = request.getfixturevalue("redis")
    name = unique("restored")
    return SavedSite(tmp_path, server_env(postgres, redis, name), postgres, name)
