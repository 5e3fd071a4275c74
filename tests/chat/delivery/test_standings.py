"""Who is no member any more hears nothing, whatever is missed: two
engines on one database, each without word of the other's commits."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chat.actions import invitations
from chat.drafts import Draft
from chat.engine import Engine
from chat.history.catch_up import MAX_BEHIND
from chat.models import Room
from chat.requests import new_nonce
from tests.support.in_process import ALICE, CELLAR, Site, until

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
