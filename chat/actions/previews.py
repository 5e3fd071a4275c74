"""The cards of a post's links: they are put there after it was stored, and its author or a moderator takes
them away."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from chat.actions.order.moderation import require
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Receipt
from chat.history.lines import Line
from chat.history.previews import StoredCard, links_in, read_cards, write_cards
from chat.history.reading import posts_by_seq
from chat.history.writing.journal import Change
from chat.history.writing.transaction import RoomTransaction
from chat.models import PreviewPicture
from chat.requests import DismissPreview, new_nonce
from chat.roles import Permission
from helpers.storage.moving import Place

PLACE = Place(PreviewPicture, PreviewPicture.picture, (PreviewPicture.id,))
NOBODY = Person(0, "?")


class NewPicture(NamedTuple):
    id: str
    blob_id: int


async def put_cards(
    engine: Engine,
    room_id: int,
    seq: int,
    text: str,
    cards: Sequence[StoredCard],
    pictures: Sequence[NewPicture],
) -> None:
    """Adds the cards to a post, unless it is gone meanwhile or has another text than this one."""

    async def apply(room: RoomTransaction) -> Receipt:
        found = await posts_by_seq(room.room_id, [seq])
        if not found or not room.is_visible(found[0]) or found[0].text != text:
            return Receipt("", room.last_seq)
        [line] = found
        by_url = {card.url: card for card in [*cards, *read_cards(line.previews)]}
        now = [by_url[url] for url in links_in(line.html) if url in by_url]
        receipt = _put(room, line, now)
        shown = {card.picture for card in now}
        rows = [
            {"id": one.id, "room_id": room.room_id, "seq": seq, "picture": b"", "blob_id": one.blob_id}
            for one in pictures
            if one.id in shown
        ]
        if rows:
            room.amendments.append(PreviewPicture.insert_many(rows))
        return receipt

    await engine.journal.change(Change(room_id, NOBODY, new_nonce(), apply))


def _put(room: RoomTransaction, line: Line, cards: Sequence[StoredCard]) -> Receipt:
    """Stores the cards of a post; pictures of others are erased."""
    erase_pictures(room, line.previews, cards)
    return room.amend(line, previews=write_cards(cards))


def erase_pictures(room: RoomTransaction, before: str | None, cards: Sequence[StoredCard]) -> None:
    """Erases the pictures of those cards that aren't among these any more."""
    gone = {card.picture for card in read_cards(before) if card.picture} - {card.picture for card in cards}
    if gone:
        room.amendments.append(PreviewPicture.delete().where(PreviewPicture.id.in_(sorted(gone))))


def dismiss(person: Person, request: DismissPreview) -> Callable[[RoomTransaction], Awaitable[Receipt]]:
    """Takes a card away, for all and for good."""

    async def apply(room: RoomTransaction) -> Receipt:
        standing = await require(room, person, Permission.RETRACT)
        line = await room.post(request.number, standing)
        if line.author_id != person.id and not standing.may(Permission.DELETE):
            raise ActionError("forbidden", "Only its author and moderators take a preview away.")
        cards = [] if line.is_deleted else read_cards(line.previews)
        if not any(card.url == request.url and not card.dismissed for card in cards):
            # It is gone already.
            return Receipt(line.nonce, max(line.changed_seq, line.seq), line.number)
        gone = StoredCard(request.url, dismissed=True)
        return _put(room, line, [gone if card.url == request.url else card for card in cards])

    return apply
