"""The weather: a stranger's line, shown as such and no more, and nobody waits for it who hasn't
asked for it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from yarl import URL

from helpers.errors import ActionError
from helpers.fetching import Fetcher, FetchError, Response
from helpers.limits import Buckets
from helpers.text.translation import ENGLISH
from tests.conftest import LIMITS_OFF, Cast
from tests.support.people import Person
from tests.support.servers import Aiochat
from tests.support.services.fake_upstream import Elsewhere, elsewhere
from weather import forecast
from weather.forecast import MAX_BYTES, MAX_LINE, Weather, clean_line, clean_place
from weather.requests import REQUESTS_AT_ONCE, REQUESTS_PER_SECOND, WeatherRequests


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[Elsewhere]:
    async with elsewhere() as found:
        yield found


@pytest.fixture(scope="module")
def chat(provider: Elsewhere) -> Iterator[Aiochat]:
    """The weather doesn't depend on the database."""
    with Aiochat(
        env={**LIMITS_OFF, "AIOCHAT_WEATHER_URL": f"{provider.url}/in/{{place}}?lang={{lang}}&key=1"}
    ) as server:
        yield server


@pytest.fixture(autouse=True)
def sky(provider: Elsewhere) -> None:
    provider.asked.clear()
    provider.go.clear()
    provider.lines.update(Bergen="Bergen: 🌧  +5°C\n")


async def weather_at(someone: Person, place: str | None, **headers: str) -> tuple[int, Any]:
    params = {} if place is None else {"place": place}
    async with someone.http.get(
        "/weather", params=params, headers={"Accept": "application/json", **headers}
    ) as answer:
        return answer.status, await answer.json()


async def lives_in(someone: Person, place: str) -> None:
    assert (await someone.submits("/accounts/profile", place=place)).status == 303


async def test_at_a_place_and_at_ones_own(alice: Person, provider: Elsewhere) -> None:
    assert await weather_at(alice, " Bergen ") == (200, {"place": "Bergen", "line": "Bergen: 🌧 +5°C"})
    for place in (None, "", "  "):
        status, answer = await weather_at(alice, place)
        assert (status, answer["error"]["code"]) == (400, "bad_place")
        assert "/accounts/profile" in answer["error"]["text"]
    await lives_in(alice, "BERGEN")
    assert await weather_at(alice, None) == (200, {"place": "BERGEN", "line": "Bergen: 🌧 +5°C"})
    assert len(provider.asked) == 1, "a place is asked for once in ten minutes, in whatever capitals"


async def test_the_provider_is_asked_in_the_readers_language(alice: Person, provider: Elsewhere) -> None:
    provider.lines["Языки"] = "Языки: ☀️"
    for language in ("en", "ru"):
        assert (await weather_at(alice, "Языки", **{"Accept-Language": language}))[0] == 200
    quoted = "%D0%AF%D0%B7%D1%8B%D0%BA%D0%B8"
    assert provider.asked == [f"/in/{quoted}?lang=en&key=1", f"/in/{quoted}?lang=ru&key=1"]


HOSTILE = (
    *(
        "a/../../b",
        "..%2fb",
        "a?b=c",
        "a#b",
        "a&key=2",
        "@evil.example/b",
        "//evil.example/b",
        "http://evil.example",
        "a\\b",
        "{lang}",
    ),
    *("a:80@b", "a b", "a;b", "%61", "a%00", "ä", "💥a"),
)


async def test_whatever_the_place_is_it_is_one_part_of_the_address(
    alice: Person, provider: Elsewhere
) -> None:
    for place in HOSTILE:
        provider.asked.clear()
        assert (await weather_at(alice, place))[1]["error"]["code"] == "weather_away"
        path, _, query = provider.asked[0].removeprefix("/in/").partition("?")
        assert (unquote(path), query) == (place, "lang=en&key=1")
        assert "/" not in path


BAD_PLACES = [
    "..",
    ".",
    "?!",
    "/",
    "a\nb",
    "a\x00b",
    "a\u202eb",
    "a\u200bb",
    "\u3164",
    "x" * 81,
    "💥",
    "a\x1b[31m",
    "\udcff",
]


async def test_what_is_no_place(alice: Person, provider: Elsewhere) -> None:
    for place in BAD_PLACES:
        with pytest.raises(ActionError) as error:
            clean_place(place)
        assert error.value.code == "bad_place"
    for query in ("..", "a%00b", "%ED%A0%80.", "%FF", "x" * 81, "a%0Ab"):
        async with alice.http.get(
            URL(f"/weather?place={query}", encoded=True), headers={"Accept": "application/json"}
        ) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (400, "bad_place")
    assert not provider.asked


