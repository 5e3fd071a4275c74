"""The `websockets` library as in its documentation: `broadcast()` to the room's connections."""

import json
import os
import time
from collections import defaultdict
from urllib.parse import parse_qs, urlsplit

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

members: defaultdict[str, set[ServerConnection]] = defaultdict(set)


async def chat(connection: ServerConnection) -> None:
    assert connection.request is not None
    url = urlsplit(connection.request.path)
    room, author = url.path.rpartition("/")[2], parse_qs(url.query)["name"][0]
    members[room].add(connection)
    await connection.send(json.dumps({"joined": room}))
    try:
        async for said in connection:
            broadcast(
                members[room],
                json.dumps(
                    {"room": room, "author": author, "text": json.loads(said)["text"], "at": time.time()}
                ),
            )
    finally:
        members[room].discard(connection)


async def main() -> None:
    async with serve(chat, "127.0.0.1", int(os.environ["PORT"])) as server:
        await server.serve_forever()


uvloop.run(main())
