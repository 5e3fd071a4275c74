"""What links lead to is asked for by a process of its own: it is ended in time, replaced when it dies, and
what it answers is looked at."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from helpers.fetching import Fetcher
from helpers.linked_pages import apart
from helpers.linked_pages.apart import NotAsked, PagesApart
from helpers.linked_pages.fetching_program import MEMORY
from helpers.linked_pages.reading import NoPage
from helpers.processes.companion import Companion, CompanionEnded
from tests.helpers.test_linked_pages import HOSTILE, page
from tests.helpers.test_sandbox import runs, until
from tests.support.people import PATIENCE
from tests.support.programs.hungry import MEMORY as HUNGRY_MEMORY
from tests.support.programs.hungry import PROGRAM as HUNGRY
from tests.support.programs.hungry import SPARE
from tests.support.programs.linked_pages import PROGRAM
from tests.support.services.fake_upstream import drawn
from tests.support.sites.linked import PUBLIC, Site, linked_site


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with linked_site() as found:
        yield found


@pytest.fixture
async def pages(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PagesApart]:
    async def nothing(*_: object, **__: object) -> None:
        raise AssertionError("this process asks nobody")

    monkeypatch.setattr(apart, "program", PROGRAM)
    monkeypatch.setattr(Fetcher, "get", nothing)
    found = PagesApart()
    yield found
    await found.close()


def children(parent: int, program: str) -> list[int]:
    """The processes that `parent` has started and that run `program`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                command = (entry / "cmdline").read_bytes().decode()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if fields[1] == str(parent) and fields[0] != "Z" and program in command:
                found.append(int(entry.name))
    return found


def told(pid: int, file: str) -> str:
    return Path(f"/proc/{pid}/{file}").read_text()


def own() -> list[int]:
    return children(os.getpid(), PROGRAM)


async def test_it_reads_what_pages_say(site: Site, pages: PagesApart) -> None:
    async def picture(_: web.Request) -> web.Response:
        return web.Response(body=drawn("green", (600, 300)), content_type="image/png")

    site.pages |= {"a": page(title="Fish", site_name="The Shop", image="/p.png"), "p.png": picture}
    found = await pages.read(1, site.url("a"))
    assert (found.title, found.site) == ("Fish", "The Shop")
    assert found.picture is not None
    assert (found.picture.width, found.picture.height, found.picture.data[8:12]) == (480, 240, b"WEBP")
    # Addresses are checked there as well.
    inside = [f"http://{host}:{site.port}/a" for host in ("127.0.0.1", "localhost")]
    for address in (*inside, site.url("missing")):
        with pytest.raises(NoPage) as caught:
            await pages.read(1, address)
        assert not isinstance(caught.value, NotAsked)
    assert {peer for peer, _ in site.asked} == {PUBLIC}


async def test_hostile_pages_at_once_hold_up_nobody(site: Site, pages: PagesApart) -> None:
    site.pages |= {f"bad{place}": text for place, text in enumerate(HOSTILE.values())} | {"fine": page()}
    bad = [asyncio.create_task(pages.read(1, site.url(f"bad{place}"))) for place in range(len(HOSTILE))]
    # Another person has a turn among them.
    assert (await pages.read(2, site.url("fine"))).title == "Plain title"
    outcomes = await asyncio.gather(*bad, return_exceptions=True)
    assert all(isinstance(one, NoPage) or getattr(one, "title", "") for one in outcomes), outcomes


async def test_one_that_dies_is_replaced_and_others_lose_nothing(site: Site, pages: PagesApart) -> None:
    asked, goes_on = asyncio.Event(), asyncio.Event()

    async def waits(_: web.Request) -> web.Response:
        asked.set()
        await goes_on.wait()
        return web.Response(text=page(), content_type="text/html")

    site.pages |= {"slow": waits, "fine": page()}
    slow = asyncio.create_task(pages.read(1, site.url("slow")))
    await asked.wait()
    [before] = own()
    os.kill(before, signal.SIGKILL)
    goes_on.set()
    assert (await slow).title == "Plain title"
    [after] = own()
    assert after != before
    # One that died while nothing was asked is nobody's fault either.
    os.kill(after, signal.SIGKILL)
    await until(lambda: not own())
    assert (await pages.read(1, site.url("fine"))).title == "Plain title"


