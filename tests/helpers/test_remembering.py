"""What is remembered is known without a read, until somebody says that it changed."""

import asyncio

import pytest

from helpers import remembering
from helpers.remembering import RememberingLoader


class Shelf:
    """Values that are read by a loader. `reads` are the keys of each read."""

    def __init__(self) -> None:
        self.values = {"a": 1, "b": 2}
        self.reads: list[list[str]] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.loader: RememberingLoader[str, int] = RememberingLoader(self._read)

    async def _read(self, keys: list[str]) -> dict[str, int]:
        found = {key: self.values[key] for key in keys if key in self.values}
        self.reads.append(sorted(keys))
        await self.go_on.wait()
        return found


async def test_what_was_read_is_known_and_so_is_what_is_missing() -> None:
    shelf = Shelf()
    assert shelf.loader.known(["a"]) is None
    assert shelf.loader.known([]) == {}
    assert await shelf.loader.get_all(["a", "nothing"]) == {"a": 1}
    assert shelf.loader.known(["a", "nothing"]) == {"a": 1}
    assert shelf.loader.known(["a", "b"]) is None, "not in part"
    assert await shelf.loader.get_all(["a"]) == {"a": 1}
    assert shelf.reads == [["a", "nothing"]]


async def test_what_changed_is_read_again() -> None:
    shelf = Shelf()
    await shelf.loader.get_all(["a", "b"])
    shelf.values["a"] = 3
    shelf.loader.forget(["a"])
    assert shelf.loader.known(["b"]) == {"b": 2}
    assert await shelf.loader.get_all(["a"]) == {"a": 3}
    shelf.loader.forget_all()
    assert shelf.loader.known(["b"]) is None


async def test_what_changes_while_it_is_read_is_not_remembered() -> None:
    shelf = Shelf()
    shelf.go_on.clear()
    reading = asyncio.create_task(shelf.loader.get_all(["a"]))
    while not shelf.reads:
        await asyncio.sleep(0)
    shelf.values["a"] = 3
    shelf.loader.forget(["a"])
    shelf.go_on.set()
    await reading
    assert shelf.loader.known(["a"]) is None
    assert await shelf.loader.get_all(["a"]) == {"a": 3}


async def test_it_is_bounded_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "MAX_REMEMBERED", 2)
    shelf = Shelf()
    for key in ("a", "b", "c"):
        await shelf.loader.get_all([key])
    assert [shelf.loader.known([key]) for key in ("a", "b", "c")] == [None, {"b": 2}, {}]
    monkeypatch.setattr(remembering, "ABSENT_SECONDS", 0.0)
    await shelf.loader.get_all(["d"])
    assert shelf.loader.known(["d"]) is None
