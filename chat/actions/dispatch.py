"""Handles the requests to rooms, for every door: a table maps the class of a checked request to its
handler, which gets the engine and an actor. Rate limits, answers and all that follows a request are
here. The doors read requests, apply backpressure and send the hello."""

import contextlib
import functools
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from chat.actions import editing, posting
from chat.actions.order import filtering
from chat.costs import COMMAND_TOKENS, MENTIONS_AT_ONCE, MENTIONS_PER_SECOND, frame_cost, mention_cost
from chat.drafts import Draft, FileRef, Person
from chat.engine import Engine
from chat.errors import ActionError, barred, blocked, broken, unavailable
from chat.events import Error, Event, Notice, Pong, Receipt
from chat.history.members import SMALL_ROOM
from chat.requests import (
    Amendment,
    BadRequest,
    Delete,
    DismissPreview,
    Edit,
    Pin,
    Ping,
    Post,
    React,
    Read,
    Request,
    RunCommand,
    Typing,
    Undelete,
    Viewing,
    is_free,
    new_nonce,
    read_frame,
)
from chat.roles import CONVERSATION_GRANTS, Permission, Standing
from helpers.clock import now_ms
from helpers.db.database import is_unavailable
from helpers.limits import Buckets
from helpers.security_log import note_refusal
from helpers.text.translation import Language, Text
from helpers.turns import Turns

log = logging.getLogger("aiochat.dispatch")

HOLD_SECONDS = 0.25
MAX_HOLD_SECONDS = 5.0
"""For how long somebody above the rate limit is held: to refuse a frame isn't free either."""

MAX_AT_ONCE = 2
"""Requests of one person that wait for the database at the same time, over all of their connections:
further ones wait for them, so that nobody fills the queue of all."""

SECURITY_CODES = ("forbidden", "not_a_member", "blocked", "rate_limited")
"""Refusals that the security log has."""

UNHEARD = {
    "forbidden": Text(
        "This called nobody: in a room of more than {most} members @all and @here are for moderators.",
        most=SMALL_ROOM,
    ),
    "restricted": Text("This called nobody: in this room @all and @here aren’t for you."),
    "rate_limited": Text("This called nobody: you have used @all and @here a lot just now."),
}
"""By the reason in a receipt."""

Work = Coroutine[Any, Any, None]
"""The rest of a request that has to be awaited. The door runs it to its end before it dispatches
the next request of the same actor, so that requests take effect in the order in which they were
sent."""


T = TypeVar("T")


class Sender(Protocol):
    """A person who sends frames through one door."""

    person: Person
    language: Language

    @property
    def room_id(self) -> int:
        """0 where it is of no room."""

    def reply(self, event: Event) -> None:
        """Sends the event to this person only. Must not raise, also after the connection is gone."""

    def hold(self, seconds: float) -> None:
        """Nothing more through this door should be taken for so long."""


class Actor(Sender, Protocol):
    """A person in a room, connected through one door."""

    standing: Standing
    """The standing sent in the last hello. The transaction checks the current one."""
    read_number: int
    """The last post of the room that this actor has read or written, through this door."""

    def views(self, *, is_there: bool) -> None:
        """The room is in front of the person, or no longer."""

    def post_queued(self, size: int) -> None:
        """A post of this actor was queued for a commit. `size` is the length of its text."""

    def post_answered(self, size: int) -> None:
        """A queued post of this actor was answered."""


Handler = Callable[[Engine, Any, Any], "Work | None"]
"""Called with the engine, the actor and the request. Raises ActionError for a request that is
refused at once. Returns what remains to be awaited, if anything."""


