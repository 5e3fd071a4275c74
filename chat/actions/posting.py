"""Posting: a checked text is rendered and handed to the journal. `after_post` does what follows a
stored post, for every door."""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec.structs import replace

from accounts.people.name_shape import PERSON
from chat.costs import GROUP_MENTIONS
from chat.drafts import GROUPS, Draft, FileRef, Mentioned, Person
from chat.engine import Engine
from chat.events import Receipt
from chat.formatting import ROOM, markdown
from chat.history.mentions import Directory, Named
from chat.history.writing.journal import Answer as Answer
from helpers.markup.markdown import Markup, is_slow
from helpers.rendering import Renderer


class Rendered(NamedTuple):
    """A text's HTML, None where it equals the escaped text, and the people and GROUPS that the text
    names. `quiet_html` is that of a text whose GROUPS aren't mentioned."""

    html: str | None
    mentions: tuple[Mentioned, ...]
    quiet_html: str | None = None

    @property
    def mentions_groups(self) -> bool:
        return any(one.user_id < 0 for one in self.mentions)


PLAIN = Rendered(None, ())


def render_now(engine: Engine, text: str) -> Rendered | None:
    """The rendered text. None where that may be slow, or somebody whom it names has to be looked up:
    then use `render_with_names`."""
    if is_slow(text):
        return None
    markup = markdown.parse(text)
    if markup is None:
        return PLAIN
    names = markup.names_after(PERSON.sign)
    if _groups_among(names):
        return None
    named = engine.directory.known(names, markup.names_after(ROOM.sign))
    return None if named is None else _with_names(markup, named, {})


def post(
    engine: Engine,
    room_id: int,
    author: Person,
    text: str,
    rendered: Rendered,
    nonce: str,
    answer: Answer,
    reply_to: int | None = None,
    files: tuple[FileRef, ...] = (),
    *,
    is_over_limit: bool = False,
) -> None:
    """Queues a message whose text and nonce have been checked. `answer` is called with its Receipt
    or with the ActionError.

    `reply_to` is the number of the post that it replies to, `is_over_limit` what `is_over_limit`
    said of the text."""
    html, mentions, quiet_html = rendered
    draft = Draft(room_id, author, nonce, text, html, "post", reply_to, mentions, quiet_html, is_over_limit)
    if files:
        draft = replace(draft, files=files)
    engine.journal.append(draft, answer)


def after_post(engine: Engine, room_id: int, author: Person, receipt: Receipt) -> None:
    """Moves the author's read mark to the stored post, and ends the author's "away"."""
    if receipt.number is not None:
        engine.read_marks.note(room_id, author.id, receipt.number)
        engine.statuses.posted(author.id, author.name)


async def render_with_names(engine: Engine, author_id: int, text: str) -> Rendered:
    """The text's HTML with links to the people and rooms that it names. `author_id` takes turns with
    others whose texts may be slow."""
    return await render_text(engine.renderer, engine.directory, author_id, text)


async def render_text(renderer: Renderer, directory: Directory, author_id: int, text: str) -> Rendered:
    """The same, without an engine."""
    markup = await renderer.parse(author_id, markdown, text)
    if markup is None:
        return PLAIN
    names, rooms = markup.names_after(PERSON.sign), markup.names_after(ROOM.sign)
    groups = _groups_among(names)
    named = await directory.find([name for name in names if name not in groups], rooms)
    return _with_names(markup, named, groups)


async def is_over_limit(engine: Engine, author_id: int, rendered: Rendered) -> bool:
    """Counts a text that mentions GROUPS against the limit of such texts. Returns whether there were
    too many."""
    if not rendered.mentions_groups:
        return False
    return await engine.limiter.take(GROUP_MENTIONS, str(author_id)) > 0


def _groups_among(names: list[str]) -> dict[str, Mentioned]:
    return {name: GROUPS[name.lower()] for name in names if name.lower() in GROUPS}


def _with_names(markup: Markup, named: Named, groups: Mapping[str, Mentioned]) -> Rendered:
    people, rooms = named
    known = {typed: person.name for typed, person in people.items()}
    html = markdown.html(markup, {PERSON.sign: known, ROOM.sign: rooms})
    mentions = tuple(dict.fromkeys(people.values()))
    if not groups:
        return Rendered(html, mentions)
    known |= {typed: group.name.removeprefix(PERSON.sign) for typed, group in groups.items()}
    loud_html = markdown.html(markup, {PERSON.sign: known, ROOM.sign: rooms})
    return Rendered(loud_html, (*mentions, *dict.fromkeys(groups.values())), html)
