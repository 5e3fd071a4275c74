"""People: all accounts by pages, or those who are found."""

import asyncio
from typing import Any

from aiohttp import web

from accounts.keys import USER
from accounts.models import User
from accounts.people.site_roles import SitePermission, SiteRole, site_may, site_role_of
from accounts.people.waiting import count_waiting
from accounts.signin.suspension import database_now_ms
from administration.doors.frame import SitePage, render
from administration.doors.queries import MAX_QUERY, cursor, one_of, search_text
from administration.people_lists import PAGE, PeopleFilter, find_people, people_before, room_counts
from helpers.clock import iso
from helpers.keys import DATABASE
from helpers.web.routing import wants_json
from helpers.web.sessions import STORAGE

ROLES = {role.name.lower(): role for role in SiteRole if role is not SiteRole.NONE}


class People(SitePage):
    """`q` is a part of a name or the beginning of an address. Without it a page is of those before
    the account with the id `before`; `role` and `state` choose among them."""

    sees = SitePermission.SEE_PEOPLE

    async def get(self) -> web.Response:
        request = self.request
        asked, before = search_text(request, "q"), cursor(request, "before")
        role, state = one_of(request, "role", ROLES), one_of(request, "state", ("suspended", "waiting"))
        wanted = PeopleFilter(
            ROLES[role] if role else None, suspended=state == "suspended", waiting=state == "waiting"
        )
        if asked:
            found, following = await find_people(request.app[DATABASE], asked), None
        else:
            found = await people_before(wanted, before)
            following = found[PAGE - 1].id if len(found) > PAGE else None
            found = found[:PAGE]
        people = await self._described(found)
        if wants_json(request):
            return web.json_response({"people": people, "next": following})
        context = {
            "people": people,
            "pictures": {user.name: user for user in found},
            "asked": asked,
            "role": role,
            "state": state,
            "next": following,
            "max_query": MAX_QUERY,
            "may_admit": site_may(request[USER], SitePermission.ADMIT),
            "waiting": await count_waiting(),
        }
        return await render(request, "people.html", "people", context)

    async def _described(self, people: list[User]) -> list[dict[str, Any]]:
        store = self.request.app[STORAGE].store
        rooms = await room_counts([user.id for user in people])
        sessions = await asyncio.gather(*(store.of_user(user.id) for user in people))
        now = await database_now_ms()
        found = []
        for user, own in zip(people, sessions, strict=True):
            last = max((use.at for use in own.values() if use.at), default=None)
            found.append(
                {
                    **described(user, now),
                    "last_seen": iso(last) if last else None,
                    "sessions": len(own),
                    "rooms": rooms.get(user.id, 0),
                }
            )
        return found


def described(user: User, now: int) -> dict[str, Any]:
    """What a person's row says of the account itself. `now` is by the database's clock."""
    return {
        "name": user.name,
        "display_name": user.display_name,
        "address": user.address,
        "role": site_role_of(user).name.lower(),
        "created_at": iso(user.created_at),
        "waits_since": iso(user.waits_since) if user.waits_since is not None else None,
        **suspension_fields(user, now),
    }


def suspension_fields(user: User, now: int) -> dict[str, Any]:
    """`suspended_until` is null where it doesn't end, or where there is none."""
    until = user.suspended_until or 0
    is_now = until > now
    return {
        "is_suspended": is_now,
        "suspended_until": iso(until) if is_now and until <= MAX_SHOWN_TIME else None,
        "suspended_for": user.suspended_for if is_now else "",
    }


MAX_SHOWN_TIME = 250_000_000_000_000
"""Milliseconds since 1970: what doesn't end is far beyond."""
