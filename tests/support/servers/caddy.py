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

    def _environment(self) -> Mapping[str, str]:
        workers = " ".join(f"127.0.0.1:{port}" for port in self.workers)
        # It keeps its certificates and its last configuration in these folders.
        own = {name: str(self.folder) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME")}
        return {**os.environ, **own, "PUBLIC_URL": self.url, "WORKERS": workers}

    def _command(self) -> list[str]:
        config = str(ROOT / "deploy" / "Caddyfile")
        return [program_path("caddy"), "run", "--adapter", "caddyfile", "--config", config]

    def _is_ready(self) -> bool:
        socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        return True
