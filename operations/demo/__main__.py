"""`python -m operations.demo`: fills a new site with an office in use, and says who may sign in. A site that
has people already stays as it is."""

import asyncio
import sys

from accounts.doors.command_line import opened_database
from accounts.people import accounts
from helpers.db.database import DatabaseError
from helpers.db.migrations import MIGRATIONS, migrate
from helpers.processes.terminal import Failure, say
from operations.demo.office import SCRIPT, Office
from operations.importing.records import Person
from operations.importing.running import Wanted, import_from
from settings import Settings, SettingsError, read_settings

PASSWORD = "an office in use"  # noqa: S105 - everybody may know it


async def fill(settings: Settings, office: Office) -> bool:
    """The first of the people administers the site. Returns whether it was empty."""
    async with opened_database(settings) as database:
        if await accounts.has_any():
            return False
        people = [one for one in office.read() if isinstance(one, Person)]
        for one in people:
            await accounts.register(database, one.name, "", PASSWORD, display_name=one.display_name)
    mapping = {one.key: one.name for one in people}
    await import_from(settings, office, Wanted(SCRIPT, mapping=mapping))
    return True


def main() -> int:
    office = Office(SCRIPT.read_text("utf-8"))
    try:
        settings = read_settings()
        if settings.database_url:
            # That of a site may be new, too, and everybody knows the password.
            raise Failure("it has a database of its own: leave out AIOCHAT_DATABASE_URL, also in .env")
        migrate(settings.database, MIGRATIONS)
        is_new = asyncio.run(fill(settings, office))
    except (Failure, SettingsError, DatabaseError) as error:
        print(f"the demo can't be made: {error}", file=sys.stderr)
        return 1
    if is_new:
        say(f"Sign in as {', '.join(office.people)}. Everybody's password: {PASSWORD}")
    else:
        say(f"{settings.database} has people already, and stays as it is.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
