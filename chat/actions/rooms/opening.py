"""Opening a closed room: somebody who runs the site becomes a member, to look into it, with a reason
that a line tells its members."""

from accounts.models import User
from accounts.people.site_acts import SiteActor, record_site_act
from accounts.people.site_roles import SitePermission
from chat.actions.order.moderation import because, change, check_reason, numbered
from chat.actions.order.site_powers import require_site
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.writing.acts import record_act
from chat.history.writing.restrictions import banned_until, lift_ban
from chat.history.writing.transaction import RoomTransaction
from chat.roles import Role
from helpers.security_log import note


async def open_room(engine: Engine, room_id: int, user: User, reason: str, nonce: str) -> Receipt:
    """Makes `user` a member of the closed room, for an administrator of the site. Conversations aren't
    opened for anybody."""
    check_reason(reason)
    if not reason:
        raise ActionError("bad_usage", "Say why: the members of the room read it.", field="reason")
    by = SiteActor.of(user)

    async def apply(room: RoomTransaction) -> Receipt:
        person = await require_site(by, SitePermission.OPEN_ROOM)
        if room.kind != "closed":
            raise ActionError("refused", "This is no closed room.")
        if (await room.standing(person.id)).is_member:
            raise ActionError("refused", "You are a member already.")
        if await banned_until(room, person.id):
            lift_ban(room, person.id)
        await room.add_member(person.id, Role.MEMBER, is_admin=True)
        text = f"{person.name} opened the room, as an administrator of the site{because(reason)}"
        receipt = room.record("opened", person, text, nonce)
        act = await record_act(room, "open", person, reason=reason)
        await record_site_act("open_room", by, room_id=room_id, reason=reason)
        return numbered(receipt, act)

    receipt = await change(engine, room_id, Person(user.id, user.name), nonce, apply)
    note("open_room", "ok", who=user.name, whence="site", room=room_id)
    return receipt
