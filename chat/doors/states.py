"""What a page and a hello tell of a room and of the user in it."""

from chat.actions.retention import effective_days
from chat.events import RoomState, You
from chat.models import Room
from chat.roles import Role, Standing
from helpers.clock import iso, now_ms


def room_state(room: Room, title: str, room_id: str | None = None) -> RoomState:
    """The room under this title. `room_id` is told over a personal socket."""
    modes = room.modes
    return RoomState(
        *(room.name, room.topic, room.kind, title, room_id),
        slow=modes.slow_seconds,
        locked=modes.posting > Role.MEMBER,
        archived=modes.is_archived,
        kept_days=effective_days(room.retention_days) or 0,
        first_seq=room.kept_seq,
    )


def own_state(name: str, standing: Standing) -> You:
    until = standing.timeout_until
    return You(name, standing.title, iso(until) if until > now_ms() else None)
