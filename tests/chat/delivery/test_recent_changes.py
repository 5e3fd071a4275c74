"""Changed statuses and names are told again to who connects a moment later."""

import msgspec

from chat.delivery.recent_changes import KEPT, MAX_KEPT, RecentChanges
from chat.envelopes import StatusChange
from chat.events import Presence, Renamed, encode
from tests.support.people import Person


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def named(user_id: int, name: str, *room_ids: int) -> StatusChange:
    return StatusChange(user_id, encode(Renamed("maria", name)), None, room_ids or (1,))


def is_away(user_id: int, text: str) -> StatusChange:
    return StatusChange(user_id, encode(Presence("maria", "away", text)), True, (1,))


def texts(lines: list[bytes]) -> list[str]:
    events = [msgspec.json.decode(line) for line in lines]
    return [event.get("display_name") or event["text"] for event in events]


def test_the_last_of_each_kind_is_kept_in_the_rooms_of_its_person() -> None:
    recent = RecentChanges()
    for change in (named(1, "A"), named(2, "B", 1, 2), is_away(1, "lunch"), named(1, "C")):
        recent.add(change)
    assert texts(recent.of_room(1)) == ["B", "lunch", "C"]
    assert texts(recent.of_room(2)) == ["B"]
    assert recent.of_room(3) == []


def test_it_is_forgotten_after_its_time_and_where_there_is_too_much() -> None:
    clock = Clock()
    recent = RecentChanges(clock)
    recent.add(named(1, "A"))
    clock.now += KEPT / 2
    recent.add(named(2, "B"))
    clock.now += KEPT / 2 + 1
    assert texts(recent.of_room(1)) == ["B"]
    for user_id in range(MAX_KEPT + 10):
        recent.add(named(user_id, str(user_id)))
    assert len(recent.of_room(1)) == MAX_KEPT


async def test_a_name_that_changed_before_the_socket_stood(alice: Person, bob: Person, lobby: str) -> None:
    await bob.enters(lobby)
    for name in ("Bobby", "Robert"):
        answer = await bob.submits("/accounts/profile", display_name=name)
        assert answer.status == 303
    at_alice = await alice.enters(lobby)
    told = await at_alice.hears("person", name=bob.name)
    assert told["display_name"].split(" @")[0] == "Robert"
    await at_alice.is_told()
    assert len(at_alice.heard("person")) == 1
