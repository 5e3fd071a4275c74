"""What of another chat is here already."""

import hashlib
from collections.abc import Sequence

from chat.models import ImportOrigin

AT_ONCE = 100


class Origins:
    """Of one chat. `source` is what tells it from all others, of the same format too."""

    def __init__(self, source: str) -> None:
        self._source = source

    def digest(self, kind: str, key: str) -> str:
        """For ever the same for what is the same there."""
        told = "\x00".join((self._source, kind, key)).encode(errors="surrogatepass")
        return hashlib.blake2b(told, digest_size=16).hexdigest()

    async def find(self, kind: str, keys: Sequence[str]) -> dict[str, int]:
        """The ids, by key, of those people or rooms that are here."""
        digests = {self.digest(kind, key): key for key in keys}
        wanted, found = sorted(digests), {}
        for start in range(0, len(wanted), AT_ONCE):
            query = ImportOrigin.select(ImportOrigin.origin, ImportOrigin.user_id, ImportOrigin.room_id)
            query = query.where(ImportOrigin.origin.in_(wanted[start : start + AT_ONCE]))
            for origin, user_id, room_id in await query.tuples().aio_execute():
                found[digests[origin]] = int(user_id or room_id)
        return found

    async def note(
        self, kind: str, key: str, *, user_id: int | None = None, room_id: int | None = None
    ) -> None:
        row = {"origin": self.digest(kind, key), "user_id": user_id, "room_id": room_id}
        await ImportOrigin.insert(row).aio_execute()
