"""E-mail addresses: several accounts may give one, and nobody learns from an answer, or from the time
that it takes, whether somebody has."""

from pathlib import Path

import pytest

from accounts.people import accounts, directory
from helpers.db.database import open_database
from tests.conftest import Cast, unique
from tests.support.databases import new_sqlite
from tests.support.people import PASSWORD


async def test_nobody_learns_whether_an_address_has_an_account(cast: Cast) -> None:
    """Who gives another's address gets the same answers as with one that nobody has, and signs in
    with it: the password says who it is."""
    address, other = (f"{unique(name)}@mail.example" for name in ("shared", "free"))
    first = await cast.stranger("first").registers(email=address)
    passwords = {first.name: PASSWORD}
    answers = []
    for given in (address.upper(), other):
        second = cast.stranger("second")
        passwords[second.name] = f"{second.name} has a fine password"
        answer = await second.submits(
            "/accounts/register",
            username=second.name,
            password=f"{second.name} has a fine password",
            email=given,
        )
        page = await (await second.http.get("/accounts/email")).text()
        wrong = await cast.stranger().submits("/accounts/login", username=given, password="wrong")
        answers.append((answer.status, answer.headers["Location"], given.lower() in page, wrong.status))
    assert answers == [(303, "/rooms", True, 401)] * 2
    names = list(passwords)[:2]
    for name in names:
        someone = cast.stranger()
        answer = await someone.submits("/accounts/login", username=address, password=passwords[name])
        assert answer.status == 303
        assert f"/users/{name}" in await (await someone.http.get("/rooms")).text()


async def test_an_address_costs_the_same_whoever_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(new_sqlite(tmp_path / "test.db"))
    asked: list[str | None] = []

    async def verify(password_hash: str | None, password: str) -> bool:
        asked.append(password_hash)
        return password_hash == password

    monkeypatch.setattr(directory, "verify_password", verify)
    try:
        for number in range(6):
            user = accounts.new_user(f"person{number}", "many@mail.example" if number else "", PASSWORD)
            user.password_hash = str(number)
            await accounts.add_all(database, [user])
        costs = []
        for login in ("nobody@mail.example", "many@mail.example", "person1", "nobody"):
            asked.clear()
            assert await directory.authenticate(login, "wrong") is None
            costs.append(len(asked))
        assert costs == [directory.ADDRESS_ACCOUNTS] * 2 + [1, 1]
        found = await directory.authenticate("Many@mail.example", "3")
        assert found is not None
        assert found.name == "person3"
        assert await directory.authenticate("many@mail.example ", "3") is None
        assert await directory.authenticate("many@mail", "3") is None
    finally:
        await database.aio_close()
