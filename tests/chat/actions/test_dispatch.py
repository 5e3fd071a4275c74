"""The dispatcher by itself: what each request costs, who hears what is wrong with it, and under which
nonce."""

import asyncio
from collections.abc import Callable
from typing import Any, cast, get_args

import pytest

from chat import requests
from chat.actions.dispatch import HANDLERS, MAX_HOLD_SECONDS, Dispatcher, Work
from chat.commands import COMMANDS, Registry
from chat.commands.running import runner
from chat.drafts import Person
from chat.engine import Engine
from chat.events import Error, Event, Pong
from chat.requests import Ping, Post, Read, RunCommand, Typing, is_free
from chat.roles import STRANGER
from helpers.limits import Buckets
from helpers.text.translation import ENGLISH


class Outsider:
    """An Actor who is no member, and whose room needn't be there."""

    person = Person(1, "mallory")
    room_id = 1
    language = ENGLISH
    read_number = 0
    standing = STRANGER

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.holds: list[float] = []

    def reply(self, event: Event) -> None:
        self.heard.append(event)

    def hold(self, seconds: float) -> None:
        self.holds.append(seconds)

    def views(self, *, is_there: bool) -> None:
        raise AssertionError("nobody is in a room here")

    def post_queued(self, size: int) -> None:
        raise AssertionError("nothing is queued here")

    post_answered = post_queued


NO_ENGINE = cast(Engine, None)


def dispatcher(limits: Buckets | None = None) -> Dispatcher:
    return Dispatcher(NO_ENGINE, limits, {RunCommand: runner(Registry(COMMANDS.values()))})


def test_every_request_has_a_handler() -> None:
    asked = {*get_args(requests.Frame), RunCommand}
    assert asked == {*get_args(requests.Request)}
    assert asked == {*HANDLERS, RunCommand}


def test_who_may_not_write_may_not_type() -> None:
    mallory = Outsider()
    assert dispatcher().dispatch(mallory, Typing(nonce="t")) is None
    (error,) = mallory.heard
    assert isinstance(error, Error)
    assert (error.code, error.nonce) == ("forbidden", "t")


@pytest.mark.parametrize(
    ("frame", "code", "nonce"),
    [
        ('{"type":"post","text":5,"nonce":"n"}', "bad_request", "n"),
        ('{"type":"post","text":"","nonce":"n"}', "empty", "n"),
        ('{"type":"edit","number":1,"text":"\\u0000","nonce":"n"}', "empty", "n"),
        ('{"type":"react","number":1,"emoji":"no","on":true,"nonce":"n"}', "bad_emoji", "n"),
        ('{"type":"delete","number":-1,"nonce":"n"}', "bad_request", "n"),
        ('{"type":"post","text":"x","reply_to":0,"nonce":"n"}', "bad_request", "n"),
        ('{"type":"post","text":"/who","reply_to":1,"nonce":"n"}', "bad_request", "n"),
        ('{"type":"typing","nonce":"a b"}', "bad_nonce", "a b"),
        ('{"type":"dance","nonce":"n"}', "bad_request", "n"),
        ('{"type":"post","text":"x","nonce":["n"]}', "bad_request", None),
        ('{"type":"post","nonce":"n"', "bad_json", "n"),
        ('{"type":"post","text":"a\\ud83d \\"nonce\\":\\"m\\"","nonce":"n"}', "bad_json", "n"),
        ('{"type":"post","nonce":"a b"', "bad_json", None),
        ("   ", "empty", None),
    ],
)
def test_what_is_wrong_is_told_under_the_frames_own_nonce(frame: str, code: str, nonce: str | None) -> None:
    mallory = Outsider()
    assert dispatcher().dispatch_frame(mallory, frame) is None
    (error,) = mallory.heard
    assert isinstance(error, Error)
    assert (error.code, error.nonce) == (code, nonce)


def test_a_fault_is_told_as_one_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    mallory = Outsider()
    assert dispatcher().dispatch(mallory, Post("hello", "n")) is None
    (error,) = mallory.heard
    assert isinstance(error, Error)
    assert (error.code, error.nonce) == ("broken", "n")
    assert "a request broke" in caplog.text


async def test_a_fault_that_comes_later_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    mallory = Outsider()
    work = dispatcher().dispatch(mallory, Read(1, back=True, nonce="n"))
    assert work is not None
    await work
    (error,) = mallory.heard
    assert isinstance(error, Error)
    assert (error.code, error.nonce) == ("broken", "n")
    assert "a request broke" in caplog.text


FREE: list[Any] = [Ping(), Typing(), Typing(nonce="n"), Read(1)]
COSTLY: list[Any] = [Read(1, back=True), Read(1, nonce="n"), Post("x"), RunCommand("/who")]


