"""Ignoring a person, and no longer. Sent as a form; programs get JSON."""

from typing import ClassVar

from aiohttp import web

from accounts.keys import USER
from accounts.people.directory import user_by_name
from chat.actions import ignoring
from chat.keys import ENGINE, take_token
from helpers.web.requests.forms import read_form
from helpers.web.requests.redirects import safe_next
from helpers.web.routing import wants_json


class Ignore(web.View):
    ignores: ClassVar[bool] = True

    async def post(self) -> web.StreamResponse:
        request, user = self.request, self.request[USER]
        take_token(request, user.id)
        person = await user_by_name(request.match_info["name"])
        if person is None:
            raise web.HTTPNotFound
        change = ignoring.ignore if self.ignores else ignoring.unignore
        await change(request.app[ENGINE], user, person)
        if wants_json(request):
            return web.json_response({"name": person.name, "ignored": self.ignores})
        page = f"/users/{person.name}"
        raise web.HTTPSeeOther(safe_next((await read_form(request)).get("next", ""), page))


class Unignore(Ignore):
    ignores = False
