"""What the feed's forms bring beside their text: pictures, and a nonce, by which a form that is
sent twice posts once."""

import re
import secrets

from aiohttp import web

from accounts.keys import USER
from feed import pictures
from feed.keys import PICTURE_LIMITS
from feed.pictures import NewPicture, PictureChange
from helpers import images
from helpers.errors import ActionError, too_fast
from helpers.keys import SETTINGS
from helpers.web.forms import read_files, read_form, read_values

MAX_BODY = (pictures.MAX_PICTURES + 1) * images.MAX_BYTES
"""One more than a post takes: who chose too many, or one that is too large, is told so beside what
they wrote."""

MAX_NONCE = 64


def new_nonce() -> str:
    """For a form, made with its page."""
    return secrets.token_urlsafe(16)


async def sent_nonce(request: web.Request) -> str | None:
    """That of the form; None where it has none. Raises ActionError for what can't be one."""
    nonce = (await read_form(request)).get("nonce", "")
    if len(nonce) > MAX_NONCE or not nonce.isascii() or not nonce.isprintable() or " " in nonce:
        raise ActionError(
            "bad_nonce", "A nonce is 1 to {most} visible ASCII characters.", field="text", most=MAX_NONCE
        )
    return nonce or None


async def sent_pictures(request: web.Request) -> list[NewPicture]:
    """Of the files `picture`, with their texts `alt`. Raises ActionError for what is no picture, and
    where that is too many at once."""
    uploads = await read_files(request, "picture")
    for _ in uploads[: pictures.MAX_PICTURES] if request.app[SETTINGS].rate_limits == "on" else ():
        if wait := request.app[PICTURE_LIMITS].take(request[USER].id):
            raise too_fast(wait)
    return await pictures.make(uploads, await read_values(request, "alt"))


async def sent_change(request: web.Request) -> PictureChange:
    """What an edit does to the pictures: `remove` takes away, `alt-ID` describes, `picture` adds.
    Raises as sent_pictures."""
    removed = await read_values(request, "remove")
    alts = {
        name.removeprefix("alt-"): alt
        for name, alt in (await read_form(request)).items()
        if name.startswith("alt-")
    }
    if not all(re.fullmatch(r"[1-9][0-9]{0,15}", given) for given in [*removed, *alts]):
        raise ActionError("bad_pictures", "A picture's id is a whole number from 1.", field="pictures")
    described = {int(given): pictures.check_alt(alt) for given, alt in alts.items()}
    return PictureChange(frozenset(map(int, removed)), described, await sent_pictures(request))
