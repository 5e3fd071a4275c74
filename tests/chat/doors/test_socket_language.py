"""A socket's address may name the language in which it greets, answers and refuses."""

from tests.architecture.test_languages import CYRILLIC
from tests.architecture.test_page_languages import IN_RUSSIAN, page
from tests.support.people import Person


async def speaks(
    someone: Person, room: str, language: str | None, headers: dict[str, str] | None = None
) -> str:
    """The code of the language in which a socket that is opened so greets and refuses."""
    listener = await someone.enters(room, language=language, headers=headers)
    helps = [command["help"] for command in listener.events[0]["commands"]]
    texts = [*helps, (await listener.says("/nothing"))["text"]]
    await listener.close()
    (found,) = {"ru" if CYRILLIC.search(text) else "en" for text in texts}
    return found


async def test_the_sockets_address_names_its_language(alice: Person, lobby: str) -> None:
    for language, cookie, accepted, code in (
        ("ru", None, None, "ru"),
        ("ru", None, "en", "ru"),
        ("en", None, "ru", "en"),
        (None, None, "ru", "ru"),
        (None, None, None, "en"),
        ("ru", "en", "en", "ru"),
        (None, "en", "ru", "en"),
        ("en", "ru", "ru", "en"),
        (None, "ru", "en", "ru"),
    ):
        if cookie:
            async with alice.http.get("/language", params={"to": cookie}, allow_redirects=False) as answer:
                assert answer.status == 303
        found = await speaks(alice, lobby, language, {"Accept-Language": accepted} if accepted else None)
        assert found == code, (language, cookie, accepted)


async def test_an_address_with_an_unknown_language_says_nothing(alice: Person, lobby: str) -> None:
    unknown = (
        "",
        "xx",
        "RU",
        "ru-RU",
        "%00",
        "%FF",
        "%ED%A0%80",
        "ru%0d%0aX-Evil:1",
        "..%2Fru",
        "ru%20",
        "x" * 4000,
        "xx&language=ru",
    )
    for language in unknown:
        assert await speaks(alice, lobby, language) == "en", language
        assert await speaks(alice, lobby, language, IN_RUSSIAN) == "ru", language


async def test_what_refuses_to_open_a_socket_is_in_the_language_of_its_address(
    alice: Person, lobby: str
) -> None:
    headers = {"Accept": "application/json", "Origin": alice.url}
    for query, words in (("", "WebSocket"), ("&since=x", "`since`")):
        async with alice.http.get(f"/rooms/{lobby}/ws?language=ru{query}", headers=headers) as answer:
            error = (await answer.json())["error"]
        assert (answer.status, error["code"]) == (400, "bad_request")
        assert words in error["text"]
        assert CYRILLIC.search(error["text"])


async def test_a_pages_address_names_no_language(alice: Person, lobby: str) -> None:
    """The switch leads back to the same address, and has to change what it shows."""
    assert '<html lang="en">' in await page(alice, f"/rooms/{lobby}?language=ru")