class Dispatcher:
    """`limits` counts requests by user id; None where the settings turn rate limits off. `handlers`
    adds handlers of higher layers, by class of request.

    Each process counts for itself: a question to Redis for each frame would double what a message
    costs, and a room's connections are at one process behind nginx."""

    def __init__(self, engine: Engine, limits: Buckets | None, handlers: Mapping[type, Handler]) -> None:
        self.engine = engine
        self._limits = limits
        self._mentions = Buckets(MENTIONS_PER_SECOND, MENTIONS_AT_ONCE)
        self._turns = Turns(MAX_AT_ONCE)
        self._handlers: dict[type, Handler] = {**HANDLERS, **handlers}

    def dispatch_frame(self, actor: Actor, frame: str) -> Work | None:
        """Reads a text frame and dispatches it. Its cost is taken before. Errors are sent to the
        actor, never raised."""
        found = self.take(actor, frame, read_frame)
        return None if found is None else self.handle(actor, *found)

    def take(self, sender: Sender, frame: str, read: Callable[[str], T]) -> tuple[T, float] | None:
        """Takes the cost of a text frame and reads it by `read`, which raises BadRequest. Returns what
        it holds, and the seconds until there are tokens for it, 0 if it is paid for. None where it
        was refused."""
        wait = self._count_frame(sender, frame) if self._limits else 0.0
        try:
            return read(frame), wait
        except BadRequest as bad:
            reply_error(sender, too_much(wait) if wait else bad.error, bad.nonce)
        except Exception as error:
            reply_error(sender, error, None)
        return None

    def dispatch(self, actor: Actor, request: Request) -> Work | None:
        """Handles a checked request. Returns what remains to be awaited, or None. Errors are sent
        to the actor, never raised."""
        return self.handle(actor, request, self.count(actor))

    def handle(self, actor: Sender, request: Request, wait: float) -> Work | None:
        """The same for a request that was counted: `wait` as `take` returns it. All but a Ping need
        an Actor."""
        nonce = None if isinstance(request, Ping) else request.nonce
        try:
            if not wait and isinstance(request, RunCommand):
                wait = self.count(actor, COMMAND_TOKENS)
            if wait and not is_free(request):
                raise too_much(wait)
            work = self._handlers[type(request)](self.engine, actor, request)
        except Exception as error:
            reply_error(actor, error, nonce)
            return None
        return None if work is None else self.in_turn(actor, work, nonce)

    def refuse(self, actor: Sender, error: ActionError, nonce: str | None) -> None:
        """Sends the error about a frame that holds no request. It counts like a request."""
        wait = self.count(actor)
        reply_error(actor, too_much(wait) if wait else error, nonce)

    def count(self, actor: Sender, tokens: float = 1) -> float:
        """Counts a frame of the actor, whatever it holds. Above the rate limit the actor is held,
        and the seconds until there are tokens are returned."""
        wait = self._limits.take(actor.person.id, tokens) if self._limits else 0.0
        if wait:
            actor.hold(min(max(wait, HOLD_SECONDS), MAX_HOLD_SECONDS))
        return wait

    def _count_frame(self, actor: Sender, frame: str) -> float:
        wait = self.count(actor, frame_cost(frame))
        if not wait and (mentions := mention_cost(frame)):
            wait = self._mentions.take(actor.person.id, mentions)
        return wait

    async def in_turn(self, actor: Sender, work: Work, nonce: str | None) -> None:
        """Runs what waits for the database. Errors are sent to the actor, never raised."""
        # Closed also where it never gets its turn.
        with contextlib.closing(work):
            try:
                async with self._turns.turn(actor.person.id):
                    await work
            except Exception as error:
                reply_error(actor, error, nonce)


def too_much(wait: float) -> ActionError:
    return ActionError(
        "rate_limited", "That was a lot at once. Please wait a moment.", retry_after=round(wait, 2)
    )


def reply_error(actor: Sender, error: Exception, nonce: str | None) -> None:
    """Sends the error to the actor. Call it within an `except` block: the log shows the
    traceback."""
    refusal = refusal_of(actor, error)
    actor.reply(Error(refusal.code, actor.language.translate(refusal.phrase), nonce, refusal.retry_after))


def refusal_of(actor: Sender, error: Exception) -> ActionError:
    """What the actor is told of the error, which is noted in the logs. Call it as `reply_error`."""
    if isinstance(error, ActionError):
        refusal = error
    elif is_unavailable(error):
        refusal = unavailable()
    else:
        log.exception("a request broke")
        refusal = broken()
    if refusal.code in SECURITY_CODES:
        # Over a personal socket it may be of no room.
        whence, room = ("room", {"room": actor.room_id}) if actor.room_id else ("own", {})
        note_refusal("request", who=actor.person.name, whence=whence, code=refusal.code, **room)
    return refusal


def _post(engine: Engine, actor: Actor, request: Post) -> Work | None:
    engine.typing_indicators.posted(actor.room_id, actor.person.id)
    nonce = request.nonce or new_nonce()
    in_room = actor.standing.kind not in CONVERSATION_GRANTS
    is_flood = (
        in_room and request.text != "" and engine.floods.note(actor.person.id, actor.room_id, request.text)
    )
    if engine.filters.applies(actor.room_id):
        return _look_and_post(engine, actor, request, nonce, is_flood=is_flood)
    return _queue_post(engine, actor, request, nonce, "" if not is_flood else filtering.FLOOD)


async def _look_and_post(engine: Engine, actor: Actor, request: Post, nonce: str, *, is_flood: bool) -> None:
    """Where there are filters: the text is looked at before it is posted."""
    draft = Draft(actor.room_id, actor.person, nonce, request.text, reply_to=request.reply_to)
    if request.files:
        draft = replace(draft, files=refs_of(request))
    is_held, why = await filtering.look_at(engine, draft)
    if is_held:
        actor.reply(Notice(actor.language.translate(filtering.HELD), nonce))
        return
    rest = _queue_post(engine, actor, request, nonce, why or (filtering.FLOOD if is_flood else ""))
    if rest is not None:
        await rest


