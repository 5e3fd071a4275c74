"""People whom texts name: `@name`, in any capitals."""

from collections.abc import Iterable

from accounts.models import User
from accounts.people.directory import users_by_keys
from accounts.people.names import BadName, name_at, name_key
from helpers.batching import BatchLoader
from helpers.text.markdown import Reference

PERSON = Reference("@", "/users/", "mention", name_at)


class NamedPeople:
    """Finds people by their names as they were written: one statement for all who write at once."""

    def __init__(self) -> None:
        self._users: BatchLoader[str, User] = BatchLoader(users_by_keys)

    async def find(self, names: Iterable[str]) -> dict[str, User]:
        """Those who have one of the names, by how it was written."""
        keys = {name: key for name in names if (key := _key(name)) is not None}
        users = await self._users.get_all(set(keys.values()))
        return {name: users[key] for name, key in keys.items() if key in users}


def _key(name: str) -> str | None:
    try:
        return name_key(name)
    except BadName:
        return None
