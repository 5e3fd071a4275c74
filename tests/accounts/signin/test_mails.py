"""What the site writes to people: to a real mail server, from both databases."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from tests.conftest import QUICK, Cast, patient_env, unique
from tests.support.accounts import accounts_of
from tests.support.people import PASSWORD, PATIENCE, JsonObject, Person
from tests.support.servers import Aiochat, Postgres, Redis
from tests.support.services.mail_server import HANGS_UP, MailBox, html_of, link_in, mailbox, text_of

OTHER_PASSWORD = "another fine sentence"
SENT = "a mail with a link is on its way"


@pytest.fixture(scope="module")
async def box() -> AsyncIterator[MailBox]:
    async with mailbox() as found:
        yield found


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def chat(request: pytest.FixtureRequest, box: MailBox) -> Iterator[Aiochat]:
    env = {"AIOCHAT_RATE_LIMITS": "off"}
    if request.param == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        redis: Redis = request.getfixturevalue("redis")
        env = patient_env(postgres, redis, unique("mail"))
    env |= {"AIOCHAT_SMTP_URL": box.url, "AIOCHAT_MAIL_FROM": "chat@example.org"}
    with Aiochat(env=env, timings=replace(QUICK, mail=0.05)) as server:
        accounts_of(server.url).add("boss")
        yield server


@pytest.fixture
def address() -> str:
    return f"{unique('vera')}@mail.example"


@pytest.fixture
async def vera(cast: Cast, address: str) -> Person:
    """Has an account with an address, by the form."""
    someone = cast.stranger("vera")
    await someone.registers(email=address)
    return someone


async def posts(someone: Person, path: str, **fields: str) -> tuple[int, str]:
    answer = await someone.submits(path, page=fields.pop("page", "/accounts/login"), **fields)
    return answer.status, await answer.text()


async def waiting_are(chat: Aiochat, count: int) -> list[int]:
    """Waits until so many mails wait, none of which is due, and returns in how many ms they are."""
    async with asyncio.timeout(PATIENCE):
        while len(found := accounts_of(chat.url).mails_waiting()) != count or min(found, default=1) < 0:
            await asyncio.sleep(0.02)
    return found


async def confirms(someone: Person, box: MailBox, address: str) -> None:
    link = link_in(await box.comes(address))
    status, _ = await posts(someone, link, page=link)
    assert status == 303


async def test_an_address_is_confirmed_once(vera: Person, box: MailBox, address: str) -> None:
    mail = await box.comes(address)
    assert mail["From"].addresses[0].addr_spec == "chat@example.org"
    assert mail["From"].addresses[0].display_name == "aiochat"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert f"@{vera.name}" in text_of(mail)
    assert "-- \n" in text_of(mail)
    link = link_in(mail)
    async with vera.http.get(link) as answer:
        assert answer.status == 200
        assert address in await answer.text()
    async with vera.http.get("/settings/account") as answer:
        assert "isn’t confirmed yet" in await answer.text(), "to look at the page confirms nothing"
    await confirms(vera, box, address)
    async with vera.http.get("/settings/account") as answer:
        assert f"{address} is confirmed" in (await answer.text())
    async with vera.http.get(link) as answer:
        assert answer.status == 404
        assert "used already" in await answer.text()


async def test_a_forgotten_password(cast: Cast, vera: Person, box: MailBox, address: str) -> None:
    await box.comes(address)
    stranger = cast.stranger()
    status, page = await posts(stranger, "/accounts/forgot", login=address.upper())
    assert status == 200
    assert SENT in page
    mail = await box.comes(address, 2)
    assert "127.0.0.1" in text_of(mail)
    link = link_in(mail)
    assert (await posts(stranger, link, page=link, new_password=OTHER_PASSWORD))[0] == 303
    async with vera.http.get("/rooms", allow_redirects=False) as answer:
        assert answer.status == 303, "all sessions end"
    assert (await posts(stranger, link, page="/accounts/login", new_password="x" * 12))[0] == 404
    back = Person(cast.url, vera.name)
    cast.people.append(back)
    await back.logs_in(OTHER_PASSWORD)


@pytest.mark.parametrize("login", ["nobody", "nobody@mail.example", "@", "a\0b", "x" * 500, "Ж" * 200])
async def test_whether_there_is_such_an_account_is_told_to_nobody(
    cast: Cast, box: MailBox, login: str
) -> None:
    before = {address: len(mails) for address, mails in box.mails.items()}
    status, page = await posts(cast.stranger(), "/accounts/forgot", login=login)
    assert status == 200
    assert SENT in page
    # A later one has arrived: this one didn't.
    someone, address = cast.stranger("later"), f"{unique('later')}@mail.example"
    await someone.registers(email=address)
    await box.comes(address)
    assert {name: count for name, count in before.items() if len(box.mails[name]) != count} == {}


@pytest.mark.parametrize(("login", "words"), [("", "needed"), ("  ", "needed"), ("x" * 501, "too long")])
async def test_what_is_no_login(cast: Cast, login: str, words: str) -> None:
    status, page = await posts(cast.stranger(), "/accounts/forgot", login=login)
    assert status == 422
    assert words in page


@pytest.mark.parametrize("token", ["a" * 43, "a" * 42, "a" * 44, "%00" * 43, "..%2f" * 9])
async def test_a_link_that_never_was(cast: Cast, token: str) -> None:
    stranger = cast.stranger()
    async with stranger.http.get(f"/accounts/verify/{token}") as answer:
        assert answer.status == 404
    status, _ = await posts(stranger, f"/accounts/verify/{token}")
    assert status == 404


async def test_another_address_is_told_to_the_former_one(vera: Person, box: MailBox, address: str) -> None:
    first = link_in(await box.comes(address))
    new = f"new-{address}"
    fields = {"email": new, "password": PASSWORD, "page": "/settings/account"}
    assert (await posts(vera, "/accounts/email", **fields))[0] == 303
    told = text_of(await box.comes(address, 2))
    assert "was changed" in told
    assert "ne…@mail.example" in told
    assert new not in told
    assert (await posts(vera, first, page="/rooms"))[0] == 404, "a link is for the address it was sent to"
    await confirms(vera, box, new)
    async with vera.http.get("/settings/account") as answer:
        assert f"{new} is confirmed" in await answer.text()
    # The same again changes nothing, and asks nobody.
    assert (await posts(vera, "/accounts/email", **fields))[0] == 303
    async with vera.http.get("/settings/account") as answer:
        assert f"{new} is confirmed" in await answer.text()


async def test_a_new_device_and_a_new_password_are_told_to_a_confirmed_address(
    cast: Cast, vera: Person, box: MailBox, address: str
) -> None:
    await confirms(vera, box, address)
    await vera.logs_out()
    await vera.logs_in()
    other = Person(cast.url, vera.name)
    cast.people.append(other)
    await other.logs_in()
    mail = await box.comes(address, 2)
    assert "new sign-in" in mail["Subject"]
    assert "127.0.0.1" in text_of(mail)
    fields = {"password": PASSWORD, "new_password": OTHER_PASSWORD, "page": "/settings/account"}
    assert (await posts(other, "/accounts/password", **fields))[0] == 303
    mail = await box.comes(address, 3)
    assert "password" in mail["Subject"]
    assert link_in(mail) == "/accounts/forgot"


async def test_in_the_readers_language(cast: Cast, box: MailBox, address: str) -> None:
    someone = cast.stranger("вера")
    someone.http.headers["Accept-Language"] = "ru"
    someone.name = unique("vera")
    await someone.registers(email=address)
    mail = await box.comes(address)
    assert mail["Content-Language"] == "ru"
    assert re.search("[а-я]{4}", text_of(mail))
    assert '<html lang="ru"' in html_of(mail)
    # A stranger asks in English, and the mail is Vera's all the same.
    await posts(cast.stranger(), "/accounts/forgot", login=someone.name)
    assert (await box.comes(address, 2))["Content-Language"] == "ru"


async def test_a_name_adds_no_header_and_no_markup(cast: Cast, box: MailBox, address: str) -> None:
    someone = cast.stranger("vera")
    fields = {"username": someone.name, "password": PASSWORD, "email": address}
    await someone.submits("/accounts/register", display_name="<b>Vera</b>", **fields)
    mail = await box.comes(address)
    assert "&lt;b&gt;Vera" in html_of(mail)
    assert "<b>Vera" not in html_of(mail)
    assert "<b>Vera</b>" in text_of(mail)


async def test_a_mail_that_is_refused_comes_later_and_one_that_never_will_is_given_up(
    chat: Aiochat, cast: Cast, box: MailBox, address: str
) -> None:
    box.answers = ["550 no such mailbox"]
    gone = f"gone-{address}"
    await cast.stranger("gone").registers(email=gone)
    box.answers.append("451 come later")
    await cast.stranger("later").registers(email=address)
    other = f"other-{address}"
    await cast.stranger("other").registers(email=other)
    await box.comes(other)
    assert sorted(box.refused[-2:]) == sorted([gone, address])
    assert not box.mails.get(gone)
    assert not box.mails.get(address)
    [due] = await waiting_are(chat, 1)
    assert due > 30_000, "again in a minute"


async def test_a_mail_at_which_the_server_hangs_up_holds_up_no_others(
    chat: Aiochat, cast: Cast, box: MailBox, address: str
) -> None:
    before = [due for due in accounts_of(chat.url).mails_waiting() if due > 0]
    box.answers = [HANGS_UP]
    await cast.stranger("unlucky").registers(email=address)
    other = f"other-{address}"
    await cast.stranger("other").registers(email=other)
    await box.comes(other)
    assert box.refused[-1] == address
    assert max(await waiting_are(chat, len(before) + 1)) > 30_000


async def test_an_account_that_is_deleted_gets_nothing_more(
    chat: Aiochat, cast: Cast, box: MailBox, address: str
) -> None:
    someone = cast.stranger("leaver")
    box.answers = ["451 come later"]
    before = len([due for due in accounts_of(chat.url).mails_waiting() if due > 0])
    await someone.registers(email=address)
    other = f"other-{address}"
    await cast.stranger("other").registers(email=other)
    await box.comes(other)
    await waiting_are(chat, before + 1)
    fields = {"password": PASSWORD, "messages": "keep", "page": "/rooms"}
    assert (await posts(someone, "/accounts/delete", **fields))[0] == 303
    await waiting_are(chat, before)


async def invites(someone: Person, room: str, addresses: str) -> tuple[int, JsonObject]:
    headers = {"Accept": "application/json", "X-CSRF-Token": await someone.token("/rooms")}
    fields = {"room": room, "address": addresses}
    async with someone.http.post("/invitations", data=fields, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_who_is_invited_by_mail_stands_in_the_room(
    cast: Cast, alice: Person, lobby: str, box: MailBox, address: str
) -> None:
    other = f"other-{address}"
    status, told = await invites(alice, lobby, f"{address}, {other.upper()};\n{address}")
    assert (status, told["mailed"]) == (201, [address, other])
    mail = await box.comes(address)
    assert alice.name in mail["Subject"]
    link = link_in(mail)
    assert link.startswith("/join/")
    assert link != link_in(await box.comes(other))
    newcomer = cast.stranger("newcomer")
    fields = {"username": newcomer.name, "password": PASSWORD, "invitation": link.removeprefix("/join/")}
    answer = await newcomer.submits("/accounts/register", page=link, **fields)
    assert answer.status == 303, await answer.text()
    assert answer.headers["Location"] == f"/rooms/{lobby}"
    async with cast.stranger().http.get(link) as page:
        assert page.status == 404, "it was for one person"


@pytest.mark.parametrize(
    "addresses", ["no address", "a@b", "x" * 600, " ".join(f"a{n}@mail.example" for n in range(21))], ids=len
)
async def test_wrong_addresses_invite_nobody(alice: Person, lobby: str, addresses: str) -> None:
    status, told = await invites(alice, lobby, addresses)
    assert (status, list(told["errors"])) == (422, ["address"])
    async with alice.http.get("/invitations", headers={"Accept": "application/json"}) as answer:
        assert (await answer.json())["invitations"] == []


async def test_a_mailbox_gets_three_links_whatever_is_asked_for(
    own_servers: None, box: MailBox, address: str
) -> None:
    env = {"AIOCHAT_SMTP_URL": box.url, "AIOCHAT_MAIL_FROM": "chat@example.org"}
    with Aiochat(env=env, timings=replace(QUICK, mail=0.05)) as server:
        vera, later = Person(server.url, "vera"), Person(server.url, "later")
        await vera.registers(email=address)
        await later.registers(email=f"later-{address}")
        for login in ("vera", address) * 3:
            assert (await posts(later, "/accounts/forgot", page="/rooms", login=login))[0] == 200
        # What was asked for last has come.
        await posts(later, "/accounts/forgot", page="/rooms", login="later")
        await box.comes(f"later-{address}", 2)
        assert len(box.mails[address]) == 1 + 3
        await vera.close()
        await later.close()
