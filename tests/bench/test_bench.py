"""The benchmark itself: it runs, it finds nothing wrong with a server that is right, and its checks
bite."""

import json
from collections import deque

import pytest

from bench.clients.base import Client, RoomTotals, Window
from bench.clients.checks import Sequence, Verdict, judge
from bench.clients.guests import Address, Guest, Seats, user_name
from bench.clients.numbered import (
    NumberedCounter,
    NumberedSender,
    NumberedWitness,
    after_caught_up,
    post_frames,
)
from bench.clients.wire import TEXT, Frames, client_frame, frame_at
from bench.reporting.result import latency
from bench.scenarios.registry import SCENARIOS
from bench.scenarios.talk import Talk
from bench.texts import MARKED_BYTES, OFFICE, PLAIN, TEXTS, Texts, sender_and_turn
from chat.formatting import render
from helpers.websocket.frames import joined_frames, text_frame


@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [
        ([1, 2, 3, 4, 5], Verdict()),
        ([1, 2, 4, 5], Verdict(lost=1)),
        ([1, 2, 3], Verdict(lost=2)),
        ([1, 2, 2, 3, 4, 5], Verdict(duplicates=1)),
        ([1, 3, 2, 4, 5], Verdict(out_of_order=1)),
        ([2, 1, 4, 4, 5], Verdict(lost=1, duplicates=1, out_of_order=1)),
        ([], Verdict(lost=5)),
    ],
)
def test_a_sequence_tells_lost_doubled_and_swapped_apart(numbers: list[int], wrong: Verdict) -> None:
    sequence = Sequence(1)
    for number in numbers:
        sequence.take(number)
    assert judge(sequence, 5) == wrong


def test_runs_must_join() -> None:
    sequence = Sequence(1)
    for first, count in ((1, 10), (11, 5), (14, 3), (20, 1)):
        sequence.take_run(first, count)
    assert judge(sequence, 20) == Verdict(lost=3, duplicates=2)


SEATS = Seats(rooms=2, members=20, senders=10, witnesses=1)


def guest(index: int) -> Guest:
    return SEATS.guest(index, "", [Address(1, "http://127.0.0.1:1")])


def _line(seq: int, turn: int = 0, sender: int = 0) -> bytes:
    event = {
        "type": "message",
        "seq": seq,
        "kind": "post",
        "author": "u0",
        "text": PLAIN.message(guest(sender), turn),
        "number": seq,
    }
    return json.dumps(event, separators=(",", ":")).encode()


class _Pieces:
    """A socket from which comes what the test gives it, in pieces of a size."""

    def __init__(self, data: bytes, size: int) -> None:
        self._pieces = deque(data[at : at + size] for at in range(0, len(data), size))

    def setblocking(self, blocking: bool) -> None:
        pass

    def recv_into(self, buffer: bytearray) -> int:
        if not self._pieces:
            raise BlockingIOError
        piece = self._pieces.popleft()
        buffer[: len(piece)] = piece
        return len(piece)


def _reads(client: Client, pieces: int) -> None:
    client.begin(0, b"")
    for _ in range(pieces):
        client.receive()


