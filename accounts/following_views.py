"""To follow somebody, and to stop: by a form, or for programs with an answer in JSON."""

from aiohttp import web

from accounts import following
from accounts.models import User
from accounts.people import user_by_name
from accounts.signing import USER
from helpers.errors import Refusal, error_response
from helpers.forms import read_form
from helpers.keys import SETTINGS
from helpers.limits import Buckets
from helpers.redirects import safe_next
from helpers.routing import wants_json

FOLLOW_LIMITS = web.AppKey("follow_limits", Buckets)
FOLLOWS_PER_SECOND = 2.0
FOLLOWS_AT_ONCE = 100.0


class _Choice(web.View):
    async def post(self) -> web.StreamResponse:
        request = self.request
        user = request[USER]
        person = await user_by_name(request.match_info["name"])
        if person is None:
            raise web.HTTPNotFound
        wait = request.app[FOLLOW_LIMITS].take(user.id) if request.app[SETTINGS].rate_limits == "on" else 0
        if wait:
            response = error_response(request, 429)
            response.headers["Retry-After"] = str(int(wait) + 1)
            return response
        page = f"/users/{person.name}"
        try:
            await self.choose(user, person)
        except following.CannotFollow as problem:
            raise Refusal("cannot_follow", problem.text, 422, (page, person.name)) from None
        if wants_json(request):
            found = await following.standing(person, user)
            return web.json_response({"name": person.name, "following": found.is_followed, "followers": found.followers})
        raise web.HTTPSeeOther(safe_next((await read_form(request)).get("next", ""), page))

    async def choose(self, user: User, person: User) -> None:
        raise NotImplementedError


class Follow(_Choice):
    async def choose(self, user: User, person: User) -> None:
        await following.follow(user, person)


class Unfollow(_Choice):
    async def choose(self, user: User, person: User) -> None:
        await following.unfollow(user, person)
