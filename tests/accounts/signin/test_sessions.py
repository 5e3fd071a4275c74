"""Sessions live on the server: their id changes at the login, and with the logout everything that
was open for them ends."""

import asyncio
import re
import sqlite3
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
import redis as redis_client

from helpers.db.database import fetch, open_database
from helpers.web.session_stores import (
    SIGNED_IN_SECONDS,
    DatabaseSessions,
    RedisSessions,
    SessionInfo,
    SessionStore,
)
from helpers.web.sessions import ANONYMOUS_SECONDS, hash_token
from tests.conftest import LIMITS_OFF, Cast
from tests.support.accounts import accounts_of
from tests.support.databases import new_sqlite
from tests.support.people import PASSWORD, Listener, Person, person
from tests.support.servers import Aiochat, Redis
from tests.support.wire.raw_http import cookie_of, request


async def status_of(url: str, cookie: str) -> int:
    """What the rooms' page says to whoever holds this cookie."""
    return (await request(url, "GET", "/rooms", cookie=cookie)).status


async def again(cast: Cast, someone: Person) -> Person:
    """The same person at another browser."""
    other = cast.stranger()
    other.name = someone.name
    return await other.logs_in()


async def test_the_session_is_another_one_after_signing_in(cast: Cast) -> None:
    someone = cast.stranger("mover")
    await someone.token()
    visiting = cookie_of(someone)
    await someone.registers()
    registered = cookie_of(someone)
    assert visiting != registered
    assert await status_of(cast.url, visiting) == 303, "whoever planted it gains nothing"
    await someone.logs_out()
    left = cookie_of(someone)
    await someone.logs_in()
    assert len({visiting, registered, left, cookie_of(someone)}) == 4


async def test_a_session_that_we_did_not_make_is_none(cast: Cast) -> None:
    visitor = cast.stranger()
    planted = "session=chosen-by-an-attacker"
    answer = await request(cast.url, "GET", "/accounts/login", cookie=planted)
    assert answer.headers["Set-Cookie"].startswith("session=")
    assert "chosen-by-an-attacker" not in answer.headers["Set-Cookie"]
    assert await status_of(cast.url, planted) == 303
    await visitor.close()


@pytest.mark.parametrize(
    "token",
    ["\xff\xfe", '"\\377"', "a" * 5000, "", "../../etc/passwd", "'; DROP TABLE sessions; --", "%00", "a=b"],
)
async def test_a_broken_cookie_is_none(cast: Cast, token: str) -> None:
    assert await status_of(cast.url, f"session={token}") == 303


async def test_who_only_looks_gets_no_cookie(cast: Cast) -> None:
    for path in ("/", "/robots.txt", "/livez", "/nowhere", "/rooms"):
        assert "Set-Cookie" not in (await request(cast.url, "GET", path)).headers, path


async def test_after_a_failed_sign_in_the_password_has_the_focus(cast: Cast, alice: Person) -> None:
    someone = cast.stranger()
    focused = re.compile(r'<input id="(\w+)"[^>]* autofocus')
    async with someone.http.get("/accounts/login") as first:
        assert focused.findall(await first.text()) == ["username"]
    failed = await someone.submits("/accounts/login", username=alice.name, password="wrong")
    assert failed.status == 401
    assert focused.findall(await failed.text()) == ["password"]


async def test_a_new_site_asks_for_its_first_account(own_servers: None) -> None:
    buttons = re.compile(r'<a class="button( primary)?" href="/accounts/(\w+)">')
    with Aiochat() as server:
        async with person(server.url, "alice") as alice:
            async with alice.http.get("/") as page:
                text = await page.text()
            assert "Create the first account" in text
            assert buttons.findall(text) == [(" primary", "register"), ("", "login")]
            await alice.registers()
        async with person(server.url, "bob") as bob, bob.http.get("/") as page:
            text = await page.text()
        assert "Create the first account" not in text
        assert buttons.findall(text) == [(" primary", "login"), ("", "register")]


async def test_after_the_logout_a_copied_cookie_is_dead(cast: Cast, alice: Person) -> None:
    copied = cookie_of(alice)
    assert await status_of(cast.url, copied) == 200
    await alice.logs_out()
    assert await status_of(cast.url, copied) == 303
    async with alice.http.get("/rooms", allow_redirects=False) as answer:
        assert answer.status == 303
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await alice.http.ws_connect("/rooms/any/ws", headers={"Cookie": copied}, origin=cast.url)
    assert error.value.status == 401


