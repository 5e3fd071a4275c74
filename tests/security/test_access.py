"""Who may use what: one row for each address and method, taken from the routes themselves. A route
without a row fails."""

import re
from collections.abc import AsyncIterator

import pytest

from helpers.web.routing import Access, Route
from tests.conftest import Cast, unique
from tests.support.people import Person
from tests.support.wire.raw_http import Answer, cookie_of, request
from urls import ROUTES

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

LOGIN = "to the login page"
ROLES = ("anonymous", "outsider", "guest", "member")
"""Without an account; of no room, asking for a closed one; of no room, asking for an open one; of
the closed room."""

MATRIX: dict[tuple[str, str], tuple[object, object, object, object]] = {
    ("index", "GET"): (200, 303, 303, 303),
    ("favicon", "GET"): (200, 200, 200, 200),
    ("robots", "GET"): (200, 200, 200, 200),
    ("manifest", "GET"): (200, 200, 200, 200),
    ("icon", "GET"): (404, 404, 404, 404),
    ("share", "GET"): (LOGIN, 200, 200, 200),
    ("share", "POST"): (401, 303, 303, 303),
    ("livez", "GET"): (200, 200, 200, 200),
    ("readyz", "GET"): (200, 200, 200, 200),
    # Let in, and told to say which.
    ("language", "GET"): (400, 400, 400, 400),
    ("register", "GET"): (200, 303, 303, 303),
    ("register", "POST"): (422, 422, 422, 422),
    ("proposed_name", "GET"): (200, 200, 200, 200),
    ("login", "GET"): (200, 303, 303, 303),
    ("login", "POST"): (422, 422, 422, 422),
    ("logout", "POST"): (401, 303, 303, 303),
    ("people", "GET"): (401, 200, 200, 200),
    # To their sections of the settings.
    **{
        (what, "GET"): (LOGIN, 303, 303, 303)
        for what in ("profile", "email", "password", "sessions", "own_data")
    },
    ("settings", "GET"): (LOGIN, 200, 200, 200),
    **{
        (f"settings_{what}", "GET"): (LOGIN, 200, 200, 200)
        for what in ("profile", "account", "notifications", "appearance", "privacy", "sessions", "data")
    },
    **{(f"settings_{what}", "POST"): (401, 303, 303, 303) for what in ("notifications", "appearance")},
    ("profile", "POST"): (401, 303, 303, 303),
    ("email", "POST"): (401, 422, 422, 422),
    ("password", "POST"): (401, 422, 422, 422),
    ("sessions", "POST"): (401, 303, 303, 303),
    ("own_data_download", "GET"): (LOGIN, 200, 200, 200),
    ("push", "GET"): (401, 200, 200, 200),
    # It is no JSON, and no device is named.
    ("push", "POST"): (401, 415, 415, 415),
    ("remove_push_device", "POST"): (401, 400, 400, 400),
    ("delete_account", "GET"): (LOGIN, 200, 200, 200),
    ("delete_account", "POST"): (401, 422, 422, 422),
    # Nothing was chosen.
    ("change_picture", "POST"): (401, 422, 422, 422),
    ("remove_picture", "POST"): (401, 303, 303, 303),
    ("picture", "GET"): (LOGIN, 404, 404, 404),
    # Nobody is called like a room.
    ("person", "GET"): (LOGIN, 404, 404, 404),
    ("follow", "POST"): (401, 404, 404, 404),
    ("unfollow", "POST"): (401, 404, 404, 404),
    **{
        (what, "POST"): (401, 404, 404, 404)
        for what in ("accept", "decline", "remove_follower", "block", "unblock", "ignore", "unignore")
    },
    **{(what, "GET"): (LOGIN, 200, 200, 200) for what in ("requests", "followers", "blocked")},
    ("users", "GET"): (LOGIN, 200, 200, 200),
    ("person_posts", "GET"): (LOGIN, 404, 404, 404),
    ("feed", "GET"): (LOGIN, 200, 200, 200),
    ("feed", "POST"): (401, 422, 422, 422),
    # 400: let in, and then told that this is no id.
    ("feed_events", "GET"): (401, 400, 400, 400),
    # It tells nothing but how a stream comes.
    ("feed_trial", "GET"): (200, 200, 200, 200),
    # No post has this number, which is the largest that an address takes.
    ("feed_post", "GET"): (LOGIN, 404, 404, 404),
    ("feed_picture", "GET"): (LOGIN, 404, 404, 404),
    **{
        (f"feed_{what}", "POST"): (401, 404, 404, 404)
        for what in ("edit", "delete", "like", "unlike", "comments", "undelete")
    },
    **{(f"feed_comment_{what}", "POST"): (401, 404, 404, 404) for what in ("edit", "delete", "undelete")},
    # Let in, and told to say where.
    ("weather", "GET"): (LOGIN, 400, 400, 400),
    ("status", "GET"): (LOGIN, 200, 200, 200),
    # Without a status one has none.
    ("status", "POST"): (401, 303, 303, 303),
    ("conversations", "POST"): (401, 422, 422, 422),
    # Nothing is kept yet.
    ("kept", "GET"): (401, 200, 200, 200),
    ("service_worker", "GET"): (200, 200, 200, 200),
    ("rooms", "GET"): (LOGIN, 200, 200, 200),
    # What each of them finds: tests/chat/test_search.py.
    ("search", "GET"): (LOGIN, 200, 200, 200),
    # No picture has this id, and what there isn't is told as what one may not see.
    ("preview_picture", "GET"): (LOGIN, 404, 404, 404),
    ("linked_post", "GET"): (401, 200, 200, 200),
    # Let in, and told that something is missing; what each may do: tests/chat/attachments.
    ("new_upload", "POST"): (401, 400, 400, 400),
    **{(what, "OPTIONS"): (401, 204, 204, 204) for what in ("new_upload", "upload")},
    **{("upload", method): (401, 404, 404, 404) for method in ("GET", "HEAD", "DELETE")},
    ("upload", "PATCH"): (401, 415, 415, 415),
    ("file_preview", "GET"): (LOGIN, 404, 404, 404),
    ("file", "GET"): (LOGIN, 404, 404, 404),
    ("room_files", "GET"): (LOGIN, 404, 200, 200),
    ("room_files", "POST"): (401, 404, 403, 400),
    ("rooms", "POST"): (401, 422, 422, 422),
    ("room", "GET"): (LOGIN, 404, 200, 200),
    # To accept makes nobody a member again, and there is nothing to decline.
    ("accept_invitation", "POST"): (401, 404, 404, 303),
    ("decline_invitation", "POST"): (401, 404, 404, 404),
    # It isn't deleted.
    ("restore_room", "POST"): (401, 404, 404, 404),
    # The room has none, and there is no file.
    ("room_picture", "GET"): (LOGIN, 404, 404, 404),
    ("room_picture", "POST"): (401, 404, 403, 303),
    ("messages", "GET"): (401, 404, 200, 200),
    ("members", "GET"): (401, 404, 200, 200),
    # Of a room that one is no member of nothing is marked; nothing is told of how far.
    ("read_mark", "POST"): (401, 404, 403, 400),
    ("pins", "GET"): (401, 404, 200, 200),
    ("permalink", "GET"): (LOGIN, 404, 200, 200),
    ("versions", "GET"): (401, 404, 200, 200),
    ("why", "GET"): (LOGIN, 404, 200, 200),
    ("notifications", "GET"): (LOGIN, 200, 200, 200),
    ("notifications", "POST"): (401, 303, 303, 303),
    ("room_level", "GET"): (LOGIN, 404, 403, 200),
    # There is no empty level.
    ("room_level", "POST"): (401, 404, 403, 400),
    ("room_log", "GET"): (LOGIN, 404, 403, 200),
    ("room_log", "POST"): (401, 404, 403, 400),
    # The member is its owner.
    ("room_export", "GET"): (LOGIN, 404, 403, 200),
    ("room_settings", "GET"): (LOGIN, 404, 403, 200),
    ("room_settings", "POST"): (401, 404, 403, 400),
    ("room_reports", "GET"): (LOGIN, 404, 403, 200),
    ("room_reports", "POST"): (401, 404, 403, 400),
    # The message is one's own.
    ("report", "POST"): (401, 404, 403, 409),
    ("seen_outcome", "POST"): (401, 303, 303, 303),
    # There is none with this number.
    ("withdraw_held", "POST"): (401, 404, 404, 404),
    # A guest isn't a member yet, and who is has sent no text.
    ("preview", "POST"): (401, 404, 403, 400),
    ("emoji", "GET"): (200, 200, 200, 200),
    # 400: let in, and then told that this address speaks WebSocket.
    ("socket", "GET"): (401, 404, 400, 400),
    ("own_socket", "GET"): (401, 400, 400, 400),
    # tests/administration/test_access.py has the rows of those who run the site.
    ("admin_filters", "POST"): (401, 403, 403, 403),
    ("admin", "GET"): (LOGIN, 403, 403, 403),
    **{
        (f"admin_{what}", "GET"): (LOGIN, 403, 403, 403)
        for what in (
            "people",
            "invitations",
            "person",
            "rooms",
            "room",
            "log",
            "log_export",
            "health",
            "storage",
            "site",
            "reports",
            "filters",
        )
    },
    ("admin_reports", "POST"): (401, 403, 403, 403),
    **{(f"admin_{what}", "POST"): (401, 403, 403, 403) for what in ("person", "room", "site", "site_logo")},
    # There are none.
    ("rules", "GET"): (404, 404, 404, 404),
    ("site_logo", "GET"): (404, 404, 404, 404),
    **{("forgot_password", "GET"): (200, 200, 200, 200), ("forgot_password", "POST"): (422, 422, 422, 422)},
    **{("confirm_email", method): (404, 404, 404, 404) for method in ("GET", "POST")},
    # This site sends no mail.
    ("ask_to_confirm", "POST"): (401, 503, 503, 503),
    **{("unsubscribe", method): (404, 404, 404, 404) for method in ("GET", "POST")},
    ("join", "GET"): (404, 404, 404, 404),
    ("join", "POST"): (404, 404, 404, 404),
    ("waiting", "GET"): (LOGIN, 303, 303, 303),
    # The same whether there is such a room or not.
    ("ask_to_join", "POST"): (401, 303, 303, 303),
    # There are rooms, and they don't run the site.
    ("begin", "GET"): (LOGIN, 303, 303, 303),
    ("begin", "POST"): (401, 303, 303, 303),
    ("newcomers", "GET"): (LOGIN, 303, 303, 303),
    ("invitations", "GET"): (LOGIN, 200, 200, 200),
    # A link to the site, which all members may make.
    ("invitations", "POST"): (401, 201, 201, 201),
    # There is none with this number.
    ("revoke_invitation", "POST"): (401, 303, 303, 303),
    ("reset_password", "GET"): (404, 404, 404, 404),
    ("reset_password", "POST"): (404, 404, 404, 404),
}

