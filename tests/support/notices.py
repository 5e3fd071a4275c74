"""What a server decided about whom it calls."""

import asyncio
import secrets
from collections.abc import Callable

from tests.support.deleted_accounts import change, rows
from tests.support.people import PATIENCE, Person
from tests.support.servers import Aiochat


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.02)


async def decided(chat: Aiochat, room: str) -> None:
    """All that was said in the room is decided."""
    done = "COALESCE((SELECT seq FROM notice_progress WHERE room_id = rooms.id), 0)"
    await until(
        lambda: not rows(chat, f"SELECT id FROM rooms WHERE last_seq > {done} AND slug = '{room.lower()}'")
    )


def id_of(person: Person) -> str:
    return f"(SELECT id FROM users WHERE name = '{person.name}')"


def notices(chat: Aiochat, person: Person) -> list[tuple[str, str]]:
    """The kind of each, and the rule that decided."""
    sql = f"SELECT kind, rule FROM notices WHERE user_id = {id_of(person)} ORDER BY id"
    return [(kind, rule) for kind, rule in rows(chat, sql)]


def deliveries(chat: Aiochat, person: Person) -> list[tuple[str, str, str | None]]:
    """The way of each, its state, and why it is so."""
    sql = f"SELECT way, state, detail FROM notice_deliveries WHERE user_id = {id_of(person)} ORDER BY id"
    return [(way, state, detail) for way, state, detail in rows(chat, sql)]


def set_level(chat: Aiochat, person: Person, room: str) -> str:
    """The condition that finds the membership."""
    return f"user_id = {id_of(person)} AND room_id = (SELECT id FROM rooms WHERE slug = '{room.lower()}')"


def has_device(chat: Aiochat, *people: Person) -> None:
    """Each has a device, of which no push service knows."""
    for person in people:
        change(
            chat,
            "INSERT INTO push_devices (user_id, session_id, endpoint, endpoint_hash, browser_key, auth, "
            f"name, made_at, used_at) VALUES ({id_of(person)}, '', '', '{secrets.token_hex(8)}', "
            "'', '', '', 0, 0)",
        )
