"""No form is taken that didn't come from one of our pages, whoever is asked to send it."""

import asyncio
import re

import pytest

from tests.conftest import Cast, unique
from tests.support.people import PASSWORD, Person
from tests.support.servers import Aiochat
from tests.support.wire.raw_http import Answer, cookie_of, request
from urls import ROUTES


def example(path: str) -> str:
    """An address that the route is for: of a number the first, of a name one that nobody has."""
    return (
        re.sub(r"\{\w+:(?:[^{}]|\{[^{}]*\})*\}", "1", path)
        .replace("{name}", "nowhere")
        .replace("{token}", "x")
        .replace("{code}", "x")
    )


POSTS = [example(route.path) for route in ROUTES if hasattr(route.view, "post") and not route.foreign]


async def post(someone: Person, path: str, fields: str = "", **headers: str) -> Answer:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await request(
        someone.url, "POST", path, cookie=cookie_of(someone), body=fields.encode(), headers=given
    )


async def is_signed_in(someone: Person) -> bool:
    async with someone.http.get("/rooms", allow_redirects=False) as answer:
        return answer.status == 200


def test_the_stories_are_about_every_form() -> None:
    assert {"/accounts/login", "/rooms", "/rooms/nowhere/preview"} < set(POSTS)
    assert not [path for path in POSTS if "{" in path]


def test_what_anybody_may_post_changes_nothing_or_is_told_by_its_address() -> None:
    # tests/browser/offline/test_journey_app.py and tests/notifications/test_missed_mails.py tell of them.
    assert {route.name for route in ROUTES if route.foreign} == {"share", "unsubscribe"}


@pytest.mark.parametrize("path", POSTS)
async def test_without_the_token_of_the_session_nothing_happens(
    alice: Person, bob: Person, path: str
) -> None:
    foreign = await bob.token("/rooms")
    own = await alice.token("/rooms")
    name = unique("Forged")
    fields = f"username={name}&password={PASSWORD}&name={name}"
    # Who is signed in is shown on from there.
    refused = (303, "/rooms") if path in ("/accounts/login", "/accounts/register") else (403, "")
    for sent in (
        "",
        "&csrf_token=",
        "&csrf_token=wrong",
        f"&csrf_token={foreign}",
        f"&csrf_token={own}x",
        f"&csrf_token={own[:-1]}",
    ):
        answer = await post(alice, path, fields + sent)
        assert (answer.status, answer.location) == refused, sent
    for header in ("wrong", foreign, "\xff"):
        assert (await post(alice, path, fields, X_CSRF_Token=header)).status == 403, header
    answer = await post(alice, f"{path}?csrf_token={own}", fields)
    assert (answer.status, answer.location) == refused, "not from the address"
    assert await is_signed_in(alice)
    assert name not in [room["name"] for room in (await alice.gets("/rooms"))["rooms"]]


@pytest.mark.parametrize(
    "header",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "nonsense"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "{own}.evil.example"},
        {"Origin": "{own}0"},
        {"Origin": "{own}/"},
        {"Origin": "https{rest}"},
    ],
    ids=str,
)
async def test_with_the_token_but_from_another_site_nothing_happens(
    alice: Person, header: dict[str, str]
) -> None:
    token = await alice.token("/rooms")
    sent = {
        name: value.format(own=alice.url, rest=alice.url.removeprefix("http"))
        for name, value in header.items()
    }
    for path in POSTS:
        assert (await post(alice, path, "name=x", X_CSRF_Token=token, **sent)).status == 403, path
    assert await is_signed_in(alice)


async def test_a_visitor_without_a_session_has_no_token_to_guess(cast: Cast) -> None:
    visitor = cast.stranger()
    for sent in ("", "&csrf_token=", "&csrf_token=None"):
        assert (
            await post(visitor, "/accounts/login", f"username=alice&password={PASSWORD}{sent}")
        ).status == 403


