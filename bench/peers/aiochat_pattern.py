"""The pattern of the aiohttp tutorials: each message is one row, inserted through the ORM, and then
sent as JSON to one member after another.

The sender's answer is the message itself, sent after it is on disk."""

import os
import time
from collections import defaultdict

import peewee
import peewee_async
import uvloop
from aiohttp import web
from psycopg.conninfo import conninfo_to_dict

address = conninfo_to_dict(os.environ["DATABASE_URL"])
database = peewee_async.PostgresqlDatabase(address.pop("dbname"), **address)
members: defaultdict[str, set[web.WebSocketResponse]] = defaultdict(set)


class Message(peewee_async.AioModel):  # type: ignore[misc]
    room = peewee.TextField(index=True)
    author = peewee.TextField()
    text = peewee.TextField()
    at = peewee.DoubleField()

    class Meta:
        database = database


async def room(request: web.Request) -> web.WebSocketResponse:
    name, author = request.match_info["room"], request.query["name"]
    ws = web.WebSocketResponse(heartbeat=25)
    await ws.prepare(request)
    members[name].add(ws)
    await ws.send_json({"joined": name})
    try:
        async for message in ws:
            text = message.json()["text"]
            row = await Message.aio_create(room=name, author=author, text=text, at=time.time())
            for member in list(members[name]):
                await member.send_json({"room": name, "author": author, "text": row.text, "at": row.at})
    finally:
        members[name].discard(ws)
    return ws


async def make_app() -> web.Application:
    with database.allow_sync():
        database.create_tables([Message])
    app = web.Application()
    app.add_routes([web.get("/rooms/{room}", room)])
    return app


web.run_app(
    make_app(),
    host="127.0.0.1",
    port=int(os.environ["PORT"]),
    access_log=None,
    print=None,
    loop=uvloop.new_event_loop(),
)
