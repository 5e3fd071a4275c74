"""One's own account: e-mail address, password, and where one is signed in."""

import json
import re
import sqlite3
import time
from pathlib import Path

import pytest
import redis.asyncio as aioredis

from accounts.signin.devices import device_of
from helpers.db.database import open_database
from helpers.db.migrations import migrate
from helpers.web.session_stores import (
    SIGNED_IN_SECONDS,
    DatabaseSessions,
    RedisSessions,
    SessionInfo,
    SessionStore,
)
from tests.conftest import LIMITS_OFF, Cast, unique
from tests.support.databases import new_sqlite
from tests.support.people import PASSWORD, Listener, Person
from tests.support.servers import ROOT, Aiochat, Redis
from tests.support.wire.raw_http import cookie_of, request

NEW = "another horse battery"


def beside(page: str, field: str) -> str:
    found = re.search(rf'id="{field}-error">([^<]*)<', page)
    return found[1] if found else ""


async def again(cast: Cast, someone: Person) -> Person:
    """The same person at another browser."""
    other = cast.stranger()
    other.name = someone.name
    return await other.returns()


async def is_signed_in(someone: Person) -> bool:
    return (await request(someone.url, "GET", "/rooms", cookie=cookie_of(someone))).status == 200


async def test_a_new_password_ends_all_other_sessions_and_their_sockets(
    cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    elsewhere = await again(cast, alice)
    here, there, at_bob = [await someone.enters(lobby) for someone in (alice, elsewhere, bob)]
    answer = await alice.submits("/accounts/password", password=PASSWORD, new_password=NEW)
    assert (answer.status, answer.headers["Location"]) == (303, "/settings/account")
    assert await there.ends() == 4503
    for listener in (here, at_bob):
        await listener.is_told()
    assert [await is_signed_in(someone) for someone in (alice, elsewhere, bob)] == [True, False, True]
    again_with_old = cast.stranger()
    assert (
        await again_with_old.submits("/accounts/login", username=alice.name, password=PASSWORD)
    ).status == 401
    await elsewhere.logs_in(NEW)


async def test_it_ends_them_on_the_other_worker_too(postgres_chat: Aiochat) -> None:
    shared = {name: postgres_chat.env[name] for name in ("AIOCHAT_DATABASE_URL", "AIOCHAT_REDIS_URL")}
    someone = Person(postgres_chat.url, unique("twoworkers"))
    elsewhere = Person(postgres_chat.url, someone.name)
    await someone.joins()
    await elsewhere.returns()
    room = unique("Twoworkers")
    await someone.creates(room)
    with Aiochat(env={**shared, **LIMITS_OFF, "AIOCHAT_PUBLIC_URL": postgres_chat.url}) as other:
        listener = Listener(
            await elsewhere.http.ws_connect(f"{other.url}/rooms/{room}/ws", origin=postgres_chat.url)
        )
        elsewhere.listeners.append(listener)
        await listener.hears("caught_up")
        assert (
            await someone.submits("/accounts/password", password=PASSWORD, new_password=NEW)
        ).status == 303
        assert await listener.ends() == 4503
        await elsewhere.close()
    await someone.close()


@pytest.mark.parametrize(
    ("fields", "status", "field", "text"),
    [
        ({"password": "not the password"}, 403, "password", "your password"),
        ({"password": ""}, 422, "password", "needed"),
        ({"password": "p" * 501}, 422, "password", "too long"),
        ({"new_password": "short"}, 422, "new_password", "At least 8"),
        ({"new_password": "p" * 129}, 422, "new_password", "At most 128"),
        ({"new_password": "p" * 9000}, 422, "new_password", "At most 128"),
        ({"new_password": "PASSWORD1"}, 422, "new_password", "one of the first"),
    ],
)
async def test_no_password_is_changed_by_a_mistake(
    cast: Cast, alice: Person, fields: dict[str, str], status: int, field: str, text: str
) -> None:
    elsewhere = await again(cast, alice)
    answer = await alice.submits(
        "/accounts/password", **{"password": PASSWORD, "new_password": NEW, **fields}
    )
    page = await answer.text()
    assert answer.status == status
    assert text in beside(page, field)
    assert NEW not in page
    assert await is_signed_in(elsewhere)
    await elsewhere.logs_out()
    await elsewhere.logs_in()


async def test_who_guesses_it_is_slowed_as_at_the_login(own_servers: None) -> None:
    with Aiochat(env={"AIOCHAT_RATE_LIMITS": "on"}) as server:
        someone = await Person(server.url, "owner").registers()
        for _ in range(5):
            assert (
                await someone.submits("/accounts/password", password="wrong", new_password=NEW)
            ).status == 403
        began = time.monotonic()
        assert (await someone.submits("/accounts/email", email="", password="wrong")).status == 403
        assert time.monotonic() - began >= 1
        await someone.close()


async def test_a_new_address_signs_in_and_the_old_one_no_longer(cast: Cast) -> None:
    someone = cast.stranger("mailer")
    old, new = f"{someone.name}@old.example", f"{someone.name}@New.example"
    await someone.joins(email=old)
    assert (await someone.submits("/accounts/email", email=new, password=PASSWORD)).status == 303
    async with someone.http.get("/accounts/email") as answer:
        assert new.lower() in await answer.text()
    for login, status in ((new, 303), (old, 401)):
        assert (
            await cast.stranger().submits("/accounts/login", username=login, password=PASSWORD)
        ).status == status
    assert (await someone.submits("/accounts/email", email="", password=PASSWORD)).status == 303
    assert (await cast.stranger().submits("/accounts/login", username=new, password=PASSWORD)).status == 401


@pytest.mark.parametrize(
    ("email", "password", "status", "field", "text"),
    [
        ("me@new.example", "wrong", 403, "email-password", "your password"),
        ("me@new.example", "", 422, "email-password", "needed"),
        ("no address", PASSWORD, 422, "email", "look like"),
        ("a\0@b.example", PASSWORD, 422, "email", "look like"),
        ("a" * 600, PASSWORD, 422, "email", "too long"),
    ],
)
async def test_no_address_is_changed_by_a_mistake(
    cast: Cast, email: str, password: str, status: int, field: str, text: str
) -> None:
    someone, other = cast.stranger("mailer"), cast.stranger("mailer")
    await other.joins(email=f"{other.name}@mail.example")
    await someone.joins(email=f"{someone.name}@mail.example")
    answer = await someone.submits(
        "/accounts/email", email=email.replace("{taken}", f"{other.name}@mail.example"), password=password
    )
    assert answer.status == status
    assert text in beside(await answer.text(), field)
    login = await cast.stranger().submits(
        "/accounts/login", username=f"{someone.name}@mail.example", password=PASSWORD
    )
    assert login.status == 303


async def sessions_of(someone: Person) -> str:
    async with someone.http.get("/accounts/sessions") as answer:
        assert answer.status == 200
        # Without the sidebar, the list of sections, and the templates for scripts.
        return (await answer.text()).partition('class="own-page"')[2].partition("<template")[0]


async def test_one_sees_where_one_is_signed_in_and_ends_one(
    cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    elsewhere = cast.stranger()
    elsewhere.name = alice.name
    elsewhere.http.headers["User-Agent"] = (
        "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
    )
    await elsewhere.logs_in()
    third = await again(cast, alice)
    socket = await elsewhere.enters(lobby)
    page = await sessions_of(alice)
    assert page.count("<li>") == 3
    assert page.index("This one") < page.index("Firefox, Linux"), "this one stands first"
    assert "127.0.0.1" in page
    found = re.search(r'name="session" value="([0-9a-f]+)" aria-label="Sign out: Firefox, Linux"', page)
    assert found
    await bob.submits("/accounts/sessions", session=found[1])
    assert await is_signed_in(elsewhere), "nobody ends another's"
    for _ in range(2):  # twice is no mistake
        assert (await alice.submits("/accounts/sessions", session=found[1])).status == 303
    assert await socket.ends() == 4503
    assert [await is_signed_in(someone) for someone in (alice, elsewhere, third, bob)] == [
        True,
        False,
        True,
        True,
    ]
    await alice.submits("/accounts/sessions", all="1")
    assert [await is_signed_in(someone) for someone in (alice, third)] == [True, False]
    assert (await sessions_of(alice)).count("<li>") == 1


@pytest.mark.parametrize("asked", ["", "x", "\0", "../..", "a" * 500])
async def test_a_session_that_is_none_ends_nothing(cast: Cast, alice: Person, asked: str) -> None:
    elsewhere = await again(cast, alice)
    assert (await alice.submits("/accounts/sessions", session=asked)).status == 303
    assert await is_signed_in(elsewhere)
    assert await is_signed_in(alice)


async def test_a_program_may_call_itself_anything(cast: Cast, alice: Person) -> None:
    other = cast.stranger()
    other.name = alice.name
    other.http.headers["User-Agent"] = "<script>alert(1)</script>" + "x" * 900
    await other.logs_in()
    page = await sessions_of(alice)
    assert "<script>alert" not in page
    assert "An unknown device" in page


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 (KHTML, like Gecko) "
            "Version/18 Mobile Safari/604",
            "Safari, iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 "
            "Edg/142.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36",
            "Chrome, Android",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 Version/18 Safari/605",
            "Safari, macOS",
        ),
        ("my-bot/1.0", "my-bot"),
        ("", "An unknown device"),
    ],
)
def test_what_a_browser_says_in_a_few_words(agent: str, words: str) -> None:
    assert device_of(agent) == words


