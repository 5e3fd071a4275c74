"""The one way in for everything that is asked of a room, through whatever door it comes: a checked
request, an actor, and a table of handlers. The doors read, hold back and greet; what a request does,
costs and answers is said here."""

import functools
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from chat.actions import editing, posting
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError, blocked, broken, unavailable
from chat.events import Error, Event, Pong, Receipt
from chat.requests import (
    BadRequest,
    Delete,
    Edit,
    Pin,
    Ping,
    Post,
    React,
    Read,
    Request,
    Typing,
    Undelete,
    is_free,
    new_nonce,
    read_frame,
)
from chat.roles import Permission, Standing
from helpers.db.database import is_unavailable
from helpers.limits import Buckets
from helpers.text.translation import Language

log = logging.getLogger("aiochat.dispatch")

Work = Coroutine[Any, Any, None]
"""What takes a while. The door runs it before it hands over the next request of the same actor, so
that all happens in the order in which it was asked for."""


class Actor(Protocol):
    """Somebody in a room, through one door."""

    person: Person
    room_id: int
    language: Language
    standing: Standing
    """What they were when the door last told them. The transaction checks what they are now."""

    def reply(self, event: Event) -> None:
        """Tells the actor alone. It must not raise, also when nobody listens any more."""

    def post_queued(self) -> None:
        """A post of theirs waits for its commit."""

    def post_answered(self) -> None:
        """It waits no longer."""


Handler = Callable[[Engine, Any, Any], "Work | None"]
"""Takes the engine, the actor and the request. Raises ActionError for what is refused at once."""


class Dispatcher:
    """`limits` counts requests by user; None where the settings have none. `handlers` are those of
    layers above, by class of request."""

    def __init__(self, engine: Engine, limits: Buckets | None, handlers: Mapping[type, Handler]) -> None:
        self.engine = engine
        self._limits = limits
        self._handlers: dict[type, Handler] = {**HANDLERS, **handlers}

    def dispatch_frame(self, actor: Actor, frame: str) -> Work | None:
        """Does what a text frame asks for. Whatever is wrong with it is told to the actor."""
        try:
            request = read_frame(frame)
        except BadRequest as bad:
            try:
                self._take_token(actor)
            except ActionError as error:
                reply_error(actor, error, bad.nonce)
            else:
                reply_error(actor, bad.error, bad.nonce)
            return None
        except Exception as error:
            reply_error(actor, error, None)
            return None
        return self.dispatch(actor, request)

    def dispatch(self, actor: Actor, request: Request) -> Work | None:
        """Does what a checked request asks for, or returns what remains to be run. Errors are told
        to the actor, never raised."""
        nonce = None if isinstance(request, Ping) else request.nonce
        try:
            if not is_free(request):
                self._take_token(actor)
            work = self._handlers[type(request)](self.engine, actor, request)
        except Exception as error:
            reply_error(actor, error, nonce)
            return None
        return None if work is None else _run(actor, work, nonce)

    def _take_token(self, actor: Actor) -> None:
        """Raises ActionError where that was too much at once."""
        wait = self._limits.take(actor.person.id) if self._limits else 0
        if wait:
            raise ActionError(
                "rate_limited", "That was a lot at once. Please wait a moment.", retry_after=round(wait, 2)
            )


async def _run(actor: Actor, work: Work, nonce: str | None) -> None:
    try:
        await work
    except Exception as error:
        reply_error(actor, error, nonce)


def reply_error(actor: Actor, error: Exception, nonce: str | None) -> None:
    """Tells what went wrong; to be called within an `except`, for the log's sake."""
    if isinstance(error, ActionError):
        told = error
    elif is_unavailable(error):
        told = unavailable()
    else:
        log.exception("a request broke")
        told = broken()
    actor.reply(Error(told.code, actor.language.translate(told.phrase), nonce, told.retry_after))


def _post(engine: Engine, actor: Actor, request: Post) -> Work | None:
    engine.typists.posted(actor.room_id, actor.person.id)
    nonce = request.nonce or new_nonce()
    answer = functools.partial(_answer_post, engine, actor)
    if posting.takes_time(request.text):
        return _post_later(engine, actor, request, nonce, answer)
    posting.post(engine, actor.room_id, actor.person, request.text, nonce, answer, request.reply_to)
    actor.post_queued()
    return None


async def _post_later(
    engine: Engine, actor: Actor, request: Post, nonce: str, answer: posting.Answer
) -> None:
    await posting.post_later(
        engine, actor.room_id, actor.person, request.text, nonce, answer, request.reply_to
    )
    actor.post_queued()


def _answer_post(engine: Engine, actor: Actor, nonce: str, outcome: Receipt | ActionError) -> None:
    if isinstance(outcome, Receipt):
        actor.reply(outcome)
        posting.after_post(engine, actor.room_id, actor.person, outcome)
    else:
        actor.reply(Error(outcome.code, actor.language.translate(outcome.phrase), nonce, outcome.retry_after))
    actor.post_answered()


async def _amend(engine: Engine, actor: Actor, request: Edit | Delete | Undelete | React | Pin) -> None:
    done = await editing.amend(engine, actor.room_id, actor.person, request)
    actor.reply(Receipt(request.nonce or new_nonce(), done.seq, done.number))


def _read(engine: Engine, actor: Actor, request: Read) -> Work | None:
    if request.nonce is None and not request.back:
        engine.read_marks.note(actor.room_id, actor.person.id, request.number)
        return None
    return _store_read(engine, actor, request)


async def _store_read(engine: Engine, actor: Actor, request: Read) -> None:
    await engine.read_marks.put(actor.room_id, actor.person.id, request.number, back=request.back)
    if request.nonce is not None:
        actor.reply(Receipt(request.nonce))


def _typing(engine: Engine, actor: Actor, request: Typing) -> None:
    if not actor.standing.may(Permission.POST):
        raise blocked() if actor.standing.is_blocked else ActionError("forbidden", "You may not write here.")
    tell = engine.typists.start if request.on else engine.typists.stop
    tell(actor.room_id, actor.person.id, actor.person.name)
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
    Read: _read,
    Typing: _typing,
    Ping: _ping,
}
"""RunCommand is handled by chat/commands, a layer above."""
