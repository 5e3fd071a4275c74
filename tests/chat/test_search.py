"""The search over both databases: what is found, in which order, and by whom."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from accounts.models import SiteFact, User
from chat.history.access import RoomAccessReader
from chat.models import Message, Room
from chat.search import stems
from chat.search.indexer import Indexer
from chat.search.searching import Search
from chat.search.stems import Stems
from helpers.clock import now_ms
from helpers.db.database import fetch
from helpers.db.leases import Lease
from helpers.limits import Unlimited
from tests.chat.history.conftest import filled
from tests.conftest import unique
from tests.support.databases import new_postgres, new_sqlite
from tests.support.deleted_accounts import asks
from tests.support.people import PATIENCE, Listener, Person
from tests.support.servers import Aiochat, Postgres


async def finds(person: Person, asked: str) -> list[str]:
    """The texts that are found, the newest first."""
    answer = await person.gets(f"/search?{urlencode({'q': asked})}")
    return [one["message"]["text"] for one in answer["results"]]


async def finds_at_last(person: Person, asked: str, texts: list[str]) -> None:
    """Waits until exactly these are found: the index follows the posts in a moment."""
    found: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE):
            while (found := await finds(person, asked)) != texts:
                await asyncio.sleep(0.05)
    except TimeoutError:
        assert found == texts


@pytest.fixture
async def maria(chat: Aiochat) -> AsyncIterator[Person]:
    found = await Person(chat.url, unique("maria")).joins()
    yield found
    await found.close()


@pytest.fixture
async def ivan(chat: Aiochat) -> AsyncIterator[Person]:
    found = await Person(chat.url, unique("ivan")).joins()
    yield found
    await found.close()


@pytest.fixture
async def room(maria: Person) -> str:
    return str((await maria.creates(unique("Lounge")))["name"])


@pytest.fixture
async def lounge(maria: Person, room: str) -> Listener:
    return await maria.enters(room)


async def test_words_parts_phrases_and_scripts(maria: Person, lounge: Listener, room: str) -> None:
    texts = [
        "The *deployment* of Tuesday went well",
        "Café für Über-Leute, deploy now",
        "Привет, завтра встреча в десять",
        "明天的会议改到下午三点",
        "วันนี้อากาศดี",
        "ok, PR 42 is up: https://example.org/pulls/42",
        "100% sure_thing, C++ and a \\ back",
    ]
    for text in texts:
        await lounge.says(text)
    here = f" in:{room}"
    await finds_at_last(maria, "sure" + here, [texts[6]])
    for asked, expected in {
        "deploy": [texts[1], texts[0]],
        "DEPLOYMENT": [texts[0]],
        "ployme": [texts[0]],
        "cafe uber": [texts[1]],
        '"deployment of tuesday"': [texts[0]],
        '"tuesday deployment"': [],
        "deploy -tuesday": [texts[1]],
        "ВСТРЕЧА": [texts[2]],
        "会议": [texts[3]],
        "会": [texts[3]],
        "会议改到": [texts[3]],
        "议会": [],
        "อากาศ": [texts[4]],
        "pr": [texts[5]],
        "42": [texts[5]],
        "p": [],
        "has:link": [texts[5]],
        "100%": [texts[6]],
        "e_t": [texts[6]],
        "c++": [texts[6]],
        "100_": [],
        "\\": [texts[6]],
        '"an unbalanced phra': [],
        "zxqv": [],
    }.items():
        assert await finds(maria, asked + here) == expected, asked


async def test_only_what_one_may_see(maria: Person, ivan: Person, lounge: Listener, room: str) -> None:
    word = unique("quokka")
    attic = await maria.closes_off(unique("Attic"))
    closed = await maria.enters(attic)
    await closed.says(f"{word} behind the door")
    await lounge.says(f"{word} for everybody")
    await finds_at_last(maria, word, [f"{word} for everybody", f"{word} behind the door"])
    assert await finds(ivan, word) == [f"{word} for everybody"]
    assert await finds(ivan, f"{word} in:{attic}") == []
    await closed.says(f"/invite {ivan.name}")
    assert await finds(ivan, word) == [f"{word} for everybody"]
    await ivan.accepts(attic)
    assert len(await finds(ivan, word)) == 2
    await closed.says(f"/kick {ivan.name}")
    assert await finds(ivan, word) == [f"{word} for everybody"]
    await (await ivan.enters(room)).close()
    await lounge.says(f"/ban {ivan.name} 1h")
    assert await finds(ivan, word) == []


async def test_edited_deleted_cleared_and_taken_back(maria: Person, lounge: Listener, room: str) -> None:
    word = unique("narwhal")
    receipt = await lounge.says(f"{word} one")
    await lounge.says(f"{word} two")
    await finds_at_last(maria, word, [f"{word} two", f"{word} one"])
    await asks(lounge, type="delete", number=receipt["number"])
    await finds_at_last(maria, word, [f"{word} two"])
    await asks(lounge, type="undelete", number=receipt["number"])
    await finds_at_last(maria, word, [f"{word} two", f"{word} one"])
    await asks(lounge, type="edit", number=receipt["number"], text="something else")
    await finds_at_last(maria, word, [f"{word} two"])
    await finds_at_last(maria, f"something in:{room}", ["something else"])
    await lounge.says("/clear")
    await finds_at_last(maria, word, [])


async def test_who_where_and_when(maria: Person, ivan: Person, lounge: Listener, room: str) -> None:
    word = unique("axolotl")
    theirs = await ivan.enters(room)
    first = await lounge.says(f"{word} mine")
    await theirs.says(f"{word} yours")
    await asks(lounge, type="pin", number=first["number"], on=True)
    await finds_at_last(maria, word, [f"{word} yours", f"{word} mine"])
    for asked, expected in {
        f"from:{ivan.name}": ["yours"],
        f"from:@{ivan.name.upper()}": ["yours"],
        "from:me": ["mine"],
        "from:nobody_at_all": [],
        f"in:#{room}": ["yours", "mine"],
        "in:nowhere_at_all": [],
        "on:today": ["yours", "mine"],
        "before:today": [],
        "after:today": [],
        "after:2020-01-01 before:2200-01-01": ["yours", "mine"],
        "is:pinned": ["mine"],
        "is:reply": [],
    }.items():
        assert await finds(maria, f"{word} {asked}") == [f"{word} {end}" for end in expected], asked


async def test_pages(maria: Person, lounge: Listener) -> None:
    word = unique("wombat")
    for number in range(45):
        await lounge.says(f"{word} {number}")
    await finds_at_last(maria, f'"{word} 44"', [f"{word} 44"])
    seen, cursor, pages = [], "", 0
    while True:
        query = urlencode({"q": word} | ({"before": cursor} if cursor else {}))
        answer = await maria.gets(f"/search?{query}")
        seen += [one["message"]["text"] for one in answer["results"]]
        pages += 1
        assert answer["more"] == (answer["cursor"] is not None)
        if not answer["more"]:
            break
        cursor = answer["cursor"]
    assert (pages, seen) == (3, [f"{word} {number}" for number in reversed(range(45))])


async def test_the_words_are_marked_and_nothing_acts(maria: Person, lounge: Listener, room: str) -> None:
    word = unique("gecko")
    await lounge.says(f"<b>{word}</b> & **É{word}e**")
    await finds_at_last(maria, word, [f"<b>{word}</b> & **É{word}e**"])
    answer = await maria.gets(f"/search?{urlencode({'q': word})}")
    [one] = answer["results"]
    assert one["room"] == room
    marked = f"&lt;b&gt;<mark>{word}</mark>&lt;/b&gt; &amp; É<mark>{word}</mark>e"
    assert one["marked"] == marked
    async with maria.http.get(f"{maria.url}/search?{urlencode({'q': word})}") as response:
        page = await response.text()
    assert response.status == 200
    assert marked in page
    assert f'href="/rooms/{room}/{one["message"]["number"]}"' in page


@pytest.mark.parametrize(
    "query",
    [
        {"q": "x" * 10_000},
        {"q": " ".join(f"w{number}" for number in range(11))},
        {"q": "on:tuesday"},
        {"q": "on:2026-02-30"},
        {"q": "on:9999-01-01"},
        {"q": "has:picnic"},
        {"q": "is:"},
        {"q": "beans from:"},
        {"q": "beans from:@"},
        {"q": "FROM: maria"},
        {"q": "in:"},
        {"q": "in:# beans"},
        {"q": "a", "before": "x"},
        {"q": "a", "before": "9" * 19},
        {"q": "a", "before": "-1"},
    ],
)
async def test_what_cannot_be_read_is_said(maria: Person, query: dict[str, str]) -> None:
    for accept in ("application/json", "text/html"):
        async with maria.http.get(
            f"{maria.url}/search", params=query, headers={"Accept": accept}
        ) as response:
            assert response.status == 400, await response.text()


@pytest.mark.parametrize("asked", ["", " ", '"', "-", "--", "-x", ":", "*", "%", "' OR 1=1 --"])
async def test_what_asks_for_nothing_finds_nothing(maria: Person, asked: str) -> None:
    assert await finds(maria, asked + " in:nowhere_at_all HAS:Link") == []
    async with maria.http.get(f"{maria.url}/search", params={"q": asked}) as response:
        assert response.status == 200


async def test_posts_of_one_millisecond_are_all_found(maria: Person, lounge: Listener) -> None:
    word = unique("lemur")
    began = now_ms()
    await asyncio.gather(*(lounge.says(f"{word} {number}") for number in range(20)))
    async with asyncio.timeout(PATIENCE):
        while len(await finds(maria, word)) < 20:
            await asyncio.sleep(0.05)
    assert now_ms() >= began


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_many_posts_of_one_time_are_all_indexed(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """As a history has them that was brought from elsewhere."""
    if kind == "sqlite":
        url = new_sqlite(tmp_path / "test.db")
    else:
        url = new_postgres(request.getfixturevalue("postgres"), unique("search"))
    async with filled(url) as database:
        rows = [
            {
                **{"room_id": 1, "seq": seq, "changed_seq": seq, "number": seq, "kind": "post"},
                **{"author_id": 1, "nonce": f"n{seq}", "text": f"beans {seq}", "at": 7},
            }
            for seq in range(1, 3001)
        ]
        for start in range(0, len(rows), 100):
            await Message.insert_many(rows[start : start + 100]).aio_execute()
        await Room.update(last_seq=3000, posts=3000).where(Room.id == 1).aio_execute()
        indexer = Indexer(database, 0.0)
        while await indexer.index_some():
            pass
        ((count,),) = await fetch(database, "SELECT COUNT(DISTINCT seq) FROM search_lines")
        assert count == 3000


def lines_of(texts: list[str]) -> list[dict[str, object]]:
    return [
        {
            **{"room_id": 1, "seq": seq, "changed_seq": seq, "number": seq, "kind": "post"},
            **{"author_id": 1, "nonce": f"n{seq}", "text": text, "at": 1000 + seq},
        }
        for seq, text in enumerate(texts, 1)
    ]


async def test_words_of_one_stem_are_found_where_the_site_has_a_language(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index is rebuilt when the language changes: bit by bit, going on where it was."""
    monkeypatch.setattr(stems, "LINES_AT_ONCE", 2)
    monkeypatch.setattr(stems, "_NEXT", stems._NEXT.replace("LIMIT 100", "LIMIT 2"))
    texts = ["she **runs** far", "красный дом", "красного дома", "we ran", "nothing", "the run"]
    async with filled(new_postgres(postgres, unique("stems"))) as database:
        await Message.insert_many(lines_of(texts)).aio_execute()
        await Room.update(last_seq=len(texts), posts=len(texts)).where(Room.id == 1).aio_execute()
        alice, access = await User.aio_get(User.id == 1), RoomAccessReader(database)

        async def found(language: str, asked: str) -> list[str]:
            answer = await Search(database, access, Unlimited(), language).find(alice, asked)
            return [one.line.text for one in answer.results]

        async def built() -> str:
            return str((await SiteFact.aio_get(SiteFact.name == stems.BUILT)).value)

        async def index(language: str) -> None:
            await Lease.update(until=0).aio_execute()
            indexer = Indexer(database, 0.0, language)
            while await indexer.index_some():
                pass

        await index("simple")
        assert await found("simple", "running") == []
        # A process that is killed in the middle: another one goes on.
        async with database.aio_atomic():
            assert await Stems(database, "english").rebuild_some()
        assert (await built()).startswith("english ")
        await index("english")
        assert await built() == "english"
        assert await found("english", "running") == ["the run", "she **runs** far"]
        assert await found("english", "running -far") == ["the run"]
        assert await found("english", "far -running") == []
        assert await found("english", '"running"') == [], "a phrase is as it is"
        assert await found("english", "красная") == []
        [result, _] = (await Search(database, access, Unlimited(), "english").find(alice, "running")).results
        assert result.marked == "the <mark>run</mark>"
        await index("russian")
        assert await built() == "russian"
        assert await found("russian", "красная") == ["красного дома", "красный дом"]
        assert await found("russian", "run") == ["the run", "she **runs** far"], "parts of words as ever"
        await Message.insert(lines_of([*texts, "красное"])[-1]).aio_execute()
        await Room.update(last_seq=len(texts) + 1).where(Room.id == 1).aio_execute()
        await index("russian")
        assert (await found("russian", "красная"))[0] == "красное"
        await index("simple")
        ((left,),) = await fetch(database, "SELECT COUNT(*) FROM search_lines WHERE strpos(tokens, '~') > 0")
        assert (left, await found("simple", "красная")) == (0, [])
