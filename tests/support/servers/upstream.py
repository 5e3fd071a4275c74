"""What stands behind nginx where nginx itself is tested: a worker that only says what reached
it."""

from dataclasses import dataclass, field

from aiohttp import web

from tests.support.servers.process import free_port


@dataclass
class Worker:
    """An upstream that answers every request with its own name and what it saw."""

    name: str
    port: int = field(default_factory=free_port)
    runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application(client_max_size=48 << 20)
        app.router.add_get("/rooms/{room}/ws", self.socket)
        app.router.add_get("/ws", self.socket)
        app.router.add_route("*", "/{path:.*}", self.answer)
        self.runner = web.AppRunner(app, shutdown_timeout=0)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        if self.runner is not None:
            await self.runner.cleanup()
            self.runner = None

    async def answer(self, request: web.Request) -> web.Response:
        seen = {"worker": self.name, "headers": dict(request.headers), "size": len(await request.read())}
        return web.json_response(seen, headers={"Content-Security-Policy": "default-src 'self'"})

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(self.name)
        async for message in socket:
            await socket.send_str(message.data)
        return socket
