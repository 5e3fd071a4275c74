"""How people are called in the page that is being made: a page finds the names of all whom it shows
by one lookup before it is rendered."""

from collections.abc import Iterable, Mapping
from contextvars import ContextVar

from accounts.people.directory import people_named
from accounts.people.names import DELETED
from helpers.text.characters import isolated
from helpers.text.translation import current

_names: ContextVar[Mapping[str, str]] = ContextVar("shown_names", default={})  # noqa: B039


def forget_names() -> None:
    """At the beginning of a request: connections serve several."""
    _names.set({})


async def load_names(handles: Iterable[str]) -> dict[str, str]:
    """Looks up how these people are shown, for this page; deleted and unknown ones are left out.
    Returns them by handle, empty for those without a display name."""
    wanted = sorted(set(handles) - _names.get().keys())
    found = {name: person.shown for name, person in (await people_named(wanted)).items()}
    set_names(found)
    return found


def set_names(names: Mapping[str, str]) -> None:
    _names.set({**_names.get(), **names})


def person_name(handle: str) -> str:
    """How this person is shown, in whichever direction the text around it goes: the handle where the
    page hasn't loaded more. The placeholder of deleted accounts is in the reader's language."""
    if handle == DELETED:
        return current().t("deleted user")
    name, sign, beside = (_names.get().get(handle) or handle).partition(" @")
    return f"{isolated(name)}{sign}{beside}"


def people_names(title: str) -> str:
    """The same for the title of a conversation: the handles of the others."""
    return ", ".join(map(person_name, title.split(", ")))
