"""What the site's people see of accounts and do to them, on the pages."""

import asyncio
import re
from urllib.parse import urlsplit

import pytest

from accounts.people.site_roles import SiteRole
from tests.administration.conftest import Staff, acts
from tests.conftest import Cast, unique
from tests.support.accounts import PASSWORD, accounts_of
from tests.support.people import PATIENCE, JsonObject, Person
from tests.support.wire.raw_http import cookie_of, request

NEW = "another horse battery"


async def signs_in(cast: Cast, name: str, password: str = PASSWORD) -> tuple[int, str]:
    """The status and the page of a sign-in by somebody's password."""
    visitor = cast.stranger()
    answer = await visitor.submits("/accounts/login", username=name, password=password)
    return answer.status, await answer.text()


async def seen(someone: Person, name: str) -> JsonObject:
    found: JsonObject = (await someone.gets(f"/admin/people/{name}"))["person"]
    return found


async def does(someone: Person, name: str, act: str, **fields: str) -> tuple[int, JsonObject]:
    return await acts(someone, f"/admin/people/{name}", act=act, **fields)


async def is_signed_in(someone: Person) -> bool:
    return (await request(someone.url, "GET", "/rooms", cookie=cookie_of(someone))).status == 200


async def test_all_people_are_listed_by_pages_and_found(cast: Cast, staff: Staff) -> None:
    auditor = await staff(SiteRole.AUDITOR)
    names = [unique("crowd") for _ in range(30)]
    for name in names:
        accounts_of(cast.url).add(name, f"{name}@mail.example x{name}")
    found: list[str] = []
    before = ""
    while len(found) < 31:
        page = await auditor.gets(f"/admin/people{before}")
        found += [one["name"] for one in page["people"]]
        assert len(page["people"]) == 25 or page["next"] is None
        before = f"?before={page['next']}"
    assert found[:31] == [*reversed(names), auditor.name]
    by_name = await auditor.gets(f"/admin/people?q={names[3]}")
    by_address = await auditor.gets(f"/admin/people?q={names[3]}%40MAIL.ex")
    for result in (by_name, by_address):
        assert result["next"] is None
        [one] = [one for one in result["people"] if one["name"] == names[3]]
        assert one["address"] == f"{names[3]}@mail.example"
        assert (one["role"], one["sessions"], one["rooms"]) == ("none", 0, 0)
    [own] = (await auditor.gets(f"/admin/people?q={auditor.name}"))["people"]
    assert (own["role"], own["sessions"]) == ("auditor", 1)
    assert own["last_seen"]
    auditors = (await auditor.gets("/admin/people?role=auditor"))["people"]
    assert auditor.name in [one["name"] for one in auditors]
    assert {one["role"] for one in auditors} == {"auditor"}


@pytest.mark.parametrize(
    "query",
    ["before=0", "before=-1", "before=x", "before=" + "9" * 16, "role=boss", "state=x", "q=" + "a" * 201],
)
async def test_a_wrong_question_is_told_so(cast: Cast, query: str) -> None:
    async with cast.boss.http.get(f"/admin/people?{query}", headers={"Accept": "application/json"}) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]["code"] == "bad_request"


@pytest.mark.parametrize("query", ["%00", "a%5Cb", "%F4%8F%BF%BF", "%20", "@", "' OR 1=1 --", "%25"])
async def test_whatever_is_looked_for_is_no_trouble(cast: Cast, query: str) -> None:
    async with cast.boss.http.get(f"/admin/people?q={query}") as answer:
        assert answer.status in (200, 400)


async def test_a_page_of_a_person(cast: Cast, staff: Staff, alice: Person, lobby: str, cellar: str) -> None:
    moderator = await staff(SiteRole.MODERATOR)
    found = await seen(moderator, alice.name)
    assert found["session_count"] == 1
    assert found["sessions"][0]["address"] == "127.0.0.1"
    by_title = {one["title"]: one for one in found["rooms"]}
    assert by_title[lobby]["name"] == lobby
    [closed] = [one for one in found["rooms"] if one["kind"] == "closed"]
    assert closed["name"] is None, "the address of a closed room opens nothing, and is nobody's business"
    async with moderator.http.get(f"/admin/people/{alice.name}") as answer:
        page = await answer.text()
    assert answer.status == 200
    assert cellar not in page
    async with moderator.http.get("/admin/people/nobody-here") as answer:
        assert answer.status == 404


