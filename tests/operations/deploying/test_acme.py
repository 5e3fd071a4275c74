"""`deploy/provision --box --acme`: a certificate by certbot, in a folder that stands for the machine. certbot
is a script here, which writes down what it was asked and gives a certificate of its own; what was tried with
the real one says docs/updating.md."""

import os
from pathlib import Path

import pytest

from tests.operations.deploying.test_box import Box, Certificate, box, certificate

__all__ = ["box", "certificate"]

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a machine is set up by root")

URL = ("--public-url", "https://chat.example.org")
ACME = ("--acme", "admin@example.org")

CERTBOT = """#!/bin/bash
echo "certbot $*" >> {log}
if [[ -e {folder}/fail-certbot ]]; then
    echo "Challenge failed for domain chat.example.org" >&2
    exit 1
fi
# The challenge is answered by the site of this moment.
grep -q 'location ^~ /.well-known/acme-challenge/' {site} || exit 2
mkdir -p {got}
cp {chain} {got}/fullchain.pem
cp {key} {got}/privkey.pem
"""


@pytest.fixture
def authority(box: Box, certificate: Certificate) -> Path:
    """What certbot gets, in whose folder."""
    chain, key = certificate("chat")
    got = box.folder / "etc/letsencrypt/live/aiochat"
    names = {"log": box.log, "folder": box.folder, "site": box.site, "got": got, "chain": chain, "key": key}
    box.add("programs/certbot", CERTBOT.format(**names))
    return got


def asked(box: Box) -> list[str]:
    return [call for call in box.calls() if call.startswith("certbot ")]


def test_a_certificate_is_got_and_remembered(box: Box, authority: Path) -> None:
    said = box.provision(*URL, *ACME)
    assert "getting a certificate for chat.example.org" in said
    assert "aiochat is at https://chat.example.org" in said
    [call] = asked(box)
    for part in (
        "certonly --non-interactive --agree-tos --email admin@example.org --webroot",
        "--cert-name aiochat --renew-with-new-domains --domain chat.example.org",
        "--deploy-hook systemctl reload nginx",
    ):
        assert part in call
    site = box.site.read_text()
    assert f'ssl_certificate "{authority}/fullchain.pem";' in site
    # It is renewed by plain HTTP.
    plain = site[site.rindex("server {") :]
    assert "location ^~ /.well-known/acme-challenge/ {" in plain
    assert "return 301 https://" in plain
    assert site.count("acme-challenge") == 1
    # Afterwards nothing hangs on the authority.
    box.add("fail-certbot", "")
    box.provision()
    assert asked(box) == []
    assert box.site.read_text() == site


def test_another_name_gets_another_one(box: Box, authority: Path, certificate: Certificate) -> None:
    box.provision(*URL, *ACME)
    box.calls()
    chain, _ = certificate("talk")
    other = (box.folder / "programs/certbot").read_text().replace("/chat", "/talk")
    box.add("programs/certbot", other)
    box.provision("--public-url", "https://talk.example.org", "--acme-server", "https://acme.example.org/dir")
    [call] = asked(box)
    assert "--server https://acme.example.org/dir --webroot" in call
    assert "--domain talk.example.org" in call
    assert (authority / "fullchain.pem").read_text() == chain.read_text()


def test_where_none_is_given_the_site_is_up_without(box: Box, authority: Path) -> None:
    box.add("fail-certbot", "")
    said = box.provision(*URL, *ACME, code=1)
    assert "Challenge failed for domain" in said
    assert "there is no certificate for chat.example.org (certbot's reason is above)" in said
    assert "ssl" not in box.site.read_text()
    assert "acme-challenge" in box.site.read_text()
    (box.folder / "fail-certbot").unlink()
    box.provision()
    assert f'ssl_certificate "{authority}/fullchain.pem";' in box.site.read_text()


def test_it_ends_with_another_choice(box: Box, authority: Path, certificate: Certificate) -> None:
    box.provision(*URL, *ACME)
    certificate("own")
    box.provision("--certificate", "own.pem", "--key", "own-key.pem")
    assert f'ssl_certificate "{box.folder}/own.pem";' in box.site.read_text()
    assert "acme-challenge" not in box.site.read_text()
    box.provision()
    assert f'ssl_certificate "{box.folder}/own.pem";' in box.site.read_text()
    box.provision(*ACME)
    box.provision("--acme", "none", "--public-url", "http://chat.example.org")
    assert "ssl" not in box.site.read_text()
    box.provision()
    assert "ssl" not in box.site.read_text()


def test_what_is_wrong_is_said_before_anything_is_done(box: Box, authority: Path) -> None:
    for options, why in (
        ((*URL, "--acme", "nobody"), "--acme must be your mail address"),
        ((*ACME,), "--acme needs a public URL like https://"),
        ((*ACME, "--public-url", "https://192.0.2.1"), "--acme needs a public URL like https://"),
        ((*ACME, "--public-url", "https://localhost"), "--acme needs a public URL like https://"),
        ((*ACME, "--public-url", "https://chat.example.org:8443"), "--acme needs a public URL like"),
        ((*URL, *ACME, "--certificate", "a", "--key", "b"), "leave out one of them"),
        ((*URL, *ACME, "--acme-server", "http://x"), "--acme-server must be an https:// address"),
    ):
        said = box.provision(*options, code=1)
        assert why in said
        assert len(said.splitlines()) == 1, said
        assert box.calls() == []
