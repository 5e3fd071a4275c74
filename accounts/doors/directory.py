"""The directory: everybody on the site by pages, or those who are found. Who is hidden from the reader by
a block isn't in it."""

from typing import Any

from aiohttp import web

from accounts.keys import USER
from accounts.models import User
from accounts.people.directory import (
    MAX_FOUND,
    PAGE,
    people_after,
    search_people,
    shown_names,
    users_by_keys,
)
from accounts.people.names import name_key
from accounts.relations.visibility import VISIBILITY
from helpers.errors import ActionError
from helpers.keys import DATABASE
from helpers.web.rendering import render_page
from helpers.web.routing import wants_json

MAX_QUERY = 200
"""Characters of a search. No name is as long."""


class Directory(web.View):
    """`q` is a part of a name. Without it, the page begins after the person called `after`."""

    async def get(self) -> web.Response:
        request = self.request
        asked, after = request.query.get("q", "").strip(), request.query.get("after", "")
        if len(asked) > MAX_QUERY or len(after) > MAX_QUERY:
            raise ActionError("bad_request", "At most {most} characters, please.", most=MAX_QUERY)
        people, following = await (self._found(asked) if asked else self._page(after))
        people = await self._without_hidden(people)
        if wants_json(request):
            names = await shown_names([one.id for one in people])
            listed = [{"name": one.name, "display_name": names.get(one.id, "")} for one in people]
            return web.json_response({"people": listed, "next": following})
        context: dict[str, Any] = {
            "people": people,
            "asked": asked,
            "next": following,
            "is_rest": bool(asked) and len(people) >= MAX_FOUND,
        }
        return await render_page("accounts/people/directory.html", request, context)

    async def _found(self, asked: str) -> tuple[list[User], str | None]:
        found = await search_people(self.request.app[DATABASE], asked)
        keys = [name_key(one.name) for one in found]
        by_key = await users_by_keys(keys) if keys else {}
        return [by_key[key] for key in keys if key in by_key], None

    async def _page(self, after: str) -> tuple[list[User], str | None]:
        people = await people_after(self.request.app[DATABASE], after, PAGE + 1)
        return people[:PAGE], people[PAGE - 1].name if len(people) > PAGE else None

    async def _without_hidden(self, people: list[User]) -> list[User]:
        reader = self.request[USER].id
        visibility = self.request.app[VISIBILITY]
        hidden = await visibility.hidden_people((reader, one.id) for one in people)
        return [one for one in people if (reader, one.id) not in hidden]
