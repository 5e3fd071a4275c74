"""Static files: read once, compressed once, served under a common version, with the modules that a
script imports.

An ES module names its imports relatively, so a version in the path applies to them too:
/static/0123456789ab/js/room.js imports /static/0123456789ab/js/state/store.js, and browsers can
cache both for ever. Without a version, or with an unknown one, the file has to be revalidated."""

import functools
import gzip
import hashlib
import posixpath
import re
import time
from dataclasses import dataclass
from pathlib import Path

import brotli
from aiohttp import web

from helpers.web.scripts import imports, without_comments

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

FOR_EVER = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"

READ_AGAIN_SECONDS = 1.0
"""An unknown version may belong to a newer release that another process already serves. The folder
is read again at most this often."""


@dataclass(frozen=True)
class File:
    body: bytes
    type: str
    etag: str
    is_compressible: bool

    @functools.cached_property
    def by_gzip(self) -> bytes:
        return gzip.compress(self.body, 9, mtime=0)

    @functools.cached_property
    def by_brotli(self) -> bytes:
        """Brotli is a seventh smaller than gzip: its dictionary contains common words of scripts
        and styles, and the files are small."""
        return bytes(brotli.compress(self.body, quality=11))

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


def _read(folder: Path) -> Release:
    files: dict[str, File] = {}
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or any(part.startswith(".") for part in name.split("/")):
            continue
        body = path.read_bytes()
        if path.suffix == ".js":
            body = without_comments(body.decode()).encode()
        digest = hashlib.sha256(body).hexdigest()
        whole.update(f"{name} {digest}\n".encode())
        files[name] = File(
            body,
            TYPES.get(path.suffix, "application/octet-stream"),
            digest[:16],
            path.suffix not in COMPRESSED_TYPES,
        )
    return Release(whole.hexdigest()[:VERSION_DIGITS], files)


class Files:
    """A folder of files. With `fresh` they are read again for each page, for development."""

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        self._folder = folder
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
        file = (release or self._own).files.get(versioned[2] if versioned else path)
        if file is None:
            raise web.HTTPNotFound
        accepted = request.headers.get("Accept-Encoding", "").lower().replace(" ", "").split(",")
        coding, body = file.encode(
            {
                name
                for name, _, weight in (one.partition(";") for one in accepted)
                if weight not in ("q=0", "q=0.0")
            }
        )
        headers = {"Cache-Control": FOR_EVER if release else REVALIDATE, "Vary": "Accept-Encoding"}
        if not release:
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
