"""What the people who run the site do in rooms, also where they are no members, and by the shell."""

from accounts.models import User
from accounts.people.site_acts import SiteActor
from accounts.people.site_roles import SitePermission, site_may
from chat.drafts import Person
from chat.errors import ActionError

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
