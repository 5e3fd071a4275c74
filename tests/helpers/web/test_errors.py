"""What an action refuses, and the one answer that HTTP makes of it, as JSON or as a page."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from app import create_app
from helpers.errors import STATUSES, ActionError, declare, too_fast
from helpers.text.translation import LANGUAGES, Text
from settings import Settings
from tests.support.databases import new_sqlite

JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html"}

Client = TestClient[web.Request, web.Application]


def test_the_status_is_said_or_that_of_a_field_or_of_the_code() -> None:
    assert ActionError("forbidden", "No.").status == 403
    assert ActionError("forbidden", "No.", 410).status == 410
    assert ActionError("forbidden", "No.", field="text").status == 422
    assert ActionError("of_nobody", "No.").status == 400


def test_a_code_has_one_status() -> None:
    declare({"forbidden": 403})
    with pytest.raises(ValueError, match="forbidden"):
        declare({"forbidden": 404})
    assert STATUSES["forbidden"] == 403


def test_the_text_is_told_in_the_readers_language() -> None:
    error = ActionError("bad_text", "At most {most} people, please, with yourself.", most=20)
    assert str(error) == error.text == "At most 20 people, please, with yourself."
    assert LANGUAGES["ru"].translate(error.phrase) != error.text
    assert error.about("with").phrase is error.phrase


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """A site."""
    settings = Settings(database_url=new_sqlite(tmp_path / "chat.db"), rate_limits="off", debug=True)
    app = await create_app(settings)
    async with TestClient(TestServer(app)) as found:
        yield found


async def refuses(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: ActionError, headers: dict[str, str]
) -> tuple[int, Any, Any]:
    """The status, the body and the headers where a page is action_error_response with `error`."""

    def render(*_: object, **__: object) -> web.Response:
        # Once: the page of the error is rendered by the same.
        monkeypatch.undo()
        raise error

    monkeypatch.setattr(aiohttp_jinja2, "render_template", render)
    async with client.get("/accounts/login", headers=headers) as answer:
        is_json = answer.content_type == "application/json"
        return answer.status, await answer.json() if is_json else await answer.text(), answer.headers


async def test_programs_get_code_and_text(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    status, body, headers = await refuses(client, monkeypatch, ActionError("forbidden", "Not you."), JSON)
    assert (status, body) == (403, {"error": {"code": "forbidden", "text": "Not you."}})
    assert "Retry-After" not in headers


async def test_programs_get_the_field(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    error = ActionError("empty", "Nothing in it.", field="text")
    assert (await refuses(client, monkeypatch, error, JSON))[:2] == (
        422,
        {"errors": {"text": "Nothing in it."}},
    )


async def test_people_get_a_page_with_the_way_back(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    error = ActionError("not_found", "No such thing.", back=("/feed", Text("Feed")))
    status, body, _ = await refuses(client, monkeypatch, error, {**PAGE, "Accept-Language": "ru"})
    assert status == 404
    assert "No such thing." in body
    assert 'href="/feed"' in body
    assert LANGUAGES["ru"].translate(Text("Feed")) in body


@pytest.mark.parametrize(("seconds", "shown"), [(0.2, "1"), (7.5, "8")])
async def test_who_is_too_fast_is_told_when_to_come(
    client: Client, monkeypatch: pytest.MonkeyPatch, seconds: float, shown: str
) -> None:
    status, body, headers = await refuses(client, monkeypatch, too_fast(seconds), JSON)
    assert (status, body["error"]["code"]) == (429, "rate_limited")
    assert headers["Retry-After"] == shown
