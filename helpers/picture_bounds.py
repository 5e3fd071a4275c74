"""What a picture may be, and what it becomes: for helpers/images.py and for the process in which
helpers/drawing.py runs."""

from typing import Literal

MAX_PIXELS = 40_000_000
"""A PNG of this size with transparency takes 380 MB while it is processed. A JPEG for a small result
takes a hundredth, since it is decoded at a reduced size."""

MAX_SIDE = 20_000
"""Pixels: more than any camera's, panoramas included. Each row takes memory of its own, however few
pixels it has: 1 by 40 million would take 1 GB."""

Shape = Literal["square", "within"]
"""The central square in each size, or the whole picture with its longer side in each size, not
enlarged."""

Reason = Literal["pixels", "side", "format", "other_type", "moves", "broken"]
"""Why a picture can't be taken."""


def scaled_size(width: int, height: int, size: int) -> tuple[int, int]:
    """Returns the dimensions scaled down so that the longer side is at most `size`."""
    longer = max(width, height)
    return (
        (width, height)
        if longer <= size
        else (max(1, round(width * size / longer)), max(1, round(height * size / longer)))
    )
