"""Proves that a site is sound: its database in itself, and its files by it."""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from helpers.db.base import Base
from helpers.processes.terminal import Failure, Progress
from helpers.storage.store import MissingError, StorageError, Store, open_store
from helpers.text.characters import one_line
from operations.backup import database_of
from operations.checks import HISTORY, first_faults, of_blobs
from operations.databases import keys_of
from settings import Settings

SHOWN = 20
"""Faults of one kind that are told one by one."""


class Found(NamedTuple):
    """A promise that isn't kept, how many `times`, and the first `places`. `can_repair` tells whether
    `--repair` mends them."""

    promise: str
    times: int
    places: list[str]
    can_repair: bool


class Verification:
    """Looks at the site of these settings. It changes nothing, but for `repair`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database = database_of(settings)

    async def run(self, *, reads_contents: bool) -> list[Found]:
        """Everything that isn't as it must be. `reads_contents` compares each file with its SHA-256 too."""
        found = []
        async with self._database.reading() as rows:
            tables = {table for (table,) in await rows(self._database.tables)}
            if "messages" not in tables:
                raise Failure("there is no site in this database")
            told = await rows(self._database.soundness) if self._database.soundness else []
            if broken := [str(text) for (text,) in told if text != "ok"]:
                found.append(Found("the file of the database is sound", len(broken), broken[:SHOWN], False))
            checks = [*HISTORY, *of_blobs(references())]
            with Progress("checks", len(checks)) as progress:
                for check in checks:
                    told = await rows(first_faults(check, SHOWN))
                    if told:
                        places = [str(text) for text, _ in told]
                        found.append(Found(check.promise, told[0][1], places, bool(check.repair)))
                    progress.step()
            blobs = await rows("SELECT key, variants, sha256 FROM blobs WHERE state = 'stored' ORDER BY key")
        missing, changed = await self._look_at_files(blobs, reads_contents=reads_contents)
        if missing:
            found.append(Found("the contents are in the store", len(missing), missing[:SHOWN], False))
        if changed:
            found.append(Found("the contents are what was stored", len(changed), changed[:SHOWN], False))
        return found

    async def repair(self, found: list[Found]) -> None:
        """Makes the promises true that can be, in one transaction. Nobody may use the database."""
        broken = {one.promise for one in found}
        checks = (*HISTORY, *of_blobs(references()))
        await self._database.write(
            [check.repair for check in checks if check.promise in broken and check.repair]
        )

    async def _look_at_files(
        self, blobs: list[tuple[str, str, str]], *, reads_contents: bool
    ) -> tuple[list[str], list[str]]:
        """The keys that the store lacks, and those of contents that have changed."""
        store, missing, changed = open_store(self._settings.files), [], []
        with Progress("files", len(blobs)) as progress:
            for key, variants, sha256 in blobs:
                for one in keys_of([(key, variants)]):
                    try:
                        if one == key and reads_contents:
                            if await _digest(store, one) != sha256:
                                changed.append(one)
                        else:
                            await store.size(one)
                    except MissingError:
                        missing.append(one)
                    except StorageError as error:
                        raise Failure(f"the store of files can't be read: {one_line(error)}") from None
                progress.step()
        return missing, changed


async def _digest(store: Store, key: str) -> str:
    found = hashlib.sha256()
    async for piece in store.stream(key):
        found.update(piece)
    return found.hexdigest()


def references() -> list[tuple[str, str]]:
    """The columns that refer to contents, as (table, column)."""
    return sorted(
        (model._meta.table_name, field.column_name)
        for model in _models(Base)
        for field in model._meta.sorted_fields
        if field.column_name.endswith("blob_id")
    )


def _models(base: type[Base]) -> Iterator[type[Base]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)
