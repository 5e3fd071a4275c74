"""Actions on another person: follow, answer a follow request, block. Sent as a form; programs get
JSON."""

from typing import Any

from aiohttp import web

from accounts import keys
from accounts.keys import USER
from accounts.models import User
from accounts.people.directory import user_by_name
from accounts.relations import blocking, following
from helpers.errors import ActionError, charge
from helpers.keys import DATABASE, LIMITER
from helpers.limits import Rule
from helpers.web.requests.forms import read_form
from helpers.web.requests.redirects import safe_next
from helpers.web.routing import wants_json

FOLLOWS = Rule("follows", 2.0, 100.0)
"""Per person: follows, requests, blocks, and answers."""


class _RelationAction(web.View):
    async def post(self) -> web.StreamResponse:
        request = self.request
        user = request[USER]
        person = await user_by_name(request.match_info["name"])
        if person is None:
            raise web.HTTPNotFound
        await charge(request.app[LIMITER], FOLLOWS, user.id)
        page = f"/users/{person.name}"
        back = (page, person.name)
        try:
            await self.choose(user, person)
        except following.CannotFollow as problem:
            raise ActionError("cannot_follow", problem.text, 422, back=back) from None
        except blocking.CannotBlock as problem:
            raise ActionError("cannot_block", problem.text, 422, back=back) from None
        except following.NoFollowRequest:
            raise ActionError(
                "not_asked",
                "{name} doesn’t ask to follow you, or no longer does.",
                404,
                back=back,
                name=person.called,
            ) from None
        except LookupError:
            raise web.HTTPNotFound from None
        if wants_json(request):
            return web.json_response({"name": person.name, **await self.answer(user, person)})
        raise web.HTTPSeeOther(safe_next((await read_form(request)).get("next", ""), page))

    async def choose(self, user: User, person: User) -> None:
        raise NotImplementedError

    async def answer(self, user: User, person: User) -> dict[str, Any]:
        """Returns the new relation for programs."""
        found = await following.relation(person, user)
        asked = {"requested": True} if found.is_requested else {}
        return {"following": found.is_followed, **asked, "followers": found.followers}


class Follow(_RelationAction):
    async def choose(self, user: User, person: User) -> None:
        await following.follow(self.request.app[DATABASE], user, person)


class Unfollow(_RelationAction):
    async def choose(self, user: User, person: User) -> None:
        await following.unfollow(self.request.app[DATABASE], user, person)


class _Answer(_RelationAction):
    """An answer to a person who follows or asks to follow."""

    async def answer(self, user: User, person: User) -> dict[str, Any]:
        return {"follower": (await following.relation(user, person)).is_followed}


class Accept(_Answer):
    async def choose(self, user: User, person: User) -> None:
        await following.accept(self.request.app[DATABASE], user, person)


class Decline(_Answer):
    async def choose(self, user: User, person: User) -> None:
        await following.decline(self.request.app[DATABASE], user, person)


class RemoveFollower(_Answer):
    async def choose(self, user: User, person: User) -> None:
        await following.remove_follower(self.request.app[DATABASE], user, person)


class Block(_RelationAction):
    async def choose(self, user: User, person: User) -> None:
        app = self.request.app
        await blocking.block(app[DATABASE], user, person, app[keys.BLOCKED])

    async def answer(self, user: User, person: User) -> dict[str, Any]:
        return {"blocked": (await following.relation(person, user)).is_blocked}


class Unblock(Block):
    async def choose(self, user: User, person: User) -> None:
        await blocking.unblock(user, person)
