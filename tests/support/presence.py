"""Waits until it is seen who is online: it is recorded a moment after they came or went."""

import asyncio

from tests.support.people import PATIENCE, Person


async def online_in(viewer: Person, room: str) -> set[str]:
    """The members of the room who are online, by name."""
    members = (await viewer.gets(f"/rooms/{room}/members"))["members"]
    return {member["name"] for member in members if member["present"]}


async def are_online(viewer: Person, room: str, *people: Person) -> None:
    """Waits until these members of the room are online, and no other."""
    wanted = {person.name for person in people}
    try:
        async with asyncio.timeout(PATIENCE):
            while await online_in(viewer, room) != wanted:
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"online are {await online_in(viewer, room)}, not {wanted}") from None
