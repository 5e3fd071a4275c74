"""What pictures look like after they were drawn anew."""

import io

import pytest
from PIL import Image

from helpers.drawing import draw


@pytest.mark.parametrize(("grey", "shown"), [(0, 0), (255, 1), (30_000, 117), (65_535, 255)])
def test_grey_of_sixteen_bits_is_scaled_and_not_cut(grey: int, shown: int) -> None:
    file = io.BytesIO()
    Image.new("I;16", (32, 32), grey).save(file, "PNG")
    drawn = draw(file.getvalue(), "image/png", "within", [32])
    assert not isinstance(drawn, str)
    ((_, _, data),) = drawn
    with Image.open(io.BytesIO(data)) as picture:
        pixel = picture.convert("RGB").getpixel((16, 16))
    assert isinstance(pixel, tuple)
    assert all(abs(value - shown) <= 2 for value in pixel), pixel
