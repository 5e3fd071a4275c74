"""Answers to an invitation: accept or decline. Sent as a form; programs get JSON."""

from aiohttp import web

from accounts.keys import USER
from accounts.models import User
from chat.actions import invitations
from chat.keys import ENGINE, take_token
from chat.models import Room
from helpers.web.routing import wants_json


class _Answer(web.View):
    async def post(self) -> web.StreamResponse:
        request, user = self.request, self.request[USER]
        take_token(request, user.id)
        found = await request.app[ENGINE].access.find(request.match_info["name"].lower(), user)
        if found is None:
            raise invitations.no_invitation()
        return await self.answer(found.room, user)

    async def answer(self, room: Room, user: User) -> web.StreamResponse:
        raise NotImplementedError


class Accept(_Answer):
    async def answer(self, room: Room, user: User) -> web.StreamResponse:
        await invitations.accept(self.request.app[ENGINE], room, user)
        if wants_json(self.request):
            return web.json_response({"name": room.name})
        raise web.HTTPSeeOther(f"/rooms/{room.name}")


class Decline(_Answer):
    async def answer(self, room: Room, user: User) -> web.StreamResponse:
        await invitations.decline(self.request.app[ENGINE], room, user)
        if wants_json(self.request):
            return web.Response(status=204)
        raise web.HTTPSeeOther("/rooms")
