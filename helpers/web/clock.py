"""The reader's clock: its distance from UTC and how it writes hours. A script of ours puts both into
the cookie `clock` (static/js/server/clock.js), since no header tells them."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

COOKIE = "clock"

_VALUE = re.compile(r"(-?[0-9]{1,3})~(H|HH|h|hn)?")


@dataclass(frozen=True)
class Clock:
    """`offset` are the minutes that the clock is ahead of UTC now. `hours` is `H` for 9:05, `HH` for
    09:05, `h` for 9:05 AM, `hn` for the same with a narrow space (U+202F), and empty where the cookie says
    none of these."""

    offset: int = 0
    hours: str = ""

    @classmethod
    def read(cls, cookie: str) -> Self | None:
        """The clock of the cookie's value, or None for what no clock says."""
        found = _VALUE.fullmatch(cookie)
        if found is None or abs(int(found[1])) > 14 * 60:
            return None
        return cls(int(found[1]), found[2] or "")

    def local(self, at: str) -> datetime:
        """The time of an event (ISO 8601, UTC) as this clock shows it."""
        return datetime.fromisoformat(at) + timedelta(minutes=self.offset)

    def time(self, local: datetime) -> str:
        """Hours and minutes; empty where it isn't known how they are written."""
        if self.hours in ("h", "hn"):
            space = "\u202f" if self.hours == "hn" else " "
            return f"{(local.hour + 11) % 12 + 1}:{local:%M}{space}{'PM' if local.hour >= 12 else 'AM'}"
        return {"H": f"{local.hour}:{local:%M}", "HH": f"{local:%H:%M}"}.get(self.hours, "")
