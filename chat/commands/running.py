"""Runs slash commands for the dispatcher and sends their answers to the actor."""

from accounts.people.directory import users_by_ids
from chat.actions.dispatch import Actor, Handler, Work, note_own_post, reply_error, tell_unheard
from chat.commands.registry import Call, Later, Registry
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import Notice, Receipt
from chat.requests import RunCommand, new_nonce


def runner(registry: Registry) -> Handler:
    """The handler of RunCommand for a site with these commands."""

    def run_command(engine: Engine, actor: Actor, request: RunCommand) -> Work:
        engine.typing_indicators.stop(actor.room_id, actor.person.id, actor.person.name)
        return _run(engine, registry, actor, request)

    return run_command


async def _run(engine: Engine, registry: Registry, actor: Actor, request: RunCommand) -> None:
    user = (await users_by_ids([actor.person.id]))[actor.person.id]
    standing = await engine.access.standing(actor.room_id, user)
    if not standing.is_member:
        # Somebody who was removed a moment ago, and whose connection isn't closed yet.
        raise ActionError("not_a_member", "You are not a member of this room.")
    nonce = request.nonce or new_nonce()
    call = Call(engine, registry, actor.room_id, user, standing, nonce, actor.language)
    answer = await registry.run(call, request.line)
    if isinstance(answer, Receipt):
        note_own_post(actor, answer)
    if isinstance(answer, Later):
        # The actor's next request doesn't wait for this.
        engine.hub.spawn(_reply_later(actor, answer, request.nonce))
    else:
        actor.reply(Notice(answer, request.nonce) if isinstance(answer, str) else answer)
    if isinstance(answer, Receipt):
        tell_unheard(actor, answer)


async def _reply_later(actor: Actor, answer: Later, nonce: str | None) -> None:
    try:
        actor.reply(Notice(await answer.text, nonce))
    except Exception as error:
        reply_error(actor, error, nonce)
