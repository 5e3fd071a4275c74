"""What is set for the site holds everywhere, and what is wrong changes nothing."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from accounts.people.site_roles import SiteRole
from accounts.site_settings import DEFAULTS
from tests.administration.conftest import Staff, acts
from tests.conftest import LIMITS_OFF, Cast, server_env, unique
from tests.support.accounts import PASSWORD, accounts_of
from tests.support.people import PATIENCE, JsonObject, Person
from tests.support.servers import Aiochat, Postgres, Redis

NOT_BY_FORM = ("rules_html", "newcomers_html", "retention_since", "logo")
SETTINGS = tuple(name for name in DEFAULTS if name not in NOT_BY_FORM)


@pytest.fixture
async def cast(cast: Cast) -> AsyncIterator[Cast]:
    """The servers are those of other tests too: what was set is as before afterwards."""
    yield cast
    for name in SETTINGS:
        status, _ = await sets(cast.boss, name, DEFAULTS[name])
        assert status == 200
    assert (await acts(cast.boss, "/admin/site/logo", remove="yes"))[0] == 200


async def sets(someone: Person, name: str, value: str) -> tuple[int, JsonObject]:
    return await acts(someone, "/admin/site", act=name, value=value)


async def text_of(someone: Person, path: str, status: int = 200) -> str:
    async with someone.http.get(path) as answer:
        assert answer.status == status
        return await answer.text()


async def test_the_name_is_on_every_page(cast: Cast, alice: Person, lobby: str) -> None:
    status, told = await sets(cast.boss, "name", "Harbour <b>Radio</b>")
    assert (status, told["act"][0]) == (200, "S")
    escaped = "Harbour &lt;b&gt;Radio&lt;/b&gt;"
    for someone, path in ((cast.stranger(), "/"), (alice, "/rooms"), (alice, f"/rooms/{lobby}")):
        page = await text_of(someone, path)
        assert escaped in page
        assert "<b>Radio" not in page
    assert f"{escaped}</title>" in await text_of(alice, "/settings/profile")
    assert (await sets(cast.boss, "name", "Harbour <b>Radio</b>"))[1]["act"] is None
    [act, *_] = (await cast.boss.gets("/admin/log?act=site"))["entries"]
    assert act["after"] == {"name": "Harbour <b>Radio</b>"}
    await sets(cast.boss, "name", "")
    assert "aiochat</title>" in await text_of(alice, "/settings/profile"), "empty is as it was"


async def test_visitors_read_the_welcome_the_rules_and_whom_to_ask(cast: Cast) -> None:
    visitor = cast.stranger()
    assert "/rules" not in await text_of(visitor, "/")
    await sets(cast.boss, "welcome", "Hello & <i>welcome</i>\nto the harbour")
    await sets(cast.boss, "rules", "# Be kind\n\n- no *shouting*\n- <script>alert(1)</script>")
    await sets(cast.boss, "contact", 'harbour@radio.example "<')
    page = await text_of(visitor, "/")
    assert "Hello &amp; &lt;i&gt;welcome&lt;/i&gt;\nto the harbour" in page
    assert 'href="/rules"' in page
    for path in ("/accounts/login", "/accounts/register"):
        assert "harbour@radio.example &#34;&lt;" in await text_of(visitor, path)
    for someone in (visitor, cast.boss):
        rules = await text_of(someone, "/rules")
        assert "<em>shouting</em>" in rules
        assert "&lt;script&gt;" in rules
        assert "alert(1)</script>" not in rules
    await sets(cast.boss, "rules", "")
    await text_of(visitor, "/rules", 404)


async def test_registration_is_closed_and_opened(cast: Cast) -> None:
    await sets(cast.boss, "registration", "closed")
    await sets(cast.boss, "contact", "ask at the pier")
    visitor = cast.stranger("newcomer")
    assert "ask at the pier" in await text_of(visitor, "/accounts/register", 403)
    assert "/accounts/register" not in await text_of(visitor, "/")
    answer = await visitor.submits(
        "/accounts/register", page="/accounts/login", username=visitor.name, password=PASSWORD
    )
    assert answer.status == 403
    assert not accounts_of(cast.url).has(visitor.name)
    await sets(cast.boss, "registration", "open")
    await visitor.registers()


async def test_whoever_registers_joins_the_rooms_of_all(cast: Cast, alice: Person, lobby: str) -> None:
    second, closed = unique("Pier"), await alice.closes_off(unique("Cellar"))
    await alice.creates(second)
    for wrong in (
        closed,
        "nowhere-at-all",
        f"{lobby} nowhere",
        " ".join(f"room{place}" for place in range(11)),
    ):
        assert (await sets(cast.boss, "default_rooms", wrong))[0] == 422, wrong
    assert (await sets(cast.boss, "default_rooms", f"#{lobby.upper()}, {second}"))[0] == 200
    found = (await cast.boss.gets("/admin/site"))["settings"]["default_rooms"]
    assert found == f"{lobby} {second}"
    listener = await alice.enters(lobby)
    newcomer = await cast.stranger("newcomer").registers()
    assert (await listener.hears("message", kind="joined"))["author"] == newcomer.name
    own = {room["name"] for room in (await newcomer.gets("/rooms"))["rooms"] if room.get("role")}
    assert {lobby, second} <= own
    assert newcomer.name in [one["name"] for one in (await alice.gets(f"/rooms/{second}/members"))["members"]]
    await listener.says("/archive")
    later = await cast.stranger("later").registers()
    assert later.name not in str(await alice.gets(f"/rooms/{lobby}/members"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "x" * 41),
        ("name", "two\nlines"),
        ("name", "a\u202eb"),
        ("name", "\u200b"),
        ("contact", "x" * 201),
        ("contact", "a\u0000b"),
        ("welcome", "x" * 1001),
        ("rules", "x" * 20_001),
        ("registration", "perhaps"),
        ("registration", ""),
        ("inviting", "nobody"),
        ("newcomers", "x" * 20_001),
        ("default_rooms", "a" * 2000),
        ("colour", "red"),
        ("colour", "#12345"),
        ("colour", "#2f62d8;} a {"),
        ("logo", "1"),
        ("retention_days", "-1"),
        ("retention_days", "1.5"),
        ("retention_days", "36501"),
        ("retention_days", "٣"),
        ("retention_since", "0"),
        ("rules_html", "<script>"),
        ("debug", "on"),
        ("", ""),
    ],
)
async def test_a_wrong_value_changes_nothing(cast: Cast, name: str, value: str) -> None:
    before = await cast.boss.gets("/admin/site")
    status, _ = await sets(cast.boss, name, value)
    assert status in (400, 422)
    assert await cast.boss.gets("/admin/site") == before
    answer = await cast.boss.submits("/admin/site", page="/rooms", act=name, value=value)
    assert answer.status in (400, 422)


async def test_administrators_alone_set_it(cast: Cast, staff: Staff, bob: Person) -> None:
    auditor, moderator = await staff(SiteRole.AUDITOR), await staff(SiteRole.MODERATOR)
    assert (await auditor.gets("/admin/site"))["fixed"] == []
    for someone in (auditor, moderator, bob):
        assert (await sets(someone, "name", "Mine"))[0] == 403
    assert (await cast.boss.gets("/admin/site"))["settings"]["name"] == "aiochat"


async def test_of_many_changes_at_once_each_knows_what_was_before(cast: Cast) -> None:
    names = [f"Name {place}" for place in range(8)]
    answers = await asyncio.gather(*(sets(cast.boss, "name", name) for name in names))
    assert {status for status, _ in answers} == {200}
    entries = (await cast.boss.gets("/admin/log?act=site"))["entries"][:8][::-1]
    for earlier, later in itertools.pairwise(entries):
        assert later["before"] == earlier["after"]
    assert (await cast.boss.gets("/admin/site"))["settings"] | entries[-1]["after"] == (
        await cast.boss.gets("/admin/site")
    )["settings"]


@pytest.mark.usefixtures("own_servers")
def test_what_the_environment_sets_is_not_changed_here() -> None:
    """A server whose registration is set by its environment."""

    async def story(server: Aiochat) -> None:
        accounts_of(server.url).add("boss")
        boss, visitor = await Person(server.url, "boss").returns(), Person(server.url, "visitor")
        try:
            told = await boss.gets("/admin/site")
            assert told["fixed"] == ["previews", "registration"]
            assert told["environment"] == {
                "AIOCHAT_REGISTRATION": "closed",
                "AIOCHAT_PREVIEWS": "off",
                "AIOCHAT_RATE_LIMITS": "off",
            }, "and nothing that may hold a secret"
            status, told = await sets(boss, "registration", "open")
            assert (status, told["error"]["code"]) == (409, "fixed")
            status, told = await sets(boss, "previews", "on")
            assert (status, told["error"]["code"]) == (409, "fixed")
            assert "set by the environment" in await text_of(boss, "/admin/site")
            await text_of(visitor, "/accounts/register", 403)
        finally:
            await boss.close()
            await visitor.close()

    with Aiochat(env={**LIMITS_OFF, "AIOCHAT_REGISTRATION": "closed", "AIOCHAT_PREVIEWS": "off"}) as server:
        asyncio.run(story(server))


def test_all_workers_know_it_soon(postgres: Postgres, redis: Redis) -> None:
    env = server_env(postgres, redis, unique("settings"))

    async def story(one: Aiochat, other: Aiochat) -> None:
        accounts_of(one.url).add("boss")
        boss, visitor = await Person(one.url, "boss").returns(), Person(other.url, "visitor")
        try:
            await sets(boss, "name", "The Pier")
            async with asyncio.timeout(PATIENCE):
                while "The Pier" not in await text_of(visitor, "/"):
                    await asyncio.sleep(0.02)
        finally:
            await boss.close()
            await visitor.close()

    with Aiochat(env=env) as one, Aiochat(env=env) as other:
        asyncio.run(story(one, other))


async def test_how_long_messages_are_kept(cast: Cast, alice: Person, lobby: str) -> None:
    assert (await sets(cast.boss, "retention_days", " 90 "))[0] == 200
    async with asyncio.timeout(PATIENCE):
        while "Messages are kept here for 90 days" not in await text_of(alice, f"/rooms/{lobby}/settings"):
            await asyncio.sleep(0.1)
    answer = await alice.submits(f"/rooms/{lobby}/settings", act="retention", days="91")
    assert answer.status == 303
    shown = await text_of(alice, f"/rooms/{lobby}/settings")
    assert "a room keeps them no longer" in shown
    assert "Messages are kept here for 90 days" in shown
