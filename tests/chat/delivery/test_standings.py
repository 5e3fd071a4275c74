"""Who is no member any more hears nothing, and who is connected is present, whatever is missed: two
engines on one database, each without word of the other's commits."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chat.actions import invitations, membership
from chat.drafts import Draft
from chat.engine import Engine
from chat.history.catch_up import MAX_BEHIND
from chat.models import Member, Room
from chat.requests import new_nonce
from helpers.db.statement import Statement
from helpers.db.transactions import ShortTransaction
from tests.support.in_process import ALICE, BOB, CELLAR, Site, until

pytestmark = pytest.mark.usefixtures("by_both")


def after(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, happens: Callable[[], Awaitable[None]]
) -> None:
    """Lets something happen when this method has found its answer, and before its caller has it."""
    method = getattr(owner, name)

    async def wrapped(*arguments: Any) -> Any:
        answer = await method(*arguments)
        monkeypatch.setattr(owner, name, method)
        await happens()
        return answer

    monkeypatch.setattr(owner, name, wrapped)


SEAMS: dict[str, Callable[[Engine], tuple[Any, str]]] = {
    "the lease is held": lambda engine: (engine.leases, "hold"),
    "the room is followed": lambda engine: (engine.hub._bus, "follow"),
    "the room's last seq is read": lambda engine: (engine.hub, "_last_seqs"),
    "the standing is read": lambda engine: (engine.access, "standing"),
    "the history is read": lambda engine: (engine.hub, "_changes_since"),
}


@pytest.mark.parametrize("seam", SEAMS)
async def test_who_is_removed_while_they_enter_hears_nothing(
    site: Site, seam: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever in between it is."""
    after(monkeypatch, *SEAMS[seam](site.engine), site.kill)
    tab = site.enters()
    await until(lambda: tab.code is not None or tab.heard("caught_up"))
    site.finds()
    assert await tab.ends() == 4501
    await site.posts("not for Bob")
    site.finds()
    assert not tab.heard("message", text="not for Bob")


@pytest.mark.parametrize("seam", SEAMS)
async def test_who_is_promoted_while_they_enter_is_told(
    site: Site, seam: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    after(monkeypatch, *SEAMS[seam](site.engine), site.promote)
    tab = site.enters()
    await tab.hears("caught_up")
    site.finds()
    await until(lambda: tab.heard("hello")[-1]["you"]["role"] == "moderator")
    assert tab.code is None


async def _clears(site: Site) -> None:
    await site.clear()


async def _runs_ahead(site: Site) -> None:
    for number in range(MAX_BEHIND + 1):
        site.there.journal.append(Draft(CELLAR, ALICE, new_nonce(), str(number), None), lambda *_: None)
    await site.posts("last")


HIDES: dict[str, Callable[[Site], Awaitable[None]]] = {"clearing": _clears, "too many changes": _runs_ahead}
"""What keeps a line from those who missed it."""


@pytest.mark.parametrize("hides", HIDES)
async def test_a_removal_holds_though_its_line_is_missed_and_hidden(site: Site, hides: str) -> None:
    tab = await site.entered()
    await site.kill()
    await HIDES[hides](site)
    site.finds()
    assert await tab.ends() == 4501
    assert not tab.heard("message", kind="killed")


@pytest.mark.parametrize("hides", HIDES)
async def test_a_role_is_told_though_its_line_is_missed_and_hidden(site: Site, hides: str) -> None:
    tab = await site.entered()
    await site.promote()
    await HIDES[hides](site)
    site.finds()
    await until(lambda: tab.heard("hello")[-1]["you"]["role"] == "moderator")


async def test_who_reads_too_slowly_is_removed_as_well(site: Site) -> None:
    tab = await site.entered()
    tab.transport.unread = 1_000_000
    await site.posts("what Bob doesn't read")
    site.finds()
    await site.kill()
    site.finds()
    assert await tab.ends() == 4501


async def test_a_removal_waits_for_a_database_that_is_away(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await site.entered()
    tries = 0
    read = site.engine.access.standing_of

    async def away(*arguments: int) -> Any:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise ConnectionError("the database is away")
        return await read(*arguments)

    monkeypatch.setattr(site.engine.access, "standing_of", away)
    await site.kill()
    await site.clear()
    site.finds()
    assert await tab.ends() == 4501
    assert tries == 4


async def test_who_was_removed_and_invited_again_stays(site: Site) -> None:
    """The line of the removal comes late, to a connection that was opened after the invitation."""
    first = await site.entered()
    await site.kill()
    await invitations.invite(site.there, CELLAR, ALICE, site.bob, new_nonce())
    await invitations.accept(site.there, await Room.aio_get(Room.id == CELLAR), site.bob)
    again = await site.entered()
    site.finds()
    assert await first.ends() == 4501
    await site.posts("for Bob")
    site.finds()
    await again.hears("message", text="for Bob")
    assert again.code is None


async def _present_again(site: Site) -> None:
    """Bob, who is connected here, becomes present by what the engine here does by itself."""
    running = asyncio.create_task(site.here.presence.run())
    async with asyncio.timeout(60):
        while not await site.is_present():
            await asyncio.sleep(0.001)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("where", ["here", "there"])
async def test_who_returns_as_their_going_commits_is_present(
    site: Site, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = site.engine if where == "here" else site.there
    commit = ShortTransaction.commit
    is_deciding, may_commit = asyncio.Event(), asyncio.Event()

    async def held(self: ShortTransaction, *statements: Statement) -> None:
        is_deciding.set()
        await may_commit.wait()
        await commit(self, *statements)

    with monkeypatch.context() as patch:
        patch.setattr(ShortTransaction, "commit", held)
        going = await membership.mark_offline(writer, CELLAR, BOB)
        await is_deciding.wait()
        tab = site.enters()
        await tab.hears("caught_up")
        may_commit.set()
        await going
    assert not await site.is_present()
    site.finds()
    await _present_again(site)
    assert await site.kinds() == ["went", "came"]
    assert tab.code is None


@pytest.mark.parametrize("hides", HIDES)
async def test_who_was_wrongly_recorded_as_offline_is_present(site: Site, hides: str) -> None:
    """As after a process was stopped for a while: others took it for dead."""
    await site.entered()
    await (await membership.mark_offline(site.there, CELLAR, BOB))
    await HIDES[hides](site)
    site.finds()
    await _present_again(site)
    assert await site.kinds() == ["went", "came"]


async def test_who_was_wrongly_left_present_is_offline(site: Site) -> None:
    """Though nothing tells that there was anything wrong."""
    tab = await site.entered()
    running = asyncio.create_task(site.here.presence.run())
    async with asyncio.timeout(60):
        while (await Member.aio_get(Member.user == ALICE.id)).present:
            await asyncio.sleep(0.001)
        await Member.update(present=True).where(Member.user == ALICE.id).aio_execute()
        while (await Member.aio_get(Member.user == ALICE.id)).present:
            await asyncio.sleep(0.001)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await site.is_present()
    assert tab.code is None
