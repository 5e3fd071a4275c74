"""Commands that hide somebody's messages for oneself."""

from accounts.models import User
from chat.actions import ignoring
from chat.commands.registry import Answer, Call, command


@command()
async def ignore(call: Call, user: User) -> Answer:
    """Hides someone’s messages for you, in all rooms and on all of your devices. They don’t learn of
    it."""
    is_news = await ignoring.ignore(call.engine, call.user, user)
    t = call.language.t
    if not is_news:
        return t("You ignore {name} already.", name=user.called)
    return t("Messages of {name} are hidden for you. /unignore shows them again.", name=user.called)


@command()
async def unignore(call: Call, user: User) -> Answer:
    """Shows the messages of someone whom you ignored."""
    is_news = await ignoring.unignore(call.engine, call.user, user)
    t = call.language.t
    if not is_news:
        return t("You don’t ignore {name}.", name=user.called)
    return t("Messages of {name} are shown again.", name=user.called)
