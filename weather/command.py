"""The /weather command. weather/setup.py adds it to the chat, which doesn't depend on it."""

from chat.commands.registry import Answer, Call, Later, Rest
from weather.requests import WeatherRequests


class WeatherCommand:
    """The command, bound to the weather requests of an application."""

    def __init__(self, requests: WeatherRequests) -> None:
        self._requests = requests

    async def weather(self, call: Call, place: Rest | None = None) -> Answer:
        """Tells you the weather at a place, or at your own, which is part of your profile."""
        return Later(self._report(call, self._requests.place_for(call.user, place or "")))

    async def _report(self, call: Call, place: str) -> str:
        return (await self._requests.report(place, call.language)).line