async def test_one_that_stands_still_is_ended(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "program", PROGRAM)
    site.pages["fine"] = page()
    companion = Companion(PROGRAM, patience=60)
    try:
        assert (await companion.call(1, site.url("fine")))[0] == "Plain title"
        [pid] = own()
        os.kill(pid, signal.SIGSTOP)
        companion._patience = 0.3
        with pytest.raises(CompanionEnded, match="without an answer"):
            await companion.call(1, site.url("fine"))
        await until(lambda: pid not in own())
        companion._patience = 60
        assert (await companion.call(1, site.url("fine")))[0] == "Plain title"
    finally:
        await companion.close()
    assert own() == []
    with pytest.raises(CompanionEnded):
        await companion.call(1, site.url("fine"))


async def test_an_idle_one_ends(site: Site) -> None:
    site.pages["fine"] = page()
    companion = Companion(PROGRAM, patience=60, idle_seconds=0.05)
    try:
        await companion.call(1, site.url("fine"))
        await until(lambda: not own())
        assert (await companion.call(1, site.url("fine")))[0] == "Plain title"
    finally:
        await companion.close()


async def test_it_has_no_secrets_and_its_children_end_with_it(
    site: Site, pages: PagesApart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIOCHAT_DATABASE_URL", "postgresql://aiochat:secret@localhost/aiochat")
    site.pages["fine"] = page()
    await pages.read(1, site.url("fine"))
    [pid] = own()
    assert "AIOCHAT" not in told(pid, "environ")
    assert told(pid, "oom_score_adj") == "1000\n"
    [reading] = children(pid, "sandboxed")
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not runs(reading))


async def test_one_without_memory_ends_and_others_have_their_answers(
    site: Site, pages: PagesApart, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pages["fine"] = page()
    await pages.read(1, site.url("fine"))
    [pid] = own()
    [limit] = [line for line in told(pid, "limits").splitlines() if line.startswith("Max address space")]
    assert limit.split()[3] == str(MEMORY)
    monkeypatch.setattr(apart, "program", HUNGRY)
    hungry = PagesApart()
    try:
        assert (await hungry.read(1, f"http://example.org/{SPARE}")).title == "taken"
        [before] = children(os.getpid(), HUNGRY)
        # A little of it is under way while another page takes all: it is asked for once more.
        waiting = asyncio.create_task(hungry.read(2, f"http://example.org/{SPARE}/waits"))
        await asyncio.sleep(0)
        with pytest.raises(NotAsked):
            await hungry.read(1, f"http://example.org/{2 * HUNGRY_MEMORY}")
        assert (await waiting).title == "taken"
        assert (await hungry.read(1, f"http://example.org/{SPARE}")).title == "taken"
        [after] = children(os.getpid(), HUNGRY)
        assert after != before
    finally:
        await hungry.close()


async def test_who_closes_it_waits_for_its_end(
    site: Site, pages: PagesApart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it has died by itself, and somebody waits for it already."""
    site.pages["fine"] = page()
    await pages.read(1, site.url("fine"))
    child = pages._companion._child
    assert child is not None
    process, asked, may_end = child._process, threading.Event(), threading.Event()
    ends = process.wait

    def wait() -> int:
        asked.set()
        may_end.wait(PATIENCE)
        return ends()

    monkeypatch.setattr(process, "wait", wait)
    process.kill()
    await until(asked.is_set)
    closing = asyncio.create_task(pages.close())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not closing.done()
    may_end.set()
    await closing
    assert process.returncode is not None


@pytest.mark.parametrize(
    "answer",
    [
        *(5, None, [], ["title"], ["title", "site", "text", [480, 240]], {"title": "x"}),
        ["title", 1, "text", None],
    ],
)
async def test_what_is_no_answer(pages: PagesApart, monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    async def call(*_: object) -> Any:
        return answer

    monkeypatch.setattr(pages._companion, "call", call)
    with pytest.raises(NoPage):
        await pages.read(1, "http://example.org/")


async def test_answers_are_cut_to_their_bounds(pages: PagesApart, monkeypatch: pytest.MonkeyPatch) -> None:
    async def call(*_: object) -> Any:
        return ["a\x00\n" * 5000, "b" * 500, "c" * 5000, [5000, 20, b"RIFF....WEBP"]]

    monkeypatch.setattr(pages._companion, "call", call)
    found = await pages.read(1, "http://example.org/")
    assert [len(one) for one in (found.title, found.site, found.description)] == [200, 80, 300]
    assert "\x00" not in found.title
    assert found.picture is None
