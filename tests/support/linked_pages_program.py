"""The program that asks for linked pages, where one address of loopback plays a public one."""

import asyncio

from helpers import fetching
from helpers.linked_pages.fetching_program import main
from tests.support.linked_site import PUBLIC, NoNames

PROGRAM = "tests.support.linked_pages_program"


def pretend() -> None:
    """What this process fetches is from tests/support/linked_site.py alone, and no name is looked up."""
    fetching.is_public = lambda address: address == PUBLIC
    fetching.default_resolver = NoNames


if __name__ == "__main__":
    pretend()
    asyncio.run(main())
