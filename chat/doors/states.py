"""What a page and a hello tell of a room and of the user in it."""

from chat.actions.rooms.modes import who_may
from chat.actions.rooms.retention import effective_days
from chat.events import RoomState, You
from chat.models import Room
from chat.roles import NO_MODES, RIGHTS, Modes, Role, Standing
from helpers.clock import iso, now_ms


def room_state(room: Room, title: str, room_id: str | None = None) -> RoomState:
    """The room under this title. `room_id` is told over a personal socket."""
    modes = room.modes
    return RoomState(
        *(room.name, room.topic, room.kind, title, room_id),
        slow=modes.slow_seconds,
        locked=modes.posting > Role.MEMBER,
        archived=modes.is_archived,
        picture=room.picture,
        kept_days=effective_days(room.retention_days) or 0,
        first_seq=room.kept_seq,
        rights=chosen_rights(modes),
        hides_past=modes.hides_past,
    )


def chosen_rights(modes: Modes) -> dict[str, str]:
    """Who may do what RIGHTS names, where that isn't as in other rooms. A room in which only
    moderators post is `locked`."""
    found = {right: who_may(modes, right) for right in RIGHTS}
    usual = {right: who_may(NO_MODES, right) for right in RIGHTS}
    return {
        right: who
        for right, who in found.items()
        if who != usual[right] and (right, who) != ("post", "moderators")
    }


def own_state(name: str, standing: Standing) -> You:
    until = standing.timeout_until
    return You(name, standing.title, iso(until) if until > now_ms() else None)
