"""A real Caddy with the site of deploy/Caddyfile."""

import os
import socket
from collections.abc import Mapping

from tests.support.servers.process import ROOT, Server, program_path


class Caddy(Server):
    """Caddy with the site of deploy/Caddyfile, without TLS, in front of workers given by their ports."""

    name = "caddy"

    def __init__(self, *workers: int) -> None:
        super().__init__()
        self.workers = workers

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _prepare(self) -> None:
        site = (ROOT / "deploy" / "Caddyfile").read_text()
        for shipped, own in (
            ("\nchat.example.org {", f"\n{self.url} {{"),
            (" 127.0.0.1:8080 ", f" {' '.join(f'127.0.0.1:{port}' for port in self.workers)} "),
        ):
            assert site.count(shipped) == 1, shipped
            site = site.replace(shipped, own)
        (self.folder / "Caddyfile").write_text("{\n\tadmin off\n}\n" + site)

    def _environment(self) -> Mapping[str, str]:
        # It keeps certificates and its last configuration there.
        return {**os.environ, "XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}

    def _command(self) -> list[str]:
        return [program_path("caddy"), "run", "--config", str(self.folder / "Caddyfile")]

    def _is_ready(self) -> bool:
        socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        return True
