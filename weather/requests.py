"""Weather requests of people: for a given place or their own, with a rate limit."""

from dataclasses import dataclass

from accounts.models import User
from helpers.errors import ActionError
from helpers.limits import Buckets
from helpers.text.translation import Language
from weather.forecast import Weather, clean_place

REQUESTS_PER_SECOND = 0.2
REQUESTS_AT_ONCE = 30
"""A page asks every ten minutes. A person may have twenty pages open when a computer wakes up."""


@dataclass(frozen=True)
class Report:
    place: str
    line: str


class WeatherRequests:
    """Serves the requests of all doors. `limits` is None if the settings have none."""

    def __init__(self, weather: Weather, limits: Buckets | None) -> None:
        self._weather = weather
        self._limits = limits

    def place_for(self, user: User, place: str) -> str:
        """Returns the requested place, or the user's own if none is given. Counts against the rate
        limit. Raises ActionError."""
        place = place.strip() or user.place
        if not place:
            raise ActionError(
                "bad_place", "Which place? Name one, or set your own in your profile, at /accounts/profile."
            )
        place = clean_place(place)
        if self._limits and self._limits.take(user.id):
            raise ActionError("rate_limited", "That was a lot of weather at once. Please wait a moment.")
        return place

    async def report(self, place: str, language: Language) -> Report:
        """Returns the weather at a place from place_for. It may take some seconds. Raises
        ActionError."""
        return Report(place, await self._weather.line(place, language.code))
