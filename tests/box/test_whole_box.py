"""aiochat on a machine, from the first day to the last: installed as the former release, updated while people
talk, an update that doesn't serve, other options, taken away, put back, and purged. The tests are its days,
one after the other. It takes minutes and needs debootstrap: `make box-test`."""

import asyncio
import contextlib
import functools
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.operations.faults.test_crash import RETRY_SECONDS, Sender
from tests.support.files import posts, uploads
from tests.support.people import Listener, Person
from tests.support.programs.debian_root import Machine, Unavailable, check_here, made
from tests.support.programs.former_release import unpack_former_release
from tests.support.programs.shell import run
from tests.support.servers import ROOT

pytestmark = [
    pytest.mark.skipif(not os.environ.get("BOX"), reason="takes minutes: make box-test"),
    pytest.mark.usefixtures("programs"),
]

HOST, OTHER_HOST = "chat.example.org", "talk.example.org"
NEW, FORMER, BROKEN = "srv/new", "srv/former", "srv/broken"
PLACES = ("etc", "usr/local", "opt/aiochat", "var/spool", "var/lib/aiochat")
PROVISION = "/opt/aiochat/deploy/provision"
WORDS = "what we said\n"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """With the servers' packages, those of Python in a folder, and three versions of aiochat, none of which
    is installed."""
    former = unpack_former_release(tmp_path_factory.mktemp("former"))
    try:
        check_here()
        with made() as found:
            found.takes(former, FORMER)
            found.takes(ROOT, NEW)
            _break(found)
            found.prepares(f"/{NEW}/deploy/provision")
            _fetch_packages(found)
            _make_certificate(found)
            with found.started(), found.network():
                yield found
    except Unavailable as error:
        pytest.skip(str(error))


def _break(machine: Machine) -> None:
    """A version whose workers end at once. It gives them less time, so that this test takes less."""
    machine.takes(ROOT, BROKEN)
    app, box = machine.root / BROKEN / "app.py", machine.root / BROKEN / "deploy/box"
    app.write_text(f"import sys\n\nif 'serve' in sys.argv:\n    sys.exit('broken')\n{app.read_text()}")
    box.write_text(box.read_text().replace("--wait 90", "--wait 5"))


def _fetch_packages(machine: Machine) -> None:
    """The machine that is started has no network for pip."""
    machine.prepares("python3", "-m", "venv", "/srv/pip")
    for lists in ((NEW, "requirements.lock"), (FORMER, "requirements.lock"), (FORMER, "requirements.txt")):
        if (machine.root / lists[0] / lists[1]).exists():
            options = ["--quiet", "--find-links", "/srv/wheels", "--dest", "/srv/wheels"]
            machine.prepares("/srv/pip/bin/pip", "download", *options, "-r", f"/{'/'.join(lists)}")
    machine.writes("etc/pip.conf", "[global]\nno-index = true\nfind-links = /srv/wheels\n")


def _archive(machine: Machine) -> str:
    """What a release consists of, on the machine."""
    build = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--sdist",
        "--outdir",
        str(machine.root / "srv"),
    ]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    [archive] = (machine.root / "srv").glob("aiochat-*.tar.gz")
    return f"/srv/{archive.name}"


def _make_certificate(machine: Machine) -> None:
    """In root's folder, for both names."""
    names = f"subjectAltName=DNS:{HOST},DNS:{OTHER_HOST}"
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "9"]
    files = ["-keyout", str(machine.root / "root/key.pem"), "-out", str(machine.root / "root/chain.pem")]
    command = ["openssl", "req", *kind, "-subj", f"/CN={HOST}", "-addext", names, *files]
    subprocess.run(command, check=True, capture_output=True)


class Here(AbstractResolver):
    """All names are the machine's."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None: ...


def _visitor(machine: Machine, name: str, host: str = HOST) -> Person:
    """Who trusts the machine's certificate and no other."""
    trusted = ssl.create_default_context(cafile=str(machine.root / "root/chain.pem"))
    connector = aiohttp.TCPConnector(ssl=trusted, resolver=Here())
    return Person(f"https://{host}", name, connector)


class Talker(Sender):
    """Says something three times a second, over a socket that is opened again whenever it ends."""

    said = 0

    async def _talk(self, listener: Listener, waiting: dict[str, str]) -> None:
        while not self._stopping:
            nonce = f"{self.person.name}-{self.said}"
            await listener.ws.send_json({"type": "post", "nonce": nonce, "text": f"number {self.said}"})
            answer = await asyncio.wait_for(listener._answer(nonce), RETRY_SECONDS)
            if answer["type"] == "receipt":
                self.receipts[nonce] = answer
                self.said += 1
            await asyncio.sleep(0.3)
        await listener.is_told()


@contextlib.asynccontextmanager
async def _talking(someone: Person, room: str) -> AsyncIterator[Talker]:
    """Somebody holds a socket open and talks. Afterwards what was acknowledged is there, once and in order,
    and they have heard all of it, once and in order."""
    talker = Talker(someone, room)
    talk = asyncio.create_task(talker.run(0))
    try:
        yield talker
        assert not talk.done(), talk.exception()
    finally:
        talker.stop()
        await asyncio.wait_for(talk, 120)
    history = await someone.history(room)
    assert [line["seq"] for line in history] == list(range(1, len(history) + 1))
    texts = {line["seq"]: line.get("text") for line in history}
    for nonce, receipt in talker.receipts.items():
        assert texts[receipt["seq"]] == f"number {nonce.rpartition('-')[2]}"
    said = [line["text"] for line in history if line["kind"] == "post"]
    assert len(said) == len(set(said))
    assert talker.seen == list(range(1, len(talker.seen) + 1))
    assert len(talker.seen) >= max(receipt["seq"] for receipt in talker.receipts.values())


