"""Commands for everyone: help, and other ways to say something."""

from chat import posting
from chat.commands.registry import Answer, Call, Rest, Word, allowed, command, find
from chat.refusal import Refused


@command()
async def help(call: Call, command: Word | None = None) -> Answer:
    """Shows the commands that you may use, or how to use one."""
    if command is None:
        return "\n".join(f"{told.usage}: {told.help}" for told in (found.explain(call.language) for found in allowed(call.standing)))
    found = find(command.removeprefix("/"))
    if found is None or not found.may_be_run_by(call.standing):
        raise Refused("unknown_command", "There is no /{name} for you. /help lists the commands.", name=command.removeprefix("/")[:32])
    told = found.explain(call.language)
    also = call.language.t("Also: {names}.", names=", ".join(f"/{alias}" for alias in found.aliases)) if found.aliases else ""
    return f"{told.usage}: {told.help} {also}".rstrip()


@command()
async def me(call: Call, text: Rest) -> Answer:
    """Says what you do, as in "/me waves"."""
    return await posting.say(call.engine, call.room_id, call.person, text, call.nonce, kind="me")
