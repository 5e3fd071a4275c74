"""deploy/nginx-site: the site with other values, or the file as it stands."""

import subprocess

import pytest

from tests.support.servers import ROOT


def test_without_options_the_site_is_the_file_as_it_stands() -> None:
    printed = subprocess.run([ROOT / "deploy" / "nginx-site"], check=True, capture_output=True).stdout
    assert printed == (ROOT / "nginx" / "aiochat.conf").read_bytes()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", "a;b"],
        ["--host", "a b"],
        ["--static", "relative"],
        ["--static", '/a"b'],
        ["--static", "/a\nb"],
        ["--logs", "/a$b"],
        ["--certificate", "/a"],
        ["--rate"],
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