async def _says(machine: Machine, *command: str, code: int = 0) -> str:
    return await asyncio.to_thread(machine.runs, *command, code=code)


async def _is_sound(machine: Machine) -> None:
    assert await _says(machine, "aiochat", "verify", "--contents") == "Everything is as it must be.\n"


async def _has_everything(someone: Person) -> None:
    [line] = [line for line in await someone.history("Lobby") if line.get("files")]
    async with someone.http.get(line["files"][0]["url"]) as answer:
        assert (answer.status, await answer.text()) == (200, WORDS)


async def test_it_is_updated_while_people_talk(machine: Machine) -> None:
    where = ("--public-url", f"https://{HOST}", "--certificate", "/root/chain.pem", "--key", "/root/key.pem")
    said = await _says(machine, f"/{FORMER}/deploy/provision", "--box", *where, "--workers", "2")
    assert f"aiochat is at https://{HOST}" in said
    alice, bob = await _visitor(machine, "alice").registers(), await _visitor(machine, "bob").registers()
    for room in ("Lobby", "Update", "Broken"):
        await alice.creates(room)
    sent = await uploads(alice, "notes.txt", WORDS.encode())
    lobby = await alice.enters("Lobby")
    await posts(lobby, {"id": sent["id"], "description": ""}, text="notes")

    # The first release had no command for it.
    update = ["aiochat-update"]
    if not (machine.root / "usr/local/bin/aiochat-update").exists():
        update = [f"/{NEW}/deploy/update.py", "--force"]
    async with _talking(alice, "Update") as talker:
        said = await _says(machine, *update, "--from", _archive(machine))
        assert talker.receipts
    assert "serves; the former one is in /opt/aiochat.former" in said
    assert (machine.root / "opt/aiochat/deploy/remove").exists()
    await _is_sound(machine)

    async with _talking(bob, "Broken") as talker:
        said = await _says(machine, "aiochat-update", "--from", f"/{BROKEN}", code=1)
        assert talker.receipts
    assert "and was taken back; the site of before is in /var/backups/aiochat/" in said
    assert "broken" in said
    await _is_sound(machine)
    await _has_everything(alice)
    await alice.close()
    await bob.close()


def _workers(machine: Machine) -> list[str]:
    return sorted(path.name for path in (machine.root / "run/aiochat").glob("*.sock"))


async def test_other_options_and_the_same_again(machine: Machine) -> None:
    assert _workers(machine) == ["8081.sock", "8082.sock"]
    other = ("--workers", "1", "--public-url", f"https://{OTHER_HOST}", "--people", "50")
    said = await _says(machine, PROVISION, "--box", *other)
    assert "stopping aiochat@8082.service: there are 1 workers now" in said
    assert _workers(machine) == ["8081.sock"]
    found = ("sh", "-c", "grep -lz AIOCHAT_PORT=8082 /proc/[0-9]*/environ")
    assert not await _says(machine, *found, code=1)
    alice = await _visitor(machine, "alice", OTHER_HOST).logs_in()
    await _has_everything(alice)
    before = machine.files(*PLACES)
    assert f"aiochat is at https://{OTHER_HOST}" in await _says(machine, PROVISION, "--box")
    assert machine.files(*PLACES) == before
    site = (machine.root / "etc/nginx/sites-available/aiochat").read_text()
    assert "8082" not in site
    assert "limit_conn aiochat_connections 250;" in site
    # The former name is nobody's any more.
    stranger = _visitor(machine, "stranger")
    with pytest.raises(aiohttp.ClientError):
        await stranger.http.get("/")
    await stranger.close()
    await alice.close()


async def test_it_is_taken_away_put_back_and_purged(machine: Machine, tmp_path: Path) -> None:
    alice = await _visitor(machine, "alice", OTHER_HOST).logs_in()
    said = await _says(machine, PROVISION, "--remove")
    assert "aiochat is removed. Its database, /var/lib/aiochat and /etc/aiochat stay" in said
    with pytest.raises(aiohttp.ClientError):
        await alice.http.get("/")
    for name in ("opt/aiochat", "usr/local/bin/aiochat", "run/aiochat", "etc/nginx/sites-available/aiochat"):
        assert not (machine.root / name).exists()
    assert "aiochat" not in (machine.root / "etc/passwd").read_text()
    # As it was chosen, and whoever was signed in still is.
    assert f"aiochat is at https://{OTHER_HOST}" in await _says(machine, f"/{NEW}/deploy/provision", "--box")
    await _has_everything(alice)
    await _is_sound(machine)
    said = await _says(machine, PROVISION, "--remove", "--purge")
    saved = machine.root / said.partition("what it was is in /")[2].split()[0]
    for name in ("opt/aiochat", "var/lib/aiochat", "etc/aiochat"):
        assert not (machine.root / name).exists()
    listed = ("psql", "-tAc", "select datname from pg_database")
    assert "aiochat" not in await _says(machine, "runuser", "-u", "postgres", "--", *listed)
    # The last backup is one. No database is asked.
    check = functools.partial(run, tmp_path, "restore", "--check", str(saved))
    checked = await asyncio.to_thread(check, DATABASE_URL="postgresql:///nowhere")
    assert checked.returncode == 0, checked.stderr
    await alice.close()
