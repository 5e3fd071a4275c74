"""What `doctor` says of the public URL: certificates that browsers refuse, and proxies that aren't as they
must be, each of them a real nginx."""

import datetime
import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.operations.commands.test_doctor import examined
from tests.support.programs.shell import run
from tests.support.servers import Aiochat, Nginx


@pytest.fixture(scope="module")
def behind(own_servers: None) -> Iterator[Aiochat]:
    with Aiochat(env={"AIOCHAT_TRUST_PROXY": "true"}) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert run(tmp_path, "migrate").returncode == 0
    return tmp_path


def certificate(folder: Path, *, host: str = "localhost", days: int = 30) -> tuple[Path, Path]:
    """Signed by itself, with its key; for less than no days it has expired."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))]
    made = (
        x509.CertificateBuilder(name, name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=90))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


@pytest.mark.parametrize(
    ("kind", "trusted", "state", "says"),
    [
        ({}, True, "ok", "it is good for (29|30) days"),
        ({"days": 3}, True, "warn", "it is good for [23] days"),
        ({"days": -3}, True, "fail", "expired"),
        ({"host": "chat.example.org"}, True, "fail", "[Hh]ostname mismatch|not valid for"),
        ({}, False, "fail", "self[- ]signed"),
    ],
    ids=["sound", "soon", "expired", "of another name", "signed by itself"],
)
def test_certificates(
    folder: Path,
    behind: Aiochat,
    monkeypatch: pytest.MonkeyPatch,
    kind: dict[str, str | int],
    trusted: bool,
    state: str,
    says: str,
) -> None:
    paths = certificate(folder, **kind)  # type: ignore[arg-type]
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(paths[0]))
    with Nginx([behind.port], certificate=paths[0], key=paths[1]) as nginx:
        url = f"https://localhost:{nginx.port}"
        found = examined(folder, int(state == "fail"), PUBLIC_URL=url, TRUST_PROXY="true")
    assert found["certificate"]["state"] == state
    assert re.search(says, found["certificate"]["told"])
    if state != "fail":
        assert {one["state"] for name, one in found.items() if name.startswith("proxy: ")} == {"ok"}


class Altered(Nginx):
    """With another site than ours, as somebody has changed it."""

    changes: tuple[tuple[str, str], ...]

    def site(self) -> str:
        site = super().site()
        for wanted, instead in self.changes:
            assert re.search(wanted, site), site
            site = re.sub(wanted, instead, site)
        return site


@pytest.mark.parametrize(
    ("change", "fails", "says"),
    [
        (
            (r"proxy_set_header Upgrade \$http_upgrade;", 'proxy_set_header Upgrade "";'),
            "Upgrade",
            "passed on",
        ),
        ((r"client_max_body_size 50m;", "client_max_body_size 1m;"), "sizes", "refuses bodies of 50 MB"),
        (
            (r"X-Forwarded-For \$remote_addr;", "X-Forwarded-For $http_x_forwarded_for;"),
            "addresses",
            "of anybody is passed on",
        ),
        ((r"X-Forwarded-For \$remote_addr;", 'X-Forwarded-For "";'), "addresses", "doesn't come"),
        (
            (r"proxy_redirect off;", "proxy_redirect off; proxy_hide_header Content-Security-Policy;"),
            "headers",
            "Content-Security-Policy of the answer",
        ),
    ],
    ids=["no upgrade", "small bodies", "forged addresses", "no addresses", "no headers"],
)
def test_proxies(folder: Path, behind: Aiochat, change: tuple[str, str], fails: str, says: str) -> None:
    nginx = Altered([behind.port])
    nginx.changes = (change,)
    with nginx:
        found = examined(folder, 1, PUBLIC_URL=nginx.url, TRUST_PROXY="true")
    failed = {name for name, one in found.items() if one["state"] == "fail"}
    assert failed == {f"proxy: {fails}"}
    assert says in found[f"proxy: {fails}"]["told"]


def test_something_else_listens_there(folder: Path, own_servers: None) -> None:
    """An nginx whose worker is away answers for it."""
    with Nginx([1]) as nginx:
        found = examined(folder, 1, PUBLIC_URL=nginx.url)
    assert found["public URL"]["state"] == "fail"
    assert "answers 50" in found["public URL"]["told"]


BUFFERED = (r"proxy_buffering off;", "proxy_buffering on;")
IGNORED = (r"proxy_redirect off;", "proxy_redirect off; proxy_ignore_headers X-Accel-Buffering;")
OLD_HTTP = (r"proxy_http_version 1.1;", "proxy_http_version 1.0;")
GZIP = (r"gzip off;", "gzip on; gzip_types text/event-stream; gzip_proxied any; gzip_min_length 1;")


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        # nginx passes on each chunk of HTTP/1.1 that came as a whole, unless something else gathers them.
        ((BUFFERED, IGNORED), "ok"),
        ((BUFFERED, OLD_HTTP), "ok"),
        ((BUFFERED, GZIP), "ok"),
        ((BUFFERED, IGNORED, OLD_HTTP), "fail"),
        ((BUFFERED, IGNORED, GZIP), "fail"),
        # What our site says of the feed's events holds for the trial, too.
        ((IGNORED, OLD_HTTP), "ok"),
    ],
    ids=["chunks", "HTTP/1.0", "gzip", "HTTP/1.0, and told to", "gzip, and told to", "elsewhere"],
)
def test_streams(folder: Path, behind: Aiochat, changes: tuple[tuple[str, str], ...], state: str) -> None:
    nginx = Altered([behind.port])
    nginx.changes = changes
    with nginx:
        found = examined(folder, int(state == "fail"), PUBLIC_URL=nginx.url, TRUST_PROXY="true")
    assert {name for name, one in found.items() if one["state"] == "fail"} <= {"proxy: streams"}
    assert found["proxy: streams"]["state"] == state


def test_a_server_without_the_trial(folder: Path, behind: Aiochat) -> None:
    """One of an earlier version: nothing is said of what can't be known."""
    nginx = Altered([behind.port])
    nginx.changes = ((r"(location ~ \^/feed/events)", r"location = /feed/events/trial { return 404; } \1"),)
    with nginx:
        found = examined(folder, 0, PUBLIC_URL=nginx.url, TRUST_PROXY="true")
    assert found["proxy: headers"]["state"] == "ok"
    assert "proxy: streams" not in found
