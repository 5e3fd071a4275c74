"""Static files: read once, compressed once, served under a common version, with the modules that a
script imports.

An ES module names its imports relatively, so a version in the path applies to them too:
/static/0123456789ab/js/room.js imports /static/0123456789ab/js/state/store.js, and browsers can
cache both for ever. Without a version, or with an unknown one, the file has to be revalidated."""

import asyncio
import functools
import gzip
import hashlib
import posixpath
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import brotli
from aiohttp import web

from helpers.web.assets import joining, scripts
from helpers.web.assets.joining import join_scripts, join_styles
from helpers.web.assets.scripts import imports, without_comments

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
COMPRESSED_TYPES = {".png", ".woff2"}
"""Already compressed formats."""

VERSION_DIGITS = 12
_VERSIONED = re.compile(rf"([0-9a-f]{{{VERSION_DIGITS}}})/(.+)")

LARGE = 32 * 1024
"""Bytes of a file that is compressed in a thread."""

JOINED = "joined/"
EXTENDED = "extended/"
"""Before a key and the name of a joined style: `extended/KEY/NAME`."""

EXTENDED_KEPT = 4
"""Extended styles in memory: whoever asks for others has them made anew."""

JOINER = Path(joining.__file__).read_bytes() + Path(scripts.__file__).read_bytes()
"""How scripts are changed and joined is a part of what is served."""

FOR_EVER = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"

READ_AGAIN_SECONDS = 1.0
"""An unknown version may belong to a newer release that another process already serves. The folder
is read again at most this often."""


@dataclass(frozen=True)
class File:
    source: bytes
    type: str
    etag: str
    is_compressible: bool
    has_comments: bool = False
    """Those of scripts aren't served."""

    @functools.cached_property
    def body(self) -> bytes:
        # When it is first asked for: for all scripts it takes a seventh of the start.
        return without_comments(self.source.decode()).encode() if self.has_comments else self.source

    @functools.cached_property
    def by_gzip(self) -> bytes:
        return gzip.compress(self.body, 9, mtime=0)

    @functools.cached_property
    def by_brotli(self) -> bytes:
        """Brotli is a seventh smaller than gzip: its dictionary contains common words of scripts
        and styles. Of a large file the last tenth would take ten times as long, for who comes first
        after a start."""
        return bytes(brotli.compress(self.body, quality=9 if len(self.body) > LARGE else 11))

    def encode(self, codings: set[str]) -> tuple[str, bytes]:
        """Returns the smallest accepted encoding and its name; "" and the plain body if no encoding
        is smaller."""
        if self.is_compressible:
            for coding, attribute in (("br", "by_brotli"), ("gzip", "by_gzip")):
                if coding in codings and len(encoded := getattr(self, attribute)) < len(self.body):
                    return coding, encoded
        return "", self.body


@dataclass(frozen=True)
class Release:
    """The files at one moment."""

    version: str
    files: dict[str, File]
    joined: dict[str, File] = field(default_factory=dict)
    extended: dict[str, File] = field(default_factory=dict)

    def file(self, name: str) -> File | None:
        """The file, or, in the folder JOINED, the script or style joined with others, when it is
        first asked for."""
        if not name.startswith(JOINED):
            return self.files.get(name)
        if name not in self.joined:
            suffix = posixpath.splitext(name)[1]
            join = {".js": join_scripts, ".css": join_styles}.get(suffix)
            try:
                if join is None:
                    return None
                text = join(name.removeprefix(JOINED), lambda part: self.files[part].body.decode())
            except KeyError:
                return None
            self.joined[name] = _file(text.encode(), suffix)
        return self.joined[name]

    def extended_file(self, key: str, name: str, extension: Callable[[str], str]) -> File | None:
        """A joined style with what the key adds to its end."""
        place = f"{key}/{name}"
        if place not in self.extended:
            base = self.file(f"{JOINED}{name}") if name.endswith(".css") else None
            if base is None:
                return None
            try:
                more = extension(key)
            except ValueError:
                return None
            while len(self.extended) >= EXTENDED_KEPT:
                self.extended.pop(next(iter(self.extended)), None)
            self.extended[place] = _file(base.source + more.encode(), ".css")
        return self.extended[place]


def _file(source: bytes, suffix: str, *, has_comments: bool = False) -> File:
    return File(
        source,
        TYPES.get(suffix, "application/octet-stream"),
        hashlib.sha256(JOINER + source if has_comments else source).hexdigest()[:16],
        suffix not in COMPRESSED_TYPES,
        has_comments,
    )


def _read(folder: Path) -> Release:
    files: dict[str, File] = {}
    whole = hashlib.sha256(JOINER)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or any(part.startswith(".") for part in name.split("/")):
            continue
        files[name] = _file(path.read_bytes(), path.suffix, has_comments=path.suffix == ".js")
        whole.update(f"{name} {files[name].etag}\n".encode())
    return Release(whole.hexdigest()[:VERSION_DIGITS], files)