async def test_a_provider_that_is_away_or_talks_nonsense(alice: Person, provider: Elsewhere) -> None:
    for place in (
        "nowhere",
        "broken",
        "redirect",
        "html",
        "huge",
        "endless",
        "bomb",
        "binary",
        "cut",
        "garbage",
    ):
        provider.asked.clear()
        for _ in range(2):
            status, answer = await weather_at(alice, place)
            assert (status, answer["error"]["code"]) == (503, "weather_away"), place
        assert provider.asked == [f"/in/{place}?lang=en&key=1"], "for a while it isn't asked again"


async def test_without_scripts_it_is_a_page(alice: Person, bob: Person) -> None:
    async with alice.http.get("/weather?place=Bergen", headers={"Accept": "text/html"}) as page:
        text = await page.text()
        assert page.status == 200
        assert "🌧 +5°C" in text
        assert 'value="Bergen"' in text
    async with alice.http.get("/weather?place=%3Cb%3Enowhere", headers={"Accept": "text/html"}) as page:
        text = await page.text()
        assert page.status == 503
        assert "&lt;b&gt;nowhere" in text
        assert "<b>nowhere" not in text
        assert 'id="sidebar"' in text, "it is the weather that is away, and not the site"
    async with bob.http.get("/weather", headers={"Accept": "text/html"}) as page:
        assert page.status == 400
        assert 'name="place"' in await page.text()