def _queue_post(engine: Engine, actor: Actor, request: Post, nonce: str, why: str) -> Work | None:
    """Queues a post, which is reported after its commit where `why` says why."""
    answer = functools.partial(_answer_post, engine, actor, request.text, why)

    def queue(rendered: posting.Rendered, is_over_limit: bool = False) -> None:
        room_id, author, text, reply_to = actor.room_id, actor.person, request.text, request.reply_to
        posting.post(
            *(engine, room_id, author, text, rendered, nonce, answer, reply_to, refs_of(request)),
            is_over_limit=is_over_limit,
        )
        actor.post_queued(len(text))

    rendered = posting.render_now(engine, request.text)
    if rendered is None:
        return _render_and(queue, engine, actor, request.text)
    queue(rendered)
    return None


def refs_of(request: Post) -> tuple[FileRef, ...]:
    return tuple(FileRef(one.id, one.description) for one in request.files) if request.files else ()


async def _render_and(
    queue: Callable[[posting.Rendered, bool], None], engine: Engine, actor: Actor, text: str
) -> None:
    rendered = await posting.render_with_names(engine, actor.person.id, text)
    queue(rendered, await posting.is_over_limit(engine, actor.person.id, rendered))


def _answer_post(
    engine: Engine, actor: Actor, text: str, why: str, nonce: str, outcome: Receipt | ActionError
) -> None:
    if isinstance(outcome, Receipt):
        if outcome.number is not None:
            number, room_id, author = outcome.number, actor.room_id, actor.person
            shares = filtering.is_shared(engine, actor.standing, author.id, text)
            # A task for each post would take a tenth of the time.
            if why or shares:
                after = filtering.after_the_post(engine, room_id, author, number, text, why, shares=shares)
                engine.hub.spawn(after)
        actor.reply(outcome)
        tell_unheard(actor, outcome)
        note_own_post(actor, outcome)
        posting.after_post(engine, actor.room_id, actor.person, outcome)
    else:
        actor.reply(Error(outcome.code, actor.language.translate(outcome.phrase), nonce, outcome.retry_after))
    actor.post_answered(len(text))


def tell_unheard(actor: Actor, receipt: Receipt) -> None:
    """Tells the actor that `@all` and `@here` of their text mention nobody, and why."""
    if receipt.unheard is None:
        return
    actor.reply(Notice(actor.language.translate(UNHEARD[receipt.unheard])))


def note_own_post(actor: Actor, receipt: Receipt) -> None:
    """Notes that the actor has written this post: the read mark needn't be told through its door."""
    if receipt.number is not None and receipt.number > actor.read_number:
        actor.read_number = receipt.number


async def _amend(engine: Engine, actor: Actor, request: Amendment) -> None:
    done = await editing.amend(engine, actor.room_id, actor.person, request)
    actor.reply(replace(done, nonce=request.nonce or new_nonce()))
    tell_unheard(actor, done)


def _read(engine: Engine, actor: Actor, request: Read) -> Work | None:
    actor.read_number = request.number if request.back else max(actor.read_number, request.number)
    if request.nonce is None and not request.back:
        engine.read_marks.note(actor.room_id, actor.person.id, request.number)
        return None
    return _store_read(engine, actor, request)


async def _store_read(engine: Engine, actor: Actor, request: Read) -> None:
    await engine.read_marks.put(actor.room_id, actor.person.id, request.number, back=request.back)
    if request.nonce is not None:
        actor.reply(Receipt(request.nonce))


def _typing(engine: Engine, actor: Actor, request: Typing) -> Work | None:
    if actor.standing.kind == "direct":
        return _type_to_one(engine, actor, request)
    if not actor.standing.may(Permission.POST):
        raise ActionError("forbidden", "You may not write here.")
    if bar := actor.standing.bar(Permission.POST, now := now_ms()):
        raise barred(bar, actor.standing.timeout_until - now)
    _show_typing(engine, actor, request)
    return None


async def _type_to_one(engine: Engine, actor: Actor, request: Typing) -> None:
    # No hello is sent when one of the two blocks the other: the last one doesn't tell.
    if (await engine.access.standing_of(actor.room_id, actor.person.id)).is_blocked:
        raise blocked()
    _show_typing(engine, actor, request)


def _show_typing(engine: Engine, actor: Actor, request: Typing) -> None:
    update = engine.typing_indicators.start if request.on else engine.typing_indicators.stop
    update(actor.room_id, actor.person.id, actor.person.name)
    if request.nonce is not None:
        actor.reply(Receipt(request.nonce))


def _viewing(engine: Engine, actor: Actor, request: Viewing) -> None:
    if not actor.standing.is_member:
        raise ActionError("not_a_member", "You are not a member of this room.")
    actor.views(is_there=request.on)
    if request.nonce is not None:
        actor.reply(Receipt(request.nonce))


def _ping(engine: Engine, actor: Actor, request: Ping) -> None:
    actor.reply(Pong())


HANDLERS: dict[type, Handler] = {
    Post: _post,
    Edit: _amend,
    Delete: _amend,
    Undelete: _amend,
    React: _amend,
    Pin: _amend,
    DismissPreview: _amend,
    Read: _read,
    Typing: _typing,
    Viewing: _viewing,
    Ping: _ping,
}
"""chat/commands, a higher layer, handles RunCommand."""
