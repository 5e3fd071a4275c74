"""After a restore of the database nobody is signed in as somebody else, and what clients know of the
lost history counts for nothing."""

from pathlib import Path

import pytest

from operations.backup import site_database
from tests.conftest import LIMITS_OFF
from tests.support.deleted_accounts import change, rows
from tests.support.feed_reader import listens, since, writes
from tests.support.people import Person
from tests.support.programs.shell import run
from tests.support.servers import Aiochat, ServerError
from tests.support.sites.saved import SavedSite
from tests.support.wire.raw_http import cookie_of, request


async def test_a_restored_database_signs_nobody_in(saved_site: SavedSite) -> None:
    with saved_site.serves() as server:
        alice = await Person(server.url, "alice").registers()
        await alice.creates("Lobby")
        epoch = (await alice.enters("Lobby")).heard("hello")[0]["epoch"]
        await alice.close()
    saved_site.save()
    with saved_site.serves() as server:
        mallory = await Person(server.url, "mallory").registers()
        await writes(mallory, "This will be lost.")
        last = await since(mallory)
        cookies = [cookie_of(someone) for someone in (alice, mallory)]
        for cookie in cookies:
            assert (await request(server.url, "GET", "/rooms", cookie=cookie)).status == 200
        await mallory.close()
    saved_site.restore()
    said = saved_site.says("restored")
    assert said == "Everybody is signed out, and open pages will load everything again.\n"
    with saved_site.serves() as server:
        bob = await Person(server.url, "bob").registers()
        for cookie in cookies:
            assert (await request(server.url, "GET", "/rooms", cookie=cookie)).status == 303
        assert (await request(server.url, "GET", "/rooms", cookie=cookie_of(bob))).status == 200
        room = await bob.enters("Lobby", since=1, epoch=epoch)
        assert room.heard("hello")[0]["epoch"] != epoch
        assert room.heard("reset")
        for _ in range(3):
            await writes(bob, "This is new.")
        stream = await listens(bob, last_event_id=str(last))
        await stream.hears("reset")
        await stream.close()
        await bob.close()
    with saved_site.serves() as server:
        again = await Person(server.url, "bob").logs_in()
        assert (await again.enters("Lobby")).heard("hello")[0]["epoch"] == room.heard("hello")[0]["epoch"]
        await again.close()


def test_not_while_a_server_uses_the_file(own_servers: None) -> None:
    with Aiochat(env=LIMITS_OFF) as server:
        done = run(server.folder, "restored", DATA_DIR=str(server.data_dir))
    assert done.returncode == 1
    assert b"another aiochat is running" in done.stderr


LATER = 10**15
DEVICE = (
    "INSERT INTO push_devices (user_id, session_id, endpoint, endpoint_hash, browser_key, auth, name, "
    "made_at, used_at) "
    "VALUES (1, 'of-before', 'https://push.example/1', 'hash', 'key', 'auth', 'Firefox', 1, 1)"
)
WAITING = (
    f"INSERT INTO mails (kind, user_id, language, details, at, due_at, tries) "
    f"VALUES ('missed', 1, 'en', '{{}}', 1, {LATER}, 0)",
    f"INSERT INTO notice_deliveries (notice_id, user_id, way, due_at, state, at) "
    f"SELECT id, 1, 'push', {LATER}, 'waiting', 1 FROM notices",
    DEVICE,
    f"INSERT INTO push_closings (user_id, room_id, number, due_at) VALUES (1, 1, 1, {LATER})",
)
"""What a backup may hold that is due later."""


async def test_what_waited_in_a_backup_is_not_sent_again(saved_site: SavedSite) -> None:
    archive = str(saved_site.folder / "site.tar")
    with saved_site.serves() as server:
        alice = await Person(server.url, "alice").registers()
        await alice.creates("Lobby")
        change(
            server,
            "INSERT INTO notices (user_id, kind, subject, by_id, at, rule) "
            f"VALUES (1, 'mention', 'one', 1, {LATER}, 'mention')",
        )
        for statement in WAITING:
            change(server, statement)
        saved_site.says("backup", archive)
        await alice.close()
    saved_site.says("restore", archive, "--force")
    assert rows(server, "SELECT state, detail FROM notice_deliveries") == [("cancelled", "restored")]
    for table in ("mails", "push_devices", "push_closings", "notice_jobs"):
        assert rows(server, f"SELECT count(*) FROM {table}") == [(0,)], table
    found = "SELECT count(*) FROM rooms LEFT JOIN notice_progress ON room_id = id"
    assert rows(server, f"{found} WHERE seq IS NULL OR seq < last_seq") == [(0,)]


async def test_a_site_that_is_half_restored_is_not_served(saved_site: SavedSite, tmp_path: Path) -> None:
    """A restore that is killed after the database is back, and before sessions and mails have ended."""
    with saved_site.serves() as server:
        alice = await Person(server.url, "alice").registers()
        cookie = cookie_of(alice)
        await alice.close()
    database = site_database(
        saved_site.env.get("AIOCHAT_DATABASE_URL") or f"sqlite:///{saved_site.data / 'aiochat.db'}"
    )
    secret = rows(server, "SELECT session_secret FROM users")
    copy = tmp_path / database.member
    await database.copy_to(copy)
    await database.replace_by(copy)
    assert rows(server, "SELECT session_secret FROM users") != secret
    with pytest.raises(ServerError, match="half restored"), saved_site.serves():
        pass
    saved_site.says("restored")
    with saved_site.serves() as server:
        assert (await request(server.url, "GET", "/rooms", cookie=cookie)).status == 303
