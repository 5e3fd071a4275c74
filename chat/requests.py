"""What clients ask for on a socket: one class for each request of docs/protocol.md, and how a frame
becomes one."""

import secrets

import msgspec

from chat.errors import ActionError
from helpers.text.characters import has_forbidden
from helpers.text.emoji import is_emoji
from helpers.text.strict_json import BadJson, decode, looks_like_object

MAX_TEXT = 10_000
MAX_NONCE = 64


def new_nonce() -> str:
    """For what comes without one: 128 random bits never meet a client's."""
    return secrets.token_urlsafe(16)


def check_nonce(nonce: str) -> str:
    """Raises ActionError for what can't be a nonce."""
    if not 1 <= len(nonce) <= MAX_NONCE or not nonce.isascii() or not nonce.isprintable() or " " in nonce:
        raise ActionError("bad_nonce", "A nonce is 1 to {most} visible ASCII characters.", most=MAX_NONCE)
    return nonce


def check_text(text: str) -> str:
    """Raises ActionError for what can't be said."""
    if not text.strip():
        raise ActionError("empty", "There is nothing in this message.")
    if len(text) > MAX_TEXT:
        raise ActionError(
            "too_long",
            "A message holds at most {most} characters; this has {given}.",
            most=MAX_TEXT,
            given=len(text),
        )
    if has_forbidden(text):
        raise ActionError("bad_text", "This holds control characters that no message can hold.")
    return text


MAX_NUMBER = 2**53


class Post(msgspec.Struct, frozen=True, tag="post", tag_field="type"):
    text: str
    nonce: str | None = None
    reply_to: int | None = None


class Edit(msgspec.Struct, frozen=True, tag="edit", tag_field="type"):
    number: int
    text: str
    nonce: str | None = None


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


class Read(msgspec.Struct, frozen=True, tag="read", tag_field="type"):
    number: int
    back: bool = False
    nonce: str | None = None


class Typing(msgspec.Struct, frozen=True, tag="typing", tag_field="type"):
    on: bool = True
    nonce: str | None = None


class Ping(msgspec.Struct, frozen=True, tag="ping", tag_field="type"):
    pass


Amendment = Edit | Delete | Undelete | React | Pin
"""What may be asked to be done to a post."""

Request = Post | Edit | Delete | Undelete | React | Pin | Read | Typing | Ping

_decoder = msgspec.json.Decoder(Request)
_KEYS = ('"type"', '"text"', '"nonce"', '"number"', '"reply_to"', '"emoji"', '"on"', '"back"')


class _JustNonce(msgspec.Struct, frozen=True):
    nonce: str


_nonce_decoder = msgspec.json.Decoder(_JustNonce)


def check(request: Amendment) -> None:
    """Raises ActionError for what can't be asked of any post."""
    if isinstance(request, Edit):
        check_text(request.text)
    elif isinstance(request, React) and not is_emoji(request.emoji):
        raise ActionError("bad_emoji", "A reaction is one emoji.")


def read_frame(text: str) -> Request:
    """The request in a text frame: a JSON object, or a line as typed. Raises ActionError."""
    if not looks_like_object(text):
        return Post(text.removesuffix("\n"))
    try:
        request: Request = decode(text, _decoder, _KEYS)
    except BadJson as error:
        raise ActionError(
            "bad_json", "This isn't JSON that can be taken: {error}", error=str(error)
        ) from None
    except msgspec.ValidationError as error:
        raise ActionError("bad_request", "This isn't a request: {error}", error=str(error)) from None
    if isinstance(request, Post):
        if request.reply_to is not None and not 1 <= request.reply_to <= MAX_NUMBER:
            raise ActionError("bad_request", "This isn't a request: `reply_to` is the number of a post.")
    elif not isinstance(request, (Typing, Ping)) and not 0 <= request.number <= MAX_NUMBER:
        raise ActionError("bad_request", "This isn't a request: `number` is the number of a post.")
    return request


def nonce_of(text: str) -> str | None:
    """The nonce of a frame that was refused, where it has one, so that its sender knows which it
    was."""
    try:
        nonce = _nonce_decoder.decode(text).nonce
        return nonce if len(nonce) <= 64 and nonce.isascii() else None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
