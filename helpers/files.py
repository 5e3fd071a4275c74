"""The static files: read once, compressed once, served under the version of them all, with the modules that a script needs.

An ES module names its imports relatively, so a version in the path is theirs as well: /static/0123456789ab/js/room.js imports
/static/0123456789ab/js/store.js, and both can be kept for ever. Without a version, or with another one, a file is asked about anew."""

import functools
import gzip
import hashlib
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

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
PACKED = {".png", ".woff2"}
"""These are compressed already."""

VERSION_DIGITS = 12
_VERSIONED = re.compile(rf"([0-9a-f]{{{VERSION_DIGITS}}})/(.+)")
_IMPORT = re.compile(r'^(?:import|export)\b[^"\';(]*["\'](\.{1,2}/[^"\']+)["\']', re.MULTILINE)

FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


@dataclass(frozen=True)
class File:
    body: bytes
    type: str
    etag: str
    packs: bool = True

    @functools.cached_property
    def compressed(self) -> bytes:
        """By gzip; empty where that gains nothing."""
        packed = gzip.compress(self.body, 9, mtime=0) if self.packs else self.body
        return packed if len(packed) < len(self.body) else b""


class Files:
    """A folder of files. With `fresh` they are read again for each page, for whoever is changing them."""

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        self._folder = folder
        self._fresh = fresh
        self._read()

    def _read(self) -> None:
        self._files: dict[str, File] = {}
        whole = hashlib.sha256()
        for path in sorted(self._folder.rglob("*")):
            name = path.relative_to(self._folder).as_posix()
            if not path.is_file() or any(part.startswith(".") for part in name.split("/")):
                continue
            body = path.read_bytes()
            digest = hashlib.sha256(body).hexdigest()
            whole.update(f"{name} {digest}\n".encode())
            kind = TYPES.get(path.suffix, "application/octet-stream")
            self._files[name] = File(body, kind, digest[:16], path.suffix not in PACKED)
        self.version = whole.hexdigest()[:VERSION_DIGITS]
        self._modules: dict[str, list[str]] = {}

    def address(self, name: str) -> str:
        """Where a file is, with its version. Raises KeyError where there is none of this name."""
        if self._fresh:
            self._read()
        self._files[name]
        return f"/static/{self.version}/{name}"

    def modules(self, name: str) -> list[str]:
        """The addresses of all modules that a script imports, those of its imports included. Raises KeyError where one is missing."""
        if name not in self._modules:
            self._modules[name] = self._imports(name)
        return [f"/static/{self.version}/{module}" for module in self._modules[name]]

    def _imports(self, name: str) -> list[str]:
        found: dict[str, None] = {}
        waiting = [name]
        while waiting:
            script = waiting.pop(0)
            for target in _IMPORT.findall(self._files[script].body.decode()):
                module = posixpath.normpath(posixpath.join(posixpath.dirname(script), target))
                if module not in found and module != name:
                    self._files[module]
                    found[module] = None
                    waiting.append(module)
        return list(found)

    async def serve(self, request: web.Request) -> web.Response:
        """Answers for /static/{path}."""
        path = request.match_info["path"]
        versioned = _VERSIONED.fullmatch(path)
        if self._fresh:
            self._read()
        file = self._files.get(versioned[2] if versioned else path)
        if file is None:
            raise web.HTTPNotFound
        accepts = "gzip" in request.headers.get("Accept-Encoding", "").lower()
        packed = accepts and bool(file.compressed)
        # Two representations have two validators (RFC 9110, 8.8.3).
        etag = f'"{file.etag}-gzip"' if packed else f'"{file.etag}"'
        is_current = versioned is not None and versioned[1] == self.version
        headers = {"ETag": etag, "Cache-Control": FOR_EVER if is_current else ASK_AGAIN, "Vary": "Accept-Encoding"}
        known = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
        if etag in known or "*" in known:
            return web.Response(status=304, headers=headers)
        if packed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=file.compressed if packed else file.body, headers={**headers, "Content-Type": file.type})
