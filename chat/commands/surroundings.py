"""Commands about the world outside of the room."""

from chat.commands.registry import Answer, Call, Later, Rest, command
from chat.errors import Refused
from weather.asking import Desk
from weather.forecast import NoWeather


@command(is_there=lambda engine: engine.weather is not None)
async def weather(call: Call, place: Rest | None = None) -> Answer:
    """Tells you the weather at a place, or at your own, which is part of your profile."""
    desk = call.engine.weather
    if desk is None:
        raise Refused("weather_off", "This site shows no weather.")
    try:
        return Later(_report(call, desk, desk.place_for(call.user, place or "")))
    except NoWeather as error:
        raise _refused(error) from None


async def _report(call: Call, desk: Desk, place: str) -> str:
    try:
        return (await desk.report(place, call.language)).line
    except NoWeather as error:
        raise _refused(error) from None


def _refused(error: NoWeather) -> Refused:
    """As the socket tells it."""
    return Refused(error.code, error.text)
