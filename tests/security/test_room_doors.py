"""Who may ask what of a room's addresses, by kind of room: one row for each address of a room. Where
it is refused nothing is changed, and nobody in the room is told."""

import pytest

from tests.chat.actions.test_conversations import opens
from tests.conftest import Cast, unique
from tests.security.test_access import METHODS, answers_to, path_of
from tests.support.database_snapshot import Stored
from tests.support.feed_reader import blocks
from tests.support.people import JsonObject, Listener, Person
from tests.support.wire.raw_http import cookie_of, request
from urls import ROUTES

OF_ROOMS = {route.name: route for route in ROUTES if route.path.startswith("/rooms/{name}")}

READ = {"room", "messages", "members", "pins", "permalink", "versions", "why", "room_export"}
"""Addresses that only show something."""

CHANGING = {
    "ask_to_join",
    "preview",
    "accept_invitation",
    "decline_invitation",
    "restore_room",
    "report",
    "read_mark",
}
"""Those to which something is sent."""

BOTH = {
    "room_log": b"undo=99",
    "room_settings": b"act=lock",
    "room_reports": b"report=99&answer=dismiss",
    "room_picture": b"",
    "room_level": b"level=none",
}
BOTH["room_files"] = b""

INSIDE = ("member", "moderator", "owner", "administrator")
ROLES = {
    "open": ("visitor", "outsider", "invited", "kicked", *INSIDE, "outside administrator"),
    "closed": ("visitor", "outsider", "invited", "kicked", *INSIDE, "outside administrator"),
    "direct": ("visitor", "outsider", "outside administrator", "member", "blocked"),
    "group": ("visitor", "outsider", "outside administrator", "former", "member"),
}


def expected(name: str, kind: str, role: str, method: str) -> int:
    """The status. 400: let in, and then told that this address speaks WebSocket."""
    if name == "room_reports" and role in ("moderator", "owner", "administrator"):
        # There is no such report.
        return 200 if method == "GET" else 404
    if name == "report" and role in ("blocked", *INSIDE):
        # Who opened the room has written the message.
        return 409 if role == "owner" else 303
    if name == "read_mark" and role in ("blocked", *INSIDE):
        # Nothing says up to where.
        return 400
    if name == "room_export" and role != "visitor":
        if role in INSIDE or role == "blocked":
            is_theirs = role in ("owner", "administrator") or kind in ("direct", "group")
            return 200 if is_theirs and role != "blocked" else 403
        return 403 if kind == "open" else 404
    if name == "room_files" and method == "POST" and role != "visitor":
        # There is nothing in it.
        return 400 if role in ("blocked", *INSIDE) else 403 if kind == "open" else 404
    if name == "room_picture" and role != "visitor":
        # There is none, and no file is sent.
        if method == "GET":
            return 403 if kind == "open" and role == "kicked" else 404
        if kind in ("open", "closed") and role in ("moderator", "owner", "administrator"):
            return 303
        return 403 if kind == "open" or role in ("blocked", *INSIDE) else 404
    if name == "room_level" and role != "visitor":
        if role in ("blocked", *INSIDE):
            return 200 if method == "GET" else 303
        return 403 if kind == "open" else 404
    if name in BOTH and name != "room_files" and role != "visitor":
        if role in INSIDE and name != "room_reports" and kind in ("open", "closed"):
            # What is undone isn't there; that the room is locked is refused on the next page.
            refused = 303 if name == "room_settings" else 403 if role == "member" else 404
            return 200 if method == "GET" else refused
        return 403 if kind == "open" or role in ("blocked", *INSIDE) else 404
    if name in ("accept_invitation", "decline_invitation") and role != "visitor":
        # Who is invited answers in a story of their own: it changes something.
        return 303 if name == "accept_invitation" and (role in INSIDE or role == "blocked") else 404
    if name == "ask_to_join" and role != "visitor":
        # The same whatever there is.
        return 303
    if name == "restore_room" and role != "visitor":
        # It isn't deleted: tests/chat/order/test_deleted_rooms.py has those that are.
        return 404
    if role == "visitor":
        return 303 if method == "GET" and name in ("room", "permalink", "why", "room_export", *BOTH) else 401
    if role in INSIDE or role == "blocked":
        return 400 if name == "socket" else 200
    if kind == "closed" and role == "invited" and name in ("room", "permalink"):
        # To where they accept or decline, whatever there is in the room.
        return 303
    if kind != "open":
        return 404
    if name == "socket":
        # Who was kicked is told so by the socket.
        return 400
    return 403 if name in ("preview", "report", "read_mark") or role == "kicked" else 200


