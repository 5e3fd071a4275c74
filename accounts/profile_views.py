"""A person's page, the form for one's own, and the list of people."""

from datetime import UTC, datetime

import aiohttp_jinja2
from aiohttp import web
from pydantic import BaseModel, field_validator

from accounts import people, profiles
from accounts.signing import USER
from helpers.flash import flash
from helpers.forms import Form, check_form, read_form
from helpers.keys import DATABASE
from helpers.texts import current


class People(web.View):
    """Who there is: `q` is the beginning of a name, or a part of it."""

    async def get(self) -> web.Response:
        names = await people.people_named(self.request.app[DATABASE], self.request.query.get("q", ""))
        return web.json_response({"people": [{"name": name} for name in names]})


class PersonPage(web.View):
    async def get(self) -> web.Response:
        person = await people.user_by_name(self.request.match_info["name"])
        if person is None:
            raise web.HTTPNotFound
        language = current()
        since = datetime.fromtimestamp(person.created_at / 1000, UTC)
        there = profiles.local_time(person)
        context = {
            "person": person,
            "since": since,
            "since_day": language.day(since),
            "time_there": language.time_of_day(there) if there else "",
            "is_oneself": person.id == self.request[USER].id,
        }
        return aiohttp_jinja2.render_template("accounts/person.html", self.request, context)


class ProfileForm(BaseModel):
    display_name: str = ""
    bio: str = ""
    place: str = ""
    time_zone: str = ""

    @field_validator("display_name")
    @classmethod
    def _display_name(cls, value: str) -> str:
        return profiles.clean_line(value, profiles.MAX_DISPLAY_NAME)

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


class EditProfile(web.View):
    """One's own profile. A field that a form leaves out stays as it is."""

    async def get(self) -> web.Response:
        return self._page(Form(values=self._present()))

    async def post(self) -> web.Response:
        user = self.request[USER]
        data, form = check_form(ProfileForm, {**self._present(), **await read_form(self.request)})
        if data is None:
            return self._page(form, 422)
        await profiles.save_profile(user, profiles.Profile(**data.model_dump()))
        await flash(self.request, current().t("Your profile is saved."), "success")
        raise web.HTTPSeeOther(f"/users/{user.name}")

    def _present(self) -> dict[str, str]:
        return {name: getattr(self.request[USER], name) for name in ProfileForm.model_fields}

    def _page(self, form: Form, status: int = 200) -> web.Response:
        context = {"form": form, "zones": profiles.time_zones(), "limits": profiles}
        return aiohttp_jinja2.render_template("accounts/profile.html", self.request, context, status=status)
