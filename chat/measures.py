"""What is told of the chat: see helpers/observing."""

from aiohttp import web

from chat.engine import Engine
from chat.models import FileUsage, PreviewJob
from helpers.observing.measures import Gauge
from helpers.web.observing.measured import READINGS

SOCKETS = Gauge("aiochat_sockets", "Open WebSockets: of rooms, and personal ones.", "kind")
PEOPLE = Gauge("aiochat_connected_people", "People with an open WebSocket in this process.")
SESSIONS = Gauge("aiochat_connected_sessions", "Sessions with an open WebSocket in this process.")
QUEUED = Gauge("aiochat_journal_waiting", "Messages and other changes that wait to be stored.")
OUTGOING = Gauge("aiochat_outgoing_bytes", "Bytes that are written to WebSockets and not taken by them yet.")
SLOWEST = Gauge("aiochat_outgoing_bytes_most", "The same, of the slowest client.")
FILES = Gauge("aiochat_files", "Files in messages.", per_site=True)
FILE_BYTES = Gauge("aiochat_file_bytes", "Bytes of the files in messages.", per_site=True)
PREVIEWS = Gauge("aiochat_previews_waiting", "Messages whose links wait for their previews.", per_site=True)

MOST_COUNTED = 10_000
"""Rows, where the database has to count."""


def add_readings(app: web.Application, engine: Engine) -> None:
    readings, hub = app[READINGS], engine.hub

    def sockets() -> dict[str, float]:
        personal = sum(one.is_personal for one in hub.connections)
        return {"personal": personal, "room": len(hub.connections) - personal}

    async def used(column: str) -> float:
        row = await FileUsage.aio_get_or_none(FileUsage.owner_id == 0)
        return float(getattr(row, column)) if row else 0.0

    readings.add(SOCKETS, sockets)
    readings.add(PEOPLE, lambda: len(hub.connected_ids))
    readings.add(SESSIONS, lambda: len(hub.open_sessions()))
    readings.add(QUEUED, lambda: engine.journal.waiting)
    readings.add(OUTGOING, lambda: sum(one.outbox.unread for one in hub.connections))
    readings.add(SLOWEST, lambda: max((one.outbox.unread for one in hub.connections), default=0))
    readings.add(FILES, lambda: used("files"))
    readings.add(FILE_BYTES, lambda: used("bytes"))
    readings.add(PREVIEWS, lambda: PreviewJob.select(PreviewJob.id).limit(MOST_COUNTED).aio_count())
