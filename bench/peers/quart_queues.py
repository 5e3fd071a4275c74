"""Quart as in its chat tutorial: every connection has a queue, a message is put into the queues of
its room, and a task sends from the queue."""

import asyncio
import time
from collections import defaultdict

from quart import Quart, websocket

app = Quart(__name__)
members: defaultdict[str, set[asyncio.Queue[str]]] = defaultdict(set)


async def receive(room: str, author: str) -> None:
    while True:
        said = app.json.loads(await websocket.receive())
        message = app.json.dumps({"room": room, "author": author, "text": said["text"], "at": time.time()})
        for queue in members[room]:
            await queue.put(message)


@app.websocket("/rooms/<room>")
async def chat(room: str) -> None:
    queue: asyncio.Queue[str] = asyncio.Queue()
    members[room].add(queue)
    await websocket.send_json({"joined": room})
    receiving = asyncio.ensure_future(receive(room, websocket.args["name"]))
    try:
        while True:
            await websocket.send(await queue.get())
    finally:
        receiving.cancel()
        members[room].discard(queue)
