"""The shell command `site`: what is set on /admin/site, its logo with it. A running server knows of a change
within two seconds."""

import argparse
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from peewee_async.databases import AioDatabase

from accounts.doors.command_line import Commands, note_command, opened_database, run
from accounts.people.mentions import NamedPeople
from accounts.people.pictures import make_picture
from accounts.site_logo import LOGO_SIZES
from accounts.site_settings import DEFAULT_ROOMS, LOGO, SiteSettings, read_settings
from administration.doors.shell import by_shell, may_be_json, refusals, say_json
from administration.site_changes import EDITABLE, WITH_SIGNS, change_site, checked, names_of_rooms
from administration.site_logo import save_logo
from feed.formatting import render
from helpers.db.migrations import check_migrations
from helpers.images import BadPicture, PictureMaker
from helpers.markup.markdown import plain_html
from helpers.processes.terminal import Failure, say
from helpers.rendering import Renderer
from helpers.storage.blobs import keep_all
from helpers.storage.store import open_store
from helpers.web.requests.multipart import Upload
from settings import Settings


def site(settings: Settings, arguments: argparse.Namespace) -> None:
    check_migrations(settings.database)

    async def work() -> None:
        async with opened_database(settings) as database:
            now = await read_settings(settings)
            if arguments.value is None and arguments.file is None:
                names = [arguments.setting] if arguments.setting else [*EDITABLE, LOGO]
                if arguments.json:
                    values = [(name, await _value(now, name), name in now.fixed) for name in names]
                    say_json([dict(zip(("name", "value", "fixed"), one, strict=True)) for one in values])
                    return
                for name in names:
                    await _show(now, name, alone=bool(arguments.setting))
                return
            if not arguments.setting:
                arguments.misuse("the name of a setting is needed")
            with refusals():
                act = await _set(database, settings, now, arguments)
        if act:
            note_command("site", arguments.setting)
        say(f"{arguments.setting}: {'saved' if act else 'as before'}.")

    run(work())


async def _value(now: SiteSettings, name: str) -> str:
    return " ".join(await names_of_rooms(now.default_rooms)) if name == DEFAULT_ROOMS else now[name]


async def _show(now: SiteSettings, name: str, *, alone: bool) -> None:
    value = await _value(now, name)
    if alone:
        say(value)
        return
    first, _, more = value.partition("\n")
    fixed = "  (set by the environment)" if name in now.fixed else ""
    say(f"{name}: {first}{' …' if more else ''}{fixed}".rstrip())


async def _set(
    database: AioDatabase, settings: Settings, now: SiteSettings, arguments: argparse.Namespace
) -> int | None:
    name = arguments.setting
    if name == LOGO:
        if arguments.value:
            raise Failure("a logo comes from a file: site logo --file FILE")
        kept: dict[int, int] = {}
        if arguments.file:
            kept = await keep_all(open_store(settings.files), await _drawn(arguments.file))
        return await save_logo(database, by_shell(), kept)
    value = await checked(name, _text_of(arguments.file) if arguments.file else arguments.value)
    html = await _html(value) if name in WITH_SIGNS else None
    return await change_site(database, now, by_shell(), name, value, html)


def _text_of(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{path} can't be read: {error}") from None


async def _drawn(path: Path) -> dict[int, bytes]:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            async with _maker() as maker:
                return await make_picture(maker, 0, Upload("", size, file), LOGO_SIZES)
    except OSError as error:
        raise Failure(f"{path} can't be read: {error}") from None
    except BadPicture as error:
        raise Failure(str(error.args[0])) from None


@contextlib.asynccontextmanager
async def _maker() -> AsyncIterator[PictureMaker]:
    maker = PictureMaker()
    try:
        yield maker
    finally:
        await maker.close()


async def _html(text: str) -> str:
    if not text:
        return ""
    renderer = Renderer()
    try:
        html = await render(renderer, NamedPeople(), 0, text)
    finally:
        await renderer.close()
    return plain_html(text) if html is None else html


def add_commands(commands: Commands) -> None:
    """Adds the parser of this command."""
    command = commands.add_parser(
        "site",
        description="Without a name shows what is set on /admin/site; with a name and a value sets it. An "
        "empty value is the usual one.",
    )
    names = [*EDITABLE, LOGO]
    command.add_argument(
        "setting", nargs="?", choices=names, metavar="NAME", help="one of " + ", ".join(names)
    )
    value = command.add_mutually_exclusive_group()
    value.add_argument("value", nargs="?", metavar="VALUE", help="what it shall be")
    value.add_argument("--file", type=Path, metavar="FILE", help="a file that holds it: a text, or the logo")
    may_be_json(command)
    command.set_defaults(run=site, misuse=command.error)