async def test_the_command_tells_its_caller_alone(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    answer = await at_alice.says("/weather Bergen")
    assert (answer["type"], answer["text"]) == ("notice", "Bergen: 🌧 +5°C")
    for line, code in (
        ("/weather", "bad_place"),
        ("/weather ..", "bad_place"),
        ("/weather nowhere", "weather_away"),
    ):
        assert (await at_alice.says(line))["code"] == code
    await lives_in(alice, "Bergen")
    assert (await at_alice.says("/weather"))["text"] == "Bergen: 🌧 +5°C"
    await at_bob.is_told()
    assert not at_bob.heard("notice")
    assert not at_bob.heard("message", kind="post")
    assert "/weather [place]: " in (await at_bob.says("/help"))["text"]
    assert "weather" in {command["name"] for command in at_bob.events[0]["commands"]}


async def test_a_slow_provider_holds_nothing_up(
    alice: Person, bob: Person, lobby: str, provider: Elsewhere
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.ws.send_json({"type": "post", "text": "/weather slowly", "nonce": "slow"})
    assert (await at_alice.says("while I wait"))["type"] == "receipt"
    assert await at_bob.hears("message", text="while I wait")
    assert not at_alice.heard("notice")
    # One who goes away in between harms nobody, and takes nothing from who asked for the same.
    gone = await bob.enters(lobby)
    await gone.types("/weather slowly")
    await gone.is_told()
    await gone.close()
    provider.go.set()
    assert (await at_alice.hears("notice", nonce="slow"))["text"] == "slowly: at last"
    assert len(provider.asked) == 1


async def test_where_it_is_off_there_is_none(own_servers: None, alice: Person, lobby: str) -> None:
    async with alice.http.get(f"/rooms/{lobby}") as page:
        assert "<chat-weather" in await page.text()
    with Aiochat(env={**LIMITS_OFF, "AIOCHAT_WEATHER_URL": ""}) as server:
        await nothing_of_it_is_there(await Person(server.url, f"{alice.name}calm").joins(), lobby)


async def nothing_of_it_is_there(calm: Person, lobby: str) -> None:
    status, answer = await weather_at(calm, "Bergen")
    assert (status, answer["error"]["code"]) == (404, "weather_off")
    await calm.creates(f"{lobby}calm")
    there = await calm.enters(f"{lobby}calm")
    assert (await there.says("/weather Bergen"))["code"] == "unknown_command"
    assert (await there.says("/help weather"))["code"] == "unknown_command"
    assert "weather" not in (await there.says("/help"))["text"] + (await there.says("/weathe"))[
        "text"
    ] + json.dumps(there.events[0])
    async with calm.http.get(f"/rooms/{lobby}calm") as page:
        assert "<chat-weather" not in await page.text()
    await calm.close()


async def test_strangers_get_none(cast: Cast, provider: Elsewhere) -> None:
    async with cast.stranger().http.get(
        "/weather?place=Oslo", headers={"Accept": "application/json"}
    ) as answer:
        assert answer.status == 401
    assert not provider.asked


class Slow(Fetcher):
    """Answers when it is told to, and counts."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.asked: list[str] = []
        self.answer: Response | None = Response(200, "text/plain", b"fine")

    async def get(self, url: str, **bounds: Any) -> Response:
        self.asked.append(url)
        await self.go.wait()
        if self.answer is None:
            raise FetchError("away")
        return self.answer


async def test_who_asks_for_the_same_at_once_shares_one_answer() -> None:
    fetcher = Slow()
    weather = Weather(fetcher, "http://provider.example/{place}")
    asking = [asyncio.create_task(weather.line(place, "en")) for place in ("Oslo", "Oslo", "Bergen") * 5]
    await asyncio.sleep(0)
    asking[0].cancel()
    fetcher.go.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert set(map(str, answers[1:])) == {"fine"}
    assert sorted(fetcher.asked) == ["http://provider.example/Bergen", "http://provider.example/Oslo"]


async def test_it_is_kept_for_ten_minutes_and_its_absence_for_half_of_one() -> None:
    now = [0.0]
    fetcher = Slow()
    weather = Weather(fetcher, "http://provider.example/{place}", lambda: now[0])
    fetcher.go.set()
    fetcher.answer = None
    for now[0], asked in ((0, 1), (29, 1), (31, 2)):
        with pytest.raises(ActionError):
            await weather.line("Oslo", "en")
        assert len(fetcher.asked) == asked
    fetcher.answer = Response(200, "text/plain", b"fine")
    for now[0], asked in ((62, 3), (661, 3), (663, 4)):
        assert await weather.line("Oslo", "en") == "fine"
        assert len(fetcher.asked) == asked


async def test_of_more_places_than_are_kept_the_longest_unused_goes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forecast, "MAX_PLACES", 2)
    fetcher = Slow()
    weather = Weather(fetcher, "http://provider.example/{place}")
    fetcher.go.set()
    for place in ("Oslo", "Bergen", "Oslo", "Rome", "Oslo", "Bergen"):
        assert await weather.line(place, "en") == "fine"
    assert [url.rpartition("/")[2] for url in fetcher.asked] == ["Oslo", "Bergen", "Rome", "Bergen"]


async def test_it_is_given_up_after_its_time(monkeypatch: pytest.MonkeyPatch, provider: Elsewhere) -> None:
    assert forecast.SECONDS == 5
    monkeypatch.setattr(forecast, "SECONDS", 0.1)
    fetcher = Fetcher()
    with pytest.raises(ActionError) as error:
        await Weather(fetcher, f"{provider.url}/{{place}}").line("drip", "en")
    assert error.value.code == "weather_away"
    await fetcher.close()


def test_too_much_of_it_is_refused() -> None:
    requests = WeatherRequests(
        Weather(Slow(), "http://provider.example/{place}"), Buckets(REQUESTS_PER_SECOND, REQUESTS_AT_ONCE)
    )

    class Somebody:
        id = 1
        place = "Oslo"

    for _ in range(REQUESTS_AT_ONCE):
        assert requests.place_for(Somebody(), "") == "Oslo"  # type: ignore[arg-type]
    with pytest.raises(ActionError) as error:
        requests.place_for(Somebody(), "")  # type: ignore[arg-type]
    assert error.value.code == "rate_limited"
    assert ENGLISH.translate(error.value.phrase)


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("Oslo: ⛅️  +3°C\n", "Oslo: ⛅️ +3°C"),
        ("\u202eOslo:\t\u200b+3\ufeff", "Oslo: +3"),
        ("👩\u200d🚀 می\u200cخواهم", "👩\u200d🚀 می\u200cخواهم"),
        ("x" * (MAX_LINE + 1), "x" * (MAX_LINE - 1) + "…"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_of_the_line_nothing_unseen_is_left(body: str, line: str) -> None:
    # What it looks like to a browser is said where it is shown: as text.
    assert clean_line(body.encode()) == line


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"two\nlines",
        b"a\rb",
        b"\x1b[31mred",
        b"\xff",
        b"a\x00b",
        "a\u2028b".encode(),
        b"\xed\xa0\x80",
    ],
)
def test_what_is_no_line(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        clean_line(body)


def test_places_of_the_world() -> None:
    for place in (
        "'s-Hertogenbosch",
        "São Paulo",
        "北京",
        "Ürümqi",
        "-34.6,-58.4",
        "~Eiffel tower",
        "Saint-Denis (93)",
        "Москва",
    ):
        assert clean_place(f" {place} ") == place
    assert MAX_BYTES < 10_000
