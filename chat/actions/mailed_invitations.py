"""Invitations by mail: each address gets a link of its own, for one person.

Its code is made when the mail is sent, and anew when it is sent again, so that it is stored nowhere."""

import re
from collections.abc import Mapping, Sequence

from accounts.models import InviteLink, User
from accounts.people.accounts import email_problem
from accounts.signin.invite_links import able_maker, renew_code
from accounts.site_settings import NAME, SiteSettings
from chat.actions import invite_links
from chat.engine import Engine
from chat.errors import ActionError
from chat.history.access import RoomAccess
from chat.history.invite_links import rooms_of_links
from helpers.clock import iso
from helpers.errors import charge
from helpers.limits import Rule
from helpers.mail.mail import Mail
from helpers.mail.queue import MailQueue
from helpers.text.translation import current

KIND = "invitation"

MAX_ADDRESSES = 20

TO_ONE = Rule("mailed-invitations", 1 / 28_800, 3.0)
"""Per address, whoever invites it: no mailbox is filled by strangers."""

_BETWEEN = re.compile(r"[\s,;]+")


def addresses_in(text: str) -> list[str]:
    """The addresses that somebody pasted, each once. Raises ActionError."""
    found = list(dict.fromkeys(word.lower() for word in _BETWEEN.split(text[:10_000]) if word))
    if len(found) > MAX_ADDRESSES:
        raise ActionError(
            "too_many", "At most {most} addresses, please.", field="address", most=MAX_ADDRESSES
        )
    for address in found:
        if email_problem(address):
            raise ActionError(
                "bad_value", "{address} is no e-mail address.", field="address", address=address[:100]
            )
    return found


async def send_invitations(
    engine: Engine,
    mails: MailQueue,
    maker: User,
    found: Sequence[RoomAccess],
    addresses: Sequence[str],
    days: int,
    *,
    may_to_site: bool,
) -> list[InviteLink]:
    """Sends each address a link to these rooms, or without any to the site. Returns the links. Raises
    ActionError; those before stay invited."""
    links = []
    for address in addresses:
        await charge(engine.limiter, TO_ONE, address)
        link, _ = await invite_links.make_link(engine, maker, found, 1, days, may_to_site=may_to_site)
        details = {"link": str(link.id), "address": address}
        await mails.put(KIND, current().code, maker.id, details)
        links.append(link)
    return links


class InvitationMails:
    """Makes them, when they are sent. `now` are the site's settings, `site` is its address."""

    def __init__(self, now: SiteSettings, site: str) -> None:
        self._now = now
        self._site = site

    async def make(self, maker_id: int, details: Mapping[str, str]) -> Mail | None:
        """None where the link isn't good any more, or its maker is gone."""
        maker = await able_maker(maker_id)
        renewed = await renew_code(int(details["link"])) if maker else None
        if maker is None or renewed is None:
            return None
        link, code = renewed
        rooms = [f"#{room.shown}" for room in (await rooms_of_links([link.id]))[link.id]]
        t, site = current().t, self._now[NAME]
        where = (
            t("to {rooms} on {site}", rooms=", ".join(rooms), site=site)
            if rooms
            else t("to {site}", site=site)
        )
        return Mail(
            details["address"],
            t("{name} invites you to {site}", name=maker.display_name or maker.name, site=site),
            (
                t("{name} invites you {where}.", name=maker.called, where=where),
                t(
                    "The link is for one person, and good until {moment}.",
                    moment=current().moment(iso(link.until)),
                ),
            ),
            t(
                "You get this since somebody on {site} ({address}) wrote your address. If you don’t know "
                "them, you needn’t do anything.",
                site=site,
                address=self._site,
            ),
            current().code,
            (t("Accept the invitation"), f"{self._site}/join/{code}"),
        )
