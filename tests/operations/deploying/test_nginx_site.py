"""deploy/nginx-site: the site with other values, or the file as it stands."""

import re
import subprocess

import pytest

from tests.support.servers import ROOT


def test_without_options_the_site_is_the_file_as_it_stands() -> None:
    printed = subprocess.run([ROOT / "deploy" / "nginx-site"], check=True, capture_output=True).stdout
    assert printed == (ROOT / "nginx" / "aiochat.conf").read_bytes()


def test_bodies_are_as_large_as_files_may_be() -> None:
    command = [str(ROOT / "deploy" / "nginx-site"), "--max-file", "700"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    sizes = re.findall(r"client_max_body_size (\d+[km]);", printed)
    assert sizes == ["128k", "9m", "41m", "700m", "1400m"]
    parts = re.findall(r"location [^{]*uploads[^{]*\{[^}]*client_max_body_size (\d+m);", printed)
    assert parts == ["700m"]
    assert r"location ~ ^((/accounts|/rooms/[^/]+)/picture|/admin/site/logo)$ {" in printed, (
        "rooms have photographs, too"
    )


def test_a_path_is_taken_off_before_all_else() -> None:
    command = [str(ROOT / "deploy" / "nginx-site"), "--path", "/team/our.chat/"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = re.findall(r"^    (rewrite .*)$", printed, re.MULTILINE)
    assert lines == [
        "rewrite ^/$ /team/our.chat/ redirect;",
        r"rewrite ^/team/our\.chat$ /team/our.chat/ permanent;",
        r"rewrite ^/team/our\.chat/(.*)$ /$1 last;",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", "a;b"],
        ["--host", "a b"],
        ["--path", "chat"],
        ["--path", "/"],
        ["--path", "/a b"],
        ["--path", "/a;b"],
        ["--path", "/a//b"],
        ["--path", "/a$"],
        ["--static", "relative"],
        ["--static", '/a"b'],
        ["--static", "/a\nb"],
        ["--logs", "/a$b"],
        ["--certificate", "/a"],
        ["--rate"],
        ["--max-file", "0"],
        ["--max-file", "50m"],
        ["--colour", "blue"],
    ],
)
def test_values_that_mean_something_to_nginx_are_refused(arguments: list[str]) -> None:
    done = subprocess.run(
        [ROOT / "deploy" / "nginx-site", *arguments], check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("deploy/nginx-site: ")
    assert done.stdout == ""
