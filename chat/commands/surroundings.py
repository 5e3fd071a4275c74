"""Commands about the world outside of the room."""

from chat.commands.registry import Answer, Call, Later, Rest, command
from chat.errors import ActionError
from weather.asking import WeatherRequests
from weather.forecast import NoWeather


@command(is_there=lambda engine: engine.weather is not None)
async def weather(call: Call, place: Rest | None = None) -> Answer:
    """Tells you the weather at a place, or at your own, which is part of your profile."""
    requests = call.engine.weather
    if requests is None:
        raise ActionError("weather_off", "This site shows no weather.")
    try:
        return Later(_report(call, requests, requests.place_for(call.user, place or "")))
    except NoWeather as error:
        raise _refused(error) from None


async def _report(call: Call, requests: WeatherRequests, place: str) -> str:
    try:
        return (await requests.report(place, call.language)).line
    except NoWeather as error:
        raise _refused(error) from None


def _refused(error: NoWeather) -> ActionError:
    """As the socket tells it."""
    return ActionError(error.code, error.text)