@pytest.mark.parametrize("size", [1, 7, 64, 333, 100_000])
def test_a_counter_counts_frames_in_any_pieces(size: int) -> None:
    data = joined_frames([_line(seq) for seq in range(1, 1001)]) + text_frame(_line(1001))
    counter = NumberedCounter(_Pieces(data, size), 0, Window())  # type: ignore[arg-type]
    _reads(counter, len(data) // size + 1)
    assert counter.count == 1001
    assert counter.verdict(RoomTotals(1001, 0, 0)).is_clean
    assert counter.verdict(RoomTotals(1002, 0, 0)) == Verdict(lost=1)


def test_a_counter_sees_frames_that_do_not_join() -> None:
    frames = [joined_frames([_line(seq) for seq in seqs]) for seqs in ([1, 2, 3], [3, 4], [6])]
    counter = NumberedCounter(_Pieces(b"".join(frames), 1000), 0, Window())  # type: ignore[arg-type]
    _reads(counter, 2)
    assert counter.verdict(RoomTotals(6, 0, 0)) == Verdict(lost=1, duplicates=1)


def test_a_witness_misses_what_was_acknowledged() -> None:
    sender = NumberedSender(_Pieces(b"", 1), guest(0), Window(), PLAIN, answers_bring_more=False)  # type: ignore[arg-type]
    sender.sent = [0.0, 0.0, 0.0]
    sender.last_acknowledged = 2
    right = b"".join(text_frame(_line(turn + 1, turn)) for turn in range(3))
    other = text_frame(_line(1, 0)) + text_frame(_line(2, 2)) + text_frame(_line(3, 1))
    for data, wrong in (
        (right, Verdict()),
        (other, Verdict(out_of_order=1)),
        (text_frame(_line(1, 0)), Verdict(lost=2)),
    ):
        witness = NumberedWitness(_Pieces(data, 10_000), 0, Window(), {0: sender})  # type: ignore[arg-type]
        _reads(witness, 1)
        assert witness.verdict(RoomTotals(1 if wrong.lost else 3, 0, 0)) == wrong


def test_a_reset_is_no_loss_but_is_told() -> None:
    data = text_frame(_line(1)) + text_frame(b'{"type":"reset","seq":50}') + text_frame(_line(51))
    counter = NumberedCounter(_Pieces(data, 10_000), 0, Window())  # type: ignore[arg-type]
    _reads(counter, 1)
    assert counter.resets == 1
    assert counter.verdict(RoomTotals(51, 0, 0)).is_clean


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
def test_what_is_sent_can_be_read(texts: Texts) -> None:
    said = set()
    for turn in range(345, 345 + len(texts.lines)):
        frame = post_frames(guest(12), texts)(turn)
        # A client's frame is masked.
        found = frame_at(bytes([frame[0], frame[1] & 0x7F]) + frame[2:], 0, len(frame))
        assert found is not None
        _, begin, length = found
        assert begin + 4 + length == len(frame)
        said.add(text := texts.message(guest(12), turn))
        assert sender_and_turn(text) == (12, turn)
        assert json.loads(frame[begin + 4 :]) == {"type": "post", "text": text, "nonce": f"n{turn:08d}"}
    assert len(said) == len({text[:-MARKED_BYTES] for text in said}) == len(texts.lines), "every line"


def test_plain_texts_have_no_signs_and_those_of_an_office_have() -> None:
    assert len(PLAIN.message(guest(12), 345)) == 120
    assert render(PLAIN.message(guest(12), 345)) is None
    rendered = [render(text % 0) for text in OFFICE.templates(guest(12))]
    assert len(rendered) // 10 < sum(html is not None for html in rendered) < len(rendered) // 2
    assert sender_and_turn("hello") is None


def test_lines_of_the_office_name_people_of_the_room() -> None:
    def named_by(index: int) -> set[str]:
        return {text.partition(" ")[0] for text in OFFICE.templates(guest(index)) if text.startswith("@")}

    assert (named_by(4), named_by(24)) == ({"@u3", "@u5"}, {"@u23", "@u25"})
    assert user_name(23) == guest(23).name == "u23"
    assert max(len(line.encode()) for line in OFFICE.lines) < 90
    assert not set("".join(OFFICE.lines)) & set('"\\%X'), "as JSON, templates and marks need it"


def test_frames_come_together_again() -> None:
    frames = Frames()
    data = text_frame(b"x" * 70_000) + text_frame(b"y")
    assert frames.take(data[:5]) == []
    assert frames.take(data[5:]) == [(TEXT, b"x" * 70_000), (TEXT, b"y")]


def test_catching_up_ends_where_live_begins() -> None:
    begin = text_frame(b'{"type":"hello"}\n{"type":"caught_up","seq":7}')
    assert after_caught_up(begin[:-1]) is None
    assert after_caught_up(begin + b"rest") == (7, b"rest")
    with pytest.raises(ConnectionError, match="4504"):
        after_caught_up(client_frame(8, b"")[:1] + b"\x02" + (4504).to_bytes(2, "big"))


def test_percentiles() -> None:
    found = latency([number / 1000 for number in range(1, 101)])
    assert (found.count, found.p50, found.p99, found.max) == (100, 50.0, 99.0, 100.0)
    assert str(latency([])) == "-"


def test_impossible_scenarios_are_refused() -> None:
    assert all(scenario.problem() is None for scenario in SCENARIOS.values())
    for scenario in (Talk("", members=10), Talk("", outstanding=5), Talk("", rooms=0), Talk("", seconds=0)):
        assert scenario.problem()
    assert Talk("", rooms=3, rooms_each=2).problem()
