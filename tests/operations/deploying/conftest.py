"""Here shell scripts and programs are tried, of which each takes its time."""

import pytest


@pytest.fixture(autouse=True)
def _programs(programs: None) -> None: ...
