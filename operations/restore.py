"""Puts a site back as a backup has it."""

import tempfile
from pathlib import Path

from accounts import site
from chat.attachments.ending import forget_uploads
from feed import event_log
from helpers.db.database import open_database
from helpers.db.migrations import MIGRATIONS, migrate, unknown
from helpers.mail.queue import forget_all_mails
from helpers.processes.terminal import Failure, Progress, report
from helpers.redis.client import open_redis
from helpers.storage.store import StorageError, Store, open_store
from helpers.text.characters import one_line
from helpers.web.session_stores import session_store
from notifications.erasure import end_waiting
from operations.archive import FILES, Archive
from operations.backup import SPOOLED, database_of
from settings import Settings


async def begin_another_history(settings: Settings) -> None:
    """After the database was put back: signs everybody out, renews the epoch, and ends what waited."""
    database, redis = open_database(settings.database), open_redis(settings.redis_url)
    try:
        async with database.aio_atomic():
            await site.begin_another_history(database)
            for end in (event_log.begin_another_history, forget_uploads, forget_all_mails, end_waiting):
                await end()
        store = session_store(database, redis)
        await store.open(await site.site_id())
        await store.clear()
    finally:
        if redis is not None:
            await redis.aclose()
        await database.aio_close()


class Restoring:
    """Puts the site of these settings back from an archive, which is checked as a whole before anything
    is changed. At last what is of after the backup ends. Methods raise Failure."""

    def __init__(self, settings: Settings, archive: Archive) -> None:
        self._settings = settings
        self._archive = archive
        self._database = database_of(settings)

    def check(self) -> None:
        """Raises Failure where the archive is broken or doesn't fit. It looks at nothing else, and may run
        beside a server."""
        manifest, database = self._archive.manifest, self._database
        if database.member not in manifest.contents:
            raise Failure(
                f"the backup is of {manifest.database}, and AIOCHAT_DATABASE_URL is of {database.name}"
            )
        if newer := unknown(MIGRATIONS, manifest.migrations):
            made_by = f"aiochat {manifest.version}, with migration {newer[0]}"
            raise Failure(f"the backup is of a newer version ({made_by}): update this one first")
        with Progress("checked", len(manifest.contents)) as progress:
            self._archive.check(progress.step)

    async def check_place(self, *, is_forced: bool) -> None:
        """Raises Failure where the place is in use, or where there is a site already, unless that
        `is_forced`."""
        await self._database.check_unused()
        if not is_forced and await self._database.holds_people():
            raise Failure("there is a site already; --force puts the backup in its place")

    async def run(self) -> Path | None:
        """Restores. It may be stopped at any moment and run again: until it is done, nobody serves the
        database. Returns where the former database of SQLite is now, if there was one."""
        archive, database = self._archive, self._database
        # A database refers only to what is there.
        await self._restore_files(open_store(self._settings.files))
        with tempfile.TemporaryDirectory(prefix="aiochat-restore-") as folder:
            copy = Path(folder) / database.member
            with copy.open("wb") as file:
                archive.copy(database.member, file)
            with report("the database"):
                kept = await database.replace_by(copy)
        rows, wanted = await database.count_rows(), archive.manifest.rows
        # One says that the restore isn't done (databases.UNFINISHED).
        if rows != {**wanted, "site": wanted.get("site", 0) + 1}:
            raise Failure("the database isn't what was saved: its tables have other numbers of rows")
        migrate(self._settings.database, MIGRATIONS)
        await begin_another_history(self._settings)
        return kept

    async def _restore_files(self, store: Store) -> None:
        with Progress("files", len(self._archive.keys)) as progress:
            for key in self._archive.keys:
                with tempfile.SpooledTemporaryFile(SPOOLED) as file:
                    self._archive.copy(FILES + key, file)
                    file.seek(0)
                    try:
                        await store.put(key, file)
                    except StorageError as error:
                        raise Failure(f"the store of files can't be written: {one_line(error)}") from None
                progress.step()
