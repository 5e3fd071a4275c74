"""A site that sends no mail says so, and asks nobody."""

import pytest

from tests.conftest import Cast
from tests.support.people import Person


async def test_who_forgot_is_told_whom_to_ask(cast: Cast) -> None:
    stranger = cast.stranger()
    async with stranger.http.get("/accounts/forgot") as answer:
        assert answer.status == 200
        assert "sends no mail" in await answer.text()
    answer = await stranger.submits("/accounts/forgot", page="/accounts/login", login="boss")
    assert answer.status == 503


async def test_no_address_is_asked_to_be_confirmed(cast: Cast, alice: Person) -> None:
    answer = await alice.submits("/accounts/email/confirm", page="/settings/account")
    assert answer.status == 503
    async with alice.http.get("/settings/account") as page:
        assert "Send the mail again" not in await page.text()


@pytest.mark.parametrize("token", ["a" * 43])
async def test_no_link_opens_anything(cast: Cast, token: str) -> None:
    async with cast.stranger().http.get(f"/accounts/verify/{token}") as answer:
        assert answer.status == 404