async def test_who_is_suspended_is_out(
    cast: Cast, staff: Staff, alice: Person, bob: Person, lobby: str
) -> None:
    moderator = await staff(SiteRole.MODERATOR)
    listener, others = await alice.enters(lobby), await bob.enters(lobby)
    status, told = await does(
        moderator, alice.name, "suspend", **{"for": "2h", "reason": "spam <b>everywhere</b>"}
    )
    assert status == 200
    assert re.fullmatch(r"S[1-9][0-9]*", told["act"])
    async with asyncio.timeout(PATIENCE):
        assert await listener.ends() == 4503
    await others.is_told()
    assert not await is_signed_in(alice)
    status, page = await signs_in(cast, alice.name)
    assert status == 403
    assert "This account is suspended until" in page
    assert "spam &lt;b&gt;everywhere&lt;/b&gt;" in page
    status, page = await signs_in(cast, alice.name, "not the password")
    assert status == 401
    assert "suspended" not in page, "only who has the password is told"
    found = await seen(moderator, alice.name)
    assert found["is_suspended"]
    assert found["suspended_for"] == "spam <b>everywhere</b>"
    assert alice.name in [
        one["name"] for one in (await moderator.gets("/admin/people?state=suspended"))["people"]
    ]
    assert (await does(moderator, alice.name, "unsuspend"))[1]["act"]
    assert (await does(moderator, alice.name, "unsuspend"))[1]["act"] is None
    assert (await signs_in(cast, alice.name))[0] == 303


async def test_a_suspension_ends_by_itself(cast: Cast, staff: Staff, alice: Person) -> None:
    moderator = await staff(SiteRole.MODERATOR)
    assert (await does(moderator, alice.name, "suspend", **{"for": "1s"}))[0] == 200
    while (await signs_in(cast, alice.name))[0] == 403:
        await asyncio.sleep(0.1)
    found = await seen(moderator, alice.name)
    assert (found["is_suspended"], found["suspended_until"], found["suspended_for"]) == (False, None, "")


async def test_for_good_has_no_end(cast: Cast, staff: Staff, alice: Person) -> None:
    moderator = await staff(SiteRole.MODERATOR)
    assert (await does(moderator, alice.name, "suspend", **{"for": "for_good"}))[0] == 200
    found = await seen(moderator, alice.name)
    assert (found["is_suspended"], found["suspended_until"]) == (True, None)
    status, page = await signs_in(cast, alice.name)
    assert (status, "This account is suspended." in page) == (403, True)
    for path in ("/admin/people?state=suspended", f"/admin/people/{alice.name}"):
        async with moderator.http.get(path) as answer:
            assert answer.status == 200
            assert "for good" in await answer.text() or "Suspended" in await answer.text()


BAD = [
    {"act": "suspend"},
    {"act": "suspend", "for": "soon"},
    {"act": "suspend", "for": "0s"},
    {"act": "suspend", "for": "9999w"},
    {"act": "suspend", "for": "1d", "reason": "x" * 501},
    {"act": "suspend", "for": "1d", "reason": "a\u0000b"},
    {"act": "rename", "display_name": "x" * 65},
    {"act": "rename", "display_name": "a\u202eb"},
    {"act": "rename", "display_name": "Administrator"},
    {"act": "role", "role": "king"},
    {"act": "role"},
    {"act": "delete", "messages": "keep"},
    {"act": "delete", "messages": "some", "confirm": "{name}"},
    {"act": "delete", "messages": "keep", "confirm": "somebody else"},
    {"act": "nothing"},
    {},
]


