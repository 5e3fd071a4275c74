"""The files of a message as a page shows them: the same as static/js/words/files.js,
static/js/words/picture_sizes.js and static/js/elements/files/message_files.js make of them."""

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from chat.history.lines import file_views
from helpers.text.translation import current

BOX = (400, 320)
WIDTHS = (320, 640, 1280)
AMONG = 208

TEXTS = re.compile(
    r"application/(?:(?:[\w.]+\+)?(?:json|xml|yaml)|javascript|x-(?:sh|httpd-php|ndjson|yaml|tex)|toml|sql)",
    re.ASCII,
)
"""Types of text that don't begin with "text/"."""


@dataclass(frozen=True, slots=True)
class ShownFile:
    """`width` and `height` are those on the page; `sources` is empty for what isn't drawn."""

    id: str
    kind: str
    name: str
    url: str
    size: str
    description: str
    thumbnail: str | None
    width: int
    height: int
    srcset: str
    sizes: str


def shown_files(files: list[dict[str, Any]]) -> list[ShownFile]:
    """`files` as a message has them."""
    is_alone = sum(kind_of(file) == "picture" for file in files) == 1
    return [_shown(file, is_alone=is_alone) for file in files]


def _shown(file: dict[str, Any], *, is_alone: bool) -> ShownFile:
    width, height = shown_size(file)
    thumbnail = file["thumbnail"]
    widths = [one for one in WIDTHS if one == WIDTHS[0] or one <= (file["width"] or 0)]
    base = re.sub(r"-\d+\.webp$", "", thumbnail or "")
    return ShownFile(
        id=file["id"],
        kind=kind_of(file),
        name=file["name"],
        url=file["url"],
        size=size_in_words(file["size"]),
        description=file["description"],
        thumbnail=thumbnail,
        width=width,
        height=height,
        srcset=", ".join(f"{base}-{one}.webp {min(one, file['width'] or one)}w" for one in widths),
        sizes=f"{width if is_alone else AMONG}px",
    )


def file_list(files: str | None) -> list[dict[str, Any]]:
    """Those of a Line."""
    return msgspec.to_builtins(file_views(files)) if files else []


def files_in_words(files: str | None) -> str:
    """The names of a Line's."""
    return ", ".join(file["name"] for file in file_list(files))


def kind_of(file: dict[str, Any]) -> str:
    type_ = file["type"]
    if type_.startswith("image/") and file["width"] and file["thumbnail"]:
        return "picture"
    if type_.startswith("video/"):
        return "video"
    if type_.startswith("audio/"):
        return "sound"
    return "text" if type_.startswith("text/") or TEXTS.fullmatch(type_) else "other"


def kind_in_words(kind: str) -> str:
    """What stands for files where there is no text."""
    t = current().t
    if kind == "picture":
        return t("a picture")
    if kind == "video":
        return t("a video")
    return t("a recording") if kind == "sound" else t("a file")


def shown_size(file: dict[str, Any]) -> tuple[int, int]:
    """In px: within the box, never larger than it is."""
    width, height = file["width"], file["height"]
    if not width or not height:
        return BOX[0], BOX[0] * 9 // 16
    scale = min(1, BOX[0] / width, BOX[1] / height)
    return max(1, int(width * scale + 0.5)), max(1, int(height * scale + 0.5))


def size_in_words(size: int) -> str:
    """Of so many bytes."""
    t = current().t
    if size < 1024:
        return current().n("{count} byte", "{count} bytes", size)
    is_small = size < 1024 * 1024
    unit = 1024 if is_small else 1024 * 1024
    tenths = (10 * size + unit // 2) // unit
    whole = str(tenths // 10)
    if tenths >= 100:
        return t("{size} KB", size=whole) if is_small else t("{size} MB", size=whole)
    rest = str(tenths % 10)
    if is_small:
        return t("{whole}.{tenths} KB", whole=whole, tenths=rest)
    return t("{whole}.{tenths} MB", whole=whole, tenths=rest)