USER_ID = 10**12
"""Nobody has this id, nor those behind it, on the Redis that all tests share."""


async def test_uses_are_listed_for_the_living_and_the_latest_first(tmp_path: Path, redis: Redis) -> None:
    database = open_database(new_sqlite(tmp_path / "sessions.db"))
    client = redis_client(redis)
    stores: list[SessionStore] = [DatabaseSessions(database), RedisSessions(client)]
    for store in stores:
        await store.open("uses")
        for at, key in enumerate("abc"):
            await store.create(key, "{}", 60, SessionInfo(USER_ID, "agent", "1.2.3.4", at + 1))
        await store.create("visitor", "{}", 60)
        await store.create("other", "{}", 60, SessionInfo(USER_ID + 1, "", "", 9))
        assert [*await store.of_user(USER_ID)] == ["c", "b", "a"]
        await store.delete("b")
        await store.note_uses(
            {"a": SessionInfo(USER_ID, "newer", "::1", 10), "b": SessionInfo(USER_ID, "", "", 11)}
        )
        assert await store.of_user(USER_ID) == {
            "a": SessionInfo(USER_ID, "newer", "::1", 10),
            "c": SessionInfo(USER_ID, "agent", "1.2.3.4", 3),
        }
        assert await store.load("b") is None, "what has ended stays ended"
        assert await store.of_user(USER_ID + 2) == {}
    await client.aclose()
    await database.aio_close()


