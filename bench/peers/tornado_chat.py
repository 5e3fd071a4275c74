"""Tornado as in its chat demo: `write_message` to one member after another."""

import asyncio
import json
import os
import time
from collections import defaultdict
from typing import ClassVar

import uvloop
from tornado.web import Application
from tornado.websocket import WebSocketHandler


class Chat(WebSocketHandler):
    members: ClassVar[defaultdict[str, set["Chat"]]] = defaultdict(set)

    def open(self, room: str) -> None:
        self.room = room
        self.author = self.get_argument("name")
        self.members[room].add(self)
        self.write_message({"joined": room})

    def on_message(self, message: str | bytes) -> None:
        chat = {
            "room": self.room,
            "author": self.author,
            "text": json.loads(message)["text"],
            "at": time.time(),
        }
        for member in self.members[self.room]:
            member.write_message(chat)

    def on_close(self) -> None:
        self.members[self.room].discard(self)


async def main() -> None:
    Application([(r"/rooms/(\w+)", Chat)], websocket_ping_interval=25).listen(
        int(os.environ["PORT"]), "127.0.0.1"
    )
    await asyncio.Event().wait()


uvloop.run(main())
