"""Holds on the pages of people and rooms: who places and ends them, and what the log tells."""

import pytest

from accounts.people.site_roles import SiteRole
from tests.administration.conftest import Staff, acts
from tests.conftest import unique
from tests.support.deleted_accounts import rows
from tests.support.people import Person
from tests.support.servers import Aiochat


@pytest.mark.parametrize("what", ["person", "room"])
async def test_administrators_hold_what_others_see(
    chat: Aiochat, staff: Staff, alice: Person, bob: Person, what: str
) -> None:
    administrator, auditor = await staff(SiteRole.ADMINISTRATOR), await staff(SiteRole.AUDITOR)
    moderator = await staff(SiteRole.MODERATOR)
    if what == "person":
        path, name = f"/admin/people/{bob.name}", bob.name
    else:
        name = unique("Archive")
        await alice.creates(name)
        [(room_id,)] = rows(chat, f"SELECT id FROM rooms WHERE name = '{name}'")
        path = f"/admin/rooms/{room_id}"
    for someone in (moderator, auditor, alice):
        code, _ = await acts(someone, path, act="hold", reason="why not")
        assert code in (403, 404)
    assert (await acts(administrator, path, act="hold"))[0] == 400, "a reason is needed"
    assert (await acts(administrator, path, act="unhold"))[0] == 409
    assert (await acts(administrator, path, act="hold", reason="a court asked"))[0] == 200
    assert (await acts(administrator, path, act="hold", reason="again"))[0] == 409
    found = await auditor.gets(path)
    assert found[what]["hold"]["reason"] == "a court asked"
    assert "hold" in [entry["act"] for entry in found["acts"]]
    async with administrator.http.get(path) as answer:
        text = await answer.text()
    assert "a court asked" in text
    assert 'value="unhold"' in text
    assert 'value="hold"' not in text
    async with moderator.http.get(path) as answer:
        assert 'value="unhold"' not in await answer.text()
    assert rows(chat, f"SELECT kind FROM holds WHERE name = '{name}'") == [(what,)]
    answer = await administrator.submits(path, act="unhold", page="/rooms")
    assert answer.status == 303
    assert not rows(chat, f"SELECT kind FROM holds WHERE name = '{name}'")
    assert (await auditor.gets(path))[what]["hold"] is None
