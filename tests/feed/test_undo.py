"""A deletion of the feed is taken back within a minute, by who deleted; then what was deleted is gone."""

import asyncio
import io
import re
import sqlite3
from pathlib import Path

import aiohttp
import pytest

from tests.conftest import Cast
from tests.support.databases import new_sqlite
from tests.support.feed_reader import (
    asks,
    blocks,
    comments,
    fills,
    follows,
    listens,
    page,
    since,
    texts,
    writes,
)
from tests.support.people import PASSWORD, PATIENCE, Person
from tests.support.pictures import drawn
from tests.support.servers import Aiochat
from timings import Timings


async def test_a_post_comes_back_as_it_was(alice: Person, bob: Person) -> None:
    await follows(bob, alice)
    post = await writes(alice, "half of **it**")
    here = f"/feed/{post['id']}"
    await asks(bob, f"{here}/like")
    await comments(bob, post, "a comment")
    before = (await alice.gets(here))["post"]
    stream = await listens(bob, f"?since={await since(bob)}")
    assert (await asks(alice, f"{here}/delete"))[0] == 204
    await stream.hears("post", change="removed", id=post["id"])
    assert (await asks(bob, f"{here}/undelete"))[0] == 404
    status, found = await asks(alice, f"{here}/undelete")
    assert (status, found) == (200, before)
    told = await stream.hears("post", change="added", id=post["id"])
    assert told["post"]["text"] == "half of **it**"
    assert await texts(bob) == ["half of **it**"]
    assert [one["text"] for one in (await bob.gets(here))["comments"]] == ["a comment"]
    assert (await asks(alice, f"{here}/undelete"))[0] == 404, "once"
    await stream.close()


async def test_a_comment_comes_back_in_its_place(alice: Person, bob: Person) -> None:
    post = await writes(alice, "a post")
    here = f"/feed/{post['id']}"
    made = [await comments(bob, post, text) for text in ("one", "two", "three")]
    address = f"{here}/comments/{made[1]['id']}"
    stream = await listens(alice, f"?post={post['id']}&since={await since(alice)}")
    assert (await asks(bob, f"{address}/delete"))[0] == 204
    await stream.hears("comment", change="removed", comments=2)
    assert [one["text"] for one in (await alice.gets(here))["comments"]] == ["one", "three"]
    assert (await asks(alice, f"{address}/undelete"))[0] == 404, "it isn't hers"
    assert await asks(bob, f"{address}/undelete") == (200, made[1])
    told = await stream.hears("comment", change="added", comments=3)
    assert told["comment"]["text"] == "two"
    assert [one["text"] for one in (await alice.gets(here))["comments"]] == ["one", "two", "three"]
    assert (await asks(bob, f"{address}/undelete"))[0] == 404
    await asks(bob, f"{address}/delete")
    await asks(alice, f"{here}/delete")
    assert (await asks(bob, f"{address}/undelete"))[0] == 404, "its post is gone"
    await stream.close()


async def test_what_an_administrator_removed_only_they_take_back(cast: Cast, alice: Person) -> None:
    post = await writes(alice, "improper")
    here = f"/feed/{post['id']}"
    comment = await comments(alice, post, "improper too")
    assert (await asks(cast.boss, f"{here}/comments/{comment['id']}/delete"))[0] == 204
    assert (await asks(cast.boss, f"{here}/delete"))[0] == 204
    # Of what was removed its author reads nothing meanwhile.
    (mine,) = (await alice.gets(f"/users/{alice.name}/posts"))["posts"]
    assert (mine["removed"], mine["text"], mine["html"]) == (True, "", "")
    assert "improper" not in (await page(alice, f"/users/{alice.name}"))[1]
    assert (await asks(alice, f"{here}/undelete"))[0] == 404
    assert (await asks(cast.boss, f"{here}/undelete"))[0] == 200
    assert (await asks(alice, f"{here}/comments/{comment['id']}/undelete"))[0] == 404
    assert (await asks(cast.boss, f"{here}/comments/{comment['id']}/undelete"))[0] == 200
    found = await alice.gets(here)
    assert "removed" not in found["post"]
    assert (found["post"]["text"], found["comments"][0]["text"]) == ("improper", "improper too")


async def test_without_scripts_the_next_page_offers_it(alice: Person) -> None:
    post = await writes(alice, "a post")
    here = f"/feed/{post['id']}"
    comment = await comments(alice, post, "a comment")
    for what, path, leads in (
        ("comment", f"{here}/comments/{comment['id']}", here),
        ("post", here, "/feed"),
    ):
        answer = await fills(alice, f"{path}/delete", here, next=here)
        assert answer.headers["Location"] == leads
        _, text = await page(alice, leads)
        assert f"The {what} is deleted." in text
        assert re.search(rf'<form method="post" action="{path}/undelete">', text)
        assert "/undelete" not in (await page(alice, leads))[1], "it is said once"
        answer = await fills(alice, f"{path}/undelete", here, next=leads)
        assert answer.headers["Location"].partition("#")[0] == leads
        assert (await alice.gets(here))["comments"][0]["text"] == "a comment"


