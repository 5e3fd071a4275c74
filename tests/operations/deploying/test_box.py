"""`deploy/provision --box` in a folder that stands for the machine: what was chosen is remembered, all is
checked before anything is done, and an update takes nothing away. systemd, PostgreSQL and the package
manager are scripts that write down what they were told; nginx checks the site in earnest."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.operations.deploying.test_deploy import DEBIAN, run
from tests.support.servers import ROOT

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a machine is set up by root")

SYSTEMCTL = """#!/bin/bash
echo "systemctl $*" >> {log}
for unit in "$@"; do
    case $unit in
        aiochat@*.service)
            case $1 in
                enable) mkdir -p "{wanted}"; ln -sf ../aiochat@.service "{wanted}/$unit" ;;
                disable) rm -f "{wanted}/$unit" ;;
            esac ;;
    esac
done
"""
# There are no users aiochat and redis here.
INSTALL = """#!/bin/bash
given=()
while (($#)); do
    case $1 in -o | -g) shift 2 ;; *) given+=("$1"); shift ;; esac
done
exec {install} "${{given[@]}}"
"""
NOTED = '#!/bin/sh\necho "{name} $*" >> {log}\n'
STUBS = (
    *(
        "useradd",
        "userdel",
        "usermod",
        "getent",
        "runuser",
        "chown",
        "systemd-tmpfiles",
        "journalctl",
        "apt-get",
    ),
    *("redis-server", "redis-cli", "nginx"),
)

PLACES = re.compile(
    r"(?<=[= \"])/(?=(?:etc|opt|usr/local|var/lib|var/log|var/backups)/|run/(?:lock|aiochat)\b)"
)
"""Where the scripts write to."""

Certificate = Callable[[str], tuple[Path, Path]]


class Box:
    """A machine of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.settings = folder / "etc/aiochat/aiochat.env"
        self.site = folder / "etc/nginx/sites-available/aiochat"
        self.wanted = folder / "etc/systemd/system/aiochat.target.wants"
        for name in (
            *(
                "etc/nginx/sites-available",
                "etc/nginx/sites-enabled",
                "etc/nginx/modules-enabled",
                "etc/redis",
            ),
            *("run/lock", "etc/tmpfiles.d", "usr/local/bin", "programs", "opt/aiochat/.venv/bin"),
            "etc/systemd/system/aiochat.target.wants",
        ):
            (folder / name).mkdir(parents=True)
        (folder / "etc/nginx/nginx.conf").write_text("worker_connections 768;\n")
        (folder / "etc/redis/redis.conf").write_text("")
        (folder / "os-release").write_text(DEBIAN)
        self.add_environment()
        for name in STUBS:
            self.add(f"programs/{name}", NOTED.format(name=name, log=self.log))
        self.add("programs/systemctl", SYSTEMCTL.format(log=self.log, wanted=self.wanted))
        self.add("programs/install", INSTALL.format(install=shutil.which("install")))
        source = folder / "checkout"
        shutil.copytree(ROOT / "deploy", source / "deploy", ignore=shutil.ignore_patterns("wheel", "*.json"))
        shutil.copytree(ROOT / "nginx", source / "nginx")
        shutil.copy(ROOT / "requirements.lock", source)
        # The command of the shell is asked whether a worker is ready.
        self.add("checkout/deploy/command", NOTED.format(name="aiochat", log=self.log))
        for name in ("provision", "box", "remove"):
            script = source / "deploy" / name
            script.write_text(PLACES.sub(f"{folder}/", script.read_text()))

    def add_environment(self) -> None:
        """What is installed of packages."""
        (self.folder / "opt/aiochat/.venv/bin").mkdir(parents=True, exist_ok=True)
        self.add("opt/aiochat/.venv/bin/python", "#!/bin/sh\n")

    def add(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def provision(self, *options: str, code: int = 0) -> str:
        """What --box says, or complains of."""
        return self.runs("--box", *options, code=code)

    def runs(self, *options: str, code: int = 0) -> str:
        """What deploy/provision says, or complains of."""
        release = ["--os-release", str(self.folder / "os-release")]
        script = self.folder / "checkout" / "deploy" / "provision"
        env = {**os.environ, "PATH": f"{self.folder / 'programs'}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", script, *release, *options],
            check=False,
            capture_output=True,
            text=True,
            env=env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        assert done.returncode == code, done.stderr
        return done.stderr if code else done.stdout

    def calls(self) -> list[str]:
        """What was done on the machine, since the last time."""
        found = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return found

    def units(self) -> list[str]:
        return sorted(path.name for path in self.wanted.iterdir())

    def everything(self) -> dict[str, str]:
        """All files that an installation leaves, and what they say."""
        places = [self.folder / "etc", self.folder / "usr"]
        files = [path for place in places for path in place.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.folder)): path.read_text() for path in sorted(files)}


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "machine")


