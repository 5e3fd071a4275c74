"""A store of objects that speaks as much of S3's protocol as a client needs: put, get with ranges, delete,
list, and uploads in several parts. It checks no signatures."""

import hashlib
import re
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

BUCKET = "bucket"


class ObjectStore:
    """`objects` by key. While it `is_away` it answers every request with 503."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.is_away = False
        store = self

        class Handler(_Handler):
            pass

        Handler.store = store
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        """The setting."""
        endpoint = f"http://127.0.0.1:{self._server.server_port}"
        return f"s3://key:secret@{BUCKET}?endpoint={endpoint}&region=eu-central-1"

    def __enter__(self) -> "ObjectStore":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    store: ObjectStore
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None: ...

    def _ask(self) -> tuple[str, dict[str, str], bytes]:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        assert self.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=key/")
        return unquote(parts.path).removeprefix(f"/{BUCKET}").lstrip("/"), query, body

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _is_away(self) -> bool:
        if self.store.is_away:
            self._answer(503)
        return self.store.is_away

    def do_PUT(self) -> None:
        key, query, body = self._ask()
        if self._is_away():
            return
        if "uploadId" in query:
            self.store.parts[query["uploadId"]][int(query["partNumber"])] = body
        else:
            self.store.objects[key] = body
        self._answer(200, ETag=f'"{hashlib.md5(body).hexdigest()}"')

    def do_POST(self) -> None:
        key, query, body = self._ask()
        if self._is_away():
            return
        if "uploads" in query:
            name = f"upload{len(self.store.parts)}"
            self.store.parts[name] = {}
            text = f"<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{escape(key)}</Key>"
            self._answer(200, f"{text}<UploadId>{name}</UploadId></InitiateMultipartUploadResult>".encode())
        elif "uploadId" in query:
            parts = self.store.parts.pop(query["uploadId"])
            self.store.objects[key] = b"".join(parts[number] for number in sorted(parts))
            text = f"<CompleteMultipartUploadResult><Key>{escape(key)}</Key><ETag>&quot;x&quot;</ETag>"
            self._answer(200, f"{text}</CompleteMultipartUploadResult>".encode())
        elif "delete" in query:
            keys = [unescape(one.decode()) for one in re.findall(rb"<Key>(.*?)</Key>", body)]
            for one in keys:
                self.store.objects.pop(one, None)
            told = "".join(f"<Deleted><Key>{escape(one)}</Key></Deleted>" for one in keys)
            self._answer(200, f"<DeleteResult>{told}</DeleteResult>".encode())
        else:
            self._answer(400)

    def do_GET(self) -> None:
        key, query, _ = self._ask()
        if self._is_away():
            return
        if not key:
            prefix = query.get("prefix", "")
            found = "".join(
                f"<Contents><Key>{escape(one)}</Key><LastModified>2026-11-29T00:00:00.000Z</LastModified>"
                f"<Size>{len(data)}</Size><ETag>x</ETag></Contents>"
                for one, data in sorted(self.store.objects.items())
                if one.startswith(prefix)
            )
            self._answer(200, f"<ListBucketResult>{found}</ListBucketResult>".encode())
            return
        data = self.store.objects.get(key)
        if data is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        headers = {"ETag": '"x"', "Last_Modified": formatdate(usegmt=True)}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked:
            end = int(asked[2]) + 1 if asked[2] else len(data)
            part = data[int(asked[1]) : end]
            span = f"bytes {asked[1]}-{int(asked[1]) + len(part) - 1}/{len(data)}"
            self._answer(206, part, Content_Range=span, **headers)
        else:
            self._answer(200, data, **headers)

    do_HEAD = do_GET

    def do_DELETE(self) -> None:
        key, _, _ = self._ask()
        if not self._is_away():
            self.store.objects.pop(key, None)
            self._answer(204)
