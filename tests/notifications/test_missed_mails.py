"""What was missed is mailed, in one mail for each person: to a real mail server, from both databases."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import aiohttp
import pytest

from tests.conftest import LIMITS_OFF, QUICK, Cast, patient_env, unique
from tests.support.accounts import accounts_of
from tests.support.deleted_accounts import change, rows
from tests.support.people import Person
from tests.support.servers import Aiochat, Postgres, Redis
from tests.support.services.mail_server import MailBox, html_of, link_in, mailbox, text_of
from tests.support.sites.pushed import message_notice, state_of


@pytest.fixture(scope="module")
async def box() -> AsyncIterator[MailBox]:
    async with mailbox() as found:
        yield found


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def chat(request: pytest.FixtureRequest, box: MailBox) -> Iterator[Aiochat]:
    env = dict(LIMITS_OFF)
    if request.param == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        redis: Redis = request.getfixturevalue("redis")
        env = patient_env(postgres, redis, unique("missed"))
    env |= {"AIOCHAT_SMTP_URL": box.url, "AIOCHAT_MAIL_FROM": "chat@example.org"}
    with Aiochat(env=env, timings=replace(QUICK, mail=0.05, missed_mail=0.05)) as server:
        accounts_of(server.url).add("boss")
        yield server


@pytest.fixture
async def room(cast: Cast) -> str:
    name = unique("Kitchen")
    await cast.boss.creates(name)
    return name


async def reader(chat: Aiochat, cast: Cast, room: str, language: str = "en") -> tuple[Person, str]:
    """Somebody in the room with a confirmed address."""
    someone, address = cast.stranger("vera"), f"{unique('vera')}@mail.example"
    await someone.joins(address)
    change(
        chat, f"UPDATE users SET email_verified_at = 1, language = '{language}' WHERE name = '{someone.name}'"
    )
    await someone.enters(room)
    return someone, address


async def says(cast: Cast, room: str, text: str) -> dict[str, object]:
    return dict(await (await cast.boss.enters(room)).says(text))


def holds_back(chat: Aiochat, *notices: int, due: int) -> None:
    numbers = ", ".join(map(str, notices))
    change(chat, f"UPDATE notice_deliveries SET due_at = {due} WHERE notice_id IN ({numbers})")


async def test_it_is_gathered_into_one(chat: Aiochat, cast: Cast, room: str, box: MailBox) -> None:
    vera, address = await reader(chat, cast, room)
    first, second = await says(cast, room, "**beans** are up"), await says(cast, room, "<b>soup</b> too")
    later = 10**15
    notices = [
        message_notice(chat, vera, cast.boss, room, first, "mail", due=later),
        message_notice(chat, vera, cast.boss, room, second, "mail", due=later),
    ]
    holds_back(chat, notices[0], due=0)
    mail = await box.comes(address)
    assert [await state_of(chat, one, "mail") for one in notices] == [("sent", "queued")] * 2
    text = text_of(mail)
    assert mail["Subject"] == "2 messages for you on aiochat"
    assert f"boss in #{room}: beans are up" in text
    assert f"boss in #{room}: <b>soup</b> too" in text
    assert "&lt;b&gt;soup" in html_of(mail)
    assert link_in(mail) == f"/rooms/{room}/{first['number']}"


async def test_people_are_called_by_their_names(chat: Aiochat, cast: Cast, room: str, box: MailBox) -> None:
    vera, address = await reader(chat, cast, room)
    change(chat, f"UPDATE users SET display_name = 'Vera Grün' WHERE name = '{vera.name}'")
    post = await says(cast, room, f"**@{vera.name}**, are you there?")
    message_notice(chat, vera, cast.boss, room, post, "mail")
    mail = await box.comes(address)
    assert "boss in #" in text_of(mail)
    assert ": @Vera Grün, are you there?" in text_of(mail)
    async with vera.http.get("/notifications") as answer:
        assert "@Vera Grün, are you there?" in await answer.text()
    assert len(box.mails[address]) == 1


async def test_what_is_read_meanwhile_is_not_mailed(
    chat: Aiochat, cast: Cast, room: str, box: MailBox
) -> None:
    vera, address = await reader(chat, cast, room)
    read = message_notice(chat, vera, cast.boss, room, await says(cast, room, "read"), "mail", due=10**15)
    left = message_notice(chat, vera, cast.boss, room, await says(cast, room, "left"), "mail", due=10**15)
    change(chat, f"UPDATE notices SET read_at = 1 WHERE id = {read}")
    holds_back(chat, left, due=0)
    mail = await box.comes(address)
    assert mail["Subject"] == f"boss in #{room}"
    assert "left" in text_of(mail)
    assert "read:" not in text_of(mail)
    assert ": read" not in text_of(mail)


async def test_only_a_confirmed_address_and_in_its_language(
    chat: Aiochat, cast: Cast, room: str, box: MailBox
) -> None:
    vera, address = await reader(chat, cast, room, "ru")
    change(chat, f"UPDATE users SET email_verified_at = NULL WHERE name = '{vera.name}'")
    receipt = await says(cast, room, "hello")
    notice = message_notice(chat, vera, cast.boss, room, receipt, "mail")
    assert await state_of(chat, notice, "mail") == ("failed", "no_address")
    change(chat, f"UPDATE users SET email_verified_at = 1 WHERE name = '{vera.name}'")
    message_notice(chat, vera, cast.boss, room, receipt, "mail")
    mail = await box.comes(address)
    assert mail["Content-Language"] == "ru"
    assert len(box.mails[address]) == 1


async def test_one_press_ends_them(chat: Aiochat, cast: Cast, room: str, box: MailBox) -> None:
    vera, address = await reader(chat, cast, room)
    receipt = await says(cast, room, "hello")
    message_notice(chat, vera, cast.boss, room, receipt, "mail")
    mail = await box.comes(address)
    link = mail["List-Unsubscribe"].strip("<>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in text_of(mail)
    waiting = message_notice(chat, vera, cast.boss, room, receipt, "mail", due=10**15)
    # As a mail program does it: without a cookie, a token, or a page of ours.
    async with aiohttp.ClientSession() as program:
        async with program.get(link) as answer:
            assert answer.status == 200
            assert vera.name in await answer.text()
        [(state,)] = rows(chat, f"SELECT state FROM notice_deliveries WHERE notice_id = {waiting}")
        assert state == "waiting", "to look at the page ends nothing"
        for _ in range(2):
            async with program.post(link, data={"List-Unsubscribe": "One-Click"}) as answer:
                assert answer.status == 200
        assert await state_of(chat, waiting, "mail") == ("cancelled", "unsubscribed")
        user_id = accounts_of(chat.url).id_of(vera.name)
        [(ways,)] = rows(chat, f"SELECT ways FROM notice_settings WHERE user_id = {user_id}")
        assert '"mail"' not in ways
        # Another's, a cut one, and one of a former address.
        number, _, signature = link.rpartition("/")[2].partition(".")
        forged = [
            f"{int(number) + 1}.{signature}",
            f"{number}.{signature[:-1]}",
            number,
            "x.y",
            "-1.x",
            "9" * 40,
        ]
        base = link.rpartition("/")[0]
        for token in forged:
            async with program.post(f"{base}/{token}") as answer:
                assert answer.status == 404, token
        change(chat, f"UPDATE users SET email = 'new-{address}' WHERE name = '{vera.name}'")
        async with program.post(link) as answer:
            assert answer.status == 404
    assert signature not in chat.log.read_text()
