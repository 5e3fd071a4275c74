"""Letting in people whose accounts wait for approval, and declining them."""

from peewee_async.databases import AioDatabase

from accounts.models import User
from accounts.people.site_acts import SiteActor, record_site_act
from accounts.people.site_roles import SitePermission
from accounts.personal_data.deletion import end_account
from administration.people_acts import check_may, lock_people
from helpers.errors import ActionError


async def admit(database: AioDatabase, by: SiteActor, target_id: int) -> int | None:
    """Returns the number of the act, None where the account doesn't wait: of two who let somebody in
    one does. The caller does what follows a registration."""
    async with database.aio_atomic():
        author, target, _ = await lock_people(database, by, target_id)
        check_may(author, SitePermission.ADMIT, target)
        if target.waits_since is None:
            return None
        await User.update(waits_since=None).where(User.id == target.id).aio_execute()
        before = {"waits_since": target.waits_since}
        return await record_site_act("admit", by, target_id=target.id, before=before)


async def turn_away(database: AioDatabase, by: SiteActor, target_id: int) -> int:
    """Ends an account that waits. The caller closes what is open for it and begins the erasure."""
    async with database.aio_atomic():
        author, target, _ = await lock_people(database, by, target_id)
        check_may(author, SitePermission.ADMIT, target)
        if target.waits_since is None:
            raise ActionError("not_waiting", "This account doesn’t wait for approval any more.", 409)
        await end_account(database, target, removes=True)
        return await record_site_act("turn_away", by, target_id=target.id)
