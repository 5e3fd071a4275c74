"""The site's path on its host: put before what leaves, taken off what comes, and never twice."""

import time
from collections.abc import Iterator

import pytest

from helpers import base_path as base
from helpers.base_path import html_with_base, use_base_path, with_base, without_base


@pytest.fixture
def below() -> Iterator[None]:
    """No server of this process is asked meanwhile."""
    before = base.base_path()
    use_base_path("/team/chat")
    yield
    use_base_path(before)


PAGE = '<p>see <a class="mention" href="/users/bob">@bob</a> <img src="/a" srcset="/a 1x, /b 2x"></p>'


def test_without_a_path_all_stays_as_it_is() -> None:
    assert base.base_path() == ""
    assert html_with_base(PAGE) is PAGE
    for one in ("/", "/rooms", "//example.org", "https://example.org/rooms", "", "#main"):
        assert with_base(one) == without_base(one) == one
    assert base.secure_name("session") == "__Host-session"


@pytest.mark.parametrize(
    ("own", "whole"),
    [
        ("/", "/team/chat/"),
        ("/rooms/a%2Fb?x=/rooms#y", "/team/chat/rooms/a%2Fb?x=/rooms#y"),
        ("/team/chatter", "/team/chat/team/chatter"),
        ("/team", "/team/chat/team"),
    ],
)
def test_addresses_get_it_once(below: None, own: str, whole: str) -> None:
    assert with_base(own) == with_base(with_base(own)) == whole
    assert without_base(whole) == without_base(own) == own
    assert with_base("/team/chat?x") == "/team/chat?x"


@pytest.mark.parametrize(
    "other", ["//example.org", "https://example.org/rooms", "#main", "", "rooms", "?q=1"]
)
def test_what_is_no_path_of_the_site_stays(below: None, other: str) -> None:
    assert with_base(other) == without_base(other) == other


def test_what_would_name_another_host_keeps_it(below: None) -> None:
    assert without_base("/team/chat//example.org") == "/team/chat//example.org"


def test_html_gets_it_in_its_attributes(below: None) -> None:
    found = html_with_base(PAGE)
    assert found == (
        '<p>see <a class="mention" href="/team/chat/users/bob">@bob</a> '
        '<img src="/team/chat/a" srcset="/team/chat/a 1x, /team/chat/b 2x"></p>'
    )
    assert html_with_base(found) == found


@pytest.mark.parametrize(
    "html",
    [
        '<code> href="/rooms"</code>',
        'href="/rooms" src="/x"',
        '&lt;a href="/rooms"&gt;',
        '<input name="next" value="/rooms">',
        '<a href="//example.org/rooms">',
        '<a href="https://example.org/">',
        '<a href="#main" title="see /rooms">',
        '{"html": "<a href=\\"/x\\">"}',
        '<li data-usage="/status">',
    ],
)
def test_what_was_typed_stays_so(below: None, html: str) -> None:
    assert html_with_base(html) == html


@pytest.mark.parametrize("piece", ["<a ", '<a href="/', '="/', "<", '<a b="/x" ', ' srcset="/a, '])
@pytest.mark.parametrize("first", ["", "<a "])
def test_it_takes_time_by_its_length_alone(below: None, first: str, piece: str) -> None:
    begun = time.process_time()
    html_with_base(first + piece * 20_000 + ">")
    assert time.process_time() - begun < 2.0
