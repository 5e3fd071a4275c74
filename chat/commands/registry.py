"""The registry of commands. A command's name, arguments and help come from the name, annotations
and docstring of its function."""

import inspect
import types
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from accounts.models import User
from accounts.people.directory import user_by_name
from chat.drafts import Person
from chat.engine import Engine
from chat.errors import ActionError
from chat.events import CommandHelp, Receipt
from chat.roles import Permission, Standing
from helpers.text.durations import parse_duration
from helpers.text.spelling import edits
from helpers.text.translation import ENGLISH, Language, Text

Word = NewType("Word", str)
"""One word of the line."""

Rest = NewType("Rest", str)
"""The rest of the line."""

Duration = NewType("Duration", int)
"""A word like 10m, 2h, 3d, 1w or 1h30m, as seconds."""


@dataclass(frozen=True)
class Later:
    """A text that may take seconds. The caller's later requests are handled and answered before
    it."""

    text: Coroutine[Any, Any, str]


Answer = Receipt | str | Later
"""A receipt where the command changed the room; a text in the caller's language where it only tells
the caller something."""


@dataclass(frozen=True)
class Call:
    """One use of a command: the caller, the room, the caller's standing there, and the language of
    the answer."""

    engine: Engine
    commands: "Registry"
    room_id: int
    user: User
    standing: Standing
    nonce: str
    language: Language

    @property
    def person(self) -> Person:
        return Person(self.user.id, self.user.name)


@dataclass(frozen=True)
class Kind:
    """The kind of an argument: for `Duration | Literal["off"] | None` a Duration, or the word
    `off`. Of None there are only the words."""

    type: Any
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Command:
    name: str
    aliases: tuple[str, ...]
    needs: Permission | None
    help: str
    arguments: tuple[inspect.Parameter, ...]
    kinds: dict[str, Kind]
    function: Callable[..., Awaitable[Answer]]
    says: bool
    destroys: bool

    @property
    def usage(self) -> str:
        return self.usage_in(ENGLISH)

    def usage_in(self, language: Language) -> str:
        parts = [f"/{self.name}"]
        for argument in self.arguments:
            name, kind = language.t(argument.name), self.kinds[argument.name]
            named = () if kind.type is None else (name,)
            text = f"@{name}" if kind.type is User else "|".join((*named, *kind.words))
            parts.append(text if argument.default is argument.empty else f"[{text}]")
        return " ".join(parts)

    def may_be_run_by(self, standing: Standing) -> bool:
        return self.needs is None or standing.may(self.needs)


LONGEST_NAME = 32

SHORT_NAME = 5
"""Letters from which on two of them may be wrong where a name is proposed for another."""

COMMANDS: dict[str, Command] = {}
"""The chat's own commands, by name. A site's Registry also has those of its other parts."""


