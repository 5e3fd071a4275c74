"""The log of what the site's people did: recorded inside the transaction of what they do, with what
was before. What is done in a room by its own people is in the room's log."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import SiteAct, User
from helpers.clock import now_ms
from helpers.db.base import database_proxy
from helpers.db.database import fetch

MAX_REASON = 500
"""Characters."""


@dataclass(frozen=True)
class SiteActor:
    """Who acts: a person on a page, or a user of the machine by the shell."""

    user_id: int | None
    shell: str = ""

    @classmethod
    def of(cls, user: User) -> "SiteActor":
        return cls(user.id)


async def record_site_act(
    act: str,
    by: SiteActor,
    *,
    target_id: int | None = None,
    room_id: int | None = None,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> int:
    """Records an act, as the last statement of the transaction that does it: until the commit all
    others who record one wait. `act` is a word for programs. Returns its number."""
    [(number,)] = await fetch(
        database_proxy.obj,
        "UPDATE site SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE name = 'site_acts' "
        "RETURNING value",
    )
    row = {
        "number": int(number),
        "act": act,
        "author_id": by.user_id,
        "shell": by.shell,
        "target_id": target_id,
        "room_id": room_id,
        "reason": reason,
        "before": json.dumps(before or {}),
        "after": json.dumps(after or {}),
        "at": now_ms(),
    }
    await SiteAct.insert(row).aio_execute()
    return int(number)