@pytest.mark.parametrize("fields", BAD)
async def test_what_is_wrong_changes_nothing(
    cast: Cast, staff: Staff, alice: Person, fields: dict[str, str]
) -> None:
    moderator = await staff(SiteRole.MODERATOR)
    someone = cast.boss if fields.get("act") in ("role", "delete") else moderator
    path = f"/admin/people/{alice.name}"
    before = await someone.gets(path)
    given = {name: value.format(name=alice.name) for name, value in fields.items()}
    status, told = await acts(someone, path, **given)
    assert status in (400, 422), told
    assert await someone.gets(path) == before
    answer = await someone.submits(path, page="/rooms", **given)
    assert answer.status in (400, 422)
    assert await is_signed_in(alice)


async def test_nobody_acts_on_an_equal_or_on_themself(cast: Cast, staff: Staff) -> None:
    people = {role: [await staff(role), await staff(role)] for role in SiteRole if role}
    people[SiteRole.ADMINISTRATOR][0] = cast.boss
    for role, (someone, equal) in people.items():
        for act, fields in {
            "suspend": {"for": "1d"},
            "end_sessions": {},
            "rename": {"display_name": "Somebody"},
            "password_link": {},
            "delete": {"messages": "keep", "confirm": equal.name},
            "role": {"role": "none"},
        }.items():
            status, _ = await does(someone, equal.name, act, **fields)
            assert status == 403, (role, act)
            own = {**fields, **({"confirm": someone.name} if act == "delete" else {})}
            if (role, act) != (SiteRole.ADMINISTRATOR, "role"):
                status, _ = await does(someone, someone.name, act, **own)
                assert status in (403, 409), (role, act)
        assert await is_signed_in(equal)
    auditor, moderator = people[SiteRole.AUDITOR][0], people[SiteRole.MODERATOR][0]
    assert (await does(auditor, people[SiteRole.MODERATOR][1].name, "suspend", **{"for": "1d"}))[0] == 403
    for act, fields in {"password_link": {}, "role": {"role": "moderator"}}.items():
        assert (await does(moderator, auditor.name, act, **fields))[0] == 403


async def test_a_link_for_a_new_password(cast: Cast, alice: Person) -> None:
    boss = cast.boss
    _, first = await does(boss, alice.name, "password_link")
    _, second = await does(boss, alice.name, "password_link")
    dead, path = (urlsplit(found["link"]).path for found in (first, second))
    assert re.fullmatch(r"/accounts/reset/[A-Za-z0-9_-]{43}", path)
    visitor = cast.stranger()
    async with visitor.http.get(dead) as answer:
        assert answer.status == 404, "the later one is the good one"
    async with visitor.http.get(path) as answer:
        assert answer.status == 200
        assert alice.name in await answer.text()
    for wrong in ("", "short", "x" * 600):
        answer = await visitor.submits(path, new_password=wrong)
        assert answer.status == 422
    assert await is_signed_in(alice), "it is asked for, and nothing has happened yet"
    answer = await visitor.submits(path, new_password=NEW)
    assert (answer.status, answer.headers["Location"]) == (303, "/accounts/login")
    assert not await is_signed_in(alice)
    assert (await signs_in(cast, alice.name))[0] == 401
    assert (await signs_in(cast, alice.name, NEW))[0] == 303
    answer = await cast.stranger().submits(path, page="/accounts/login", new_password="yet another battery")
    assert answer.status == 404, "once"


async def test_of_two_who_use_a_link_at_once_one_succeeds(cast: Cast, alice: Person) -> None:
    _, made = await does(cast.boss, alice.name, "password_link")
    path = urlsplit(made["link"]).path
    visitors = [cast.stranger() for _ in range(4)]
    for visitor in visitors:
        await visitor.token()
    answers = await asyncio.gather(
        *(
            visitor.submits(path, page="/accounts/login", new_password=f"{NEW} {place}")
            for place, visitor in enumerate(visitors)
        )
    )
    assert sorted(answer.status for answer in answers) == [303, 404, 404, 404]


