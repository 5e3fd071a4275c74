"""Registering, signing in and out: what people see, and what is stored."""

import asyncio
import contextlib
import re
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from accounts.models import User
from accounts.people.accounts import email_problem
from accounts.people.passwords import NOBODYS_HASH, hash_password, verify_password
from helpers.db.database import open_database
from helpers.web.requests.redirects import safe_next
from tests.conftest import LIMITS_OFF, Cast, server_env, unique
from tests.support.people import PASSWORD, Person, person
from tests.support.servers import Aiochat, Postgres, Redis

WRONG = "Name or password is wrong."


@contextlib.contextmanager
def new_site(postgres: Postgres, redis: Redis, kind: str, **env: str) -> Iterator[Aiochat]:
    """A site where nobody has an account."""
    base = server_env(postgres, redis, unique("accounts")) if kind == "postgres" else LIMITS_OFF
    with Aiochat(env={**base, **env}) as server:
        yield server


async def user_of(server: Aiochat, name: str) -> User:
    """The row of this person, from the server's own database."""
    database = open_database(
        server.env.get("AIOCHAT_DATABASE_URL") or f"sqlite:///{server.data_dir / 'aiochat.db'}"
    )
    try:
        found: User = await User.aio_get(User.name == name)
        return found
    finally:
        await database.aio_close()


def beside(page: str, field: str) -> str:
    """The error that stands beside a field."""
    found = re.search(rf'id="{field}-error">([^<]*)<', page)
    return found.group(1) if found else ""


def typed(page: str, field: str) -> str:
    found = re.search(rf'name="{field}"[^>]*value="([^"]*)"', page)
    return found.group(1) if found else ""


async def test_whoever_registers_is_signed_in_and_welcome(cast: Cast) -> None:
    someone = cast.stranger("newcomer")
    answer = await someone.submits("/accounts/register", username=someone.name, password=PASSWORD)
    assert (answer.status, answer.headers["Location"]) == (303, "/rooms")
    async with someone.http.get("/rooms") as page:
        text = await page.text()
    assert f"Welcome, {someone.name}!" in text
    assert "administrator" not in text


async def test_one_signs_in_with_the_name_or_the_address_in_any_capitals(cast: Cast) -> None:
    name = unique("Élodie")
    first = cast.stranger()
    first.name = name
    await first.registers(email=f" {name}@Mail.Example ")
    for login in (
        name,
        name.upper(),
        f"@{name}",
        f" {name} ",
        f"{name}@mail.example",
        f"{name.lower()}@MAIL.EXAMPLE",
    ):
        visitor = cast.stranger()
        answer = await visitor.submits("/accounts/login", username=login, password=PASSWORD)
        assert answer.status == 303, login


async def test_nobody_learns_whether_a_name_is_known(cast: Cast, alice: Person) -> None:
    pages = []
    for login in (
        alice.name,
        "nobody.at.all",
        "nobody@mail.example",
        "no such \0 name",
        "a@b\0c",
        "@",
        "@@",
        "\u202e",
    ):
        visitor = cast.stranger()
        answer = await visitor.submits("/accounts/login", username=login, password="not the password")
        assert answer.status == 401, login
        page = await answer.text()
        assert WRONG in page
        pages.append(re.sub(r'value="[^"]*"', "", page))
    assert len(set(pages)) == 1