@pytest.fixture
def certificate(box: Box) -> Certificate:
    """Makes a certificate and its key, and says where they are."""

    def make(name: str) -> tuple[Path, Path]:
        chain, key = box.folder / f"{name}.pem", box.folder / f"{name}-key.pem"
        made = run(
            [
                *(
                    "openssl",
                    "req",
                    "-x509",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:P-256",
                    "-nodes",
                ),
                *("-subj", f"/CN={name}.example.org", "-days", "9", "-keyout", key, "-out", chain),
            ]
        )
        assert made.returncode == 0, made.stderr
        return chain, key

    return make


CHOSEN = (
    *("--public-url", "https://chat.example.org", "--workers", "4", "--people", "200"),
    *("--certificate", "chat.pem", "--key", "chat-key.pem"),
)
"""With paths as one writes them where the files are."""


def test_an_update_asks_for_nothing_again(box: Box, certificate: Certificate) -> None:
    chain, key = certificate("chat")
    box.provision(*CHOSEN)
    first = box.everything()
    site = box.site.read_text()
    assert f'ssl_certificate "{chain}";' in site
    assert f'ssl_certificate_key "{key}";' in site
    assert "server_name localhost 127.0.0.1 chat.example.org;" in site
    assert site.count("server unix:/run/aiochat/80") == 4
    assert "AIOCHAT_PUBLIC_URL=https://chat.example.org\n" in box.settings.read_text()
    assert box.units() == [f"aiochat@{port}.service" for port in range(8081, 8085)]
    box.calls()
    assert "aiochat is at https://chat.example.org" in box.provision()
    assert box.everything() == first
    assert [call for call in box.calls() if call.startswith("systemctl restart aiochat")] == [
        f"systemctl restart aiochat@{port}" for port in range(8081, 8085)
    ]


def test_an_option_changes_what_it_names_and_nothing_else(box: Box, certificate: Certificate) -> None:
    certificate("chat")
    box.provision(*CHOSEN)
    with box.settings.open("a") as file:
        file.write("AIOCHAT_QUOTA=7\n")
    box.calls()
    said = box.provision("--workers", "2")
    assert "stopping aiochat@8083.service: there are 2 workers now" in said
    calls = box.calls()
    assert "systemctl disable --now --quiet aiochat@8084.service" in calls
    # nginx knows nothing of them when they end.
    assert calls.index("systemctl reload-or-restart nginx") < calls.index(
        "systemctl disable --now --quiet aiochat@8083.service"
    )
    assert box.units() == ["aiochat@8081.service", "aiochat@8082.service"]
    assert "8083" not in box.site.read_text()
    assert "ssl_certificate " in box.site.read_text()
    box.provision("--public-url", "https://talk.example.org")
    assert "AIOCHAT_PUBLIC_URL=https://talk.example.org\n" in box.settings.read_text()
    assert "AIOCHAT_QUOTA=7\n" in box.settings.read_text()
    assert "chat.example.org" not in box.site.read_text()
    box.provision("--certificate", "none", "--public-url", "http://talk.example.org")
    assert "ssl" not in box.site.read_text()
    box.provision()
    assert "ssl" not in box.site.read_text()
    assert len(box.units()) == 2


def test_the_public_url_may_be_changed_in_the_settings(box: Box) -> None:
    box.provision("--public-url", "http://chat.example.org")
    text = box.settings.read_text().replace("chat.example.org", "talk.example.org:8000")
    box.settings.write_text(text)
    assert "aiochat is at http://talk.example.org:8000" in box.provision()
    assert box.settings.read_text() == text
    assert "server_name localhost 127.0.0.1 talk.example.org;" in box.site.read_text()


