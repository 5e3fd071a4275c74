"""A real nginx with the site of nginx/aiochat.conf."""

import os
import resource
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.servers.process import ROOT, Server, ServerError, free_port, program_path


class Nginx(Server):
    """nginx with the site of nginx/aiochat.conf in front of workers given by their ports or sockets.

    The limits default to what no test reaches by chance; None keeps those of nginx/aiochat.conf."""

    name = "nginx"
    stop_signal = signal.SIGTERM
    parent_death_signal = "TERM"  # its workers wouldn't notice a SIGKILL of the master

    def __init__(
        self,
        workers: Sequence[int | Path],
        *,
        port: int | None = None,
        hosts: Sequence[str] = ("127.0.0.1", "localhost"),
        static: Path = ROOT / "static",
        rate: str | None = "100000r/s",
        login_rate: str | None = "100000r/s",
        connections: int | None = 60000,
        certificate: Path | None = None,
        key: Path | None = None,
        path: str | None = None,
    ) -> None:
        super().__init__(port=port)
        self.workers = list(workers)
        self.hosts = list(hosts)
        self.static = static
        self.rate = rate
        self.login_rate = login_rate
        self.connections = connections
        self.certificate = certificate
        self.key = key
        self.path = path
        self.redirect_port = free_port() if certificate else None
        self.access_log = self.folder / "aiochat.access.log"
        self.error_log = self.folder / "error.log"

    @property
    def url(self) -> str:
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    def reload(self, workers: Sequence[int | Path] | None = None) -> None:
        """Take up the configuration again, with other workers if given; open connections stay."""
        if workers is not None:
            self.workers = list(workers)
        self._prepare()
        os.kill(self.pid, signal.SIGHUP)

    def site(self) -> str:
        """nginx/aiochat.conf with this server's values, as deploy/nginx-site prints it."""
        options: dict[str, object] = {
            "--listen": f"127.0.0.1:{self.port}",
            "--static": self.static,
            "--logs": self.folder,
            "--rate": self.rate,
            "--login-rate": self.login_rate,
            "--connections": self.connections,
            "--certificate": self.certificate,
            "--key": self.key,
            "--path": self.path,
            "--redirect": self.redirect_port and f"127.0.0.1:{self.redirect_port}",
        }
        command = [str(ROOT / "deploy" / "nginx-site")]
        for option, value in options.items():
            if value is not None:
                command += [option, str(value)]
        for host in self.hosts:
            command += ["--host", host]
        for worker in self.workers:
            command += ["--worker", f"127.0.0.1:{worker}" if isinstance(worker, int) else f"unix:{worker}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerError(f"deploy/nginx-site ended with {done.returncode}\n{done.stderr}")
        return done.stdout

    def tail(self, lines: int = 30) -> str:
        logs = [super().tail(lines)]
        if self.error_log.exists():
            logs += self.error_log.read_text("utf-8", "replace").splitlines()[-lines:]
        return "\n".join(logs)

    def _prepare(self) -> None:
        open_files = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 65536)
        (self.folder / "site.conf").write_text(self.site())
        (self.folder / "nginx.conf").write_text(f"""\
{"user root;" if os.geteuid() == 0 else ""}
worker_processes 2;
worker_rlimit_nofile {open_files};
pid {self.folder}/nginx.pid;
error_log {self.error_log} warn;
events {{ worker_connections {open_files // 2}; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log off;
    client_body_temp_path {self.folder}/body;
    proxy_temp_path {self.folder}/proxy;
    fastcgi_temp_path {self.folder}/fastcgi;
    uwsgi_temp_path {self.folder}/uwsgi;
    scgi_temp_path {self.folder}/scgi;
    include {self.folder}/site.conf;
}}
""")

    def _command(self) -> list[str]:
        return [
            *(program_path("nginx"), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")),
            *("-e", str(self.error_log), "-g", "daemon off;"),
        ]

    def _is_ready(self) -> bool:
        socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        return True
