"""`python app.py render`: stored texts get the HTML of today, beside a server that runs, and whoever
stops it may begin again."""

from collections.abc import Iterator, Sequence

import pytest

from chat.actions.rerendering import texts_of_rooms
from helpers import rerendering
from helpers.db.database import open_database
from helpers.rendering import Renderer
from helpers.rerendering import Stored
from tests.conftest import LIMITS_OFF, server_env, unique
from tests.support.deleted_accounts import change, rows
from tests.support.feed_reader import comments, writes
from tests.support.people import Person
from tests.support.programs.shell import beside
from tests.support.servers import Aiochat, Postgres, Redis

TEXTS = {
    "*bold* or _not_": "<p><em>bold</em> or <em>not</em></p>",
    "as it stands": None,
    "5 * 3 * 2": None,
    "||hidden||": '<p><span class="spoiler" tabindex="0">hidden</span></p>',
}


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, own_servers: None) -> Iterator[Aiochat]:
    env = LIMITS_OFF
    if request.param == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        redis: Redis = request.getfixturevalue("redis")
        env = server_env(postgres, redis, unique("rendered"))
    with Aiochat(env=env) as server:
        yield server


async def test_what_is_stored_gets_the_html_of_today(server: Aiochat) -> None:
    alice = await Person(server.url, "alice").registers()
    await alice.creates("Garden")
    at_garden = await alice.enters("Garden")
    for text in TEXTS:
        await at_garden.says(text)
    await at_garden.says("tea for @all")
    await at_garden.says("/me waves at @alice in #garden")
    post = await writes(alice, "**Hello**, @alice")
    await comments(alice, post, "`well`")
    tables = {
        "messages": "SELECT text, html FROM messages WHERE kind IN ('post', 'me') ORDER BY seq",
        "feed_posts": "SELECT text, html FROM feed_posts ORDER BY id",
        "feed_comments": "SELECT text, html FROM feed_comments ORDER BY id",
    }
    of_today = {table: rows(server, query) for table, query in tables.items()}
    assert dict(of_today["messages"][: len(TEXTS)]) == TEXTS
    called = rows(server, "SELECT * FROM mentions")
    assert '<span class="mention">@all</span>' in of_today["messages"][-2][1]
    assert 'href="/rooms/Garden"' in of_today["messages"][-1][1]

    assert beside(server, "render") == "8 texts rendered, of which 0 changed.\n"
    for table in tables:
        change(server, f"UPDATE {table} SET html = COALESCE(html, '') || '<hr>'")
    assert beside(server, "render") == "8 texts rendered, of which 8 changed.\n"
    assert {table: rows(server, query) for table, query in tables.items()} == of_today
    assert [line["html"] for line in await alice.history("Garden") if "html" in line] == [
        html for _, html in of_today["messages"] if html is not None
    ]
    assert rows(server, "SELECT * FROM mentions") == called, "nobody is called again"
    await alice.close()


async def test_it_goes_in_steps_and_an_edit_meanwhile_stays(
    server: Aiochat, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await Person(server.url, "alice").registers()
    await alice.creates("Garden")
    at_garden = await alice.enters("Garden")
    for text in ("*one*", "two", "*three*", "*four*", "*five*"):
        await at_garden.says(text)
    change(server, "UPDATE messages SET html = '<p>of yesterday</p>' WHERE kind = 'post'")
    monkeypatch.setattr(rerendering, "ROWS_AT_ONCE", 2)
    url = server.env.get("AIOCHAT_DATABASE_URL") or f"sqlite:///{server.data_dir}/aiochat.db"
    database, renderer = open_database(url), Renderer()
    [(texts, render)] = texts_of_rooms(database, renderer)
    steps: list[int] = []

    async def render_while_one_edits(stored: Sequence[Stored]) -> Sequence[str | None]:
        if any(text == "*three*" for text, _ in stored):
            change(server, "UPDATE messages SET text = '*3*', html = '<p>edited</p>' WHERE text = '*three*'")
        return await render(stored)

    try:
        assert await texts.count() == 5
        assert await texts.render_anew(database, render_while_one_edits, steps.append) == 4
        assert steps == [2, 2, 1]
        assert await texts.render_anew(database, render, steps.append) == 1, (
            "the edited one, whose HTML is false"
        )
    finally:
        await renderer.close()
        await database.aio_close()
    assert rows(server, "SELECT html FROM messages WHERE kind = 'post' ORDER BY seq") == [
        ("<p><em>one</em></p>",),
        (None,),
        ("<p><em>3</em></p>",),
        ("<p><em>four</em></p>",),
        ("<p><em>five</em></p>",),
    ]
    await alice.close()
