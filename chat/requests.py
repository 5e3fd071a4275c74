"""Requests of clients: one class for each request in docs/protocol.md, and the parsing of a frame
into a checked request. No later code checks a nonce, a number, a text or an emoji again."""

import re
import secrets
from typing import Annotated, NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace

from chat.errors import ActionError
from helpers.text.characters import cleaned, is_blank, visible_line
from helpers.text.emoji import canonical_emoji
from helpers.text.strict_json import BadJson, decode, keys_pattern, looks_like_object

MAX_TEXT = 10_000
MAX_NONCE = 64
MAX_NUMBER = 2**53
MAX_ADDRESS = 2_000
MAX_FILES = 10
"""Of one message."""

MAX_DESCRIPTION = 1000
MAX_ROOM = 100
"""Characters of a room's id or name in a frame."""


class SentFile(msgspec.Struct, frozen=True):
    """A file of a post: the id of its upload, and what can be seen in it."""

    id: Annotated[str, msgspec.Meta(max_length=MAX_NONCE)]
    description: str = ""


class Post(msgspec.Struct, frozen=True, tag="post", tag_field="type"):
    text: str = ""
    nonce: str | None = None
    reply_to: int | None = None
    files: list[SentFile] = []


class Edit(msgspec.Struct, frozen=True, tag="edit", tag_field="type"):
    """`text` is None where it stays as it is, `files` are those whose descriptions change."""

    number: int
    text: str | None = None
    nonce: str | None = None
    files: list[SentFile] = []


class Delete(msgspec.Struct, frozen=True, tag="delete", tag_field="type"):
    number: int
    nonce: str | None = None


class Undelete(msgspec.Struct, frozen=True, tag="undelete", tag_field="type"):
    number: int
    nonce: str | None = None


class React(msgspec.Struct, frozen=True, tag="react", tag_field="type"):
    number: int
    emoji: str
    on: bool
    nonce: str | None = None


class Pin(msgspec.Struct, frozen=True, tag="pin", tag_field="type"):
    number: int
    on: bool
    nonce: str | None = None


class DismissPreview(msgspec.Struct, frozen=True, tag="dismiss_preview", tag_field="type"):
    """`url` is that of a card of the post."""

    number: int
    url: Annotated[str, msgspec.Meta(max_length=MAX_ADDRESS)]
    nonce: str | None = None


class Read(msgspec.Struct, frozen=True, tag="read", tag_field="type"):
    number: int
    back: bool = False
    nonce: str | None = None


class Typing(msgspec.Struct, frozen=True, tag="typing", tag_field="type"):
    on: bool = True
    nonce: str | None = None


class Viewing(msgspec.Struct, frozen=True, tag="viewing", tag_field="type"):
    on: bool = True
    nonce: str | None = None


class Ping(msgspec.Struct, frozen=True, tag="ping", tag_field="type"):
    pass


class Enter(msgspec.Struct, frozen=True, tag="enter", tag_field="type"):
    """`room` is the room's name. `since` and `epoch` are what the client has of its history."""

    room: Annotated[str, msgspec.Meta(max_length=MAX_ROOM)]
    since: int | None = None
    epoch: str | None = None


class Exit(msgspec.Struct, frozen=True, tag="exit", tag_field="type"):
    room: Annotated[str, msgspec.Meta(max_length=MAX_ROOM)]
    nonce: str | None = None


class RunCommand(msgspec.Struct, frozen=True):
    """A slash command as typed, beginning with `/`. It arrives as the text of a Post."""

    line: str
    nonce: str | None = None


Amendment = Edit | Delete | Undelete | React | Pin | DismissPreview
"""A request to change a post."""

Frame = Post | Edit | Delete | Undelete | React | Pin | DismissPreview | Read | Typing | Viewing | Ping
"""What a JSON frame may hold."""

Request = Frame | RunCommand

PersonalFrame = Frame | Enter | Exit
"""What a JSON frame over a personal socket may hold."""