BY_NAME = {route.name: route for route in ROUTES}

# HEAD is answered as GET is.
MATRIX |= {
    (name, "HEAD"): row
    for (name, method), row in MATRIX.items()
    if method == "GET" and (name, "HEAD") not in MATRIX and not BY_NAME[name].is_endless
}


def answers_to(route: Route) -> set[str]:
    """Its methods. HEAD is wherever GET is, but for streams, sockets and what takes long to make."""
    methods = {method for method in METHODS if hasattr(route.view, method.lower())}
    return methods | {"HEAD"} if "GET" in methods and not route.is_endless else methods


def test_every_address_and_method_has_a_row() -> None:
    assert set(MATRIX) == {(route.name, method) for route in ROUTES for method in answers_to(route)}


def test_all_but_the_front_door_is_behind_the_login() -> None:
    front = {
        "index",
        "language",
        "login",
        "register",
        "reset_password",
        "forgot_password",
        "confirm_email",
        "unsubscribe",
        "join",
        "rules",
        "site_logo",
        "proposed_name",
        "favicon",
        "robots",
        "manifest",
        "icon",
        "livez",
        "readyz",
        "feed_trial",
        "emoji",
        "service_worker",
    }
    assert {route.name for route in ROUTES if route.access is not Access.SIGNED_IN} == front


