"""Lists of one's own relations: follow requests, followers, blocked people. Each is a page with a
form per person, and JSON."""

from typing import Any, NamedTuple

from aiohttp import web

from accounts.keys import USER
from accounts.models import Block, User
from accounts.people.directory import shown_names, user_by_name, users_by_ids
from accounts.relations import following
from accounts.relations.following import Follow, FollowRequest
from helpers.clock import iso
from helpers.db.database import is_unavailable
from helpers.errors import ActionError
from helpers.web.rendering import render_page
from helpers.web.routing import wants_json

MAX_SHOWN = 100
"""People per page."""


class _Listed(NamedTuple):
    person: User
    at: str


async def request_count(request: web.Request) -> dict[str, Any]:
    """For the account pages: the number of follow requests."""
    user = request.get(USER)
    if user is None or not request.path.startswith(("/accounts/", "/settings")):
        return {}
    try:
        return {"request_count": await following.follow_request_count(user)}
    except Exception as error:
        if not is_unavailable(error):
            raise
        # This may be the page that reports that the database is unavailable.
        return {}


async def _people_of(rows: list[tuple[int, int]]) -> list[_Listed]:
    users = await users_by_ids([user_id for user_id, _ in rows[:MAX_SHOWN]]) if rows else {}
    return [_Listed(users[user_id], iso(at)) for user_id, at in rows[:MAX_SHOWN] if user_id in users]


class _RelationList(web.View):
    """A page of a list. `after` is the name of the last person on the previous page."""

    key = ""
    template = ""

    async def get(self) -> web.Response:
        request = self.request
        after = 0
        if "after" in request.query:
            last = await user_by_name(request.query["after"])
            if last is None:
                raise ActionError("bad_request", "`{name}` is the `next` of another page.", name="after")
            after = last.id
        rows = await self.rows(request[USER], after)
        people = await _people_of(rows)
        more = len(rows) > MAX_SHOWN
        if wants_json(request):
            names = await shown_names([one.person.id for one in people])
            shown = [
                {"name": one.person.name, "display_name": names.get(one.person.id, ""), "at": one.at}
                for one in people
            ]
            return web.json_response({self.key: shown, **await self.rest(people, more)})
        context = {"people": people, **await self.rest(people, more)}
        return await render_page(self.template, request, context)

    async def rows(self, user: User, after: int) -> list[tuple[int, int]]:
        """Returns user ids with times, and one more than a page shows if there are more."""
        raise NotImplementedError

    async def rest(self, people: list[_Listed], more: bool) -> dict[str, Any]:
        return {"next": people[-1].person.name if more and people else None}


class Requests(_RelationList):
    """The oldest requests come first. Later ones appear when these are answered."""

    key = "requests"
    template = "accounts/settings/requests.html"

    async def rows(self, user: User, after: int) -> list[tuple[int, int]]:
        query = FollowRequest.select(FollowRequest.follower_id, FollowRequest.at).where(
            FollowRequest.followed_id == user.id
        )
        return list(
            await query.order_by(FollowRequest.at, FollowRequest.follower_id)
            .limit(MAX_SHOWN + 1)
            .tuples()
            .aio_execute()
        )

    async def rest(self, people: list[_Listed], more: bool) -> dict[str, Any]:
        return {"count": await following.follow_request_count(self.request[USER])}


class Followers(_RelationList):
    key = "followers"
    template = "accounts/settings/followers.html"

    async def rows(self, user: User, after: int) -> list[tuple[int, int]]:
        query = Follow.select(Follow.follower_id, Follow.at).where(
            Follow.followed_id == user.id, Follow.follower_id > after
        )
        return list(await query.order_by(Follow.follower_id).limit(MAX_SHOWN + 1).tuples().aio_execute())


class Blocked(_RelationList):
    key = "blocked"
    template = "accounts/settings/blocked.html"

    async def rows(self, user: User, after: int) -> list[tuple[int, int]]:
        return await _blocked_by(user, after)


async def _blocked_by(user: User, after: int = 0) -> list[tuple[int, int]]:
    query = Block.select(Block.blocked_id, Block.at).where(
        Block.blocker_id == user.id, Block.blocked_id > after
    )
    return list(await query.order_by(Block.blocked_id).limit(MAX_SHOWN + 1).tuples().aio_execute())


class PrivacySettings(web.View):
    """The section of the settings: who may see what, and the first of those whom one blocks."""

    async def get(self) -> web.Response:
        rows = await _blocked_by(self.request[USER])
        people = await _people_of(rows)
        more = people[-1].person.name if len(rows) > MAX_SHOWN and people else None
        context = {"people": people, "next": more}
        return await render_page("accounts/settings/privacy.html", self.request, context)
