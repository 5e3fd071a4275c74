"""A person's page, the form of one's own profile, and the search for people."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from pydantic import BaseModel, field_validator

from accounts.keys import RENAMED, USER
from accounts.models import User
from accounts.people import directory, display_names, profiles
from accounts.people.accounts import KEPT_NAME
from accounts.people.display_names import (
    ShownPerson,
    clean_display_name,
    is_reserved_display_name,
    people_with_looks,
)
from accounts.people.looks import display_look
from accounts.relations import following
from accounts.relations.visibility import VISIBILITY
from helpers import images
from helpers.errors import ActionError, charge
from helpers.keys import DATABASE, LIMITER, SETTINGS
from helpers.limits import Rule
from helpers.text.translation import Text, current, translate
from helpers.web.flash import flash
from helpers.web.rendering import render_page
from helpers.web.requests.forms import Form, check_form, read_form
from helpers.web.requests.redirects import safe_next
from helpers.web.routing import wants_json

MAX_NAMES = 100

NAMES = Rule("names", 1 / 300, 20.0)
"""Changes of one's name: each is told in all rooms of which one is a member."""


class People(web.View):
    """Finds people by a part of their names, `q`; or those with these names, `name` for each."""

    async def get(self) -> web.Response:
        query = self.request.query
        names = query.getall("name", [])
        if len(names) > MAX_NAMES:
            raise ActionError("bad_request", "At most {most} names, please.", most=MAX_NAMES)
        if names:
            found = list((await directory.people_named(names)).values())
        else:
            found = await directory.search_people(self.request.app[DATABASE], query.get("q", ""))
        return web.json_response({"people": [person.as_json() for person in found]})


PersonSection = Callable[[web.Request, User], Awaitable[str]]
PERSON_SECTIONS = web.AppKey("person_sections", list[PersonSection])
"""Sections of other packages on a person's page. Only people who may see that person's posts see
them."""


class PersonPage(web.View):
    async def get(self) -> web.Response:
        person = await directory.user_by_name(self.request.match_info["name"])
        if person is None:
            raise web.HTTPNotFound
        language, user = current(), self.request[USER]
        standing = await following.relation(person, user)
        visibility = self.request.app[VISIBILITY]
        is_hidden = bool(await visibility.hidden_people([(user.id, person.id)]))
        if wants_json(self.request):
            return web.json_response(
                {
                    "name": person.name,
                    "display_name": (await directory.shown_names([person.id])).get(person.id, ""),
                    **_relation(person, standing, is_hidden),
                }
            )
        since = datetime.fromtimestamp(person.created_at / 1000, UTC)
        there = profiles.local_time(person)
        sees_posts = not is_hidden and await visibility.sees_posts(user.id, person.id)
        context = {
            "person": person,
            "since": since,
            "since_day": language.day(since),
            "time_there": language.time_of_day(there) if there else "",
            "is_oneself": person.id == user.id,
            "standing": standing,
            "is_hidden": is_hidden,
            "request_count": await following.follow_request_count(user) if person.id == user.id else 0,
            "sees_posts": sees_posts,
            "sections": [
                await section(self.request, person)
                for section in self.request.app[PERSON_SECTIONS]
                if sees_posts
            ],
        }
        return await render_page("accounts/people/person.html", self.request, context)


def _relation(person: User, standing: following.Relation, is_hidden: bool) -> dict[str, Any]:
    """Returns the relation between the requester and a person as JSON. If the person is hidden,
    only `blocked` is included."""
    if is_hidden:
        return {"blocked": standing.is_blocked}
    counts = {"followers": standing.followers, "follows": standing.followed}
    asked = {
        "following": standing.is_followed,
        "requested": standing.is_requested,
        "blocked": standing.is_blocked,
    }
    return {"private": person.is_private, **counts, **asked}


class ProfileForm(BaseModel):
    display_name: str = ""
    bio: str = ""
    place: str = ""
    time_zone: str = ""
    private: str = ""

    @field_validator("display_name")
    @classmethod
    def _display_name(cls, value: str) -> str:
        return clean_display_name(value)

    @field_validator("bio")
    @classmethod
    def _bio(cls, value: str) -> str:
        return profiles.clean_bio(value)

    @field_validator("place")
    @classmethod
    def _place(cls, value: str) -> str:
        return profiles.clean_line(value, profiles.MAX_PLACE)

    @field_validator("time_zone")
    @classmethod
    def _time_zone(cls, value: str) -> str:
        return profiles.clean_time_zone(value)

    @field_validator("private")
    @classmethod
    def _private(cls, value: str) -> str:
        if value not in ("", "yes"):
            raise ValueError(Text("There is no such choice."))
        return value


class EditProfile(web.View):
    """One's own profile. Fields that a form omits keep their values."""

    async def get(self) -> web.Response:
        raise web.HTTPSeeOther("/settings/profile")

    async def post(self) -> web.Response:
        user = self.request[USER]
        fields = await read_form(self.request)
        data, form = check_form(ProfileForm, {**_stored_values(user), **fields})
        if data is None:
            return await profile_page(self.request, form, 422)
        is_renamed = data.display_name != user.display_name
        if is_renamed:
            # What is refused costs too: to look at a name takes up to 10 ms.
            await charge(self.request.app[LIMITER], NAMES, user.id)
        if is_renamed and not user.is_admin and is_reserved_display_name(data.display_name):
            form.errors["display_name"] = translate(KEPT_NAME)
            return await profile_page(self.request, form, 422)
        profile = profiles.Profile(**data.model_dump(exclude={"private"}))
        await profiles.save_profile(self.request.app[DATABASE], user, profile)
        if is_renamed:
            await tell_of_name(self.request.app, user, data.display_name)
        await following.set_private(self.request.app[DATABASE], user, bool(data.private))
        await flash(self.request, current().t("Your profile is saved."), "success")
        raise web.HTTPSeeOther(safe_next(fields.get("next", ""), f"/users/{user.name}"))


async def tell_of_name(app: web.Application, user: User, name: str) -> None:
    """Tells of the new display name, and of those which look like it or like the one before: their
    handles stand beside them now, or no longer. `user` is as before."""
    looks = {user.display_skeleton, display_look(name or user.name)}
    shown = {person.id: person for person in await people_with_looks(looks)}
    shown.setdefault(user.id, ShownPerson(user.id, user.name, ""))
    for person in shown.values():
        for tell in app[RENAMED]:
            await tell(*person)


def _stored_values(user: User) -> dict[str, str]:
    told = {name: getattr(user, name) for name in ProfileForm.model_fields if name != "private"}
    return {**told, "private": "yes" if user.is_private else ""}


async def profile_page(
    request: web.Request, form: Form, status: int = 200, *, is_index: bool = False
) -> web.Response:
    """Renders the page of one's own profile. Fields that the form omits show the stored values. As the
    index of the settings it shows the list alone where there is no room for both."""
    shown = Form({**_stored_values(request[USER]), **form.values}, form.errors)
    settings = request.app[SETTINGS]
    context = {
        "is_index": is_index,
        "form": shown,
        "zones": profiles.time_zones(),
        "limits": profiles,
        "max_display_name": display_names.MAX_LENGTH,
        "picture_megabytes": images.MAX_BYTES // 1024 // 1024,
        # Other services that use these values.
        "has_gravatar": settings.gravatar,
    }
    return await render_page("accounts/settings/profile.html", request, context, status=status)
