"""Strategies for requests that no browser sends: bodies that aren't what they say, and headers that
mean nothing."""

import json
from dataclasses import dataclass, field

from hypothesis import strategies as st

FORM = "application/x-www-form-urlencoded"
BOUNDARY = "cut"

NAMES = (
    *("text", "name", "kind", "topic", "username", "password", "new_password", "email", "next", "with"),
    *("private", "display_name", "bio", "place", "time_zone", "session", "all", "messages", "nonce"),
    *("picture", "alt", "remove", "alt-1", "alt-x", "csrf_token", "_charset_", "", "\0", "a" * 500),
)
"""All fields that forms have, and some that they haven't."""

VALUES = (
    *(b"", b"words", b"yes", b"%00", b"%ED%A0%80", b"%FF%FE", b"%", b"%zz", b"%C0%AF", b"-1", b"1e999"),
    *(b"9" * 5000, b"NaN", b"%E2%80%AE", b"/../..", b"//evil.example", b"a%0D%0ASet-Cookie:x", b"@" * 300),
    *(b"%F0%9F%8E%89" * 900, b"e%CC%81" * 2000, b"a@" + b"b." * 300, b"```scala%0A" + b"%5C" * 300),
)

CHARSETS = (
    *("utf-8", "utf-16", "utf-7", "latin-1", "rot13", "base64", "zip", "undefined", "idna", "punycode"),
    *("unicode_escape", "raw_unicode_escape", "", '"', "\0", "x" * 1000, "mbcs", "oem", "../utf-8"),
)