def redis_client(server: Redis) -> "aioredis.Redis":
    return aioredis.Redis.from_url(server.url)


async def test_redis_knows_the_sessions_of_before(redis: Redis) -> None:
    client = redis_client(redis)
    data = json.dumps({"created": 1, "session": {"user_id": USER_ID + 3}})
    await client.set("aiochat:session:older", data, ex=SIGNED_IN_SECONDS)
    await client.set(
        "aiochat:session:visiting", json.dumps({"created": 1, "session": {"csrf_token": "x"}}), ex=60
    )
    store = RedisSessions(client)
    await store.open(site := unique("upgraded"))
    assert await store.of_user(USER_ID + 3) == {"older": SessionInfo(USER_ID + 3, "", "", None)}
    assert await store.load("older") == data
    assert 0 < await client.ttl(f"aiochat:{site}:session:older") <= SIGNED_IN_SECONDS
    assert not await client.exists("aiochat:session:older")
    again = RedisSessions(client)
    await client.set("aiochat:session:later", data, ex=60)
    await again.open(site)
    assert await again.load("later") is None, "once for each site"
    await client.delete("aiochat:session:later")
    await client.aclose()


async def test_the_database_knows_the_sessions_of_before(own_servers: None) -> None:
    with Aiochat(env=LIMITS_OFF) as server:
        someone, elsewhere = await Person(server.url, "older").registers(), Person(server.url, "older")
        await elsewhere.logs_in()
        with sqlite3.connect(server.data_dir / "aiochat.db") as database:
            database.execute("DROP INDEX sessions_of_user")
            for column in ("user_id", "agent", "address", "used_at"):
                database.execute(f"ALTER TABLE sessions DROP COLUMN {column}")
            database.execute("DELETE FROM _yoyo_migration WHERE migration_id = '0010_devices'")
            database.execute(
                "INSERT INTO sessions (token_hash, data, expires_at) VALUES ('broken', 'no json', "
                "9999999999999)"
            )
        database.close()
        migrate(f"sqlite:///{server.data_dir}/aiochat.db", ROOT / "migrations")
        assert await is_signed_in(someone)
        await someone.submits("/accounts/sessions", all="1")
        assert not await is_signed_in(elsewhere)
        assert await is_signed_in(someone)
        await someone.close()
        await elsewhere.close()
