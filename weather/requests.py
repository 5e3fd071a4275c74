"""People ask for weather here: for a place or for their own, and not too often."""

from dataclasses import dataclass

from accounts.models import User
from helpers.errors import ActionError
from helpers.limits import Buckets
from helpers.text.translation import Language
from weather.forecast import Weather, clean_place

REQUESTS_PER_SECOND = 0.2
REQUESTS_AT_ONCE = 30
"""A page asks once in ten minutes. Somebody may come back to twenty open ones."""


@dataclass(frozen=True)
class Report:
    place: str
    line: str


class WeatherRequests:
    """One for all doors. `limits` is None where the settings have none."""

    def __init__(self, weather: Weather, limits: Buckets | None) -> None:
        self._weather = weather
        self._limits = limits

    def place_for(self, user: User, place: str) -> str:
        """The place that is meant: one's own where none is given. Counts as one asking. Raises
        ActionError."""
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
        """Of what place_for gave. It may take some seconds. Raises ActionError."""
        return Report(place, await self._weather.line(place, language.code))
