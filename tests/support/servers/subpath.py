"""A real nginx with the lines of docs/how-to/subpath.md: the chat below a path, beside what else the host
has."""

import re
from textwrap import dedent

from tests.support.servers.nginx import Nginx
from tests.support.servers.process import ROOT

PAGE = ROOT / "docs" / "how-to" / "subpath.md"
OUTSIDE = 418
"""The status of all that isn't below the path."""


def _lines_of(place: str) -> str:
    found = re.search(rf"<!-- {place} -->\n\n((?:(?:    .*)?\n)+)", PAGE.read_text())
    assert found, place
    return dedent(found[1])


class SubPath(Nginx):
    """`path` is that of AIOCHAT_PUBLIC_URL. With `takes_off` the worker never sees it."""

    def __init__(self, worker: int, path: str = "/chat", *, takes_off: bool = False) -> None:
        super().__init__([worker])
        self.base = path
        self.takes_off = takes_off

    @property
    def public_url(self) -> str:
        return f"{self.url}{self.base}"

    def site(self) -> str:
        lines = _lines_of("server").replace("/chat", self.base)
        upstream = f"http://127.0.0.1:{self.workers[0]}"
        lines = lines.replace("http://127.0.0.1:8080", f"{upstream}/" if self.takes_off else upstream)
        return f"""\
{_lines_of("http")}
server {{
    listen 127.0.0.1:{self.port};
    access_log {self.access_log};
    location / {{ return {OUTSIDE}; }}
{lines}
}}
"""
