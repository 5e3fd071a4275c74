"""A line of a room's history, and its events."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec.structs import replace

from chat.drafts import ALL, HERE, Mentioned, Reacted
from chat.envelopes import EncodedEvent
from chat.events import Changed, Cleared, Event, FileView, Message, Quote, Reactions, encode
from chat.history.previews import shown_previews
from chat.line_kinds import EVERYBODY, KINDS
from helpers.base_path import base_path, html_with_base, with_base
from helpers.clock import iso
from helpers.markup.plain_text import strip_markup
from helpers.text.emoji import same_emoji

MAX_QUOTE = 100
"""Characters of the quote in a reply."""


FILES_ALONE = "\x01"
"""No text holds it. In the place of a quoted text it stands before the files of a post without one."""


def _quote(author: str, text: str) -> Quote:
    """A quote: the beginning of the text, as one line, or of what kind the files are."""
    if text.startswith(FILES_ALONE):
        return Quote(author, "", _kind_of(file_views(text[len(FILES_ALONE) :])[0]))
    line = " ".join(strip_markup(text[: 4 * MAX_QUOTE]).split())
    return Quote(author, line if len(line) <= MAX_QUOTE else line[: MAX_QUOTE - 1] + "…")


def _kind_of(file: FileView) -> str:
    kind = file.type.partition("/")[0]
    if kind == "image" and file.thumbnail:
        return "picture"
    return {"video": "video", "audio": "sound"}.get(kind, "file")


def _granted_role(text: str) -> str:
    """The role that a line of the kind `role` gives. It is read from the text, which is stored in
    English."""
    if text.endswith(" is the owner now"):
        return "owner"
    return "moderator" if text.endswith(" a moderator") else "member"


_files_decoder = msgspec.json.Decoder(list[FileView])


def file_views(files: str) -> list[FileView]:
    """What Message.files tells."""
    return _files_decoder.decode(files)


def told_file(view: FileView) -> FileView:
    """What clients are told of a file."""
    if not base_path():
        return view
    return replace(view, url=with_base(view.url), thumbnail=view.thumbnail and with_base(view.thumbnail))


def told_html(html: str | None) -> str | None:
    return html and html_with_base(html)


def ids_of(mentions: tuple[Mentioned, ...]) -> str | None:
    """The value of Message.mentions."""
    return ",".join(str(one.user_id) for one in mentions) or None


class Line(msgspec.Struct, frozen=True, gc=False):
    """A row of the history with the names that it shows. `changed_seq` is 0 in a line that is not
    stored yet.

    `mentioned_ids` is Message.mentions as stored; `mentions` has the names too. `files` is Message.files."""

    seq: int
    number: int | None
    kind: str
    author_id: int
    author: str
    target_id: int | None
    target: str | None
    nonce: str
    text: str
    html: str | None
    at: int
    changed_seq: int = 0
    reply_to: int | None = None
    edited_at: int | None = None
    deleted_at: int | None = None
    deleted_by: int | None = None
    pinned: bool = False
    reaction_count: int = 0
    quoted_author: str | None = None
    quoted_text: str | None = None
    mentioned_ids: str | None = None
    previews: str | None = None
    """As stored; chat/history/previews.py reads it."""
    files: str | None = None
    reactions: tuple[Reacted, ...] = ()
    mentions: tuple[Mentioned, ...] = ()
    mentions_groups_anew: bool = False
    """The commit that tells of this line begins to mention GROUPS."""
    mentions_present_after: int | None = None
    """The members with a higher id who are online are still to be mentioned."""

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def subject_id(self) -> int:
        """The id of the user whose membership, presence or role a service line changes, 0 for
        none."""
        about = KINDS[self.kind].about
        return self.author_id if about == "author" else self.target_id or 0 if about == "target" else 0

    @property
    def subject(self) -> str:
        """The name of this user, empty for none."""
        about = KINDS[self.kind].about
        return self.author if about == "author" else self.target or "" if about == "target" else ""

    def event(self) -> Event:
        """The current line, for clients that don't have it."""
        if self.number is None:
            return self._service_event()
        if self.changed_seq <= self.seq and self.reply_to is None and not self.mentions and not self.files:
            html = told_html(self.html)
            return Message(
                self.seq, self.kind, self.author, self.text, iso(self.at), self.number, html, self.target
            )
        return Message(
            self.seq,
            self.kind,
            self.author,
            at=iso(self.at),
            number=self.number,
            target=self.target,
            **self._state(),
        )

    def _service_event(self) -> Event:
        if self.kind == "cleared":
            return Cleared(self.seq, self.author, self.text, iso(self.at), self.kind)
        role = _granted_role(self.text) if self.kind == "role" else None
        return Message(
            *(self.seq, self.kind, self.author, self.text, iso(self.at)), target=self.target, role=role
        )

    def change(self) -> Event:
        """The current line, for clients that have an earlier state of it."""
        return Changed(
            self.changed_seq,
            self.seq,
            self.number or 0,
            self.kind,
            self.author,
            at=iso(self.at),
            excerpt=self._excerpt(),
            **self._state(),
        )

    def _excerpt(self) -> str | None:
        """What quotes of the post show of its text; None where that is the whole text as it is."""
        if self.is_deleted:
            return None
        excerpt = _quote("", self.text).text
        return None if excerpt == self.text else excerpt

    def _state(self) -> dict[str, Any]:
        """The fields that may change, and the quote. A deleted post has none of them."""
        if self.is_deleted:
            return {"text": "", "deleted": True}
        # Earlier versions stored what was sent: a heart with U+FE0F beside one without.
        by_emoji: dict[str, dict[str, None]] = {}
        for emoji, _, name in self.reactions:
            by_emoji.setdefault(same_emoji(emoji), {})[name] = None
        return {
            "text": self.text,
            "html": told_html(self.html),
            "reply_to": self.reply_to,
            "quote": _quote(self.quoted_author or "?", self.quoted_text or "")
            if self.reply_to is not None
            else None,
            "edited_at": iso(self.edited_at) if self.edited_at is not None else None,
            "reactions": [Reactions(emoji, list(names)) for emoji, names in by_emoji.items()] or None,
            "pinned": bool(self.pinned),
            "mentions": [one.name for one in self.mentions] or None,
            "previews": shown_previews(self.previews),
            "files": [told_file(one) for one in file_views(self.files)] if self.files else None,
        }

    def encode(self, since: int | None = None) -> EncodedEvent:
        """Encodes the event, with the user whose connections it affects. `since` is the last seq
        that its receiver has; without it the receiver has all earlier lines."""
        if self.changed_seq > self.seq:
            is_known = since is None or self.seq <= since
            return EncodedEvent(
                self.changed_seq,
                encode(self.change() if is_known else self.event()),
                self.author_id,
                self.nonce,
                line_seq=self.seq,
                reply_to=self.reply_to or 0,
            )
        if self.number is not None:
            return EncodedEvent(
                *(self.seq, encode(self.event()), self.author_id, self.nonce), reply_to=self.reply_to or 0
            )
        kind = KINDS[self.kind]
        about = 0
        if kind.close_code or kind.is_checked:
            about = EVERYBODY if kind.about == "everybody" else self.subject_id
        return EncodedEvent(
            self.seq, encode(self.event()), self.author_id, self.nonce, about, kind.close_code
        )


def answering(line: Line, replied_to: Line) -> Line:
    """The line as an answer to that post."""
    text = replied_to.text or (f"{FILES_ALONE}{replied_to.files}" if replied_to.files else "")
    return replace(line, reply_to=replied_to.number, quoted_author=replied_to.author, quoted_text=text)


def without_quotes(lines: Iterable[Line], hidden_number: int) -> list[Line]:
    """The lines for somebody who can't read posts up to this number: as if they answered none of
    them."""
    return [
        replace(line, reply_to=None) if line.reply_to is not None and line.reply_to <= hidden_number else line
        for line in lines
    ]


def groups_of(mentions: Iterable[Mentioned]) -> set[Mentioned]:
    """Returns which of ALL and HERE are among them."""
    return {ALL, HERE}.intersection(mentions)


def visible_mentions(line: Line) -> tuple[Mentioned, ...]:
    """Whom the line calls: a deleted post calls nobody."""
    return () if line.is_deleted else line.mentions


def counted_mentions(line: Line) -> set[Mentioned]:
    """The mentions that have a row: none of a deleted post, and only ALL where that is among
    them."""
    visible = set(visible_mentions(line))
    return {ALL} if ALL in visible else visible
