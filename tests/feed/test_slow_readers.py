"""A stream whose reader is slower than the feed: what waits for it is bounded, and nothing is lost."""

from typing import NamedTuple

from feed.streams import MAX_OUTBOX, Stream


class Event(NamedTuple):
    id: int
    frame: bytes


class Line:
    is_open = True

    async def write(self, data: bytes) -> None:
        raise AssertionError("nothing is written here")

    def abort(self) -> None:
        raise AssertionError("it isn't cut off")


def events(first: int, count: int) -> list[Event]:
    return [Event(number, b"x" * 1024) for number in range(first, first + count)]


async def test_a_reader_with_too_much_waiting_catches_up_from_where_it_is() -> None:
    stream = Stream(Line(), 1, "session", 0, None, 100)
    stream.caught_up(110)
    stream.is_live = True
    stream.offer(events(111, 10), 120)  # type: ignore[arg-type]
    assert len(await stream.next()) == 10 * 1024
    stream.offer(events(121, 60), 180)  # type: ignore[arg-type]
    assert (stream.is_live, stream.position) == (True, 180)
    stream.offer(events(181, MAX_OUTBOX // 1024), 181 + MAX_OUTBOX // 1024)  # type: ignore[arg-type]
    assert (stream.is_live, stream.has_waiting) == (False, False)
    assert stream.position == 120, "what was written last"
    assert await stream.next() == b"", "it isn't left to wait for the next event"
    assert not stream.is_disconnected.is_set()