def _nothing(key: str) -> str:
    raise ValueError(key)


class Files:
    """A folder of files. With `fresh` they are read again for each page, for development. `extension` is
    what a key adds to a style; ValueError for a key that isn't one."""

    def __init__(
        self, folder: Path, extension: Callable[[str], str] = _nothing, *, fresh: bool = False
    ) -> None:
        self._folder = folder
        self._extension = extension
        self._fresh = fresh
        self._own = self._latest = _read(folder)
        self._read_at = time.monotonic()
        self._modules: dict[tuple[str, str], list[str]] = {}

    @property
    def version(self) -> str:
        return self._own.version

    def address(self, name: str) -> str:
        """Returns a file's address with its version. Raises KeyError if there is no such file."""
        if self._fresh:
            self._own = self._latest = _read(self._folder)
        self._own.files[name]
        return f"/static/{self.version}/{name}"

    def joined(self, name: str, key: str = "") -> str:
        """The address of a script or style together with what it imports, and of a style with what the
        key adds. With `fresh` it is as it is. Raises KeyError if there is no such file."""
        address = self.address(name)
        if key:
            return f"/static/{self.version}/{EXTENDED}{key}/{name}"
        return address if self._fresh else f"/static/{self.version}/{JOINED}{name}"

    def script(self, name: str) -> list[str]:
        """Returns the addresses of what a page loads for a module script, the script itself first:
        one file, or, with `fresh`, all modules singly. Raises KeyError if one is missing."""
        return [self.joined(name), *(self.modules(name) if self._fresh else ())]

    def modules(self, name: str) -> list[str]:
        """Returns the addresses of all modules that a script imports, directly or indirectly.
        Raises KeyError if one is missing."""
        key = (self.version, name)
        if key not in self._modules:
            self._modules = {key: [f"/static/{self.version}/{module}" for module in self._imports(name)]}
        return self._modules[key]

    def _imports(self, name: str) -> list[str]:
        found: dict[str, None] = {}
        waiting = [name]
        while waiting:
            script = waiting.pop(0)
            for target in imports(self._own.files[script].body.decode()):
                module = posixpath.normpath(posixpath.join(posixpath.dirname(script), target))
                if module not in found and module != name:
                    self._own.files[module]
                    found[module] = None
                    waiting.append(module)
        return list(found)

    def _release(self, version: str) -> Release | None:
        """Returns our own release, or a newer one that was copied into the folder since the
        start."""
        for release in (self._own, self._latest):
            if release.version == version:
                return release
        if time.monotonic() - self._read_at < READ_AGAIN_SECONDS:
            return None
        self._latest = _read(self._folder)
        self._read_at = time.monotonic()
        return self._latest if self._latest.version == version else None

    async def serve(self, request: web.Request) -> web.Response:
        """Handles /static/{path}."""
        path = request.match_info["path"]
        versioned = _VERSIONED.fullmatch(path)
        release = self._release(versioned[1]) if versioned else None
        name, place = versioned[2] if versioned else path, release or self._own
        if name.startswith(EXTENDED):
            key, _, style = name.removeprefix(EXTENDED).partition("/")
            file = await asyncio.to_thread(place.extended_file, key, style, self._extension)
        else:
            file = await asyncio.to_thread(place.file, name) if name.startswith(JOINED) else place.file(name)
        if file is None:
            raise web.HTTPNotFound
        return await _answer(request, file, for_ever=release is not None)

    async def serve_joined(self, request: web.Request, name: str) -> web.Response:
        """A script joined with what it imports, under an address without a version: browsers ask each
        time whether it has changed. Raises KeyError if there is no such file."""
        self.address(name)
        file = await asyncio.to_thread(self._own.file, f"{JOINED}{name}")
        if file is None:
            raise KeyError(name)
        return await _answer(request, file, for_ever=False)


async def _answer(request: web.Request, file: File, *, for_ever: bool) -> web.Response:
    accepted = request.headers.get("Accept-Encoding", "").lower().replace(" ", "").split(",")
    codings = {
        name for name, _, weight in (one.partition(";") for one in accepted) if weight not in ("q=0", "q=0.0")
    }
    is_large = len(file.body) > LARGE
    coding, body = await asyncio.to_thread(file.encode, codings) if is_large else file.encode(codings)
    headers = {"Cache-Control": FOR_EVER if for_ever else REVALIDATE, "Vary": "Accept-Encoding"}
    if not for_ever:
        # Each representation has its own validator (RFC 9110, 8.8.3). A versioned file is never
        # revalidated.
        headers["ETag"] = etag = f'"{file.etag}{coding and f"-{coding}"}"'
        known = {
            tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")
        }
        if etag in known or "*" in known:
            return web.Response(status=304, headers=headers)
    if coding:
        headers["Content-Encoding"] = coding
    return web.Response(body=body, headers={**headers, "Content-Type": file.type})


FILES = web.AppKey("files", Files)
