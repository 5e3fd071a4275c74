"""Bad input over HTTP: every field, parameter, path and header gets a clear 4xx, and nothing else
happens."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from tests.security.conftest import Lasting
from tests.support.accounts import accounts_of
from tests.support.people import PASSWORD, Person
from tests.support.servers import Aiochat
from tests.support.wire.raw_http import Answer, cookie_of, request


@dataclass
class Sender:
    """Somebody with a session and its token, who sends what no page of ours would."""

    person: Person
    token: str

    async def posts(self, path: str, body: bytes, kind: str = "", **headers: str) -> Answer:
        given = {
            "X-CSRF-Token": self.token,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if kind:
            given["Content-Type"] = kind
        return await request(
            self.person.url, "POST", path, cookie=cookie_of(self.person), body=body, headers=given
        )

    async def gets(self, path: str | bytes, **headers: str) -> Answer:
        return await request(self.person.url, "GET", path, cookie=cookie_of(self.person), headers=headers)


@pytest.fixture
async def visitor(lasting: Lasting) -> Sender:
    someone = await lasting("visitor")
    return Sender(someone, await someone.token())


@pytest.fixture
async def member(lasting: Lasting) -> Sender:
    someone = await lasting("alice")
    return Sender(someone, await someone.token("/rooms"))


@pytest.fixture(autouse=True)
def nothing_else_happens(nothing_logged: None, lone_chat: Aiochat) -> Iterator[None]:
    """No room was made, and nothing went to the log that somebody should look at."""
    yield
    assert not accounts_of(lone_chat.url).rooms_like("evil")


# What is sent as the value of a field, percent-encoded as browsers do it, and what the answer is:
# 400 where it isn't even text.
BAD_VALUES = {
    "empty": (b"", 422),
    "spaces": (b"+++", 422),
    "control": (b"evil%01", 422),
    "tab": (b"evil%09x", 422),
    "newline": (b"evil%0D%0Ax", 422),
    "NUL": (b"evil%00", 422),
    "DEL": (b"evil%7F", 422),
    "invisible": (b"evil%E2%80%8B", 422),
    "overriding": (b"%E2%80%AEevil", 422),
    "too long": (b"e" * 600, 422),
    "far too long": (b"e" * 60_000, 422),
    "markup": (b"%3Cscript%3Eevil", 422),
    "path": (b"..%2F..%2Fevil", 422),
    "not UTF-8": (b"evil%FF", 400),
    "cut UTF-8": (b"evil%E2%82", 400),
    "overlong UTF-8": (b"evil%C0%AF", 400),
    "surrogate": (b"evil%ED%A0%80", 400),
    "raw bytes": (b"evil\xff", 400),
    "raw NUL": (b"evil\x00", 422),
    "half an escape": (b"evil%", 422),
}


@pytest.mark.parametrize(("value", "status"), BAD_VALUES.values(), ids=BAD_VALUES)
async def test_names_of_people(visitor: Sender, value: bytes, status: int) -> None:
    assert (
        await visitor.posts("/accounts/register", b"password=" + PASSWORD.encode() + b"&username=" + value)
    ).status == status
    # At the login a name that can't be is one that nobody has.
    login = await visitor.posts("/accounts/login", b"password=x&username=" + value)
    assert login.status == status or (status, login.status) == (422, 401)


@pytest.mark.parametrize(("value", "status"), BAD_VALUES.values(), ids=BAD_VALUES)
async def test_addresses_and_passwords(visitor: Sender, value: bytes, status: int) -> None:
    # The name is impossible, so that a field that takes the value makes no account.
    for field in (b"email=", b"password="):
        body = (
            b"username=evil+one&"
            + field
            + value
            + (b"&password=a+fine+password" if field == b"email=" else b"")
        )
        assert (await visitor.posts("/accounts/register", body)).status == status
    body = b"username=evil&password=" + value
    login = await visitor.posts("/accounts/login", body)
    assert login.status == status or (status, login.status) == (422, 401)


@pytest.mark.parametrize(("value", "status"), BAD_VALUES.values(), ids=BAD_VALUES)
async def test_rooms(member: Sender, value: bytes, status: int) -> None:
    # Without a name one is made of the title.
    body = b"kind=open&topic=&title=Evil&name=" + (value or b"1")
    assert (await member.posts("/rooms", body)).status == status
    assert (await member.posts("/rooms", b"name=evilkind&topic=&kind=" + value)).status == status
    # The name is impossible, so that a topic that is taken makes no room.
    body = b"title=Evil&name=evil+topic&kind=open&topic=" + value
    answer = await member.posts("/rooms", body, Accept="application/json")
    assert answer.status == status


@pytest.mark.parametrize(
    "name",
    [
        "1evil",
        "-evil",
        "_evil",
        "evil room",
        "e.vil",
        "évil",
        "evil/..",
        "ｅvil",
        "e" * 33,
        "#evil",
        "evil\u0301",
    ],
)
async def test_no_addresses_of_rooms(member: Sender, name: str) -> None:
    answer = await member.posts("/rooms", f"title=Evil+room&name={name}&kind=open".encode())
    assert answer.status == 422
    assert 'id="name-error"' in answer.text
    assert f'value="{name}"' in answer.text, "what was typed is kept"


@pytest.mark.parametrize(
    "title",
    [
        "",
        " ",
        "\u200b",
        "\u202e\u2066",
        "\u3164",
        "\u2800",
        "\ufe0f",
        "evil" * 17,
        "evil\ue000",
        "evil\ufdd0",
    ],
)
async def test_no_titles_of_rooms(member: Sender, title: str) -> None:
    body = f"title={quote(title)}&kind=open".encode()
    answer = await member.posts("/rooms", body)
    assert answer.status == 422
    assert 'id="title-error"' in answer.text
    assert '"title"' in (await member.posts("/rooms", body, Accept="application/json")).text


@pytest.mark.parametrize(
    "topic", ["x" * 201, "two\nlines", "a\ttab", "a\0NUL", "a\u2028b", "a\x85b", "a\x7fb"]
)
async def test_no_topics(member: Sender, topic: str) -> None:
    answer = await member.posts(
        "/rooms", b"name=Eviltopic&topic=" + topic.encode(), Accept="application/json"
    )
    assert answer.status == 422
    assert '"topic"' in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"&&&",
        b"=",
        b"name",
        b"kind=open",
        b"topic=x",
        b"Name=evil",
        b"name[]=evil",
        b";name=evil",
        b"title=%20",
    ],
)
async def test_a_room_without_a_name_is_none(member: Sender, body: bytes) -> None:
    assert (await member.posts("/rooms", body)).status == 422
    assert (await member.posts("/rooms", body, Accept="application/json")).status == 422


async def test_of_a_field_that_comes_twice_the_last_counts(member: Sender) -> None:
    assert (await member.posts("/rooms", b"title=Evil&name=Evilfirst&name=1")).status == 422


async def test_more_fields_than_any_form_has(member: Sender, visitor: Sender) -> None:
    body = b"&".join(b"evil%d=1" % number for number in range(3000))
    assert (await member.posts("/rooms", b"name=Evilmany&" + body)).status == 400
    assert (
        await visitor.posts("/accounts/register", b"username=evil&password=evil1234&" + body)
    ).status == 400
    parts = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="evil%d"\r\n\r\n1\r\n' % number for number in range(900)
    )
    assert (
        await member.posts("/rooms", parts + b"--x--\r\n", "multipart/form-data; boundary=x")
    ).status == 400


@pytest.mark.parametrize("path", ["/rooms", "/accounts/login", "/accounts/register"])
async def test_huge_bodies(member: Sender, visitor: Sender, path: str) -> None:
    sender = member if path == "/rooms" else visitor
    assert (await sender.posts(path, b"name=Evil&username=" + b"e" * 70_000)).status == 413
    part = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n' + b"e" * 70_000 + b"\r\n--x--\r\n"
    assert (await sender.posts(path, part, "multipart/form-data; boundary=x")).status == 413
    upload = (
        b'--x\r\nContent-Disposition: form-data; name="name"; filename="e"\r\n\r\n'
        + b"e" * 70_000
        + b"\r\n--x--\r\n"
    )
    assert (await sender.posts(path, upload, "multipart/form-data; boundary=x")).status == 413
    assert (
        await sender.posts(path, gzip.compress(b"name=" + b"e" * 5_000_000), Content_Encoding="gzip")
    ).status == 413


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 415),
        ("text/plain", 415),
        ("application/xml", 415),
        ("multipart/mixed; boundary=x", 415),
        ("application/octet-stream", 415),
        ("nonsense", 415),
        (";;", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=x", 400),
        ("multipart/form-data; boundary=" + "x" * 100, 400),
    ],
)
async def test_other_content_types(member: Sender, visitor: Sender, kind: str, status: int) -> None:
    assert (await member.posts("/rooms", b'{"name": "Evil"}', kind)).status == status
    assert (await member.posts("/rooms", b"name=Evil", kind)).status == status
    assert (await visitor.posts("/accounts/login", b"username=alice&password=x", kind)).status == status


DISPOSITION = b'Content-Disposition: form-data; name="name"'
BAD_PARTS = {
    "no name": (b"Content-Disposition: form-data", b"Evil"),
    "no disposition": (b"X: y", b"Evil"),
    "no header": (b"", b"Evil"),
    "a line without a colon": (b"nonsense", b"Evil"),
    "an endless header": (b'Content-Disposition: form-data; name="' + b"e" * 20_000 + b'"', b"Evil"),
    "bytes that are no UTF-8": (DISPOSITION, b"Evil\xff"),
    "an unknown charset": (DISPOSITION + b"\r\nContent-Type: text/plain; charset=nope", b"Evil"),
    "a charset that isn't one": (DISPOSITION + b"\r\nContent-Type: text/plain; charset=hex", b"ZZ"),
    "a charset with surrogates": (DISPOSITION + b"\r\nContent-Type: text/plain; charset=utf-7", b"Evil+2AA-"),
    "an unknown encoding": (DISPOSITION + b"\r\nContent-Transfer-Encoding: nope", b"Evil"),
    "parts within": (
        DISPOSITION + b"\r\nContent-Type: multipart/mixed; boundary=y",
        b"--y\r\n\r\nEvil\r\n--y--",
    ),
    "a default charset": (
        b'Content-Disposition: form-data; name="_charset_"',
        b"nope\r\n--x\r\n" + DISPOSITION + b"\r\n\r\nEvil",
    ),
}


@pytest.mark.parametrize(("headers", "content"), BAD_PARTS.values(), ids=BAD_PARTS)
async def test_broken_parts(member: Sender, headers: bytes, content: bytes) -> None:
    body = b"--x\r\n" + headers + b"\r\n\r\n" + content + b"\r\n--x--\r\n"
    for sender in (member, Sender(member.person, "")):  # without a token it is read sooner
        assert (await sender.posts("/rooms", body, "multipart/form-data; boundary=x")).status == 400


async def test_parts_that_are_files_are_no_fields(member: Sender) -> None:
    body = b"--x\r\n" + DISPOSITION + b'; filename="evil.txt"\r\n\r\nEvil\r\n--x--\r\n'
    assert (await member.posts("/rooms", body, "multipart/form-data; boundary=x")).status == 422


async def test_a_form_of_parts_is_a_form(member: Sender) -> None:
    body = b"--x\r\n" + DISPOSITION + b"\r\n\r\nParts\r\n--x--\r\n"
    assert (await member.posts("/rooms", body, "multipart/form-data; boundary=x")).location == "/rooms/Parts"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_bodies_that_do_not_unpack(member: Sender, encoding: str) -> None:
    assert (await member.posts("/rooms", b"name=Evil", Content_Encoding=encoding)).status == 400


@pytest.mark.parametrize("charset", ["utf-16", "nope", "utf-8", "latin-1"])
async def test_a_form_is_utf_8_whatever_it_says(member: Sender, charset: str) -> None:
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    answer = await member.posts("/rooms", "title=Evil&name=Évil".encode(), kind)
    assert answer.status == 422
    assert 'value="Évil"' in answer.text
