"""After a restore of the database nobody is signed in as somebody else, and what clients know of the
lost history counts for nothing."""

from tests.conftest import LIMITS_OFF
from tests.support.feed_reader import listens, since, writes
from tests.support.people import Person
from tests.support.raw_http import cookie_of, request
from tests.support.saved_site import SavedSite
from tests.support.servers import Aiochat
from tests.support.shell import run


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
