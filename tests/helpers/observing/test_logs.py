"""The lines of a server's log: their form, that nobody forges one, and what they never hold."""

import json
import logging
import re

import pytest

from helpers.observing.logs import formatter
from helpers.observing.request_ids import checked, request_id
from observing_settings import levels_of

SECRET = ["/join/{code}", "/accounts/reset/{token}", "/unsubscribe/{token}"]
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (?:\[\d+\] )?[A-Z]+ [\w.]+: .*")


def _record(text: str, *values: object, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("aiochat.http", logging.WARNING, __file__, 1, text, values, info)


def _raised(text: str) -> Exception:
    try:
        raise ValueError(text)
    except ValueError as error:
        return error


def test_a_line_for_people_and_an_object_for_programs() -> None:
    token = request_id.set("0123456789abcdef")
    try:
        text = formatter("text", shows_process=True).format(_record("%s is away", "Redis"))
        found = json.loads(formatter("json").format(_record("%s is away", "Redis")))
    finally:
        request_id.reset(token)
    assert LINE.fullmatch(text)
    assert text.endswith(" WARNING aiochat.http: Redis is away request=0123456789abcdef")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("timestamp"))
    assert isinstance(found.pop("process"), int)
    assert found == {
        "level": "warning",
        "logger": "aiochat.http",
        "event": "Redis is away",
        "request": "0123456789abcdef",
    }
    assert "request" not in formatter("text").format(_record("alone"))


FORGED = [
    "a\n2026-01-01 00:00:00,000 INFO aiochat.security: what=sign-in result=ok",
    "a\r\nb",
    "a\x1b[2Jb",
    "a\u2028b\u2029c\x85d\x0be",
    "a\u202eb",
    "half \ud800 of one",
]


@pytest.mark.parametrize("given", FORGED)
@pytest.mark.parametrize("form", ["text", "json"])
def test_nobody_adds_a_line(form: str, given: str) -> None:
    line = formatter(form).format(_record("sent %s", given))
    assert len(line.splitlines()) == 1
    assert line.encode().decode() == line
    if form == "text":
        assert line.replace("\u0000", "").isprintable()
    else:
        assert json.loads(line)["event"].startswith("sent ")
    broken = formatter(form).format(_record("broke", error=_raised(given)))
    assert "ValueError" in broken
    if form == "text":
        first, *others = broken.splitlines()
        assert LINE.fullmatch(first)
        assert all(line.startswith("  ") for line in others), "what is in a traceback begins no line"
    else:
        assert len(broken.splitlines()) == 1


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "given",
    [
        "GET /join/s3cr3tw0rd 404",
        "/accounts/reset/s3cr3tw0rd?x=1",
        "https://chat.example/unsubscribe/s3cr3tw0rd",
        "/rooms/Home/search?q=s3cr3tw0rd&from=s3cr3tw0rd",
    ],
)
def test_what_is_secret_is_left_out(form: str, given: str) -> None:
    for line in (
        formatter(form, SECRET).format(_record(given.replace("%", "%%"))),
        formatter(form, SECRET).format(_record("broke", error=_raised(given))),
    ):
        assert "s3cr3tw0rd" not in line
        assert "..." in line


def test_a_line_is_bounded() -> None:
    assert len(formatter("text").format(_record("x" * 1_000_000))) < 10_000
    assert len(formatter("text").format(_record("x", error=_raised("x" * 1_000_000)))) < 100_000


def test_what_a_line_says_of_a_request() -> None:
    record = _record("GET /")
    record.status, record.token = 200, "s3cr3t"
    found = json.loads(formatter("json").format(record))
    assert found["status"] == 200
    assert "token" not in found, "only what is listed"


@pytest.mark.parametrize("given", ["1" * 32, "Root=1-67891233-abcdef012345678912345678", "a-b_c.d:e"])
def test_a_proxys_id_is_taken(given: str) -> None:
    assert checked(given) == given


@pytest.mark.parametrize(
    "given", [None, "", "short", "x" * 129, "with space in it", "line\nbreak", "quote\"s'", "é" * 10]
)
def test_another_id_is_made(given: str | None) -> None:
    made = checked(given)
    assert re.fullmatch(r"[0-9a-f]{16}", made)
    assert made != checked(given)


def test_levels() -> None:
    assert levels_of("WARNING") == {"": "warning"}
    assert levels_of("info, aiochat.bus=debug,asyncio=error") == {
        "": "info",
        "aiochat.bus": "debug",
        "asyncio": "error",
    }
    assert levels_of("debug") == {"": "debug"}


@pytest.mark.parametrize(
    "value",
    [
        *("loud", "", "info,", "=info", "a b=info", "info,warning", "peewee=debug"),
        ",".join(f"a{number}=info" for number in range(60)),
    ],
)
def test_wrong_levels(value: str) -> None:
    with pytest.raises(ValueError, match=r"must be|has "):
        levels_of(value)
