"""An archive is imported while the site serves: people see what comes, nobody is called by it, and who came
with it gets in by a link alone."""

import json
from pathlib import Path

from tests.operations.importing.slack import make
from tests.support.people import Person
from tests.support.sites.saved import SavedSite

NEW = "another fine password"


async def test_a_workspace_moves_in_beside_those_who_talk(saved_site: SavedSite, tmp_path: Path) -> None:
    archive = make(tmp_path / "slack.zip")
    (tmp_path / "who.csv").write_text("U3,alice\n")
    with saved_site.serves() as server:
        alice = await Person(server.url, "alice").registers()
        done = json.loads(
            saved_site.says("import", str(archive), "--people", str(tmp_path / "who.csv"), "--json")
        )
        assert done["messages"] == 8
        assert [line["text"] for line in await alice.history("general") if line["kind"] == "me"] == ["waves"]
        shown = {one["title"]: one for one in (await alice.gets("/rooms"))["rooms"]}
        assert (shown["general"]["unread"], shown["general"]["mentions"]) == (0, 0)
        at_general = await alice.enters("general")
        assert (await at_general.says("hello from here"))["number"] == 6
        late = {"type": "message", "user": "U1", "ts": "1500099999.0", "text": "later, <@U3>"}
        later = make(tmp_path / "later.zip", **{"general___2017-07-15.json": [late]})
        saved_site.says("import", str(later), "--people", str(tmp_path / "who.csv"))
        # A site of one process looks for what others wrote when it stores the next line of the room. One
        # of several may have told it already: what is told comes in order, the receipt at any moment.
        await at_general.types("and now")
        heard = await at_general.hears("message", author="anna")
        assert (heard["number"], heard["text"], heard["at"]) == (
            7,
            "later, @alice",
            "2017-07-15T06:26:39.000Z",
        )
        assert (await at_general.hears("message", text="and now"))["number"] == 8
        assert (await alice.gets("/notifications"))["notices"] == []
        anna = Person(server.url, "anna")
        for guess in ("!", "", "anna"):
            refused = await anna.submits("/accounts/login", username="anna", password=guess)
            assert refused.status in (401, 422)
        link = saved_site.says("reset-link", "anna").strip()
        path = "/" + link.split("/", 3)[3]
        assert (await anna.submits(path, new_password=NEW)).status == 303
        await anna.logs_in(NEW)
        assert [line["text"] for line in (await anna.history("general"))[-2:]] == ["later, @alice", "and now"]
        await alice.close()
        await anna.close()
    assert saved_site.says("verify", "--contents") == "Everything is as it must be.\n"
