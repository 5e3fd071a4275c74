"""Files as they are in reports of faults: turned, cut off, of two kinds at once, far too large, with names
that mean harm. Each is made here."""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageCms

SCRIPT = b"<script>alert(1)</script>"
WEB = "image/webp"


@dataclass(frozen=True)
class Odd:
    """`type` and `kind` are what it is, whatever it says; `shown` whether it has a thumbnail, `size` the
    pixels of what is drawn of it; `refused` is said where it isn't taken. `gone` isn't in what is
    served."""

    case: str
    data: bytes
    type: str = "application/octet-stream"
    kind: str = "other"
    name: str = "file"
    shown_name: str = ""
    shown: bool = False
    size: tuple[int, int] | None = None
    refused: str = ""
    gone: bytes = b""


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (60, 40), **options: Any) -> bytes:
    """The left half differs from the right one."""
    image = Image.new("RGB", size, "red")
    image.paste("lime", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    (image if mode == "RGB" else image.convert(mode)).save(out, kind, **options)
    return out.getvalue()


def moving(kind: str, frames: int = 3) -> bytes:
    found = [Image.new("RGB", (16, 8), (step * 40, 200, 0)) for step in range(frames)]
    out = io.BytesIO()
    found[0].save(out, kind, save_all=True, append_images=found[1:], duration=100, loop=0)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it has so many pixels, and has them."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    lines = bytes(100 * (1 + (width + 7) // 8))
    pressing = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    # It is pressed once: behind a full flush the same may follow as often as one likes.
    block = pressing.compress(lines) + pressing.flush(zlib.Z_FULL_FLUSH)
    times = height // 100
    of_zeros = (times * len(lines) % 65521) << 16 | 1
    body = b"\x78\xda" + times * block + b"\x03\0" + struct.pack(">I", of_zeros)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "the secret camera"
    return picture("JPEG", exif=exif)


def zipped(contents: bytes, name: str = "a.txt") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, contents)
    return out.getvalue()


def grey16() -> bytes:
    out = io.BytesIO()
    Image.new("I;16", (60, 40), 30_000).save(out, "PNG")
    return out.getvalue()


def clear_palette() -> bytes:
    image = Image.new("P", (60, 40), 1)
    image.putpalette([255, 0, 0, 0, 255, 0])
    out = io.BytesIO()
    image.save(out, "PNG", transparency=1)
    return out.getvalue()


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def box(kind: bytes, *inner: bytes) -> bytes:
    data = b"".join(inner)
    return struct.pack(">I", 8 + len(data)) + kind + data


MP4 = box(b"ftyp", b"mp42\0\0\0\0mp42isom")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\ntrailer<</Root 1 0 R/Encrypt 9 0 R>>\n"
WAV = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\0\0\0"
WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm" + bytes(40)

HUGE = b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03" + bytes(20)

JPEG, PNG, GIF = "image/jpeg", "image/png", "image/gif"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def _drawn(case: str, data: bytes, kind: str, size: tuple[int, int] = (60, 40), **rest: Any) -> Odd:
    return Odd(case, data, kind, "picture", shown=True, size=size, **rest)


def _text(case: str, data: bytes, **rest: Any) -> Odd:
    return Odd(case, data, "text/plain", "text", **rest)


def _named(case: str, name: str, shown: str) -> Odd:
    return Odd(f"named {case}", b"hello", "text/plain", "text", name=name, shown_name=shown)