@pytest.mark.parametrize(("asked", "free"), [(one, one in FREE) for one in (*FREE, *COSTLY)])
def test_what_costs_a_token(asked: requests.Request, free: bool) -> None:
    assert is_free(asked) is free


@pytest.mark.parametrize(
    "ask",
    [
        lambda it, who: it.dispatch_frame(who, '{"type":"post","text":""}'),
        lambda it, who: it.dispatch_frame(who, '{"type":"dance"}'),
        lambda it, who: it.dispatch_frame(who, "{}"),
        lambda it, who: it.dispatch_frame(who, ""),
    ],
)
def test_broken_frames_are_counted_like_others(ask: Callable[[Dispatcher, Outsider], None]) -> None:
    mallory, it = Outsider(), dispatcher(Buckets(0.1, 3))
    for _ in range(4):
        ask(it, mallory)
    codes = [event.code for event in mallory.heard if isinstance(event, Error)]
    assert codes[-1] == "rate_limited"
    assert "rate_limited" not in codes[:-1]
    last = mallory.heard[-1]
    assert isinstance(last, Error)
    assert last.retry_after is not None
    assert len(mallory.holds) == 1, "what comes next is read later"
    it.dispatch(mallory, Ping())
    assert isinstance(mallory.heard[-1], Pong)


def test_what_is_free_is_counted_too_and_never_refused() -> None:
    mallory, it = Outsider(), dispatcher(Buckets(0.1, 3))
    for number in range(5):
        it.dispatch_frame(mallory, '{"type":"ping"}')
        assert len(mallory.holds) == max(0, number - 2)
    assert mallory.heard == [Pong()] * 5
    assert it.count(mallory) > 0, "whatever a frame holds"
    assert mallory.holds == [MAX_HOLD_SECONDS] * 3


def test_a_frame_costs_by_its_size_before_it_is_read() -> None:
    mallory, it = Outsider(), dispatcher(Buckets(0.1, 40))
    broken = "x" * 60_000  # 15 tokens each
    for _ in range(2):
        it.dispatch_frame(mallory, broken)
    assert not mallory.holds
    it.dispatch_frame(mallory, broken)
    assert mallory.holds
    codes = [event.code for event in mallory.heard if isinstance(event, Error)]
    assert codes == ["too_long", "too_long", "rate_limited"]
    last = mallory.heard[-1]
    assert isinstance(last, Error)
    assert last.retry_after is not None
    assert 0 < last.retry_after <= 150


@pytest.mark.parametrize("frame", ["/who", '{"type":"post","text":"/who"}'])
def test_a_command_costs_as_much_as_four_other_frames(frame: str) -> None:
    ran: list[RunCommand] = []

    def run(engine: Engine, actor: Outsider, request: RunCommand) -> None:
        ran.append(request)

    mallory, it = Outsider(), Dispatcher(NO_ENGINE, Buckets(0.001, 9), {RunCommand: run})
    for _ in range(3):
        it.dispatch_frame(mallory, frame)
    assert len(ran) == 2
    assert [event.code for event in mallory.heard if isinstance(event, Error)] == ["rate_limited"]


async def test_requests_of_one_person_take_turns() -> None:
    """However many connections somebody has, others don't wait behind all of their requests."""
    begun: list[str] = []
    may_go_on = asyncio.Event()

    def handle(engine: Engine, actor: Outsider, request: Read) -> Work:
        async def work() -> None:
            begun.append(actor.person.name)
            await may_go_on.wait()

        return work()

    it = Dispatcher(NO_ENGINE, None, {Read: handle})
    mallory, alice = Outsider(), Outsider()
    alice.person = Person(2, "alice")
    works = [it.dispatch(one, Read(1)) for one in (*[mallory] * 5, alice)]
    tasks = [asyncio.create_task(work) for work in works if work is not None]
    for _ in range(5):
        await asyncio.sleep(0)
    assert begun == ["mallory", "mallory", "alice"]
    tasks[4].cancel()
    may_go_on.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert begun == ["mallory", "mallory", "alice", "mallory", "mallory"]


def test_many_mentions_cost_more() -> None:
    mallory, it = Outsider(), dispatcher(Buckets(0.0001, 1000))
    few, many = '{"type":"dance","text":"@a @b"}', '{"type":"dance","nonce":"n","text":"%s"}' % ("@a " * 100)
    for _ in range(3):
        it.dispatch_frame(mallory, many)
    for _ in range(50):
        it.dispatch_frame(mallory, few)
    refused = [event for event in mallory.heard if isinstance(event, Error) and event.code == "rate_limited"]
    assert [event.nonce for event in refused] == ["n"], "two of them at once, and few as many as one likes"
    assert refused[0].retry_after is not None
    assert refused[0].retry_after > 100
