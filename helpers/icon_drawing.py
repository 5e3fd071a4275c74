"""Makes an icon of a picture, as PNG. Runs in a process of its own, as all that decodes pictures."""

import io

from PIL import Image

WHITE = (255, 255, 255, 255)
CLEAR = (0, 0, 0, 0)


def png_of(picture: bytes, size: int, share: float) -> bytes:
    """The picture on a square. Where `share` is less than 1 it fills so much of each side, and all else is
    white, since systems cut such icons and make what is transparent black."""
    with Image.open(io.BytesIO(picture), formats=("WEBP",)) as image:
        side = round(size * share)
        drawn = image.convert("RGBA").resize((side, side), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (size, size), WHITE if share < 1 else CLEAR)
    square.alpha_composite(drawn, ((size - side) // 2, (size - side) // 2))
    file = io.BytesIO()
    square.save(file, "PNG", optimize=True)
    return file.getvalue()
