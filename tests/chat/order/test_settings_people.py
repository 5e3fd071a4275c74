"""The people in a room's settings: members found by name, roles by a press, and who is kept out."""

import pytest

from tests.chat.order.test_acts import does
from tests.conftest import Cast
from tests.support.feed_reader import asks as posts_form
from tests.support.people import Person

pytestmark = pytest.mark.usefixtures("door")


async def settings_of(someone: Person, room: str, query: str = "") -> str:
    async with someone.http.get(f"/rooms/{room}/settings{query}") as answer:
        assert answer.status == 200
        return await answer.text()


async def test_roles_are_changed_by_a_press(alice: Person, bob: Person, lobby: str) -> None:
    await alice.enters(lobby)
    at_bob = await bob.enters(lobby)
    path = f"/rooms/{lobby}/settings"
    assert f"Make a moderator: {bob.name}" in await settings_of(alice, lobby)
    assert "Make a moderator" not in await settings_of(bob, lobby)
    assert (await posts_form(bob, path, act="mod", user=bob.name))[0] == 403
    assert (await posts_form(alice, path, act="mod", user=bob.name))[0] == 200
    await at_bob.hears("hello", you={"name": bob.name, "role": "moderator"})
    assert (await posts_form(alice, path, act="mod", user=bob.name))[0] == 409
    assert f"Make a member: {bob.name}" in await settings_of(alice, lobby)
    assert (await posts_form(bob, path, act="kick", user=alice.name))[0] == 403
    assert (await posts_form(alice, path, act="unmod", user=bob.name))[0] == 200
    assert (await posts_form(alice, path, act="kick", user=bob.name))[0] == 200
    assert await at_bob.ends() == 4501


async def test_members_are_found_by_name(alice: Person, bob: Person, cast: Cast, lobby: str) -> None:
    carol = await cast.person("carol")
    for one in (alice, bob, carol):
        await one.enters(lobby)
    page = await settings_of(bob, lobby, f"?q=@{carol.name.upper()}")
    members = page.split('id="members-room"')[1].split("</section>")[0]
    assert f"/users/{carol.name}" in members
    assert f"/users/{alice.name}" not in members
    assert "Nobody here is called that." in await settings_of(bob, lobby, "?q=%25_'")


async def test_who_is_kept_out_until_when_and_why(alice: Person, bob: Person, cast: Cast, lobby: str) -> None:
    carol = await cast.person("carol")
    at_alice = await alice.enters(lobby)
    await bob.enters(lobby)
    path = f"/rooms/{lobby}/settings"
    form = {"act": "ban", "user": f"@{carol.name}", "time": "1d", "reason": "spam <b>"}
    assert (await posts_form(bob, path, **form))[0] == 403
    for wrong in ({"time": "soon"}, {"time": ""}, {"reason": "x" * 300}, {"user": "nobody-here"}):
        assert (await posts_form(alice, path, **{**form, **wrong}))[0] in (400, 404), wrong
    assert (await posts_form(alice, path, **form))[0] == 200
    assert "spam &lt;b&gt;" in await settings_of(alice, lobby)
    assert "spam" not in await settings_of(bob, lobby)
    assert (await posts_form(alice, path, act="unban", user=carol.name))[0] == 200
    await does(at_alice, f"/ban {bob.name} for ever")
    assert "for good" in await settings_of(alice, lobby)
