"""The picture of the site, stored with its act. accounts/site_logo.py reads it."""

from peewee_async.databases import AioDatabase

from accounts.models import SiteLogo
from accounts.people.site_acts import SiteActor, record_site_act
from accounts.site_settings import LOGO, store_setting
from administration.site_changes import begin_change
from helpers.clock import now_ms


async def save_logo(database: AioDatabase, by: SiteActor, made: dict[int, int]) -> int | None:
    """Shows this picture, a blob for each size, in place of ours; an empty `made` removes it. Returns the
    number of the act, None where there was none to remove. Raises ActionError."""
    async with database.aio_atomic():
        before = await begin_change(database, by, LOGO)
        if not made and not before:
            return None
        version = max(now_ms(), int(before or 0) + 1) if made else 0
        await SiteLogo.delete().where(SiteLogo.version != version).aio_execute()
        rows = [
            {"size": size, "version": version, "data": b"", "blob_id": blob_id}
            for size, blob_id in made.items()
        ]
        if rows:
            await SiteLogo.insert_many(rows).aio_execute()
        after = str(version) if version else ""
        await store_setting(LOGO, after)
        return await record_site_act("site", by, before={LOGO: before}, after={LOGO: after})