PICTURES = [
    *(
        _drawn(f"turned {one}", turned(one), JPEG, (60, 40) if one < 5 else (40, 60), gone=b"secret")
        for one in range(1, 9)
    ),
    _drawn("colours of print", picture("JPEG", "CMYK"), JPEG),
    _drawn("grey", picture("JPEG", "L"), JPEG),
    _drawn("a profile of another kind", picture("JPEG", icc_profile=profile()), JPEG),
    _drawn("a broken profile", picture("PNG", icc_profile=b"no profile"), PNG, gone=b"no profile"),
    _drawn("16 bits", grey16(), PNG),
    _drawn("a palette with clear colours", clear_palette(), PNG),
    _drawn("one pixel", picture("PNG", size=(1, 1)), PNG, (1, 1)),
    _drawn("one line", picture("PNG", size=(2000, 1)), PNG, (2000, 1)),
    _drawn("a JPEG that is cut off", picture("JPEG", size=(400, 300))[:-600], JPEG, (400, 300)),
    _drawn("a moving GIF", moving("GIF"), GIF, (16, 8)),
    _drawn("a moving WebP", moving("WEBP"), WEB, (16, 8)),
    _drawn("a moving PNG", moving("PNG"), PNG, (16, 8)),
    _drawn("AVIF", picture("AVIF"), WEB),
    _drawn("a JPEG called PNG", picture("JPEG"), JPEG, name="a.png"),
    _drawn("a PNG called HTML", picture("PNG"), PNG, name="a.html"),
    _drawn("a PNG called EXE", picture("PNG"), PNG, name="a.png.exe"),
    _drawn("a JPEG and a ZIP", picture("JPEG") + zipped(SCRIPT), JPEG, gone=b"PK\x03\x04"),
    _drawn("a GIF with a script behind it", picture("GIF") + SCRIPT, GIF, gone=SCRIPT),
    _drawn("a PNG with a script behind it", picture("PNG") + SCRIPT, PNG, gone=SCRIPT),
    _drawn("a JPEG with a script as comment", picture("JPEG", comment=SCRIPT), JPEG, gone=SCRIPT),
]
NO_PICTURES = [
    Odd("a GIF that is a script", b"GIF89a/*" + SCRIPT + b"*/=1;"),
    Odd("a PNG that is cut off at its head", picture("PNG")[:20]),
    Odd("a GIF that is cut off at its head", picture("GIF")[:9]),
    Odd("a WebP that is cut off", picture("WEBP")[:40]),
    Odd("a PNG of far too many pixels", bomb(60_000, 60_000)),
    Odd("a JPEG that says it is huge", HUGE, refused="too large"),
    *(
        Odd(kind, picture(kind), name=f"a.{kind.lower()}")
        for kind in ("BMP", "TIFF", "ICO", "TGA", "PCX", "JPEG2000")
    ),
    Odd("PSD", b"8BPS\0\x01" + bytes(30), name="a.psd"),
    Odd("HEIC", box(b"ftyp", b"heic\0\0\0\0mif1") + bytes(64), "image/heic", name="a.heic"),
    _text("HTML called PNG", b"<!doctype html>" + SCRIPT, name="a.png"),
    _text("SVG", SVG, name="a.svg"),
    _text("an XML of entities", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', name="a.xml"),
]
OTHERS = [
    Odd("nothing", b"", refused="empty"),
    Odd("one zero byte", b"\0"),
    _text("a table of formulas", b"name,sum\n=cmd|'/c calc'!A1,@SUM(1)\n+1,-1\n", name="a.csv"),
    _text("a line of 1 MB", b"x" * 1_000_000, name="a.json"),
    _text("a deep JSON", b"[" * 100_000, name="a.json"),
    Odd("text of 16 bits", "héllo\n".encode("utf-16"), name="a.txt"),
    Odd("text of Latin-1", "h\xe9llo".encode("latin-1"), name="a.txt"),
    Odd("a bomb as ZIP", zipped(bytes(20_000_000)), "application/zip", name="a.zip"),
    Odd("a document", zipped(SCRIPT, "word/document.xml"), "application/zip", name="a.docx"),
    Odd("a PDF that is locked and broken", PDF, "application/pdf", name="a.pdf"),
    Odd("a PDF and a ZIP", PDF + zipped(b"x"), "application/pdf", name="a.pdf"),
    Odd("a PDF after a script", SCRIPT + PDF, "text/plain", "text", name="a.pdf"),
    Odd("a program", b"MZ\x90\0" + bytes(60), name="holiday.jpg"),
    Odd("MP4", MP4 + box(b"mdat", b"x" * 50), "video/mp4", "video", name="a.mp4"),
    Odd("MP4 with a length that lies", MP4 + b"\xff\xff\xff\xffmoov", "video/mp4", "video"),
    Odd("WebM", WEBM, "video/webm", "video", name="a.webm"),
    Odd("MP3", b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\0" + bytes(400), "audio/mpeg", "sound", name="a.mp3"),
    Odd("WAV", WAV, "audio/wav", "sound", name="a.wav"),
    Odd("OGG", b"OggS\0\x02" + bytes(20) + b"\x01vorbis" + bytes(30), "audio/ogg", "sound"),
    _text("text called MP4", b"not a film", name="a.mp4"),
    _text("HTML called MP3", SCRIPT, name="a.mp3"),
]
NAMES = [
    _named("from right to left", "photo\u202egpj.exe", "photogpj.exe"),
    _named("by lines", "a\r\nSet-Cookie: b=c.txt", "a Set-Cookie: b=c.txt"),
    _named("with quotes", "a\"b'c;d.txt", "a\"b'c;d.txt"),
    _named("at length", "x" * 300 + ".txt", "x" * 116 + ".txt"),
    _named("by emoji", "🎉👩‍👩‍👧.txt", "🎉👩‍👩‍👧.txt"),
    _named("by folders", "../../etc/passwd", "passwd"),
    _named("by other folders", "C:\\Users\\a\\..\\b.txt", "b.txt"),
    _named("with a zero", "a\0b.txt", "ab.txt"),
    _named("by dots", "..", "file"),
    _named("by a script", "<img src=x onerror=alert(1)>.txt", "<img src=x onerror=alert(1)>.txt"),
    _named("by percents", "%2e%2e%2fa%00.txt", "%2e%2e%2fa%00.txt"),
]
ODD = [*PICTURES, *NO_PICTURES, *OTHERS, *NAMES]
