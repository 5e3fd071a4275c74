"""Measures the search: how fast the index is filled, how large it is, and how long questions take.

    python -m bench.search --messages 1000000 --database sqlite

It stands beside `python -m bench`, since it needs no browsers, sockets or peers: rooms and words as
common as those of people, somebody who is in 200 of the rooms, and questions of each kind."""

import argparse
import asyncio
import contextlib
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import accumulate, pairwise
from pathlib import Path
from typing import get_args

from peewee import chunked
from peewee_async.databases import AioDatabase

from accounts.models import SiteFact, User
from bench.seed import room_row, user_row
from bench.texts import OFFICE
from chat.models import Member, Message, Room
from chat.roles import Role
from chat.search import indexer as indexing
from chat.search.index import Reader, SearchIndex, Term, Wanted
from chat.search.indexer import Indexer
from chat.search.stems import BUILT, NONE, Stems
from chat.search.words import searched
from helpers.clock import now_ms
from helpers.db.database import fetch, is_sqlite, open_database
from helpers.db.migrations import MIGRATIONS, migrate
from settings import SearchLanguage
from tests.support.databases import new_postgres
from tests.support.servers import Postgres

OWN_ROOMS = 200
TURNS = 40
ROWS = 100
RARE = "quagmire"
"""Said once in a hundred thousand messages."""


@contextlib.contextmanager
def _database(kind: str) -> Iterator[str]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'chat.db'}"
        return
    with Postgres() as server:
        yield new_postgres(server, "search")


def _words() -> tuple[list[str], list[float]]:
    """Words of the office, and how often each is said: the n-th as often as 1/n."""
    words = sorted({word for line in OFFICE.lines for word in line.split() if word.isalpha()})
    random.shuffle(words)
    return words, list(accumulate(1 / place for place in range(1, len(words) + 1)))


async def _seed(database: AioDatabase, messages: int, rooms: int) -> tuple[list[str], int]:
    words, weights = _words()
    each = messages // rooms
    now = now_ms()
    async with database.aio_atomic():
        for some in chunked(
            [{**room_row(number, each, now), "kind": "closed"} for number in range(rooms)], ROWS
        ):
            await Room.insert_many(some).aio_execute()
        await User.insert_many([user_row(place, now) for place in range(20)]).aio_execute()
        own = [
            {"room": room + 1, "user": 1, "role": Role.MEMBER, "read_number": 0, "joined_at": now}
            for room in range(0, rooms, max(1, rooms // OWN_ROOMS))
        ]
        for some in chunked(own, ROWS):
            await Member.insert_many(some).aio_execute()
    for room in range(rooms):
        lines = []
        for number in range(1, each + 1):
            text = " ".join(random.choices(words, cum_weights=weights, k=random.randint(3, 24)))
            if random.random() < 1e-5:
                text += f" {RARE}"
            lines.append(
                {
                    **{"room_id": room + 1, "seq": number, "changed_seq": number, "number": number},
                    **{"kind": "post", "author_id": random.randint(1, 20), "nonce": f"{room} {number}"},
                    **{"text": text, "at": now - random.randint(0, 365 * 86_400_000)},
                }
            )
        async with database.aio_atomic():
            for some in chunked(lines, ROWS):
                await Message.insert_many(some).aio_execute()
    return words, len(own)


async def _size(database: AioDatabase) -> int:
    if is_sqlite(database):
        ((pages,),) = await fetch(database, "SELECT page_count FROM pragma_page_count()")
        return int(pages) * 4096
    ((size,),) = await fetch(database, "SELECT pg_database_size(current_database())")
    return int(size)


async def _measure(messages: int, rooms: int, language: str, url: str) -> None:
    migrate(url, MIGRATIONS)
    database = open_database(url)
    try:
        await _ask(database, messages, rooms, language)
    finally:
        await database.aio_close()


async def _ask(database: AioDatabase, messages: int, rooms: int, language: str) -> None:
    words, own = await _seed(database, messages, rooms)
    before = await _size(database)
    # A site gives it a tenth of the time.
    indexing.PAUSE_FACTOR = 0.0
    await SiteFact.insert(name=BUILT, value=language).aio_execute()
    indexer = Indexer(database, 0.0, language)
    began, busy = time.monotonic(), time.process_time()
    while await indexer.index_some():
        pass
    seconds = time.monotonic() - began
    print(f"indexed {messages} in {seconds:.0f} s ({messages / seconds:.0f}/s, without pauses;", end=" ")
    print(f"{time.process_time() - busy:.0f} s of this process)")
    if not is_sqlite(database):
        await fetch(database, "VACUUM ANALYZE search_lines")
    print(f"{(await _size(database) - before) / messages:.0f} bytes a message")
    index, stems = SearchIndex(database), Stems(database, language)
    third = len(words) // 3
    seldom = words[-third:]
    kinds = {
        "the commonest words": words[:10],
        "common words": words[10:third],
        "seldom words": seldom,
        "a rare word": [RARE],
        "parts of words": [word[1:-1] for word in words[10:] if len(word) > 6],
        "two words": [f"{one} {other}" for one, other in zip(words, seldom, strict=False)],
        "two seldom words": [f"{one} {other}" for one, other in pairwise(seldom)],
        "impossible words": ["zxqvwk", "theandof", "ingtion", "qqq"],
    }
    print(f"of one who is in {own} of {rooms} rooms; ms: p50, p95, most")
    for kind, asked in kinds.items():
        times = []
        found = 0
        for turn in range(TURNS):
            terms = tuple(Term(searched(word), typed=word) for word in asked[turn % len(asked)].split())
            began = time.perf_counter()
            answer = await index.find(Reader(1), Wanted(await stems.with_stems(terms)), 20)
            times.append((time.perf_counter() - began) * 1000)
            found += len(answer.hits)
        times.sort()
        p50, p95 = statistics.median(times), times[int(0.95 * len(times))]
        print(f"{kind:22} {p50:7.1f} {p95:7.1f} {times[-1]:7.1f}   ({found / TURNS:.0f} found)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rooms", type=int, default=1000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument(
        "--language", choices=get_args(SearchLanguage), default=NONE, help="whose stems are found"
    )
    arguments = parser.parse_args()
    random.seed(1)
    with _database(arguments.database) as url:
        asyncio.run(_measure(arguments.messages, arguments.rooms, arguments.language, url))


if __name__ == "__main__":
    main()