@pytest.fixture
async def rooms(alice: Person, lobby: str, cellar: str) -> dict[str, str]:
    """Which room each role asks for. In each there is a post."""
    for room in (lobby, cellar):
        await (await alice.enters(room)).says("hello")
    return {"anonymous": lobby, "outsider": cellar, "guest": lobby, "member": cellar}


@pytest.fixture
async def people(cast: Cast, alice: Person, mallory: Person) -> dict[str, Person]:
    return {"anonymous": cast.stranger(), "outsider": mallory, "guest": mallory, "member": alice}


def path_of(route: Route, room: str) -> str:
    path = re.sub(r"\{(post|comment|picture|report|held|link).*?\]\{.*?\}\}", "9" * 16, route.path)
    path = re.sub(r"\{(upload|file):.*?\]\{.*?\}\}", "A" * 22, path)
    path += "?since=x" if route.name == "feed_events" else ""
    path = re.sub(r"\{icon:.*?\]\{.*?\}\}", "none-99", path)
    for name, value in {
        "id": "9" * 15,
        "name": room,
        "token": "t" * 43,
        "code": "c" * 22,
        "number": "1",
    }.items():
        path = re.sub(rf"\{{{name}(:.*?\]\{{.*?\}})?\}}", value, path)
    return path


async def ask(someone: Person, method: str, path: str) -> Answer:
    """As a page of ours would: with the token, where there is one to have."""
    headers = {"Origin": someone.url}
    if method in ("POST", "PATCH", "DELETE"):
        signed_in = bool(cookie_of(someone))
        headers["X-CSRF-Token"] = await someone.token("/rooms" if signed_in else "/accounts/login")
    return await request(someone.url, method, path, cookie=cookie_of(someone), headers=headers)


