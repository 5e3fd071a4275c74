"""Pictures and nonces of the feed's forms. The nonce prevents that a form that is sent twice posts
twice."""

import re
import secrets

from aiohttp import web

from accounts.doors.pictures import PICTURES
from accounts.keys import USER
from feed import pictures
from feed.pictures import NewPicture, PictureChange
from helpers import images
from helpers.errors import ActionError, charge
from helpers.keys import LIMITER, SETTINGS
from helpers.storage.store import STORE
from helpers.web.requests.forms import read_files, read_form, read_values

MAX_BODY = (pictures.MAX_PICTURES + 1) * images.MAX_BYTES
"""Room for one picture more than a post takes: too many pictures, or one that is too large, are
then reported beside the text."""

MAX_NONCE = 64


def new_nonce() -> str:
    """Creates a nonce for a form."""
    return secrets.token_urlsafe(16)


async def sent_nonce(request: web.Request) -> str | None:
    """Returns the form's nonce, or None. Raises ActionError if it is invalid."""
    nonce = (await read_form(request)).get("nonce", "")
    if len(nonce) > MAX_NONCE or not nonce.isascii() or not nonce.isprintable() or " " in nonce:
        raise ActionError(
            "bad_nonce", "A nonce is 1 to {most} visible ASCII characters.", field="text", most=MAX_NONCE
        )
    return nonce or None


async def sent_pictures(request: web.Request) -> list[NewPicture]:
    """Returns the pictures of the fields `picture` with their texts from `alt`. Raises ActionError
    for invalid pictures, and if the rate limit is exceeded."""
    uploads = await read_files(request, "picture")
    if count := len(uploads[: pictures.MAX_PICTURES]):
        await charge(request.app[LIMITER], PICTURES, request[USER].id, count)
    alts = await read_values(request, "alt")
    made = await pictures.make(request.app[images.PICTURES], request[USER].id, uploads, alts)
    if made:
        await pictures.check_quota(request[USER].id, request.app[SETTINGS].quota_bytes, made)
    return await pictures.keep(request.app[STORE], made)


async def sent_change(request: web.Request) -> PictureChange:
    """Returns an edit's changes to the pictures: `remove` deletes, `alt-ID` describes, `picture`
    adds. Raises as sent_pictures."""
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
