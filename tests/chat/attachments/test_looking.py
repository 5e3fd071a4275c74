"""Files are looked through for viruses, and PDFs drawn, before anybody can post them."""

import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from chat.attachments.looking import Looked, Looker
from chat.errors import ActionError
from helpers.images import PictureMaker
from tests.helpers.media.test_redrawing import halves, saved
from tests.support.services.scanner import EICAR, scanner

PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 300]/Contents 4 0 R>>endobj
4 0 obj<</Length 27>>stream
1 0 0 rg 20 20 160 260 re f
endstream endobj
trailer<</Root 1 0 R>>
"""


@pytest.fixture
async def pictures() -> AsyncIterator[PictureMaker]:
    found = PictureMaker()
    yield found
    await found.close()


async def look(pictures: PictureMaker, data: bytes, asked: str = "") -> Looked:
    return await Looker(pictures, asked).look_at(1, io.BytesIO(data), len(data))


async def refusal(pictures: PictureMaker, data: bytes, asked: str) -> ActionError:
    with pytest.raises(ActionError) as raised:
        await look(pictures, data, asked)
    return raised.value


async def test_a_scanner_at_a_socket(pictures: PictureMaker, tmp_path: Path) -> None:
    path = tmp_path / "clamd"
    async with scanner(path) as asked:
        assert (await look(pictures, b"hello", asked)).type == "text/plain"
        assert (await look(pictures, saved(halves(), "PNG"), asked)).kind == "picture"
        error = await refusal(pictures, bytes(1_000_000) + EICAR, asked)
        assert error.code == "infected"
        assert "Win.Test.EICAR_HDB-1" in error.text
        # In a picture too, of which only what is seen would be kept.
        assert (await refusal(pictures, saved(halves(), "PNG") + EICAR, asked)).code == "infected"
        assert (await refusal(pictures, b"broken", asked)).code == "scanner_away"
    assert (await refusal(pictures, b"hello", asked)).code == "scanner_away"
    assert (await refusal(pictures, b"hello", "clamd://127.0.0.1:1")).code == "scanner_away"


@pytest.mark.usefixtures("programs")
async def test_a_scanner_that_is_a_program(pictures: PictureMaker, tmp_path: Path) -> None:
    script = tmp_path / "my scanner"
    script.write_text('#!/bin/sh\ngrep -q "$1" && exit 1\nexit 0\n')
    script.chmod(0o700)
    asked = f"'{script}' EICAR-STANDARD"
    assert (await look(pictures, b"hello" * 100_000, asked)).size == 500_000
    assert (await refusal(pictures, EICAR, asked)).code == "infected"
    assert (await refusal(pictures, EICAR + bytes(5_000_000), asked)).code == "infected"
    for away in ("/nowhere/scanner", "sh -c 'exit 2'"):
        assert (await refusal(pictures, b"hello", away)).code == "scanner_away"


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="there is no pdftoppm")
async def test_the_first_page_of_a_pdf_is_drawn(pictures: PictureMaker) -> None:
    looked = await look(pictures, PDF)
    assert (looked.type, looked.kind, looked.size) == ("application/pdf", "other", len(PDF))
    with Image.open(io.BytesIO(looked.variants["320"])) as page:
        pixel = page.convert("RGB").getpixel((160, 240))
        assert page.size == (320, 480)
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200 > 100 > pixel[1]
    broken = await look(pictures, PDF[:60])
    assert (broken.type, broken.variants) == ("application/pdf", {})
