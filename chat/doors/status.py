"""One's own status: away, or not to be disturbed, from any page of the site. In a room the commands
`/away`, `/dnd` and `/back` do the same."""

from datetime import UTC, datetime, timedelta

import msgspec
from aiohttp import web
from pydantic import BaseModel, field_validator, model_validator

from accounts.keys import USER
from chat.delivery.statuses import AWAY, DND, MAX_TEXT, status_of
from chat.keys import ENGINE
from helpers.clock import now_ms
from helpers.errors import charge
from helpers.keys import LIMITER
from helpers.limits import Rule
from helpers.text.characters import is_one_line
from helpers.text.durations import parse_duration
from helpers.text.translation import Text, current
from helpers.web.clock import COOKIE as CLOCK
from helpers.web.clock import Clock
from helpers.web.flash import flash
from helpers.web.rendering import render_page
from helpers.web.requests.forms import Form, check_form, read_form
from helpers.web.requests.redirects import safe_next
from helpers.web.routing import wants_json

CHANGES = Rule("statuses", 0.5, 20.0)
"""Changes of one's status: each is told in all rooms of which one is a member."""

ONLINE = ""
TOMORROW = "tomorrow"
MORNING = 8
"""The hour at which "until tomorrow" ends."""
NIGHT_ENDS = 4
"""Before this hour, "tomorrow" is the coming morning."""


class StatusForm(BaseModel):
    """`lasts` is a duration as in `30m`, TOMORROW, or empty for as long as one doesn't end it."""

    status: str = ONLINE
    text: str = ""
    lasts: str = ""

    @field_validator("status")
    @classmethod
    def _status(cls, value: str) -> str:
        if value not in (ONLINE, AWAY, DND):
            raise ValueError(Text("There is no such choice."))
        return value

    @field_validator("text")
    @classmethod
    def _text(cls, value: str) -> str:
        text = value.strip()
        if len(text) > MAX_TEXT or not is_one_line(text):
            raise ValueError(Text("One line of at most {most} characters, please.", most=MAX_TEXT))
        return text

    @field_validator("lasts")
    @classmethod
    def _lasts(cls, value: str) -> str:
        if value not in ("", TOMORROW) and parse_duration(value) is None:
            raise ValueError(Text("There is no such choice."))
        return value

    @model_validator(mode="after")
    def _nothing_of_who_is_online(self) -> "StatusForm":
        if self.status == ONLINE:
            self.text = self.lasts = ""
        return self


def end_of(lasts: str, clock: Clock, now: datetime) -> int | None:
    """When the status ends, in ms since 1970; None where it doesn't by itself."""
    if not lasts:
        return None
    if lasts != TOMORROW:
        seconds = parse_duration(lasts)
        return None if seconds is None else int(now.timestamp() + seconds) * 1000
    local = now + timedelta(minutes=clock.offset)
    days = 0 if local.hour < NIGHT_ENDS else 1
    morning = local.replace(hour=MORNING, minute=0, second=0, microsecond=0) + timedelta(days=days)
    return int((morning - timedelta(minutes=clock.offset)).timestamp() * 1000)


class OwnStatus(web.View):
    """Without scripts this page is what the button with one's name leads to."""

    async def get(self) -> web.Response:
        status = await status_of(self.request[USER])
        if wants_json(self.request):
            return web.json_response(msgspec.to_builtins(status))
        return await self._page(Form({"status": status.status, "text": status.text}))

    async def post(self) -> web.Response:
        request, user = self.request, self.request[USER]
        fields = await read_form(request)
        data, form = check_form(StatusForm, fields)
        if data is None:
            if wants_json(request):
                return web.json_response({"errors": form.errors}, status=422)
            return await self._page(form, 422)
        await charge(request.app[LIMITER], CHANGES, user.id)
        statuses = request.app[ENGINE].statuses
        if data.status == ONLINE:
            await statuses.clear(user.id, user.name)
        else:
            clock = Clock.read(request.cookies.get(CLOCK, "")) or Clock()
            now = datetime.fromtimestamp(now_ms() / 1000, UTC)
            await statuses.set(user.id, user.name, data.status, data.text, end_of(data.lasts, clock, now))
        if wants_json(request):
            return web.json_response(msgspec.to_builtins(await status_of(user)))
        t = current().t
        said = {
            ONLINE: t("You are back."),
            AWAY: t("You are away now."),
            DND: t("You are not to be disturbed."),
        }
        await flash(request, said[data.status], "success")
        raise web.HTTPSeeOther(safe_next(fields.get("next", ""), "/status"))

    async def _page(self, form: Form, status: int = 200) -> web.Response:
        query = self.request.query.get("next", "")
        context = {"form": form, "next": safe_next(form.values.get("next", "") or query, "/status")}
        return await render_page("chat/status.html", self.request, context, status=status)
