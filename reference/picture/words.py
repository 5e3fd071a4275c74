"""The words of a picture and those of a page: where they are is another thing, since fonts differ."""

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree

from reference.picture.drawing import Shape

_SVG = "{http://www.w3.org/2000/svg}"
_CUT = "…"


def words_of(svg: str) -> list[str]:
    """In the order of their elements, however lines are broken."""
    texts = ElementTree.fromstring(svg).iter(f"{_SVG}text")  # noqa: S314 - it is our own
    return [word for text in texts for word in (text.text or "").split()]


def texts_of(shapes: Iterable[Shape]) -> list[str]:
    """The texts of a page of which something is seen."""
    return [shape["whole"] for shape in shapes if shape["kind"] == "text" and shape["whole"]]


def differences(words: list[str], texts: Iterable[str]) -> Iterator[str]:
    """What a picture's words lack of a page's texts, or have beyond them, up to the first such place. An
    ellipsis stands for the rest of a text."""
    rest = iter(words)
    for text in texts:
        for wanted in text.split():
            found = next(rest, "")
            if found.endswith(_CUT) and found != wanted and wanted.startswith(found.removesuffix(_CUT)):
                break
            if found != wanted:
                yield f"the page says {wanted!r} (of {text.strip()!r}), and the picture {found!r}"
                return
    yield from (f"the picture says {word!r}, and the page doesn't" for word in rest)