async def test_a_link_ends_with_a_password_a_suspension_and_a_role(cast: Cast, staff: Staff) -> None:
    boss = cast.boss
    for ends in ({"act": "suspend", "for": "1h"}, {"act": "role", "role": "administrator"}):
        someone = await cast.person("linked")
        _, made = await does(boss, someone.name, "password_link")
        path = urlsplit(made["link"]).path
        async with cast.stranger().http.get(path) as answer:
            assert answer.status == 200
        assert (await acts(boss, f"/admin/people/{someone.name}", **ends))[0] == 200
        async with cast.stranger().http.get(path) as answer:
            assert answer.status == 404, ends


@pytest.mark.parametrize("token", ["x", "a" * 43, "%00" * 43, "a" * 5000, "..", "%F0%9F%98%80"])
async def test_no_link(cast: Cast, token: str) -> None:
    answer = await request(cast.url, "GET", f"/accounts/reset/{token}")
    assert answer.status == 404


async def test_a_name_is_changed_for_everybody(cast: Cast, staff: Staff, alice: Person, lobby: str) -> None:
    moderator = await staff(SiteRole.MODERATOR)
    listener = await alice.enters(lobby)
    assert (await does(moderator, alice.name, "rename", display_name="Alice of the Sea"))[1]["act"]
    assert (await listener.hears("person"))["display_name"] == "Alice of the Sea"
    assert (await does(moderator, alice.name, "rename", display_name="Alice of the Sea"))[1]["act"] is None
    page = await moderator.gets(f"/admin/people/{alice.name}")
    assert page["person"]["display_name"] == "Alice of the Sea"
    assert page["acts"][0]["before"] == {"display_name": ""}
    assert page["acts"][0]["by"] == moderator.name


async def test_an_account_is_deleted(cast: Cast, alice: Person, lobby: str) -> None:
    listener = await alice.enters(lobby)
    await listener.says("hello")
    await does(cast.boss, alice.name, "rename", display_name="Somebody Peculiar")
    status, told = await does(cast.boss, alice.name, "delete", messages="remove", confirm=alice.name)
    assert (status, bool(told["act"])) == (200, True)
    await listener.ends()
    async with cast.boss.http.get(f"/admin/people/{alice.name}") as answer:
        assert answer.status == 404
    assert (await does(cast.boss, alice.name, "delete", messages="keep", confirm=alice.name))[0] == 404
    assert (await signs_in(cast, alice.name))[0] == 401


async def test_the_last_administrator_stays_whoever_steps_down_at_once(cast: Cast, staff: Staff) -> None:
    boss, accounts = cast.boss, accounts_of(cast.url)
    for one in (await boss.gets("/admin/people?role=administrator"))["people"]:
        accounts.give_role(one["name"], SiteRole.NONE)
    accounts.give_role(boss.name, SiteRole.ADMINISTRATOR)
    everybody = [boss, *[await staff(SiteRole.ADMINISTRATOR) for _ in range(3)]]
    try:
        answers = await asyncio.gather(*(does(one, one.name, "role", role="none") for one in everybody))
        assert sorted(status for status, _ in answers) == [200, 200, 200, 409]
        [last] = [one for one, (status, _) in zip(everybody, answers, strict=True) if status == 409]
        assert (await last.gets("/admin/people?role=administrator"))["people"][0]["name"] == last.name
    finally:
        accounts.give_role(boss.name, SiteRole.ADMINISTRATOR)


async def test_roles_hold_at_once(cast: Cast, bob: Person) -> None:
    for role, status in (("auditor", 200), ("none", 403), ("moderator", 200), ("administrator", 200)):
        assert (await does(cast.boss, bob.name, "role", role=role, reason="as agreed"))[0] == 200
        async with bob.http.get("/admin/people") as answer:
            assert answer.status == status
    assert (await does(bob, bob.name, "role", role="none"))[0] == 200
    async with bob.http.get("/admin/people") as answer:
        assert answer.status == 403
