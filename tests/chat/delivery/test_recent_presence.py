"""Who came and went a moment ago is told to who enters a room: within two minutes, and within bounds."""

import json

import pytest

from chat.delivery import recent_presence
from chat.delivery.recent_changes import KEPT
from chat.delivery.recent_presence import MAX_OF_ROOM, RecentPresence
from chat.history.presence import PresenceChange

HALL, CELLAR = 1, 2


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recent(clock: Clock) -> RecentPresence:
    return RecentPresence(clock)


def came(number: int, version: int = 1, *, online: bool = True) -> PresenceChange:
    return PresenceChange(number, f"p{number}", online, version)


def told(recent: RecentPresence, room_id: int = HALL) -> list[dict[str, object]]:
    return [json.loads(event) for event in recent.of_room(room_id)]


def test_the_last_change_of_each_person_is_told_in_one_event(recent: RecentPresence) -> None:
    recent.add(HALL, came(1, 1))
    recent.add(HALL, came(2, 1))
    recent.add(CELLAR, came(3, 2))
    assert told(recent) == [{"type": "online", "version": 1, "names": ["p1", "p2"]}]
    recent.add(HALL, came(1, 3, online=False))
    assert told(recent) == [{"type": "online", "version": 3, "names": ["p2"], "offline": ["p1"]}]
    assert told(recent, 7) == []


def test_after_two_minutes_it_is_told_no_more(recent: RecentPresence, clock: Clock) -> None:
    recent.add(HALL, came(1))
    clock.now = KEPT / 2
    recent.add(HALL, came(2))
    recent.add(HALL, came(1, 2))
    clock.now = KEPT + 1
    assert told(recent) == [{"type": "online", "version": 2, "names": ["p1", "p2"]}]
    clock.now = 2 * KEPT
    assert told(recent) == []
    assert not recent._rooms
    assert not recent._kept


def test_of_too_many_the_members_are_to_be_asked_for(recent: RecentPresence, clock: Clock) -> None:
    for number in range(MAX_OF_ROOM + 1):
        recent.add(HALL, came(number))
    recent.add(CELLAR, came(1))
    assert told(recent) == [{"type": "online", "version": 1, "stale": True}]
    assert told(recent, CELLAR) == [{"type": "online", "version": 1, "names": ["p1"]}]
    clock.now = KEPT + 1
    assert told(recent) == []


def test_what_was_dropped_is_stale_in_every_room(
    recent: RecentPresence, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent_presence, "MAX_KEPT", 10)
    for number in range(11):
        recent.add(number, came(number))
    assert all(event.get("stale") for room_id in (0, 5, 99) for event in told(recent, room_id))
    assert told(recent, 99)
    clock.now = KEPT + 1
    assert told(recent, 5) == []