async def test_a_wrong_login_keeps_what_was_typed_but_never_the_password(cast: Cast) -> None:
    visitor = cast.stranger()
    answer = await visitor.submits(
        "/accounts/login", username='<b>"al&ice', password="s3cret-as-typed", next="/rooms/Lobby"
    )
    page = await answer.text()
    assert typed(page, "username") == "&lt;b&gt;&#34;al&amp;ice"
    assert typed(page, "next") == "/rooms/Lobby"
    assert "s3cret-as-typed" not in page


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({"username": ""}, "username", "This is needed."),
        ({"username": "   "}, "username", "This is needed."),
        ({"username": "a b"}, "username", "Letters, digits, dots"),
        ({"username": "a" * 33}, "username", "At most 32"),
        ({"username": "a" * 501}, "username", "too long"),
        ({"username": "аlice"}, "username", "one script"),
        ({"username": "al\u200bice"}, "username", "Letters, digits, dots"),
        ({"username": "al\0ice"}, "username", "Letters, digits, dots"),
        ({"username": "Admin"}, "username", "kept for the site"),
        ({"username": "r00t"}, "username", "kept for the site"),
        ({"username": "a1l"}, "username", "kept for the site"),
        ({"password": ""}, "password", "This is needed."),
        ({"password": "short"}, "password", "At least 8"),
        ({"password": "p" * 129}, "password", "At most 128"),
        ({"password": "p" * 501}, "password", "too long"),
        ({"password": "PASSWORD1"}, "password", "one of the first"),
        ({"password": "aaaaaaaaaaaa"}, "password", "one of the first"),
        ({"password": "jolly.roger", "username": "Jolly.Roger"}, "password", "made of your name"),
        (
            {"password": "JR@mail.example", "email": "jr@mail.example"},
            "password",
            "made of your name",
        ),
        ({"email": "no address"}, "email", "look like an e-mail"),
        ({"email": "a@b"}, "email", "look like an e-mail"),
        ({"email": "a@b@c.example"}, "email", "look like an e-mail"),
        ({"email": "a\0@b.example"}, "email", "look like an e-mail"),
        ({"email": "a@b.example\nBcc: c@d.example"}, "email", "look like an e-mail"),
        ({"email": "a" * 250 + "@b.example"}, "email", "look like an e-mail"),
        ({"email": "a..b@c.example"}, "email", "look like an e-mail"),
        ({"email": "a@-b.example"}, "email", "look like an e-mail"),
        ({"email": "<a@b.example>"}, "email", "look like an e-mail"),
        ({"email": "a\u202e@b.example"}, "email", "look like an e-mail"),
        ({"email": "a" * 501}, "email", "too long"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field(
    cast: Cast, fields: dict[str, str], field: str, text: str
) -> None:
    visitor = cast.stranger()
    given = {
        "username": unique("fine"),
        "password": "a fine password",
        "email": "",
        "next": "/rooms",
        **fields,
    }
    answer = await visitor.submits("/accounts/register", **given)
    page = await answer.text()
    assert answer.status == 422
    assert text in beside(page, field)
    assert given["password"] not in page or given["password"] in (given["username"], "")
    assert typed(page, "next") == "/rooms"
    if field != "username":
        assert typed(page, "username") == given["username"], "what was typed is kept"
    async with visitor.http.get("/rooms", allow_redirects=False) as signed_in:
        assert signed_in.status == 303


async def test_missing_fields_are_asked_for(cast: Cast) -> None:
    for path in ("/accounts/register", "/accounts/login"):
        answer = await cast.stranger().submits(path)
        assert answer.status == 422
        page = await answer.text()
        assert beside(page, "username") == beside(page, "password") == "This is needed."


async def test_a_name_is_given_once(cast: Cast, alice: Person) -> None:
    for taken in (alice.name, alice.name.upper(), alice.name.replace("l", "I"), alice.name.replace("l", "1")):
        answer = await cast.stranger().submits("/accounts/register", username=taken, password=PASSWORD)
        assert answer.status == 422, taken
        assert beside(await answer.text(), "username") == "This name is taken, or too much like one that is."


ADDRESSES = [
    "a@b.example",
    "a+b.c@mail.example",
    "жук@почта.example",
    "a@xn--80a1acny.example",
    "a@mail.local",
    "a@printer.home.arpa",
    "a@b.test",
]


@pytest.mark.parametrize("email", ADDRESSES)
def test_addresses_of_every_kind(email: str) -> None:
    assert email_problem(email) is None


async def test_whoever_has_an_address_that_is_none_any_more_signs_in_with_it(
    cast: Cast, chat: Aiochat
) -> None:
    someone = await cast.person("early")
    address = f"..{someone.name}@mail_1.example"
    database = open_database(
        chat.env.get("AIOCHAT_DATABASE_URL") or f"sqlite:///{chat.data_dir / 'aiochat.db'}"
    )
    try:
        await User.update(email=address.lower()).where(User.name == someone.name).aio_execute()
    finally:
        await database.aio_close()
    assert email_problem(address)
    assert (
        await cast.stranger().submits("/accounts/login", username=address, password=PASSWORD)
    ).status == 303


async def test_many_have_no_address(cast: Cast) -> None:
    for someone in (cast.stranger("none"), cast.stranger("none")):
        await someone.registers(email="")


async def test_of_two_at_once_one_gets_the_name(cast: Cast) -> None:
    name = unique("Twin")
    answers = await asyncio.gather(
        *(
            cast.stranger().submits("/accounts/register", username=spelt, password=PASSWORD)
            for spelt in (name, name.upper(), name.lower())
        )
    )
    assert sorted(answer.status for answer in answers) == [303, 422, 422]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_of_many_first_accounts_at_once_one_administers(
    postgres: Postgres, redis: Redis, kind: str
) -> None:
    with new_site(postgres, redis, kind) as server:
        async with contextlib.AsyncExitStack() as stack:
            people = [
                await stack.enter_async_context(person(server.url, f"first{letter}")) for letter in "abcdef"
            ]
            await asyncio.gather(*(someone.registers() for someone in people))
            welcomes = [await (await someone.http.get("/rooms")).text() for someone in people]
            assert sum("You are this site" in page for page in welcomes) == 1
            assert sum([(await user_of(server, someone.name)).is_admin for someone in people]) == 1


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_where_registration_is_closed_nobody_registers(
    postgres: Postgres, redis: Redis, kind: str
) -> None:
    with new_site(postgres, redis, kind, AIOCHAT_REGISTRATION="closed") as server:
        async with person(server.url, "late") as visitor:
            async with visitor.http.get("/accounts/register") as page:
                assert page.status == 403
                assert "Registration is closed" in await page.text()
            answer = await visitor.submits(
                "/accounts/register", page="/accounts/login", username="late", password=PASSWORD
            )
            assert answer.status == 403
            answer = await visitor.submits("/accounts/login", username="late", password=PASSWORD)
            assert answer.status == 401
            for path in ("/", "/accounts/login"):
                async with visitor.http.get(path) as page:
                    assert "/accounts/register" not in await page.text()


COST = "$argon2id$v=19$m=19456,t=2,p=1$"


async def test_passwords_are_kept_as_argon2id(chat: Aiochat, cast: Cast) -> None:
    # The shared servers spend less on each.
    assert (await hash_password(PASSWORD)).startswith(COST)
    assert NOBODYS_HASH.startswith(COST)
    someone = await cast.stranger("newcomer").registers()
    assert (await user_of(chat, someone.name)).password_hash.startswith("$argon2id$v=19$")


@pytest.mark.parametrize(
    "password", ["пароль с пробелами", "🐎🔋 staple", " spaces around ", "<b>&amp;%00+", "x" * 64 + "y" * 64]
)
async def test_any_letters_make_a_password_and_only_these(cast: Cast, password: str) -> None:
    someone = cast.stranger("poet")
    await someone.registers(password)
    await someone.logs_out()
    wrong = await someone.submits("/accounts/login", username=someone.name, password=password.strip() + "z")
    assert wrong.status == 401
    await someone.logs_in(password)


async def test_a_password_is_the_same_on_every_keyboard(cast: Cast) -> None:
    """One device writes é as a letter, another as two; one has a wide space."""
    someone = cast.stranger("amelie")
    await someone.registers("cafe\u0301\u3000du coin")
    await someone.logs_out()
    await someone.logs_in("caf\u00e9 du coin")
    await someone.logs_out()
    wrong = await someone.submits("/accounts/login", username=someone.name, password="cafe du coin")
    assert wrong.status == 401
    await someone.logs_in("cafe\u0301 du coin")


async def test_a_password_of_before_is_still_the_one() -> None:
    """Earlier versions kept what was typed."""
    typed = "cafe\u0301 du coin"
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(typed)
    assert await verify_password(hashed, typed)
    assert not await verify_password(hashed, "caf\u00e9 du coin")


async def test_who_is_signed_in_goes_on(alice: Person) -> None:
    for path, target in (
        ("/", "/rooms"),
        ("/accounts/login", "/rooms"),
        ("/accounts/register?next=/rooms/x", "/rooms/x"),
    ):
        async with alice.http.get(path, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, target)


async def test_logging_out_says_so_and_leads_to_the_front_page(alice: Person) -> None:
    answer = await alice.submits("/accounts/logout", page="/rooms")
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    async with alice.http.get("/") as page:
        assert "You are signed out." in await page.text()
    await alice.logs_in()


NEXT = [
    ("/rooms/Lobby?since=1&a=b", "/rooms/Lobby?since=1&a=b"),
    ("", "/rooms"),
    ("rooms", "/rooms"),
    ("https://evil.example/", "/rooms"),
    ("//evil.example", "/rooms"),
    ("///evil.example", "/rooms"),
    ("/\\evil.example", "/rooms"),
    ("\\\\evil.example", "/rooms"),
    ("/\t/evil.example", "/rooms"),
    ("/%2fevil.example", "/rooms"),
    ("/%5cevil.example", "/rooms"),
    ("/%09/evil.example", "/rooms"),
    ("/rooms\r\nSet-Cookie: session=evil", "/rooms"),
    ("/rooms%0d%0aSet-Cookie: session=evil", "/rooms"),
    ("javascript:alert(1)", "/rooms"),
    ("/\u0000", "/rooms"),
    (" /rooms/x", "/rooms"),
    ("/" + "x" * 600, "/rooms"),
]


@pytest.mark.parametrize(("target", "leads"), NEXT)
async def test_after_the_login_one_is_led_to_a_page_of_ours(
    cast: Cast, alice: Person, target: str, leads: str
) -> None:
    await alice.logs_out()
    answer = await alice.submits("/accounts/login", username=alice.name, password=PASSWORD, next=target)
    assert (answer.status, answer.headers["Location"]) == (303, leads)
    async with alice.http.get("/accounts/login", params={"next": target}, allow_redirects=False) as answer:
        assert answer.headers["Location"] == leads
    visitor = cast.stranger()
    async with visitor.http.get("/accounts/login", params={"next": target}) as page:
        kept = typed(await page.text(), "next")
    assert kept.replace("&amp;", "&") == (target if target == leads else "")


def test_next_is_never_another_site() -> None:
    for target in ("/@evil.example", "/evil.example", "/rooms/a..b?q=...", "/...", "/rooms/x?q=a.b"):
        assert safe_next(target) == target
    # Below a path such names lead out of the site.
    for target in ("/..//evil.example", "/.//evil.example", "/../x", "/%2e%2e/x", "/rooms/..", "/rooms/.?a"):
        assert safe_next(target, "/rooms") == "/rooms"
    for target in ("/\ud800", "/\x7f", "/a b", "http:/evil", "//", "/\\", "/%5c%5cevil", "/%2F%2Fevil"):
        assert safe_next(target, "/rooms") == ("/\ud800" if target == "/\ud800" else "/rooms")
