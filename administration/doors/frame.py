"""The frame of the site's pages: who may see which, the navigation between them, and one way to
render them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from aiohttp import web

from accounts.keys import USER
from accounts.people.site_roles import SITE_GRANTS, SitePermission, site_may, site_role_of
from administration.site_log import LogEntry
from administration.words import act_name, details, until_of
from helpers.clock import iso
from helpers.errors import ActionError, charge
from helpers.keys import LIMITER
from helpers.limits import Rule
from helpers.text.translation import Text, current
from helpers.web.rendering import render_page
from helpers.web.requests.forms import read_form
from helpers.web.routing import takes_method

T = TypeVar("T")


@dataclass(frozen=True)
class Section:
    """A page of the navigation, at /admin/`name`, for those who have the permission."""

    name: str
    title: Text
    icon: str
    permission: SitePermission


SECTIONS = (
    Section("people", Text("People"), "people", SitePermission.SEE_PEOPLE),
    Section("invitations", Text("Invitations"), "plus", SitePermission.SEE_PEOPLE),
    Section("rooms", Text("Rooms"), "hash", SitePermission.SEE_ROOMS),
    Section("reports", Text("Reports"), "flag", SitePermission.SEE_REPORTS),
    Section("filters", Text("Filters"), "eye", SitePermission.SEE_REPORTS),
    Section("log", Text("Log"), "versions", SitePermission.SEE_LOG),
    Section("storage", Text("Storage"), "download", SitePermission.SEE_HEALTH),
    Section("site", Text("Site"), "settings", SitePermission.SEE_SITE),
    Section("health", Text("Health"), "alert", SitePermission.SEE_HEALTH),
)
"""In the order of the navigation."""

ACTS_RULE = Rule("site-acts", 1.0, 60.0)
"""Per person who acts: nobody keeps order faster by hand."""


class SitePage(web.View):
    """A view for those who have the permission `sees`. Others get 403."""

    sees: ClassVar[SitePermission]

    async def _iter(self) -> web.StreamResponse:
        if takes_method(self.request):
            check_may_see(self.request, self.sees)
        return await super()._iter()


async def read_act(request: web.Request, acts: Mapping[str, T]) -> tuple[str, T, Mapping[str, str]]:
    """Counts an act of somebody who runs the site, and reads its form: the name of the act, which of these
    it is, and all fields. Raises ActionError."""
    await charge(request.app[LIMITER], ACTS_RULE, request[USER].id)
    form = await read_form(request)
    name = form.get("act", "")
    if name not in acts:
        raise ActionError("bad_request", "`act` is one of these: {names}.", names=", ".join(acts))
    return name, acts[name], form


def check_may_see(request: web.Request, permission: SitePermission) -> None:
    """Raises ActionError."""
    if not site_may(request[USER], permission):
        raise ActionError("forbidden", "This page is for those who run the site.")


async def render(
    request: web.Request, template: str, section: str, context: Mapping[str, Any], status: int = 200
) -> web.Response:
    """Renders a template of templates/administration/ that extends frame.html."""
    user = request[USER]
    shown = {
        "sections": [one for one in SECTIONS if site_may(user, one.permission)],
        "section": section,
        "may": SITE_GRANTS[site_role_of(user)],
    }
    return await render_page(f"administration/{template}", request, {**shown, **context}, status=status)


class Administration(web.View):
    """Leads to the first page that one may see."""

    async def get(self) -> web.Response:
        for section in SECTIONS:
            if site_may(self.request[USER], section.permission):
                raise web.HTTPSeeOther(f"/admin/{section.name}")
        raise ActionError("forbidden", "This page is for those who run the site.")


def shown_entries(entries: Iterable[LogEntry]) -> list[dict[str, Any]]:
    """Entries of the log for a page that has loaded the names of their people."""
    language = current()
    return [
        {
            "label": entry.label,
            "at": iso(entry.position.at),
            "act": act_name(entry.act, language),
            "details": details(entry, language),
            "until": iso(until) if (until := until_of(entry)) is not None else None,
            "by": entry.by,
            "shell": entry.shell,
            "whom": entry.whom,
            "room": entry.room,
            "room_id": entry.room_id,
            "reason": entry.reason,
        }
        for entry in entries
    ]