class Addressed(NamedTuple):
    """A request over a personal socket. `room` is the id of its room, empty where it needs none."""

    room: str
    request: Request | Enter | Exit


T = TypeVar("T")


class _Address(msgspec.Struct, frozen=True):
    room: Annotated[str, msgspec.Meta(max_length=MAX_ROOM)]


_KEYS = keys_pattern("type", "text", "nonce", "number", "reply_to", "emoji", "on", "back", "url", "files")
_PERSONAL_KEYS = keys_pattern(
    *("type", "text", "nonce", "number", "reply_to", "emoji", "on", "back", "url", "files", "room"),
    *("since", "epoch"),
)
_decoder = msgspec.json.Decoder(Frame)
_personal_decoder = msgspec.json.Decoder(PersonalFrame)
_address_decoder = msgspec.json.Decoder(_Address)


class _JustNonce(msgspec.Struct, frozen=True):
    nonce: str


_NONCE = re.compile(rf'"nonce" ?: ?"([!#-\[\]-~]{{1,{MAX_NONCE}}})"')
_nonce_decoder = msgspec.json.Decoder(_JustNonce)


class BadRequest(Exception):
    """A frame that holds no valid request. `error` says why. `nonce` is the nonce of the frame, as
    far as it can be read, so that the sender knows which frame is meant."""

    def __init__(self, error: ActionError, nonce: str | None) -> None:
        super().__init__(error.text)
        self.error = error
        self.nonce = nonce


def read_frame(text: str) -> Request:
    """The checked request in a text frame, which is a JSON object or a line as typed. Raises
    BadRequest."""
    if not looks_like_object(text):
        return _checked_or_bad(Post(text.removesuffix("\n")))
    return _checked_or_bad(_decoded(text, _decoder, _KEYS))


def read_addressed(text: str) -> Addressed:
    """The checked request in a frame of a personal socket, and its room. Raises BadRequest."""
    if not looks_like_object(text):
        raise BadRequest(ActionError("bad_json", "A frame is a JSON object here."), None)
    frame = _decoded(text, _personal_decoder, _PERSONAL_KEYS)
    if isinstance(frame, Enter):
        if frame.since is not None and not 0 <= frame.since <= MAX_NUMBER:
            error = ActionError("bad_request", "`since` is a seq: a whole number from 0.")
            raise BadRequest(error, None)
        return Addressed("", frame)
    if isinstance(frame, Exit):
        return Addressed(frame.room, frame)
    request = _checked_or_bad(frame)
    if isinstance(request, Ping):
        return Addressed("", request)
    try:
        return Addressed(_address_decoder.decode(text).room, request)
    except msgspec.ValidationError as error:
        raise _not_a_request(text, error) from None


def _decoded(text: str, decoder: "msgspec.json.Decoder[T]", keys: re.Pattern[str]) -> T:
    try:
        return decode(text, decoder, keys)
    except BadJson as error:
        raise BadRequest(
            ActionError("bad_json", "This isn't JSON that can be taken: {error}", error=str(error)),
            _nonce_of(text),
        ) from None
    except msgspec.ValidationError as error:
        raise _not_a_request(text, error) from None


def _not_a_request(text: str, error: msgspec.ValidationError) -> BadRequest:
    return BadRequest(
        ActionError("bad_request", "This isn't a request: {error}", error=str(error)), _nonce_of(text)
    )


def _checked_or_bad(frame: Frame) -> Request:
    try:
        return _checked(frame)
    except ActionError as error:
        raise BadRequest(error, None if isinstance(frame, Ping) else frame.nonce) from None


def is_free(request: Request) -> bool:
    """Whether the request is never refused for the rate limit. What a client sends by itself while a
    person types and reads is free; above the limit it is only taken later."""
    if isinstance(request, Read):
        return request.nonce is None and not request.back
    return isinstance(request, (Typing, Viewing, Ping))