async def test_the_logout_ends_the_sockets_of_its_session(
    cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    here = [await alice.enters(lobby), await alice.enters(lobby)]
    elsewhere = await (await again(cast, alice)).enters(lobby)
    at_bob = await bob.enters(lobby)
    await alice.logs_out()
    assert [await listener.ends() for listener in here] == [4503, 4503]
    for listener in (elsewhere, at_bob):
        await listener.is_told()


async def test_signing_in_as_another_ends_the_sockets_of_the_first(
    cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    listener = await alice.enters(lobby)
    answer = await alice.submits("/accounts/login", page="/rooms", username=bob.name, password=PASSWORD)
    assert answer.status == 303
    assert await listener.ends() == 4503


async def test_logging_out_on_one_worker_ends_sockets_on_the_other(postgres_chat: Aiochat) -> None:
    shared = {name: postgres_chat.env[name] for name in ("AIOCHAT_DATABASE_URL", "AIOCHAT_REDIS_URL")}
    someone = Person(postgres_chat.url, "twoplaces")
    await someone.registers()
    await someone.creates("Twoplaces")
    with Aiochat(env={**shared, **LIMITS_OFF, "AIOCHAT_PUBLIC_URL": postgres_chat.url}) as other:
        ws = await someone.http.ws_connect(f"{other.url}/rooms/Twoplaces/ws", origin=postgres_chat.url)
        listener = Listener(ws)
        someone.listeners.append(listener)
        await listener.hears("caught_up")
        await someone.logs_out()
        assert await listener.ends() == 4503
        await someone.close()


async def test_logging_out_twice_is_no_error(alice: Person) -> None:
    token, cookie = await alice.token("/rooms"), cookie_of(alice)
    answers = await asyncio.gather(
        *(
            request(alice.url, "POST", "/accounts/logout", cookie=cookie, body=f"csrf_token={token}".encode())
            for _ in range(5)
        )
    )
    assert {answer.status for answer in answers} <= {303, 401, 403}
    assert 303 in {answer.status for answer in answers}


async def test_a_sentence_for_the_next_page_is_shown_once(cast: Cast) -> None:
    someone = await cast.stranger("newcomer").registers()
    pages = [await (await someone.http.get("/rooms")).text() for _ in range(2)]
    assert [f"Welcome, {someone.name}!" in page for page in pages] == [True, False]


async def test_an_error_page_shows_it_once_too(cast: Cast) -> None:
    someone = await cast.stranger("newcomer").registers()
    pages = [await (await someone.http.get("/nowhere")).text() for _ in range(2)]
    assert [f"Welcome, {someone.name}!" in page for page in pages] == [True, False]


async def test_the_cookie_is_for_this_site_and_no_script(cast: Cast) -> None:
    cookie = (await request(cast.url, "GET", "/accounts/login")).headers["Set-Cookie"]
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= parts
    assert "Secure" not in parts
    assert not any(part.startswith("Domain") for part in parts)


async def test_behind_tls_the_cookie_is_bound_to_the_host(own_servers: None) -> None:
    with Aiochat(env={**LIMITS_OFF, "AIOCHAT_PUBLIC_URL": "https://chat.example.org"}) as server:
        cookie = (await request(server.url, "GET", "/accounts/login")).headers["Set-Cookie"]
        parts = {part.strip() for part in cookie.split(";")[1:]}
        assert cookie.startswith("__Host-session=")
        assert {"HttpOnly", "SameSite=Lax", "Path=/", "Secure"} <= parts
        assert not any(part.startswith("Domain") for part in parts)


async def test_sqlite_never_sees_the_token(sqlite_chat: Aiochat) -> None:
    someone = await Person(sqlite_chat.url, "hashed").registers()
    token = cookie_of(someone).removeprefix("session=")
    with sqlite3.connect(sqlite_chat.data_dir / "aiochat.db") as database:
        kept = [row[0] for row in database.execute("SELECT token_hash FROM sessions")]
    database.close()
    assert hash_token(token) in kept
    assert token not in kept
    await someone.close()


async def test_redis_never_sees_the_token(postgres_chat: Aiochat) -> None:
    someone = await Person(postgres_chat.url, "hashed").registers()
    token = cookie_of(someone).removeprefix("session=")
    site = accounts_of(postgres_chat.url).site
    with redis_client.Redis.from_url(postgres_chat.env["AIOCHAT_REDIS_URL"]) as client:
        keys = [key.decode() for key in client.keys(f"aiochat:{site}:session:*")]
        assert f"aiochat:{site}:session:{hash_token(token)}" in keys
        assert not [key for key in keys if token in key]
        assert 0 < client.ttl(f"aiochat:{site}:session:{hash_token(token)}") <= SIGNED_IN_SECONDS
    await someone.close()


async def test_a_session_that_has_ended_is_not_brought_back(tmp_path: Path, redis: Redis) -> None:
    database = open_database(new_sqlite(tmp_path / "sessions.db"))
    client = redis_client.asyncio.Redis.from_url(redis.url)
    stores: list[SessionStore] = [DatabaseSessions(database), RedisSessions(client)]
    for store in stores:
        await store.open("ended")
        await store.create("key", "{}", ANONYMOUS_SECONDS)
        await store.update("key", '{"a": 1}', ANONYMOUS_SECONDS)
        assert await store.load("key") == '{"a": 1}'
        await store.delete("key")
        await store.update("key", '{"a": 2}', ANONYMOUS_SECONDS)
        assert await store.load("key") is None
    await client.aclose()
    await database.aio_close()


async def test_the_use_of_a_session_that_has_ended_is_not_noted(redis: Redis) -> None:
    """It is noted some seconds after the request; the session may have ended meanwhile."""
    client = redis_client.asyncio.Redis.from_url(redis.numbered(15))
    store, of_user = RedisSessions(client), "aiochat:noted:sessions-of:77"
    await store.open("noted")
    use = SessionInfo(77, "a browser", "192.0.2.1", 1)
    await store.create("key", "{}", ANONYMOUS_SECONDS, use)
    await store.create("other", "{}", ANONYMOUS_SECONDS, use)
    await store.note_uses({"key": replace(use, at=2)})
    assert await store.of_user(77) == {"key": replace(use, at=2), "other": use}
    assert 0 < await client.ttl(of_user) <= SIGNED_IN_SECONDS
    await store.delete("key")
    assert await store.of_user(77) == {"other": use}
    await store.note_uses({"key": replace(use, at=3), "other": replace(use, at=3)})
    assert await client.hkeys(of_user) == [b"other"]
    await store.delete("other")
    assert await store.of_user(77) == {}
    await store.note_uses({"key": use, "other": use})
    assert not await client.exists(of_user)
    await client.aclose()


async def test_what_has_expired_is_gone_and_then_swept(tmp_path: Path) -> None:
    database = open_database(new_sqlite(tmp_path / "sessions.db"))
    store = DatabaseSessions(database)
    await store.create("old", "{}", -1)
    await store.create("new", "{}", 60)
    assert await store.load("old") is None
    await store.sweep()
    assert await fetch(database, "SELECT token_hash FROM sessions") == [("new",)]
    await database.aio_close()


async def test_a_visitor_costs_no_row(chat: Aiochat, cast: Cast) -> None:
    """Neither a page with a form, nor a form that is refused, nor the message after signing out."""

    def stored() -> set[str]:
        return accounts_of(chat.url).session_ids()

    before = stored()
    visitor = cast.stranger()
    for path in ("/accounts/login", "/accounts/register", "/", "/nowhere"):
        cookie = (await request(cast.url, "GET", path)).headers.get("Set-Cookie", "session=v.")
        assert cookie.startswith("session=v."), path
    assert (await visitor.submits("/accounts/login", username="nobody", password="wrong")).status == 401
    assert not stored() - before
    someone = await cast.stranger("leaver").registers()
    (own,) = stored() - before
    assert own == hash_token(cookie_of(someone).removeprefix("session="))
    await someone.logs_out()
    pages = [await (await someone.http.get("/")).text() for _ in range(2)]
    assert ["You are signed out." in page for page in pages] == [True, False]
    assert not stored() - before


@pytest.mark.parametrize(
    "cookie", ["v..nothing", "v.short.", f"v.{'a' * 43}.<script>", f"v.{'a' * 43}", "v.", f"v.{'a' * 44}."]
)
async def test_a_visitors_cookie_says_nothing_of_its_own(cast: Cast, cookie: str) -> None:
    page = await request(cast.url, "GET", "/accounts/login", cookie=f"session={cookie}")
    assert page.status == 200
    assert 'class="flash' not in page.text
    assert "<script>" not in page.text
    assert await status_of(cast.url, f"session={cookie}") == 303


async def test_what_a_page_says_once_is_kept_for_the_page_that_shows_it(cast: Cast) -> None:
    someone = await cast.stranger("listener").registers()
    cookie = cookie_of(someone)
    async with someone.http.get(cast.url + "/rooms"):
        pass
    await someone.submits("/settings/appearance", page="/settings/appearance", theme="dark")
    for path, headers in (
        ("/people?name=listener", {"Accept": "application/json"}),
        ("/settings/account", {"Purpose": "part"}),
        ("/settings/account", {"Sec-Purpose": "prefetch"}),
    ):
        found = await request(cast.url, "GET", path, cookie=cookie, headers=headers)
        assert found.status == 200
        assert 'class="flash' not in found.text
    shown = await request(cast.url, "GET", "/settings/account", cookie=cookie)
    assert "Your settings are saved." in shown.text
    again = await request(cast.url, "GET", "/settings/account", cookie=cookie)
    assert 'class="flash' not in again.text