TYPES = (
    *(FORM, f"{FORM};;;", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed"),
    *(f"multipart/form-data; boundary={BOUNDARY}", f'multipart/form-data; boundary="{BOUNDARY}'),
    *("multipart/form-data; boundary=" + "b" * 100, "multipart/form-data; boundary=\xe9"),
    *("application/json", "text/plain", "image/png", "*/*", "a", "/", ";", "a" * 4000, ""),
)

HEADERS: dict[str, tuple[str, ...]] = {
    "Cookie": (
        *("", "session", "session=", "session=%00", "=;=;=", "session=v..", "session=v.x.y; session=z"),
        *("$Version=1; session=a", 'session="a\\', "language=../../x", "a=b;" * 800, "session=" + "a" * 5000),
        "session=\xff\xfe",
    ),
    "Accept": ("", "*/*;q=nan", "application/json;q=", ",,,", "a/b;" * 500, "\xff", "application/json"),
    "Accept-Language": ("", "ru;q=inf", "*;q=9e999", "-", "x" * 4000, "ru;" * 900, "\xff", "{ru}"),
    "Accept-Encoding": ("", "br;q=nan", "gzip;q=-1", "*;q=0", "identity;q=0", "\xff", "gzip," * 900),
    "Range": ("bytes=", "bytes=-", "bytes=5-1", "bytes=" + "9" * 5000 + "-", "bytes=0-,0-," * 300, "x=\xff"),
    "If-Range": ("*", '"', "Thu, 99 Nov 9999"),
    "If-None-Match": ("*", '"', "W/", 'W/"a', '"a",' * 900, "\xff"),
    "If-Match": ("*", '"', "W/"),
    "If-Modified-Since": ("0", "Thu, 31 Feb 0000 99:99:99 GMT", "9" * 400, "\xff"),
    "If-Unmodified-Since": ("x", "Thu, 01 Jan 1970 00:00:00 GMT"),
    "X-Forwarded-For": ("", ",", "::1%eth0", "1.2.3.4, \xff", "999.1.1.1", "[::1]:80", "a" * 4000, "\0x"),
    "X-Forwarded-Proto": ("https", "\xff", "https,http"),
    "Forwarded": ("for=", 'for="[::1', "proto=\xff"),
    "Host": ("", "[", "[::1", "a:b", "a:99999", "a@b", "evil.example", "\xff", "a" * 4000, "a/b?c#d"),
    "Origin": ("", "null", "http://[", "http://a:99999", "//", "\xff", "file://", "a" * 4000),
    "Referer": ("", "http://[", "\xff", "javascript:alert(1)"),
    "Sec-Fetch-Site": ("", "cross-site", "\xff"),
    "Last-Event-ID": ("", "-1", "9" * 5000, "\u0663".encode().decode("latin-1"), "1.5", "\xff", "0x1"),
    "X-CSRF-Token": ("", "\xff", "x" * 5000),
    "User-Agent": ("", "\xff", "(" * 4000, "Mozilla/" + "5" * 4000),
    "Content-Encoding": ("gzip", "deflate", "br", "identity", "x", "gzip, gzip", "zstd"),
    "Expect": ("100-continue", "x"),
    "Upgrade": ("websocket", "h2c", "\xff"),
    "Sec-WebSocket-Key": ("", "x", "\xff"),
    "Transfer-Encoding": ("identity", "gzip", "x"),
    "Content-Length": ("-1", "1e3", "+5", "9" * 400, "0x10", "5, 5"),
}


@dataclass(frozen=True)
class Sent:
    """What goes out, but for the path: `headers` replace the ones that a page would send. Who `leaves`
    closes their side at once."""

    kind: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    leaves: bool = False


def _pairs(names: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    pair = st.tuples(names, st.sampled_from(VALUES)).map(
        lambda one: one[0].encode().replace(b"\0", b"%00") + b"=" + one[1]
    )
    return st.lists(pair, max_size=6).map(b"&".join)


def _charset(kind: str) -> st.SearchStrategy[str]:
    return st.sampled_from(CHARSETS).map(lambda charset: f"{kind}; charset={charset}")


_DEEP = st.integers(1, 3000).flatmap(
    lambda depth: st.sampled_from((b"[", b'{"a":', b'[{"a":')).map(lambda one: one * depth)
)
_JSON = st.one_of(
    _DEEP,
    st.sampled_from(
        (b"9" * 6000, b'{"text":1e999}', b'{"text":"\\ud800"}', b'{"text":NaN}', b'{"a":1,"a":2}', b"\xff")
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
        ),
        max_leaves=6,
    ).map(lambda value: json.dumps(value).encode()),
)

_PART_HEADERS = st.lists(
    st.sampled_from(
        (
            *(b'Content-Disposition: form-data; name="text"', b"Content-Disposition: form-data"),
            *(b'Content-Disposition: form-data; name="picture"; filename="a.png"', b"Content-Disposition: x"),
            *(b"Content-Disposition: form-data; name*=utf-7''x; filename*=rot13''y", b"Content-Disposition:"),
            *(
                b'Content-Disposition: form-data; name="\xff"; filename="../\x00"',
                b"no colon",
                b"Content-Type:",
            ),
            *(b"Content-Type: text/plain; charset=rot13", b"Content-Type: text/plain; charset=utf-16"),
            *(b"Content-Type: multipart/mixed; boundary=cut", b"Content-Type: multipart/form-data"),
            *(b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable"),
            *(b"Content-Transfer-Encoding: x", b"Content-Encoding: gzip", b"Content-Encoding: deflate"),
            *(b"Content-Length: 99999999", b"Content-Length: -1", b"Content-Length: x", b"X: " + b"y" * 9000),
        )
    ),
    max_size=4,
)
_PART_BODIES = st.sampled_from(
    (b"", b"words", b"\xff\xfe", b"\x00", b"=ZZ", b"!!!!", b"--cut", b"\x89PNG\r\n\x1a\n", b"a" * 5000)
)
_PARTS = st.lists(
    st.tuples(_PART_HEADERS, _PART_BODIES).map(
        lambda part: b"--cut\r\n" + b"\r\n".join(part[0]) + b"\r\n\r\n" + part[1] + b"\r\n"
    ),
    max_size=4,
)
_MULTIPART = st.tuples(
    _PARTS, st.sampled_from((b"--cut--\r\n", b"--cut--", b"--cut", b"", b"\r\n\n--cut\n"))
).map(lambda both: b"".join(both[0]) + both[1])
_NAMES = st.sampled_from(NAMES)

BODIES = st.one_of(
    st.tuples(st.just(FORM), _pairs(_NAMES)),
    st.tuples(_charset(FORM), _pairs(_NAMES)),
    st.tuples(st.just(f"multipart/form-data; boundary={BOUNDARY}"), _MULTIPART),
    st.tuples(_charset(f"multipart/form-data; boundary={BOUNDARY}"), _MULTIPART),
    st.tuples(st.just("application/json"), _JSON),
    st.tuples(st.sampled_from(TYPES), _pairs(_NAMES) | _JSON | _MULTIPART | st.binary(max_size=200)),
)

HEADER = st.sampled_from(sorted(HEADERS)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(HEADERS[name]))
)


SENT = st.builds(
    lambda body, headers, leaves: Sent(body[0], body[1], dict(headers), leaves),
    *(BODIES, st.lists(HEADER, max_size=2), st.sampled_from((False, False, False, True))),
)