async def test_who_has_left_or_is_hidden_has_nothing_taken_back(cast: Cast, alice: Person) -> None:
    gone = await cast.person("goner")
    post = await writes(gone, "left behind")
    own = await writes(alice, "a post")
    comment = await comments(gone, own, "left behind")
    address = f"/feed/{own['id']}/comments/{comment['id']}"
    for path in (f"/feed/{post['id']}", address):
        assert (await asks(cast.boss, f"{path}/delete"))[0] == 204
    await gone.submits("/accounts/delete", password=PASSWORD, messages="keep")
    for path in (f"/feed/{post['id']}", address):
        assert (await asks(cast.boss, f"{path}/undelete"))[0] == 404
    other = await cast.person("other")
    written = await comments(other, own, "soon hidden")
    address = f"/feed/{own['id']}/comments/{written['id']}"
    assert (await asks(other, f"{address}/delete"))[0] == 204
    await blocks(alice, other)
    assert (await asks(other, f"{address}/undelete"))[0] == 404


async def test_a_form_that_was_sent_again_meanwhile_stays(alice: Person) -> None:
    post = await writes(alice, "a post")
    here = f"/feed/{post['id']}"
    _, first = await asks(alice, f"{here}/comments", text="once", nonce="n-1")
    await asks(alice, f"{here}/comments/{first['id']}/delete")
    status, second = await asks(alice, f"{here}/comments", text="once", nonce="n-1")
    assert (status, second["id"] != first["id"]) == (201, True)
    assert (await asks(alice, f"{here}/comments/{first['id']}/undelete"))[0] == 404
    assert [one["id"] for one in (await alice.gets(here))["comments"]] == [second["id"]]


async def test_two_at_once_take_it_back_once(alice: Person) -> None:
    post = await writes(alice, "a post")
    comment = await comments(alice, post, "a comment")
    for path in (f"/feed/{post['id']}/comments/{comment['id']}", f"/feed/{post['id']}"):
        await asks(alice, f"{path}/delete")
        answers = await asyncio.gather(*(asks(alice, f"{path}/undelete") for _ in range(4)))
        assert sorted(status for status, _ in answers) == [200, 404, 404, 404]
    found = await alice.gets(f"/feed/{post['id']}")
    assert (found["post"]["comments"], len(found["comments"])) == (1, 1)


@pytest.mark.parametrize("path", ["/feed/9999999999999999", "/feed/9999999999999999/comments/1"])
async def test_what_never_was(alice: Person, path: str) -> None:
    assert (await asks(alice, f"{path}/undelete"))[0] == 404


def _left_in(database: Path) -> int:
    with sqlite3.connect(database) as connection:
        (count,) = connection.execute(
            "SELECT (SELECT count(*) FROM feed_posts WHERE deleted_at IS NOT NULL AND text <> '')"
            " + (SELECT count(*) FROM feed_deleted_comments) + (SELECT count(*) FROM feed_picture_files)"
        ).fetchone()
    connection.close()
    return int(count)


async def test_then_it_is_gone_with_its_pictures(own_servers: None, tmp_path: Path) -> None:
    database = tmp_path / "site.sqlite3"
    env = {"AIOCHAT_DATABASE_URL": new_sqlite(database)}
    with Aiochat(env=env, timings=Timings(feed_undo=2.0, feed_undo_sweep=0.2)) as server:
        alice = await Person(server.url, "alice").registers()
        form = aiohttp.FormData({"csrf_token": await alice.token("/rooms"), "text": "with a picture"})
        form.add_field("picture", io.BytesIO(drawn("PNG")), filename="one.png", content_type="image/png")
        async with alice.http.post("/feed", data=form, headers={"Accept": "application/json"}) as answer:
            assert answer.status == 201, await answer.text()
            post = await answer.json()
        comment = await comments(alice, post, "a comment")
        shown = post["pictures"][0]["url"]
        await asks(alice, f"/feed/{post['id']}/comments/{comment['id']}/delete")
        await asks(alice, f"/feed/{post['id']}/delete")
        async with alice.http.get(shown) as answer:
            assert answer.status == 404, "nobody sees it meanwhile"
        status, found = await asks(alice, f"/feed/{post['id']}/undelete")
        assert (status, found["pictures"]) == (200, post["pictures"])
        async with alice.http.get(shown) as answer:
            assert answer.status == 200
        await asks(alice, f"/feed/{post['id']}/delete")
        assert _left_in(database) > 0
        async with asyncio.timeout(PATIENCE):
            while _left_in(database):
                await asyncio.sleep(0.05)
        assert (await asks(alice, f"/feed/{post['id']}/undelete"))[0] == 404
        await alice.close()
