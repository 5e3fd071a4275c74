"""Pictures of posts: made from uploads, and read. `feed/writing.py` stores them."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from feed.models import Picture, PictureFile, Post
from helpers.base_path import with_base
from helpers.errors import ActionError
from helpers.images import BadPicture, PictureMaker
from helpers.picture_bounds import scaled_size
from helpers.storage.blobs import keep_all
from helpers.storage.moving import Place
from helpers.storage.store import Store
from helpers.text.characters import cleaned
from helpers.web.requests.multipart import Upload

SIZES = (640, 1600)
"""The maximum of the longer side in pixels: among others or on a phone, and alone. Smaller pictures
aren't enlarged."""

MAX_PICTURES = 4
MAX_ALT = 1000
"""Characters of a picture's alternative text."""


class DrawnPicture(NamedTuple):
    """A picture that isn't stored yet: its largest size, and the WebP data by size."""

    width: int
    height: int
    alt: str
    files: dict[int, bytes]


class NewPicture(NamedTuple):
    """A picture in the store, to which nothing refers yet: `blobs` by size."""

    width: int
    height: int
    alt: str
    blobs: dict[int, int]


class PictureChange(NamedTuple):
    """An edit's changes to a post's pictures. Other pictures stay unchanged."""

    removed: frozenset[int] = frozenset()
    alts: dict[int, str] = {}  # noqa: RUF012 - never modified
    added: Sequence[NewPicture] = ()


PLACE = Place(PictureFile, PictureFile.data, (PictureFile.picture_id, PictureFile.size))


def check_alt(alt: str) -> str:
    """Returns the alternative text as one line. Raises ActionError."""
    alt = " ".join(cleaned(alt).split())
    if len(alt) > MAX_ALT:
        raise ActionError(
            "too_long",
            "A description has at most {most} characters; this has {given}.",
            field="pictures",
            most=MAX_ALT,
            given=len(alt),
        )
    return alt


async def make(
    maker: PictureMaker, author_id: int, uploads: Sequence[Upload], alts: Sequence[str]
) -> list[DrawnPicture]:
    """Makes a picture from each upload. `alts` are their alternative texts in the same order.
    Raises ActionError."""
    checked = [check_alt(alt) for alt in alts]
    if len(uploads) > MAX_PICTURES:
        raise too_many()
    if any(checked[len(uploads) :]):
        raise ActionError("bad_pictures", "There is a description without its picture.", field="pictures")
    made = []
    for upload, alt in zip(uploads, [*checked, *[""] * MAX_PICTURES], strict=False):
        try:
            encoded = await maker.convert(author_id, upload, "within", SIZES)
        except BadPicture as error:
            raise ActionError("bad_pictures", error.args[0], field="pictures") from None
        files = {size: one.data for size, one in zip(reversed(SIZES), encoded, strict=False)}
        made.append(DrawnPicture(encoded[0].width, encoded[0].height, alt, files))
    return made


async def keep(store: Store, drawn: Sequence[DrawnPicture]) -> list[NewPicture]:
    """Puts pictures into the store. Raises StorageError."""
    return [NewPicture(one.width, one.height, one.alt, await keep_all(store, one.files)) for one in drawn]


async def check_quota(author_id: int, most: int | None, added: Sequence[DrawnPicture] = ()) -> None:
    """Raises ActionError if the pictures of the author's posts, with these, take more than `most`
    bytes."""
    if most is None:
        return
    used = await used_bytes(author_id)
    if used + sum(len(data) for picture in added for data in picture.files.values()) > most:
        raise ActionError(
            "quota_exceeded",
            "Your pictures take all the space that you have here, {most} MB. Delete some first.",
            field="pictures",
            most=most // 1_000_000,
        )


async def used_bytes(author_id: int) -> int:
    """What the pictures of the author's posts take."""
    query = (
        PLACE.used()
        .switch(PictureFile)
        .join(Picture, on=Picture.id == PictureFile.picture_id)
        .join(Post, on=Post.id == Picture.post_id)
        # As the index of posts by author has it.
        .where(Post.author_id == author_id, Post.deleted_at.is_null())
    )
    ((used,),) = await query.tuples().aio_execute()
    return int(used)


def too_many() -> ActionError:
    return ActionError(
        "too_many_pictures", "A post has at most {most} pictures.", field="pictures", most=MAX_PICTURES
    )


async def pictures_of_posts(post_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """Returns the pictures of posts as JSON, by post id."""
    shown: dict[int, list[dict[str, Any]]] = {post_id: [] for post_id in post_ids}
    query = Picture.select().where(Picture.post_id.in_(list(shown))).order_by(Picture.post_id, Picture.place)
    for picture in await query.aio_execute() if shown else ():
        shown[picture.post_id].append(_as_json(picture))
    return shown


def _as_json(picture: Picture) -> dict[str, Any]:
    address = with_base(f"/feed/{picture.post_id}/pictures/{picture.id}")
    small, large = SIZES
    width, height = scaled_size(picture.width, picture.height, small)
    return {
        "id": picture.id,
        "url": f"{address}?size={large}",
        "width": picture.width,
        "height": picture.height,
        "alt": picture.alt,
        "small": {"url": f"{address}?size={small}", "width": width, "height": height},
    }


async def read(store: Store, picture_id: int, size: int) -> bytes | None:
    """Raises StorageError."""
    return await PLACE.read(store, (PictureFile.picture_id == picture_id) & (PictureFile.size == size))