@pytest.mark.parametrize("where", ["field", "header"])
@pytest.mark.parametrize(
    "site", [{}, {"Sec_Fetch_Site": "same-origin"}, {"Sec_Fetch_Site": "none"}, {"Origin": "{own}"}], ids=str
)
async def test_our_own_pages_are_let_through(alice: Person, where: str, site: dict[str, str]) -> None:
    token, name = await alice.token("/rooms"), unique("Own")
    sent = {header: value.format(own=alice.url) for header, value in site.items()}
    if where == "header":
        answer = await post(alice, "/rooms", f"name={name}&kind=open", X_CSRF_Token=token, **sent)
    else:
        answer = await post(alice, "/rooms", f"name={name}&kind=open&csrf_token={token}", **sent)
    assert (answer.status, answer.location) == (303, f"/rooms/{name}")


async def test_a_site_without_public_url_is_itself_by_each_name_of_loopback(alice: Person) -> None:
    token, port = await alice.token("/rooms"), alice.url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "[::1]"):
        answer = await post(
            alice, "/rooms", f"name={unique('Loop')}", X_CSRF_Token=token, Origin=f"http://{host}:{port}"
        )
        assert answer.status == 303, host


async def test_the_token_changes_with_the_session(cast: Cast) -> None:
    someone = cast.stranger("changing")
    before = await someone.token()
    await someone.registers()
    after = await someone.token("/rooms")
    assert before != after
    assert (await post(someone, "/rooms", f"name={unique('Old')}", X_CSRF_Token=before)).status == 403


async def test_an_error_page_has_a_token_that_works(cast: Cast) -> None:
    someone = await cast.person("lost")
    visitor = cast.stranger(someone.name)
    visitor.name = someone.name
    answer = await visitor.submits(
        "/accounts/login", username=someone.name, password=PASSWORD, next="/rooms/nowhere"
    )
    assert answer.headers["Location"] == "/rooms/nowhere"
    token = await visitor.token("/rooms/nowhere")
    assert (await post(visitor, "/accounts/logout", f"csrf_token={token}")).status == 303
    assert not await is_signed_in(visitor)


async def test_pages_opened_at_once_after_signing_in_have_one_token(chat: Aiochat) -> None:
    name = unique("hurried")
    someone = Person(chat.url, name)
    try:
        await someone.registers()
        tokens = await asyncio.gather(*(someone.token("/rooms") for _ in range(10)))
        assert len(set(tokens)) == 1
        assert (await post(someone, "/rooms", f"name={name}&csrf_token={tokens[0]}")).status == 303
    finally:
        await someone.close()


@pytest.mark.parametrize("path", ["/accounts/login", "/accounts/register"])
async def test_a_page_that_was_open_for_long_keeps_what_was_typed(cast: Cast, path: str) -> None:
    visitor, typed = cast.stranger(), unique("typed")
    fields = {"username": typed, "password": PASSWORD, "next": "/rooms/nowhere", "csrf_token": "of before"}
    async with visitor.http.post(path, data=fields) as answer:
        page = await answer.text()
    assert (answer.status, "This page was open for long." in page) == (403, True)
    assert f'value="{typed}"' in page
    assert PASSWORD not in page
    assert not await is_signed_in(visitor)
    # It isn't sent once more by a page of another site, nor by a program.
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Accept": "application/json"}):
        async with visitor.http.post(path, data=fields, headers=headers) as answer:
            assert (answer.status, "open for long" in await answer.text()) == (403, False)


async def test_who_has_signed_in_in_another_tab_goes_on(alice: Person) -> None:
    for path in ("/accounts/login", "/accounts/register"):
        for next, leads in (("/rooms/nowhere", "/rooms/nowhere"), ("//evil.example", "/rooms")):
            fields = {"username": "mallory", "password": PASSWORD, "next": next, "csrf_token": "of before"}
            async with alice.http.post(path, data=fields, allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (303, leads)
