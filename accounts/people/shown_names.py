"""How people are called in the page that is being made: a page finds the names of all whom it shows
by one lookup before it is rendered."""

import html
import re
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from urllib.parse import unquote

from markupsafe import Markup

from accounts.people.directory import people_named
from accounts.people.name_shape import name_at
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


def handle_beside(handle: str) -> str:
    """The handle as it stands beside a name, empty beside itself."""
    return f"@{handle}" if _names.get().get(handle) else ""


def person_initial(handle: str) -> str:
    """The first letter of what somebody is called."""
    return person_name(handle).replace("\u2068", "")[:1].upper()


_MENTION = re.compile(r'<a class="mention" href="/users/([^"]+)"([^>]*)>@[^<]*</a>')


def mentioned_in(text_html: str) -> set[str]:
    """The handles of those whom the HTML of a text mentions."""
    return {unquote(handle) for handle, _ in _MENTION.findall(text_html)}


_AT = re.compile(r"(?<![\w@#/.+%&=\\-])@(?=\w)")


def handles_in(text: str) -> set[str]:
    """What a text without markup may name people by."""
    return {handle for found in _AT.finditer(text) if (handle := name_at(text, found.end()))}


def called_by_names(text: str, names: Mapping[str, str]) -> str:
    """A text without markup in which whoever has a name is called by it. `names` are by handle, as
    `load_names` returns them."""
    known = {handle.lower(): name for handle, name in names.items() if name}
    pieces, end = [], 0
    for found in _AT.finditer(text):
        handle = name_at(text, found.end())
        if name := known.get(handle.lower()):
            pieces += [text[end : found.end()], isolated(name)]
            end = found.end() + len(handle)
    return "".join([*pieces, text[end:]])


def named_mentions(text_html: str) -> Markup:
    """The HTML of a text in which whoever has a name is called by it, as by `nameMentions` of
    static/js/words/rich_text.js."""
    return Markup(_MENTION.sub(_named_mention, text_html))  # noqa: S704 the server's own HTML


def _named_mention(found: re.Match[str]) -> str:
    handle = unquote(found[1])
    shown, beside = html.escape(person_name(handle)), html.escape(handle_beside(handle))
    return f'<a class="mention" href="/users/{found[1]}"{found[2]} title="{beside}">@{shown}</a>'
