"""People mentioned in texts: `@name`, in any case."""

from collections.abc import Iterable

from accounts.models import User
from accounts.people.directory import users_by_keys
from accounts.people.names import BadName, name_key
from helpers.batching import BatchLoader


class NamedPeople:
    """Finds people by the names in texts; concurrent lookups share one statement."""

    def __init__(self) -> None:
        self._users: BatchLoader[str, User] = BatchLoader(users_by_keys)

    async def find(self, names: Iterable[str]) -> dict[str, User]:
        """Returns the existing people by the name as it was written."""
        keys = {name: key for name in names if (key := _key(name)) is not None}
        users = await self._users.get_all(set(keys.values()))
        return {name: users[key] for name, key in keys.items() if key in users}


def _key(name: str) -> str | None:
    try:
        return name_key(name)
    except BadName:
        return None