def command(
    *,
    needs: Permission | None = None,
    aliases: Iterable[str] = (),
    says: bool = False,
    destroys: bool = False,
) -> Callable[[Callable[..., Awaitable[Answer]]], Callable[..., Awaitable[Answer]]]:
    """Adds a command to the chat's own. Arguments as for make_command."""

    def register(function: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
        made = make_command(function, needs=needs, aliases=aliases, says=says, destroys=destroys)
        COMMANDS[made.name] = made
        return function

    return register


def make_command(
    function: Callable[..., Awaitable[Answer]],
    *,
    needs: Permission | None = None,
    aliases: Iterable[str] = (),
    says: bool = False,
    destroys: bool = False,
) -> Command:
    """The command that `function` runs. Its first parameter is the Call; the others are the
    command's arguments. Each is a User, Word, Duration or Rest, or a word of a Literal in its
    place.

    `needs` decides who sees the command in help and menu; the action that it calls checks the
    permission too. `says` is for commands that only say something: clients may send them late.
    What `destroys` is never proposed to who mistyped another one.
    Raises TypeError for a function without a docstring or with another annotation."""
    name = function.__name__.strip("_").replace("_", "-")
    arguments = tuple(inspect.signature(function).parameters.values())[1:]
    hints = get_type_hints(function)
    kinds = {argument.name: _kind(hints[argument.name]) for argument in arguments}
    if not function.__doc__:
        raise TypeError(f"/{name} has no docstring to be its help")
    help = " ".join(function.__doc__.split())
    return Command(name, tuple(aliases), needs, help, arguments, kinds, function, says, destroys)


def _kind(hint: Any) -> Kind:
    is_union = isinstance(hint, types.UnionType) or get_origin(hint) is Union
    parts = [part for part in (get_args(hint) if is_union else (hint,)) if part is not type(None)]
    words = [word for part in parts if get_origin(part) is Literal for word in get_args(part)]
    found = [part for part in parts if get_origin(part) is not Literal]
    if not found and words:
        return Kind(None, tuple(words))
    if len(found) != 1 or found[0] not in (User, Word, Duration, Rest):
        raise TypeError(f"a command's argument can't be a {hint}")
    return Kind(found[0], tuple(words))


class Registry:
    """The commands of one site: the chat's own and those that other parts of the site add."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self._commands = {found.name: found for found in commands}
        self._explained: dict[tuple[str, str], CommandHelp] = {}

    def add(self, command: Command) -> None:
        self._commands[command.name] = command

    def find(self, name: str) -> Command | None:
        """The command with this name or alias, in any case."""
        name = name.lower()
        aliased = (found for found in self._commands.values() if name in found.aliases)
        return self._commands.get(name) or next(aliased, None)

    def allowed(self, standing: Standing) -> list[Command]:
        """The commands that a person of this standing may run, by name."""
        return [found for _, found in sorted(self._commands.items()) if found.may_be_run_by(standing)]

    def explain(self, standing: Standing, language: Language) -> list[CommandHelp]:
        """The same, as the page shows them."""
        return [self._explain(found, language) for found in self.allowed(standing)]

    def _explain(self, found: Command, language: Language) -> CommandHelp:
        # Cached, because each hello lists all of them.
        key = (found.name, language.code)
        if key not in self._explained:
            self._explained[key] = CommandHelp(
                found.name, found.usage_in(language), language.t(found.help), found.aliases, found.says
            )
        return self._explained[key]

    async def run(self, call: Call, line: str) -> Answer:
        """Runs the line, which begins with `/`. Raises ActionError where there is no such command,
        its arguments are wrong, or it is refused."""
        name, _, rest = line[1:].partition(" ")
        name, _, below = name.partition("\n")
        rest = f"{below}\n{rest}" if below else rest
        found = self.find(name)
        if found is None:
            raise ActionError(
                "unknown_command",
                "There is no /{name}. {hint} Begin with // to say something that begins with a slash.",
                name=name[:LONGEST_NAME],
                hint=_nearest(name, self.allowed(call.standing)),
            )
        if not found.may_be_run_by(call.standing):
            raise ActionError("forbidden", "You may not use /{name} here.", name=found.name)
        return await found.function(call, **await _parse(found, rest, call.language))


def _nearest(name: str, commands: list[Command]) -> Text:
    name = name[:LONGEST_NAME].lower()
    most = 1 if len(name) < SHORT_NAME else 2
    near = [
        (distance, text)
        for found in commands
        if not found.destroys
        for text in (found.name, *found.aliases)
        if (distance := edits(name, text, most)) is not None
    ]
    return Text("Did you mean /{name}?", name=min(near)[1]) if near else Text("/help lists the commands.")


async def _parse(found: Command, rest: str, language: Language) -> dict[str, Any]:
    """The arguments by name. Raises ActionError with the usage where they are wrong."""
    usage = found.usage_in(language)
    wrong = ActionError("bad_usage", "Usage: {usage}", usage=usage)
    values: dict[str, Any] = {}
    for argument in found.arguments:
        rest = rest.strip()
        if not rest:
            if argument.default is argument.empty:
                raise wrong
            continue
        kind = found.kinds[argument.name]
        if kind.type is Rest:
            values[argument.name], rest = rest, ""
            continue
        word, rest = [*rest.split(None, 1), ""][:2]
        if word.lower() in kind.words:
            values[argument.name] = word.lower()
        elif kind.type is None:
            raise wrong
        elif kind.type is User:
            user = await user_by_name(word)
            if user is None:
                raise ActionError(
                    "no_such_user",
                    "There is nobody called {name}. Usage: {usage}",
                    name=word[:40],
                    usage=usage,
                )
            values[argument.name] = user
        elif kind.type is Duration:
            seconds = parse_duration(word)
            is_last = argument is found.arguments[-1]
            if seconds is None and argument.default is None and not is_last and not word[0].isdigit():
                # It is left out, and the next argument begins here.
                rest = f"{word} {rest}".rstrip()
                continue
            if seconds is None:
                raise ActionError(
                    "bad_usage", "Usage: {usage}. A duration is written like 10m, 2h, 3d or 1w.", usage=usage
                )
            values[argument.name] = seconds
        else:
            values[argument.name] = word
    if rest.strip():
        raise wrong
    return values
