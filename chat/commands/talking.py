"""Commands for everyone: help, and other ways to say something."""

from chat import posting
from chat.commands.registry import Answer, Call, Rest, Word, allowed, command, find
from chat.refusal import Refused


@command()
async def help(call: Call, command: Word | None = None) -> Answer:
    """Shows the commands that you may use, or how to use one."""
    if command is None:
        return "\n".join(f"{found.usage}: {found.help}" for found in allowed(call.standing))
    found = find(command.removeprefix("/"))
    if found is None or not found.may_be_run_by(call.standing):
        raise Refused("unknown_command", f"There is no /{command.removeprefix('/')[:32]} for you. /help lists the commands.")
    also = f" Also: {', '.join(f'/{alias}' for alias in found.aliases)}." if found.aliases else ""
    return f"{found.usage}: {found.help}{also}"


@command()
async def me(call: Call, text: Rest) -> Answer:
    """Says what you do, as in "/me waves"."""
    return await posting.say(call.engine, call.room_id, call.person, text, call.nonce, kind="me")