def _checked(frame: Frame) -> Request:
    """The checked request. Raises ActionError for what is valid in no room."""
    if isinstance(frame, Ping):
        return frame
    if frame.nonce is not None:
        check_nonce(frame.nonce)
    if isinstance(frame, Post):
        return checked_post(frame)
    if isinstance(frame, (Typing, Viewing)):
        return frame
    if not 0 <= frame.number <= MAX_NUMBER:
        raise ActionError("bad_request", "This isn't a request: `number` is the number of a post.")
    if isinstance(frame, Edit):
        return _checked_edit(frame)
    if isinstance(frame, React):
        emoji = canonical_emoji(frame.emoji)
        if emoji is None and frame.on:
            raise ActionError("bad_emoji", "A reaction is one emoji.")
        # A reaction can still be removed after its emoji stopped being one.
        return frame if emoji is None else replace(frame, emoji=emoji)
    return frame


def _checked_edit(edit: Edit) -> Edit:
    if not edit.files:
        if edit.text is None:
            raise ActionError("bad_request", "This isn't a request: an edit has a `text` or `files`.")
        return replace(edit, text=clean_text(edit.text))
    if edit.text is not None:
        # A message of files needs no text.
        edit = replace(edit, text="" if is_blank(edit.text) else clean_text(edit.text))
    return replace(edit, files=checked_files(edit.files))


def checked_post(post: Post) -> Post | RunCommand:
    """What a post asks for. Raises ActionError."""
    if post.reply_to is not None and not 1 <= post.reply_to <= MAX_NUMBER:
        raise ActionError("bad_request", "This isn't a request: `reply_to` is the number of a post.")
    if post.files:
        post = replace(post, files=checked_files(post.files))
        if is_blank(post.text):
            return replace(post, text="")
    text = clean_text(post.text)
    if text.startswith("/") and not text.startswith("//"):
        if post.reply_to is not None:
            raise ActionError("bad_request", "A command is no reply.")
        if post.files:
            raise ActionError("bad_request", "A command takes no files.")
        return RunCommand(text, post.nonce)
    if text.startswith("//"):
        # The second slash belongs to the text.
        text = text[1:]
    return post if text is post.text else replace(post, text=text)


def checked_files(files: list[SentFile]) -> list[SentFile]:
    """Raises ActionError for what can't be the files of one message."""
    if len(files) > MAX_FILES or len({one.id for one in files}) < len(files):
        raise ActionError(
            "too_many_files", "A message holds at most {most} files, each once.", most=MAX_FILES
        )
    found = [SentFile(one.id, visible_line(one.description)) for one in files]
    if any(len(one.description) > MAX_DESCRIPTION for one in found):
        raise ActionError(
            "too_long_description", "A description has at most {most} characters.", most=MAX_DESCRIPTION
        )
    return found


def new_nonce() -> str:
    """A nonce for a request without one. It has 128 random bits, so it never equals a client's."""
    return secrets.token_urlsafe(16)


def check_nonce(nonce: str) -> str:
    """Raises ActionError for what can't be a nonce."""
    if not 1 <= len(nonce) <= MAX_NONCE or not nonce.isascii() or not nonce.isprintable() or " " in nonce:
        raise ActionError("bad_nonce", "A nonce is 1 to {most} visible ASCII characters.", most=MAX_NONCE)
    return nonce


def clean_text(text: str) -> str:
    """The text as it is stored. Raises ActionError for what no message can hold."""
    text = cleaned(text)
    if is_blank(text):
        raise ActionError("empty", "There is nothing in this message.")
    if len(text) > MAX_TEXT:
        raise ActionError(
            "too_long",
            "A message holds at most {most} characters; this has {given}.",
            most=MAX_TEXT,
            given=len(text),
        )
    return text


def _nonce_of(text: str) -> str | None:
    """The nonce of a frame that isn't valid as a whole, or None."""
    try:
        nonce = _nonce_decoder.decode(text).nonce
        return nonce if len(nonce) <= MAX_NONCE and nonce.isascii() else None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        # What isn't JSON has one too, where half an emoji is all that is wrong with it.
        found = _NONCE.search(text)
        return found[1] if found else None
