"""The link in mails of what was missed. A press ends them, in the mail program (RFC 8058) or on the page:
programs that look through mails follow links by themselves."""

from aiohttp import web

from accounts.models import User
from helpers.errors import ActionError
from helpers.keys import DATABASE
from helpers.security_log import note
from helpers.web.rendering import render_page
from helpers.web.requests.addresses import client_address
from notifications.push.keys import UNSUBSCRIBE_KEY
from notifications.ways.mail import end_mails, person_of_token


class Unsubscribe(web.View):
    async def get(self) -> web.Response:
        return await self._page(await self._person(), is_done=False)

    async def post(self) -> web.Response:
        user = await self._person()
        await end_mails(self.request.app[DATABASE], user)
        note("missed mails ended", "ok", who=user.name, whence=client_address(self.request))
        return await self._page(user, is_done=True)

    async def _person(self) -> User:
        request = self.request
        user = await person_of_token(request.app[UNSUBSCRIBE_KEY], request.match_info["token"])
        if user is None:
            raise ActionError(
                "not_found", "This link doesn’t work: perhaps it is cut, or your address has changed."
            )
        return user

    async def _page(self, user: User, *, is_done: bool) -> web.Response:
        context = {"owner": user.called, "is_done": is_done}
        return await render_page("notifications/unsubscribe.html", self.request, context)
