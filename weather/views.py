"""The weather as JSON for the box in a room, and as a page with a form for browsers without
scripts."""

from aiohttp import web

from accounts.keys import USER
from helpers.errors import ActionError
from helpers.text.translation import current, translate
from helpers.web.rendering import render_page
from helpers.web.routing import wants_json
from weather.keys import WEATHER


class WeatherPage(web.View):
    """The weather at `place`, or at the user's own place."""

    async def get(self) -> web.Response:
        request = self.request
        place = request.query.get("place", "")
        try:
            requests = request.app.get(WEATHER)
            if requests is None:
                raise ActionError("weather_off", "This site shows no weather.")
            report = await requests.report(requests.place_for(request[USER], place), current())
        except ActionError as error:
            if wants_json(request) or error.code == "weather_off":
                raise
            context = {"place": place, "line": "", "problem": translate(error.phrase)}
            return await render_page("weather/weather.html", request, context, status=error.status)
        if wants_json(request):
            return web.json_response({"place": report.place, "line": report.line})
        context = {"place": report.place, "line": report.line, "problem": ""}
        return await render_page("weather/weather.html", request, context)