async def wrong_answers(
    people: dict[str, Person], rooms: dict[str, str], name: str, method: str
) -> AsyncIterator[str]:
    """Where a row of the matrix isn't true."""
    for role, expected in zip(ROLES, MATRIX[name, method], strict=True):
        if (name, role) in (("logout", "guest"), ("register", "guest")):
            continue  # the outsider has just gone through this door
        path = path_of(BY_NAME[name], rooms[role])
        answer = await ask(people[role], method, path)
        found: object = answer.status
        if expected == LOGIN and (answer.status, answer.location) == (303, f"/accounts/login?next={path}"):
            found = LOGIN
        if found != expected:
            yield f"{name} {method} {role}: {found} {answer.location} and not {expected}: {answer.text[:200]}"


async def test_the_matrix(cast: Cast, people: dict[str, Person], rooms: dict[str, str]) -> None:
    """Everybody comes to each row with a session of its own: some end it."""
    wrong = []
    for name, method in MATRIX:
        people["anonymous"] = cast.stranger()
        for role in ("outsider", "member"):
            await people[role].returns()
        wrong += [one async for one in wrong_answers(people, rooms, name, method)]
        await people["anonymous"].close()
    assert not wrong, "\n".join(wrong)


async def test_other_methods_are_not_allowed(people: dict[str, Person], rooms: dict[str, str]) -> None:
    wrong = []
    for route in ROUTES:
        for role in ("anonymous", "member"):
            path = path_of(route, rooms[role])
            for method in sorted(set(METHODS) - answers_to(route)):
                answer = await request(people[role].url, method, path, cookie=cookie_of(people[role]))
                allowed = set(answer.headers.get("Allow", "").split(","))
                if answer.status != 405 or allowed != answers_to(route):
                    wrong.append(f"{route.name} {method} {role}: {answer.status} {allowed}")
    assert not wrong, "\n".join(wrong)


async def test_who_is_not_signed_in_comes_back_after_the_login(cast: Cast, alice: Person, lobby: str) -> None:
    visitor = cast.stranger()
    async with visitor.http.get(f"/rooms/{lobby}?from=a%26b") as answer:
        assert answer.url.path == "/accounts/login"
        assert answer.url.query["next"] == f"/rooms/{lobby}?from=a%26b"


async def test_an_endless_address_is_not_carried_along(cast: Cast) -> None:
    answer = await request(cast.url, "GET", "/rooms?" + "a" * 3000)
    assert (answer.status, answer.location) == (303, "/accounts/login?next=")


async def test_programs_are_told_in_json(cast: Cast, lobby: str) -> None:
    visitor = cast.stranger()
    for path in ("/rooms", f"/rooms/{lobby}", f"/rooms/{lobby}/messages"):
        async with visitor.http.get(path, headers={"Accept": "application/json"}) as answer:
            assert answer.status == 401
            assert (await answer.json())["error"]["code"] == "signed_out"


async def test_an_anonymous_post_makes_no_room(cast: Cast, alice: Person) -> None:
    name = unique("Stolen")
    visitor = cast.stranger()
    token = await visitor.token()
    answer = await request(
        cast.url,
        "POST",
        "/rooms",
        cookie=cookie_of(visitor),
        body=f"name={name}&kind=open".encode(),
        headers={"X-CSRF-Token": token},
    )
    assert answer.status == 401
    assert name not in [room["name"] for room in (await alice.gets("/rooms"))["rooms"]]


async def test_an_address_that_is_nowhere_is_404_for_all(people: dict[str, Person]) -> None:
    for someone in (people["anonymous"], people["member"]):
        for method in METHODS:
            answer = await request(someone.url, method, "/nowhere", cookie=cookie_of(someone))
            assert answer.status == 404
