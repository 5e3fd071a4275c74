"""What the people who run the site do in rooms, also where they are no members, and by the shell."""

import contextlib
from collections.abc import Iterator

from accounts.models import User
from accounts.people.site_acts import SiteActor
from accounts.people.site_roles import SitePermission, site_may
from chat.drafts import Person
from chat.errors import ActionError
from chat.history.writing.transaction import RoomTransaction
from chat.roles import Role, Standing

SITE = Person(0, "?")
"""Who acts in a room by the shell. The site's log tells which user of the machine it was."""


async def require_site(by: SiteActor, permission: SitePermission) -> Person:
    """The person who acts. Raises ActionError for somebody who may not do this on the site. The shell
    may."""
    if by.user_id is None:
        return SITE
    user = await User.aio_get_or_none(User.id == by.user_id, User.left_at.is_null())
    if user is None or not site_may(user, permission):
        raise ActionError("forbidden", "This is for those who run the site.")
    return Person(user.id, user.name)


def called(person: Person) -> str:
    """How a line names who acts."""
    return "The site’s people" if person.id == SITE.id else person.name


@contextlib.contextmanager
def ranking_as_site(room: RoomTransaction, person: Person) -> Iterator[None]:
    """Within it the person ranks above all in the room. Nobody else is told so."""
    before = room.standings.get(person.id)
    room.standings[person.id] = Standing(Role.OWNER, True, "open", modes=room.modes)
    try:
        yield
    finally:
        if before is None:
            del room.standings[person.id]
        else:
            room.standings[person.id] = before
