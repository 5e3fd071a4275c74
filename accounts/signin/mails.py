"""What the site writes to people about their accounts: links for a new password, links that confirm an
address, and word of what was changed or of a sign-in from a new device."""

from collections.abc import Mapping

from aiohttp import web

from accounts.models import User
from accounts.people.directory import accounts_by_ids, user_by_name, users_by_address
from accounts.signin.email_links import make_email_link
from accounts.signin.password_links import make_link
from accounts.site_settings import NAME, site_settings
from helpers.clock import iso
from helpers.keys import DATABASE, LIMITER, SETTINGS
from helpers.limits import Rule
from helpers.mail.mail import Mail
from helpers.mail.queue import MAILS, Maker
from helpers.text.translation import current

FORGOT, RESET, VERIFY = "forgot", "reset", "verify"
EMAIL_CHANGED, PASSWORD_CHANGED, NEW_DEVICE = "email_changed", "password_changed", "new_device"


FOR_ONE = Rule("mails-about-an-account", 1 / 1200, 3.0)
"""Per account, and per login that is asked for: nobody's mailbox is filled by strangers."""


class AccountMails:
    """Makes them, when they are sent."""

    def __init__(self, app: web.Application) -> None:
        self._app = app

    @property
    def kinds(self) -> Mapping[str, Maker]:
        return {
            FORGOT: self._forgot,
            RESET: self._reset,
            VERIFY: self._verify,
            EMAIL_CHANGED: self._email_changed,
            PASSWORD_CHANGED: self._password_changed,
            NEW_DEVICE: self._new_device,
        }

    @property
    def _site(self) -> str:
        return site_settings(self._app)[NAME]

    def _link(self, path: str) -> str:
        return f"{self._app[SETTINGS].address}{path}"

    async def _forgot(self, _: int, details: Mapping[str, str]) -> None:
        """Somebody has asked for a new password, for this name or address. Whether there is such an
        account is looked up here and not when they ask, so that the answer takes the same time."""
        login = details["login"]
        is_address = "@" in login.strip("@")
        found = await users_by_address(login) if is_address else [await user_by_name(login)]
        for user in found:
            if user is None or not user.address:
                continue
            # Its name and its address are two ways to ask for one account.
            if not await self._app[LIMITER].take(FOR_ONE, f"account {user.id}"):
                asked = {"device": details["device"], "whence": details["whence"]}
                await self._app[MAILS].put(RESET, user.language or current().code, user.id, asked)

    async def _reset(self, user_id: int, details: Mapping[str, str]) -> Mail | None:
        user = await self._person(user_id)
        if user is None or not user.address:
            return None
        async with self._app[DATABASE].aio_atomic():
            token = await make_link(user.id)
        t = current().t
        return self._to(
            user,
            t("A new password for {site}", site=self._site),
            t(
                "A new password was asked for, for your account @{name} on {site}: from {device}, {whence}.",
                name=user.name,
                site=self._site,
                device=details["device"],
                whence=details["whence"],
            ),
            t("The link is good once, within an hour. All your sessions end with it."),
            t("If it wasn’t you, you needn’t do anything: your password stays as it is."),
            action=(t("Choose a new password"), self._link(f"/accounts/reset/{token}")),
        )

    async def _verify(self, user_id: int, details: Mapping[str, str]) -> Mail | None:
        user = await self._person(user_id)
        if user is None or user.address != details["address"] or user.email_verified_at:
            return None
        async with self._app[DATABASE].aio_atomic():
            token = await make_email_link(user)
        t = current().t
        return self._to(
            user,
            t("Is this your address? {site} asks", site=self._site),
            t(
                "Your account @{name} on {site} has this e-mail address. Please confirm that it is yours, "
                "so that you can get a new password by it.",
                name=user.name,
                site=self._site,
            ),
            t("If you have no account there, you needn’t do anything: nothing else will be sent."),
            action=(t("Confirm the address"), self._link(f"/accounts/verify/{token}")),
        )

    async def _email_changed(self, user_id: int, details: Mapping[str, str]) -> Mail | None:
        """Goes to the former address."""
        user = await self._person(user_id)
        if user is None:
            return None
        t = current().t
        now = (
            t("Mail goes to {address} from now on.", address=_hinted(user.address))
            if user.address
            else t("It has no e-mail address now.")
        )
        return self._to(
            user,
            t("Your e-mail address on {site} was changed", site=self._site),
            t(
                "The e-mail address of your account @{name} on {site} was changed, from {device}, {whence}.",
                name=user.name,
                site=self._site,
                device=details["device"],
                whence=details["whence"],
            ),
            now,
            t("If it wasn’t you, somebody knows your password: tell those who run the site."),
            address=details["address"],
        )

    async def _password_changed(self, user_id: int, details: Mapping[str, str]) -> Mail | None:
        user = await self._person(user_id)
        if user is None or not user.email_verified_at:
            return None
        t = current().t
        return self._to(
            user,
            t("Your password on {site} was changed", site=self._site),
            t(
                "The password of your account @{name} on {site} was changed, from {device}, {whence}.",
                name=user.name,
                site=self._site,
                device=details["device"],
                whence=details["whence"],
            ),
            t("If it wasn’t you, ask for another one at once."),
            action=(t("Choose a new password"), self._link("/accounts/forgot")),
        )

    async def _new_device(self, user_id: int, details: Mapping[str, str]) -> Mail | None:
        user = await self._person(user_id)
        if user is None or not user.email_verified_at:
            return None
        t = current().t
        return self._to(
            user,
            t("A new sign-in on {site}", site=self._site),
            t(
                "Somebody signed in to your account @{name} on {site} from a device that is new there: "
                "{device}, {whence}, on {moment}.",
                name=user.name,
                site=self._site,
                device=details["device"],
                whence=details["whence"],
                moment=current().moment(iso(int(details["at"]))),
            ),
            t("If it wasn’t you, choose a new password at once: all sessions end then."),
            action=(t("Your sessions"), self._link("/settings/sessions")),
        )

    @staticmethod
    async def _person(user_id: int) -> User | None:
        return (await accounts_by_ids([user_id])).get(user_id)

    def _to(
        self,
        user: User,
        subject: str,
        *paragraphs: str,
        action: tuple[str, str] | None = None,
        address: str = "",
    ) -> Mail:
        t = current().t
        footer = t(
            "You get this since an account on {site} ({address}) has your address. It can’t be answered.",
            site=self._site,
            address=self._app[SETTINGS].address,
        )
        greeting = t("Hello {name}.", name=user.display_name or user.name)
        return Mail(address or user.address, subject, (greeting, *paragraphs), footer, current().code, action)


def _hinted(address: str) -> str:
    """Enough of an address for who knows it."""
    name, _, host = address.rpartition("@")
    return f"{name[:2]}…@{host}"
