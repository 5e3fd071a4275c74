"""Which rows a room's page arrives with."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chat.doors.rooms.first_rows import BEFORE, MAX_SIZE, MOST, first_rows
from helpers.web.clock import Clock

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def state(lines: int, read: int, text: str = "x", around: int | None = None) -> dict[str, Any]:
    messages = [
        {
            "seq": number,
            "number": number,
            "kind": "post",
            "author": "bob",
            "text": text,
            "at": "2026-11-21T10:00:00.000Z",
        }
        for number in range(1, lines + 1)
    ]
    return {
        "messages": messages,
        "you": {"name": "alice"},
        "ignored": [],
        "read_number": read,
        "last_number": lines,
        "more": False,
        "around": around,
    }


def numbers(found: dict[str, Any]) -> list[int]:
    return [row.line["number"] for row in first_rows(found, Clock(), NOW) if row.line]


def test_the_last_ones_where_all_is_read() -> None:
    assert numbers(state(50, 50)) == list(range(21, 51))


def test_those_around_the_first_unread_one() -> None:
    found = numbers(state(50, 20))
    assert (found[0], len(found)) == (21 - BEFORE, MOST - 1), "and the divider"


def test_those_around_the_one_in_the_address() -> None:
    found = numbers(state(50, 50, around=25))
    assert found == list(range(10, 40))


@pytest.mark.parametrize(("read", "around"), [(50, None), (20, None), (50, 25)])
def test_no_more_than_a_page_bears(read: int, around: int | None) -> None:
    found = first_rows(state(50, read, "x" * 10_000, around), Clock(), NOW)
    assert found
    assert sum(row.size for row in found) <= MAX_SIZE
    if read == 50 and around is None:
        assert found[-1].line["number"] == 50


def test_one_that_is_longer_than_all_may_be_is_there() -> None:
    assert numbers(state(3, 3, "x" * (MAX_SIZE + 1))) == [3]


def test_days_are_those_of_the_readers_clock() -> None:
    at = state(1, 1)
    at["messages"][0]["at"] = "2026-11-20T23:30:00.000Z"
    labels = [
        [row.label for row in first_rows(at, Clock(offset), NOW) if row.kind == "day"] for offset in (0, 60)
    ]
    assert labels == [["Yesterday"], ["Today"]]
