"""The site of each release is taken up by this program: migrated, sound, and with everything that was said
there."""

from pathlib import Path

import pytest

from tests.conftest import LIMITS_OFF
from tests.support.people import Person
from tests.support.programs.released import FOLDER, take
from tests.support.sites.saved import SavedSite

RELEASES = sorted(path.name for path in FOLDER.iterdir())


@pytest.mark.parametrize("release", RELEASES)
async def test_a_site_of_a_release_is_taken_up(own_servers: None, tmp_path: Path, release: str) -> None:
    site = SavedSite(tmp_path, LIMITS_OFF, None, "")
    take(release, site.data)
    site.says("migrate")
    assert site.says("verify", "--contents") == "Everything is as it must be.\n"
    with site.serves() as server:
        alice = await Person(server.url, "alice").logs_in()
        said = {line["number"]: line for line in await alice.history("Lobby") if "number" in line}
        assert {number: line["text"] for number, line in said.items()} == {
            **{1: "hello @alice", 2: "hello @bob", 3: "notes", 4: "to be deleted @alice", 5: "the last one"}
        }
        async with alice.http.get(said[3]["files"][0]["url"]) as answer:
            assert (answer.status, await answer.read()) == (200, b"what we said\n")
        room = await alice.enters("Lobby")
        await room.says("and on it goes")
        await room.hears("message", number=6)
        await alice.close()
    assert site.says("verify") == "Everything is as it must be.\n"
