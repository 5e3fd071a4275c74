"""Opens conversations: by a form or as JSON."""

from aiohttp import web

from accounts.keys import USER
from accounts.models import User
from accounts.people.directory import user_by_name
from chat.actions.conversations import MAX_PEOPLE, open_conversation
from chat.doors.rooms.list import UnsentMessage, list_page
from chat.errors import ActionError
from chat.history.titles import title_of
from chat.keys import ENGINE, take_token
from helpers.text.translation import translate
from helpers.web.requests.forms import Form, read_values
from helpers.web.routing import wants_json


class Conversations(web.View):
    """`with`, given once or more, names the others. The same people always get the same
    conversation."""

    async def post(self) -> web.Response:
        request = self.request
        user, engine = request[USER], request.app[ENGINE]
        names = await read_values(request, "with")
        take_token(request, user.id)
        try:
            room = await open_conversation(engine, user, await self._people(names))
        except ActionError as error:
            if error.retry_after:
                raise
            if wants_json(request):
                raise error.about("with") from None
            return await list_page(request, Form(), UnsentMessage(tuple(names), translate(error.phrase)), 422)
        if wants_json(request):
            body = {"name": room.name, "title": await title_of(room, user.id), "kind": room.kind}
            return web.json_response(body, status=201, headers={"Location": f"/rooms/{room.name}"})
        raise web.HTTPSeeOther(f"/rooms/{room.name}")

    async def _people(self, names: list[str]) -> list[User]:
        """The users with these names. Raises ActionError for a name that no user has."""
        wanted = dict.fromkeys(stripped for name in names if (stripped := name.strip()))
        if len(wanted) > MAX_PEOPLE:
            raise ActionError("refused", "At most {most} people, please, with yourself.", most=MAX_PEOPLE)
        found = []
        for name in wanted:
            person = await user_by_name(name)
            if person is None:
                raise ActionError("no_such_user", "There is nobody called {name}.", name=name[:40])
            found.append(person)
        return found