def test_the_public_url_may_have_a_path(box: Box) -> None:
    box.provision("--public-url", "http://chat.example.org/team/chat")
    assert "AIOCHAT_PUBLIC_URL=http://chat.example.org/team/chat\n" in box.settings.read_text()
    site = box.site.read_text()
    assert "server_name localhost 127.0.0.1 chat.example.org;" in site
    assert "rewrite ^/team/chat/(.*)$ /$1 last;" in site
    box.provision("--public-url", "http://chat.example.org")
    assert "rewrite" not in box.site.read_text()


def test_an_installation_of_before_is_taken_as_it_is(box: Box, certificate: Certificate) -> None:
    """When nothing was remembered yet."""
    certificate("chat")
    box.provision(*CHOSEN)
    (box.folder / "etc/aiochat/provision.conf").unlink()
    site = box.site.read_text()
    box.provision("--people", "200")
    assert box.site.read_text() == site
    assert len(box.units()) == 4


def test_bounds_for_an_office_behind_one_address(box: Box) -> None:
    box.provision()
    assert "limit_conn aiochat_connections 200;" in box.site.read_text()
    assert "AIOCHAT_ADDRESS_CONNECTIONS" not in box.settings.read_text()
    box.provision("--people", "200")
    box.provision()
    site = box.site.read_text()
    assert "limit_conn aiochat_connections 1000;" in site
    assert "rate=200r/s" in site
    assert "rate=20r/s" in site
    assert box.settings.read_text().splitlines().count("AIOCHAT_ADDRESS_CONNECTIONS=1000") == 1


def test_the_site_takes_files_as_large_as_the_settings_say(box: Box) -> None:
    box.provision()
    with box.settings.open("a") as file:
        file.write("AIOCHAT_MAX_FILE=700\n")
    box.provision()
    assert "client_max_body_size 700m;" in box.site.read_text()


def _refusals(box: Box, certificate: Certificate) -> dict[tuple[str, ...], str]:
    chain, key = map(str, certificate("chat"))
    _, other_key = map(str, certificate("other"))
    (box.folder / "text.pem").write_text("no certificate\n")
    https = ("--public-url", "https://chat.example.org")
    return {
        (*https, "--certificate", "missing.pem", "--key", key): "there is no file",
        (*https, "--certificate", chain, "--key", "missing.pem"): "there is no file",
        (*https, "--certificate", str(box.folder), "--key", key): "there is no file",
        (*https, "--certificate", "text.pem", "--key", key): "is no certificate",
        (*https, "--certificate", chain, "--key", "text.pem"): "is no key",
        (*https, "--certificate", chain, "--key", other_key): "isn't the key of",
        ("--certificate", chain, "--key", key): "the public URL begins with https://",
        ("--certificate", "none", "--key", key): "needs no --key",
        ("--people", "0"): "--people must be a number",
        ("--people", "many"): "--people must be a number",
        ("--workers", "0"): "--workers must be a number",
    }


def test_what_is_wrong_is_said_before_anything_is_done(box: Box, certificate: Certificate) -> None:
    refusals = _refusals(box, certificate)
    before = box.everything()
    for options, why in refusals.items():
        said = box.provision(*options, code=1)
        assert why in said
        assert len(said.splitlines()) == 1, said
        assert box.calls() == []
        assert box.everything() == before


def test_what_is_kept_is_checked_like_an_option(box: Box) -> None:
    box.provision()
    box.calls()
    kept = box.folder / "etc/aiochat/provision.conf"
    for line, why in (
        ("workers many", "--workers must be"),
        ("people a[$(touch pwned)]", "--people must be"),
    ):
        kept.write_text(f"{line}\n")
        assert why in box.provision(code=1)
        assert box.calls() == []
    assert not (box.folder / "pwned").exists()


def test_what_nginx_refuses_leaves_the_site_of_before(box: Box) -> None:
    box.provision()
    before = box.site.read_text()
    box.add("programs/nginx", "#!/bin/sh\necho 'nginx: [emerg] no' >&2\nexit 1\n")
    assert "nginx refuses this site" in box.provision("--workers", "3", code=1)
    assert box.site.read_text() == before
    box.add("programs/nginx", "#!/bin/sh\n")
    box.provision()
    assert box.site.read_text().count("server unix:/run/aiochat/80") == 3


def test_a_site_that_was_changed_by_hand_stays(box: Box) -> None:
    box.provision()
    own = box.site.read_text().partition("\n")[2]
    box.site.write_text(own)
    assert "was changed by hand and stays as it is" in box.provision("--workers", "3")
    assert box.site.read_text() == own
