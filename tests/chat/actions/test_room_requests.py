"""Who knows the address of a closed room asks to be let in, and learns by nothing whether it is there;
those who may invite see who asks."""

import pytest

from tests.administration.conftest import acts
from tests.chat.actions.test_invitations import invited
from tests.conftest import Cast, unique
from tests.support.notices import until
from tests.support.people import Person
from tests.support.wire.raw_http import cookie_of, request


async def asks(someone: Person, room: str) -> tuple[int, object]:
    return await acts(someone, f"/rooms/{room}/ask")


async def settings(someone: Person, room: str) -> str:
    async with someone.http.get(f"/rooms/{room}/settings") as answer:
        assert answer.status == 200
        return await answer.text()


async def test_who_asks_gets_an_invitation(alice: Person, bob: Person, mallory: Person, cellar: str) -> None:
    page = await request(bob.url, "GET", f"/rooms/{cellar}", cookie=cookie_of(bob))
    assert (page.status, "Ask to be let in" in page.text) == (404, True)
    assert await asks(bob, cellar) == (202, {"asked": True})
    assert await asks(bob, cellar) == (202, {"asked": True}), "once more changes nothing"
    assert await asks(mallory, cellar) == (202, {"asked": True})
    shown = await settings(alice, cellar)
    assert shown.count(f'name="user" value="{bob.name}"') == 2
    async with alice.http.get(f"/rooms/{cellar}") as answer:
        assert f"/rooms/{cellar}/settings#asking" in await answer.text()
    status, _ = await acts(alice, f"/rooms/{cellar}/settings", act="let_in", user=bob.name)
    assert status == 200
    assert [one["name"] for one in await invited(bob)] == [cellar]
    await bob.accepts(cellar)
    status, _ = await acts(bob, f"/rooms/{cellar}/settings", act="let_in", user=mallory.name)
    assert status == 403, "a member of a closed room doesn’t invite"
    status, _ = await acts(alice, f"/rooms/{cellar}/settings", act="turn_away", user=mallory.name)
    assert status == 200
    assert await invited(mallory) == []
    assert "asking-room" not in await settings(alice, cellar)
    status, _ = await acts(alice, f"/rooms/{cellar}/settings", act="let_in", user=mallory.name)
    assert status == 409, "who doesn’t ask isn’t invited by it"


async def test_who_may_let_them_in_learns_at_once(
    alice: Person, bob: Person, mallory: Person, cellar: str
) -> None:
    told, at_mallory = await alice.connects(), await mallory.connects()
    await asks(bob, cellar)
    await told.hears("unread", asking=[{"name": cellar, "count": 1}])
    await asks(mallory, cellar)
    await told.hears("unread", asking=[{"name": cellar, "count": 2}])
    # Whoever is invited another way is answered too.
    await (await alice.enters(cellar)).says(f"/invite {bob.name}")
    await told.hears("unread", asking=[{"name": cellar, "count": 1}])
    assert (await alice.gets("/rooms?only=own"))["asking"] == [{"name": cellar, "count": 1}]
    await acts(alice, f"/rooms/{cellar}/settings", act="turn_away", user=mallory.name)
    await until(lambda: "asking" not in told.heard("unread", whole=True)[-1])
    assert not at_mallory.heard("unread", asking=[{"name": cellar, "count": 1}])


async def test_nothing_tells_whether_there_is_such_a_room(cast: Cast, alice: Person, mallory: Person) -> None:
    cellar = await alice.closes_off(unique("Cellar"))
    pages = []
    for name in (cellar, cellar[:-1] + ("a" if cellar[-1] != "a" else "b")):
        answer = await request(cast.url, "GET", f"/rooms/{name}", cookie=cookie_of(mallory))
        assert (answer.status, await asks(mallory, name)) == (404, (202, {"asked": True}))
        main = answer.text.partition("<main")[2].partition("</main>")[0]
        pages.append(main.replace(name, ""))
    token = pages[0].partition('name="csrf_token" value="')[2].partition('"')[0]
    assert token
    assert pages[0] == pages[1]


@pytest.mark.parametrize("name", ["x" * 300, "%00", "..", "ж" * 40, "dm-1-2"])
async def test_a_name_that_is_none_is_answered_too(mallory: Person, name: str) -> None:
    headers = {"Accept": "application/json", "X-CSRF-Token": await mallory.token("/rooms")}
    async with mallory.http.post(f"/rooms/{name}/ask", headers=headers) as answer:
        assert answer.status in (202, 404)


async def test_a_ban_is_no_way_to_trouble_a_room(alice: Person, bob: Person, cellar: str) -> None:
    at_cellar = await alice.enters(cellar)
    await at_cellar.brings(cellar, bob)
    await at_cellar.says(f"/ban {bob.name}")
    assert await asks(bob, cellar) == (202, {"asked": True})
    assert "asking-room" not in await settings(alice, cellar)
