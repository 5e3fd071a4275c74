"""People who post and wait for each receipt, while something else is done to the site."""

import asyncio
import secrets
import statistics
import time

import aiohttp


class Speaker:
    """Somebody in the room, who posts and waits for each receipt."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self._ws = ws
        self._sent: dict[str, float] = {}
        self.took: list[tuple[float, float]] = []
        """When each post was sent, and for how long its receipt was waited for."""
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for frame in self._ws:
            for line in frame.data.split("\n"):
                if '"type":"receipt"' not in line:
                    continue
                for nonce in [nonce for nonce in self._sent if nonce in line]:
                    sent = self._sent.pop(nonce)
                    self.took.append((sent, time.monotonic() - sent))

    async def talk(self, pause: float, until: asyncio.Event) -> None:
        while not until.is_set():
            nonce = secrets.token_hex(8)
            self._sent[nonce] = time.monotonic()
            await self._ws.send_json({"type": "post", "text": "the soup is ready", "nonce": nonce})
            await asyncio.sleep(pause)


def told(name: str, took: list[float], seconds: float) -> str:
    ordered = [1000 * wait for wait in sorted(took)]
    p95, p99 = (ordered[int(len(ordered) * share)] for share in (0.95, 0.99))
    return (
        f"{name}: {len(ordered)} posts in {seconds:.0f} s, receipts after "
        f"{statistics.median(ordered):.1f} ms (median), {p95:.1f} ms (p95), {p99:.1f} ms (p99), "
        f"{ordered[-1]:.0f} ms at most"
    )
