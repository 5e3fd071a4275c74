"""What becomes of a message once it was said, by the journal."""

from types import SimpleNamespace
from typing import cast

import pytest

from chat.actions.editing import MAX_REACTIONS, UNDELETE_SECONDS, amend
from chat.drafts import Draft, Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.writing.journal import Journal
from chat.models import Message, MessageVersion, Reaction, Room
from chat.requests import Amendment, Delete, Edit, Pin, React, Undelete
from helpers.rendering import Renderer
from tests.chat.history.conftest import ALICE, BOB, MALLORY
from tests.chat.history.test_journal import append, draft


class _Engine:
    """As much of an Engine as verbs need that only change posts."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.renderer = Renderer()
        """Never closed: these texts need no process."""
        self.directory = None
        """They name nobody."""
        self.filters = SimpleNamespace(applies=lambda room_id: False)
        """Nothing is filtered."""


async def ask(journal: Journal, request: Amendment, person: Person = ALICE) -> Receipt:
    return await amend(cast(Engine, _Engine(journal)), 1, person, request)


async def test_a_change_of_a_post_invalidates_no_standing(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await append(journal, draft("before"))
    await ask(journal, React(1, "🎉", True), BOB)
    await ask(journal, React(1, "👍", True))
    await ask(journal, Edit(1, "after"))
    assert (await Room.aio_get(Room.id == 1)).standings_seq == 0

    async def locked(*_: object) -> None:
        raise AssertionError("the locked way was taken")

    monkeypatch.setattr(Journal, "_commit_locked", locked)
    assert (await append(journal, draft("next"))).seq == 5


async def test_what_was_said_before_is_kept(journal: Journal) -> None:
    await append(journal, draft("one"))
    for text in ("two", "two", "three"):
        await ask(journal, Edit(1, text))
    rows = await MessageVersion.select().order_by(MessageVersion.replaced_seq).aio_execute()
    message = await Message.aio_get(Message.number == 1)
    assert [(row.seq, row.replaced_seq, row.text) for row in rows] == [(1, 2, "one"), (1, 3, "two")]
    assert rows[0].at == message.at
    assert (message.text, message.changed_seq) == ("three", 3)


async def test_a_deletion_can_be_taken_back_for_a_while(journal: Journal) -> None:
    await append(journal, draft("one"))
    await ask(journal, Delete(1))
    await Message.update(deleted_at=Message.deleted_at - 1000 * UNDELETE_SECONDS + 20_000).aio_execute()
    assert (await ask(journal, Undelete(1))).seq == 3
    await ask(journal, Delete(1))
    await Message.update(deleted_at=Message.deleted_at - 1000 * UNDELETE_SECONDS - 1).aio_execute()
    with pytest.raises(ActionError) as error:
        await ask(journal, Undelete(1))
    assert error.value.code == "too_late"
    message = await Message.aio_get(Message.number == 1)
    assert (message.changed_seq, message.deleted_by) == (4, ALICE.id)


async def test_strangers_change_nothing(journal: Journal) -> None:
    await append(journal, draft("one"))
    requests: list[Amendment] = [Edit(1, "x"), Delete(1), Undelete(1), React(1, "👍", True), Pin(1, True)]
    for request in requests:
        with pytest.raises(ActionError) as error:
            await ask(journal, request, MALLORY)
        assert error.value.code == "not_a_member"
    with pytest.raises(ActionError):
        await append(journal, Draft(1, ALICE, "reply", "x", reply_to=9))
    assert (await Room.aio_get(Room.id == 1)).last_seq == 1


async def test_a_message_holds_two_hundred_reactions(journal: Journal) -> None:
    await append(journal, draft("one"))
    await Reaction.insert_many(
        [
            {"room_id": 1, "seq": 1, "user_id": 100 + place, "emoji": "👍", "added_seq": 0}
            for place in range(MAX_REACTIONS)
        ]
    ).aio_execute()
    await Message.update(reactions=MAX_REACTIONS).aio_execute()
    with pytest.raises(ActionError) as error:
        await ask(journal, React(1, "👍", True))
    assert error.value.code == "too_many_reactions"
    assert await Reaction.select().aio_count() == MAX_REACTIONS
