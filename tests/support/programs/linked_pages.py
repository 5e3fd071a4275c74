"""The program that asks for linked pages, where one address of loopback plays a public one."""

import asyncio

from helpers import fetching
from helpers.linked_pages.fetching_program import main
from tests.support.sites.linked import PUBLIC, NoNames

PROGRAM = "tests.support.programs.linked_pages"


def pretend() -> None:
    """What this process fetches is from tests/support/sites/linked.py alone, and no name is looked up."""
    fetching.is_public = lambda address: address == PUBLIC
    fetching.default_resolver = NoNames


if __name__ == "__main__":
    pretend()
    asyncio.run(main())