def test_every_address_of_a_room_has_its_row() -> None:
    assert OF_ROOMS.keys() == READ | CHANGING | BOTH.keys() | {"socket"}
    assert {route.name for route in ROUTES if route.path.startswith("/rooms/{")} == OF_ROOMS.keys()
    # HEAD is GET without the body; test_access asks for it in each role.
    changing = {name for name, route in OF_ROOMS.items() if answers_to(route) - {"HEAD"} != {"GET"}}
    assert changing == CHANGING | BOTH.keys()
    assert set(METHODS) >= {"GET", "POST"}


def told(listener: Listener) -> list[JsonObject]:
    """What was told, but for pings, the list of what is unread, which comes a while after the hello,
    and who comes online."""
    return [
        event for event in listener.events if event["type"] not in ("pong", "unread", "online", "notices")
    ]


@pytest.fixture
async def people(cast: Cast) -> dict[str, Person]:
    names = ("owner", "moderator", "member", "blocked", "outsider", "invited", "kicked", "former", "watcher")
    found = {name: await cast.person(name) for name in names}
    return {**found, "visitor": cast.stranger(), "boss": cast.boss}


@pytest.mark.parametrize("kind", ROLES)
async def test_the_doors_of_a_room(cast: Cast, people: dict[str, Person], kind: str, stored: Stored) -> None:
    owner, watcher = people["owner"], people["watcher"]
    rooms: dict[str, str] = {}
    if kind == "direct":
        rooms["member"] = await opens(people["member"], watcher)
        rooms["blocked"] = await opens(people["blocked"], watcher)
    elif kind == "group":
        rooms["member"] = await opens(*[people[name] for name in ("member", "former", "watcher")])
    else:
        rooms["member"] = (await owner.creates(unique(f"{kind}-"), kind))["name"]
        rooms["administrator"] = (await owner.creates(unique(f"{kind}-"), kind))["name"]
    listeners: dict[str, Listener] = {}
    for name, room in rooms.items():
        opener = owner if kind in ("open", "closed") else watcher
        listeners[name] = at_room = await opener.enters(room)
        assert (await at_room.says("first"))["number"] == 1
        if kind in ("open", "closed"):
            await at_room.brings(room, *(people[guest] for guest in ("member", "moderator", "kicked")))
            # Who has accepted and doesn't come is recorded as gone after a while.
            for guest in ("member", "moderator"):
                await people[guest].enters(room)
            await at_room.says(f"/mod {people['moderator'].name}")
            await at_room.says(f"/invite {people['invited'].name}")
            await at_room.says(f"/kick {people['kicked'].name}")
            await at_room.says("/lock")
    if kind in ("open", "closed"):
        await listeners["administrator"].brings(rooms["administrator"], people["boss"])
        await people["boss"].enters(rooms["administrator"])
    if kind == "direct":
        await blocks(watcher, people["blocked"])
    if kind == "group":
        at_former = await people["former"].enters(rooms["member"])
        await at_former.types("/leave")
        await at_former.ends()
        await listeners["member"].hears("message", kind="left")
    for listener in listeners.values():
        await listener.is_told()
    everybody = [person for name, person in people.items() if name not in ("visitor", "boss")]
    found = []
    for role in ROLES[kind]:
        room = rooms.get(role, rooms["member"])
        who = people["boss"] if "administrator" in role else people[role]
        listener = listeners[role if role in rooms else "member"]
        headers = {"Origin": who.url, "X-CSRF-Token": await who.token("/accounts/login")}
        before = stored(*everybody), told(listener)
        asked = [(name, "POST" if name in CHANGING else "GET") for name in OF_ROOMS]
        for name, method in [*asked, *((name, "POST") for name in BOTH)]:
            route = OF_ROOMS[name]
            if role == "invited" and "invitation" in name:
                continue
            bodies = {"preview": b"text=hello", **BOTH}
            body = bodies.get(name, b"") if method == "POST" else b""
            answer = await request(
                who.url, method, path_of(route, room), cookie=cookie_of(who), headers=headers, body=body
            )
            if answer.status != expected(name, kind, role, method):
                found.append(f"{method} {name} by {role}: {answer.status} {answer.text[:200]}")
        await listener.is_told()
        if (stored(*everybody), told(listener)) != before:
            found.append(f"{role}: something was changed or told: {listener.events}")
    assert not found, "\n".join(found)
