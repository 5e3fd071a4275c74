"""What each role on the site may use: one row for each address and method of the site's pages. A route
without a row fails."""

import re

import pytest

from accounts.models import User
from accounts.people.site_roles import (
    SITE_GRANTS,
    SitePermission,
    SiteRole,
    site_may,
    site_outranks,
    site_role_of,
)
from helpers.web.routing import Route
from tests.administration.conftest import Staff
from tests.conftest import Cast
from tests.security.test_access import LOGIN, answers_to, ask
from tests.support.people import Person
from urls import ROUTES

ROLES = (SiteRole.NONE, SiteRole.AUDITOR, SiteRole.MODERATOR, SiteRole.ADMINISTRATOR)

MATRIX: dict[tuple[str, str], tuple[int, int, int, int]] = {
    ("admin", "GET"): (403, 303, 303, 303),
    ("admin_people", "GET"): (403, 200, 200, 200),
    ("admin_reports", "GET"): (403, 200, 200, 200),
    ("admin_invitations", "GET"): (403, 200, 200, 200),
    ("admin_filters", "GET"): (403, 200, 200, 200),
    ("admin_filters", "POST"): (403, 403, 403, 303),
    # Who may answer is told to say what.
    ("admin_reports", "POST"): (403, 403, 400, 400),
    ("admin_person", "GET"): (403, 200, 200, 200),
    # Let in, and told to say what.
    ("admin_person", "POST"): (403, 400, 400, 400),
    ("admin_log", "GET"): (403, 200, 200, 200),
    ("admin_log_export", "GET"): (403, 200, 200, 200),
    # Moderators don't set it, nor auditors; and the form says nothing.
    ("admin_site", "GET"): (403, 200, 403, 200),
    ("admin_site", "POST"): (403, 403, 403, 400),
    # No file was chosen: the page says so.
    ("admin_site_logo", "POST"): (403, 403, 403, 303),
    **{(f"admin_{what}", "GET"): (403, 200, 403, 200) for what in ("health", "storage")},
    ("admin_rooms", "GET"): (403, 200, 200, 200),
    # No room has this id.
    ("admin_room", "GET"): (403, 404, 404, 404),
    ("admin_room", "POST"): (403, 404, 404, 404),
}

SITE_ROUTES = [route for route in ROUTES if route.name.startswith("admin")]
BY_NAME = {route.name: route for route in SITE_ROUTES}

# HEAD is answered as GET is.
MATRIX |= {
    (name, "HEAD"): row
    for (name, method), row in MATRIX.items()
    if method == "GET" and not BY_NAME[name].is_endless
}


def path_of(route: Route, name: str) -> str:
    return re.sub(r"\{(\w+)[^/]*", lambda found: name if found[1] == "name" else "9" * 15, route.path)


def test_every_address_and_method_of_the_sites_pages_has_a_row() -> None:
    assert set(MATRIX) == {(route.name, method) for route in SITE_ROUTES for method in answers_to(route)}


async def test_the_matrix_of_roles_on_the_site(cast: Cast, staff: Staff, bob: Person) -> None:
    people = [bob, *[await staff(role) for role in ROLES[1:]]]
    wrong = []
    for (name, method), row in MATRIX.items():
        path = path_of(BY_NAME[name], bob.name)
        for someone, role, expected in zip(people, ROLES, row, strict=True):
            answer = await ask(someone, method, path)
            if answer.status != expected:
                wrong.append(f"{name} {method} {role.name}: {answer.status} and not {expected}")
    assert not wrong, "\n".join(wrong)


async def test_programs_are_told_in_json_too(cast: Cast, bob: Person) -> None:
    headers = {"Accept": "application/json"}
    async with cast.stranger().http.get("/admin/people", headers=headers) as answer:
        assert answer.status == 401
    async with bob.http.get("/admin/people", headers=headers) as answer:
        assert answer.status == 403
        assert (await answer.json())["error"]["code"] == "forbidden"
    assert LOGIN


async def test_every_page_answers_programs_as_well(cast: Cast, staff: Staff, bob: Person, lobby: str) -> None:
    """With what it shows: an auditor's program reads all that the auditor reads."""
    auditor = await staff(SiteRole.AUDITOR)
    [room] = [one["id"] for one in (await auditor.gets(f"/admin/rooms?q={lobby}"))["rooms"]]
    for route in SITE_ROUTES:
        if "GET" not in answers_to(route) or route.name in ("admin", "admin_log_export"):
            continue
        path = path_of(route, bob.name).replace("9" * 15, str(room))
        headers = {"Accept": "application/json"}
        async with auditor.http.get(path, headers=headers) as answer:
            assert (answer.status, answer.content_type) == (200, "application/json"), path
            assert isinstance(await answer.json(), dict), path
        async with bob.http.get(path, headers=headers) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (403, "forbidden"), path
    at_room = await cast.boss.enters(lobby)
    await at_room.says("/topic beans")
    log = await cast.boss.gets(f"/rooms/{lobby}/log")
    names = ("number", "act", "by", "whom", "reason", "at", "until", "undone_by")
    assert set(log) >= {"entries", "more"}
    assert set(log["entries"][0]) >= set(names)


def test_the_table_of_grants() -> None:
    assert SITE_GRANTS[SiteRole.NONE] == frozenset()
    assert SITE_GRANTS[SiteRole.ADMINISTRATOR] == frozenset(SitePermission)
    assert {permission for permission in SITE_GRANTS[SiteRole.AUDITOR] if "see" not in permission} == set()
    for changing in ("set_site", "set_role", "open_room", "make_password_link", "delete_account", "see_site"):
        assert SitePermission(changing) not in SITE_GRANTS[SiteRole.MODERATOR]


@pytest.mark.parametrize(
    ("is_admin", "stored", "role"),
    [
        (True, 3, SiteRole.ADMINISTRATOR),
        (True, 0, SiteRole.ADMINISTRATOR),
        (False, 3, SiteRole.MODERATOR),
        (False, 2, SiteRole.MODERATOR),
        (False, 1, SiteRole.AUDITOR),
        (False, 0, SiteRole.NONE),
    ],
)
def test_who_administers_is_decided_by_one_column(is_admin: bool, stored: int, role: SiteRole) -> None:
    """A process of a former version may have written it alone."""
    user = User(is_admin=is_admin, site_role=stored)
    assert site_role_of(user) is role
    assert site_may(user, SitePermission.SET_SITE) == (role is SiteRole.ADMINISTRATOR)


def test_nobody_outranks_an_equal() -> None:
    users = {role: User(is_admin=role is SiteRole.ADMINISTRATOR, site_role=role) for role in ROLES}
    for one in ROLES:
        for other in ROLES:
            assert site_outranks(users[one], users[other]) == (one > other)
