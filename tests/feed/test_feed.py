"""The feed by forms and JSON: posts, comments, likes, pages, and everything that can't be done."""

import asyncio
import html
import re

import pytest
from markupsafe import escape

from tests.conftest import Cast, unique
from tests.support.feed_reader import asks, comments, fills, follows, listens, page, since, texts, writes
from tests.support.people import Person


async def test_one_reads_whom_one_follows_and_oneself(alice: Person, bob: Person, mallory: Person) -> None:
    await follows(alice, bob)
    for someone, text in ((bob, "of Bob"), (mallory, "of Mallory"), (alice, "of Alice")):
        await writes(someone, text)
    assert await texts(alice) == ["of Alice", "of Bob"]
    assert await texts(bob) == ["of Bob"]
    await asks(alice, f"/users/{bob.name}/unfollow")
    assert await texts(alice) == ["of Alice"]
    assert await texts(alice, f"/users/{bob.name}/posts") == ["of Bob"]


async def test_pages_call_those_who_are_mentioned_by_their_names(alice: Person, bob: Person) -> None:
    await bob.submits("/accounts/profile", display_name="Ольга <O'Neil>")
    await writes(alice, f"ask @{bob.name} and @nobody")
    _, text = await page(alice, "/feed")
    found = re.search(r'<a class="mention" href="/users/([^"]+)"[^>]* title="([^"]+)">([^<]+)</a>', text)
    assert found
    assert found[1] == bob.name
    assert found[2].startswith("@")
    assert html.unescape(found[3]).startswith("@Ольга <O'Neil>")
    assert "@nobody" in text


async def test_pages_by_a_cursor(alice: Person, bob: Person) -> None:
    await follows(alice, bob)
    for number in range(35):
        await writes(alice if number % 3 else bob, f"n{number}")
    first = await alice.gets("/feed")
    assert [post["text"] for post in first["posts"]] == [f"n{number}" for number in range(34, 4, -1)]
    await writes(bob, "meanwhile")
    second = await alice.gets(f"/feed?before={first['next']}")
    assert [post["text"] for post in second["posts"]] == [f"n{number}" for number in range(4, -1, -1)]
    assert second["next"] is None
    _, text = await page(alice, "/feed")
    assert 'rel="next"' in text
    theirs = await alice.gets(f"/users/{bob.name}/posts")
    assert [post["author"] for post in theirs["posts"]] == [bob.name] * 13


async def test_the_most_active_hides_nobody(alice: Person, bob: Person, mallory: Person) -> None:
    await follows(alice, bob)
    await follows(alice, mallory)
    await writes(mallory, "first")
    for number in range(31):
        await writes(bob, f"n{number}")
    seen = await alice.gets("/feed")
    assert len(seen["posts"]) == 30
    assert await texts(alice, f"/feed?before={seen['next']}") == ["n0", "first"]


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "9" * 17, "٣", "1%00"])
async def test_cursors_of_another_shape(alice: Person, cursor: str) -> None:
    headers = {"Accept": "application/json"}
    for path in (f"/feed?before={cursor}", f"/users/{alice.name}/posts?before={cursor}"):
        async with alice.http.get(path, headers=headers) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (400, "bad_request")


async def test_what_is_written_is_rendered_and_harmless(alice: Person, bob: Person) -> None:
    post = await writes(
        alice,
        f"**Hello** @{bob.name.upper()}\r\n<script>alert(1)</script> [x](javascript:alert(1)) [p](/feed/1) "
        "[r](/rooms/a)",
    )
    assert f'<a class="mention" href="/users/{bob.name}"' in post["html"]
    assert "<strong>Hello</strong>" in post["html"]
    assert "<script" not in post["html"]
    assert "javascript:" not in post["html"].replace("[x](javascript:", "")
    assert 'href="/feed/1"' in post["html"]
    assert 'href="/rooms' not in post["html"]
    assert "\r" not in post["text"]
    _, text = await page(alice, f"/feed/{post['id']}")
    assert "<strong>Hello</strong>" in text
    assert "<script>alert" not in text


async def test_by_forms_alone(alice: Person, bob: Person) -> None:
    answer = await fills(alice, "/feed", "/feed", text="A *post*")
    assert (answer.status, answer.headers["Location"]) == (303, "/feed")
    post = (await alice.gets("/feed"))["posts"][0]
    here = f"/feed/{post['id']}"
    _, text = await page(alice, "/feed")
    assert "<em>post</em>" in text
    answer = await fills(bob, f"{here}/like", here, next=here)
    assert (answer.status, answer.headers["Location"]) == (303, f"{here}#post-{post['id']}")
    answer = await fills(bob, f"{here}/comments", here, text="A comment")
    assert answer.status == 303
    found = await alice.gets(here)
    assert (found["post"]["likes"], found["post"]["liked"], found["post"]["comments"]) == (1, False, 1)
    comment = found["comments"][0]
    assert answer.headers["Location"] == f"{here}#comment-{comment['id']}"
    answer = await fills(bob, f"{here}/comments/{comment['id']}/edit", here, text="A better one")
    assert answer.headers["Location"] == f"{here}#comment-{comment['id']}"
    answer = await fills(alice, f"{here}/edit", here, text="A changed post", next="/feed?before=99")
    assert answer.headers["Location"] == f"/feed?before=99#post-{post['id']}"
    found = await alice.gets(here)
    assert (found["post"]["text"], found["comments"][0]["text"]) == ("A changed post", "A better one")
    assert found["post"]["edited_at"]
    assert found["comments"][0]["edited_at"]
    await fills(bob, f"{here}/comments/{comment['id']}/delete", here)
    await fills(bob, f"{here}/unlike", here)
    found = await alice.gets(here)
    assert (found["post"]["likes"], found["post"]["comments"], found["comments"]) == (0, 0, [])
    answer = await fills(alice, f"{here}/delete", here)
    assert (answer.status, answer.headers["Location"]) == (303, "/feed")
    assert (await page(alice, here))[0] == 404
    assert await texts(alice) == []


async def test_a_text_that_cannot_be_is_shown_again(alice: Person) -> None:
    post = await writes(alice, "fine")
    here = f"/feed/{post['id']}"
    comment = await comments(alice, post, "fine too")
    for path, on in (
        ("/feed", "/feed"),
        (f"{here}/edit", here),
        (f"{here}/comments", here),
        (f"{here}/comments/{comment['id']}/edit", here),
    ):
        for text, says in (
            ("", "nothing in it"),
            (" \n ", "nothing in it"),
            ("a" * 10_001, "At most"),
            ("\x01\u200b", "nothing in it"),
        ):
            answer = await fills(alice, path, on, text=text)
            assert answer.status == 422
            shown = await answer.text()
            assert says in shown
            assert text.strip("\n") in shown
            assert (await asks(alice, path, text=text))[0] == 422
        assert (await asks(alice, path))[0] == 422
    found = await alice.gets(here)
    assert (found["post"]["text"], [one["text"] for one in found["comments"]]) == ("fine", ["fine too"])
    assert await texts(alice) == ["fine"]


async def test_only_who_wrote_it_changes_it(alice: Person, mallory: Person) -> None:
    post = await writes(alice, "mine")
    comment = await comments(alice, post, "mine too")
    here = f"/feed/{post['id']}"
    for path in (
        f"{here}/edit",
        f"{here}/delete",
        f"{here}/comments/{comment['id']}/edit",
        f"{here}/comments/{comment['id']}/delete",
    ):
        status, body = await asks(mallory, path, text="yours")
        assert (status, body["error"]["code"]) == (403, "forbidden")
    found = await mallory.gets(here)
    assert (found["post"]["text"], found["comments"][0]["text"]) == ("mine", "mine too")
    _, text = await page(mallory, here)
    assert 'data-part="edit"' not in text.partition("<template")[0]


async def test_what_is_gone(alice: Person, bob: Person) -> None:
    post, other = await writes(alice, "soon gone"), await writes(alice, "stays")
    comment = await comments(bob, post, "soon gone too")
    kept = await comments(bob, other, "stays")
    here = f"/feed/{post['id']}"
    assert (await asks(alice, f"{here}/delete"))[0] == 204
    for path in (
        f"{here}/comments",
        f"{here}/like",
        f"{here}/unlike",
        f"{here}/edit",
        f"{here}/delete",
        f"{here}/comments/{comment['id']}/edit",
    ):
        status, body = await asks(bob, path, text="late")
        assert (status, body["error"]["code"]) == (404, "not_found"), path
    # A comment is under its own post.
    assert (await asks(bob, f"/feed/{other['id']}/comments/{comment['id']}/edit", text="late"))[0] == 404
    assert (await asks(bob, f"/feed/{other['id']}/comments/{kept['id']}/delete"))[0] == 204
    assert (await asks(bob, f"/feed/{other['id']}/comments/{kept['id']}/delete"))[0] == 404
    for address in ("0", "01", "-1", "x", "9" * 17, "1%2F"):
        async with bob.http.get(f"/feed/{address}") as answer:
            assert answer.status == 404


async def test_counts_are_right_whoever_does_what_at_once(cast: Cast, alice: Person) -> None:
    post = await writes(alice, "popular")
    here = f"/feed/{post['id']}"
    people = [await cast.person("fan") for _ in range(6)]
    headers = [{"Accept": "application/json", "X-CSRF-Token": await one.token("/rooms")} for one in people]

    async def likes(number: int, path: str, text: str = "") -> int:
        async with people[number].http.post(
            f"{here}/{path}", data={"text": text}, headers=headers[number]
        ) as answer:
            await answer.read()
            return answer.status

    work = [likes(number, path) for number in range(6) for path in ("like", "like", "like")]
    work += [likes(number, "comments", f"c{number}") for number in range(6)]
    assert set(await asyncio.gather(*work)) == {200, 201}
    shown = (await alice.gets(here))["post"]
    assert (shown["likes"], shown["comments"]) == (6, 6)
    await asyncio.gather(*[likes(number, path) for number in range(3) for path in ("unlike", "unlike")])
    shown = (await alice.gets(here))["post"]
    assert (shown["likes"], shown["comments"]) == (3, 6)
    assert (await people[5].gets(here))["post"]["liked"] is True
    assert (await people[0].gets(here))["post"]["liked"] is False


async def test_comments_by_pages(alice: Person) -> None:
    post = await writes(alice, "much to say")
    headers = {"Accept": "application/json", "X-CSRF-Token": await alice.token("/rooms")}
    for number in range(101):
        async with alice.http.post(
            f"/feed/{post['id']}/comments", data={"text": f"c{number}"}, headers=headers
        ) as answer:
            assert answer.status == 201
    here = f"/feed/{post['id']}"
    first = await alice.gets(here)
    assert [comment["text"] for comment in first["comments"]] == [f"c{number}" for number in range(100)]
    assert [
        comment["text"] for comment in (await alice.gets(f"{here}?after={first['next']}"))["comments"]
    ] == ["c100"]
    answer = await fills(alice, f"{here}/comments", here, text="the last")
    _, text = await page(alice, answer.headers["Location"].partition("#")[0])
    assert "the last" in text


async def test_bodies_of_another_type(alice: Person) -> None:
    token = await alice.token("/rooms")
    headers = {"Accept": "application/json", "X-CSRF-Token": token}
    async with alice.http.post("/feed", json={"text": "x"}, headers=headers) as answer:
        assert answer.status == 415
    async with alice.http.post("/feed", data={"text": "x"}, headers={"Accept": "application/json"}) as answer:
        assert answer.status == 403
    async with alice.http.post(
        "/feed", data=b"text=%ff", headers={**headers, "Content-Type": "application/x-www-form-urlencoded"}
    ) as answer:
        assert answer.status == 400
    assert await texts(alice) == []


async def test_a_page_of_heavy_posts_and_comments_is_shorter(alice: Person, bob: Person) -> None:
    """Each is 39,000 characters of text and HTML; a page has at most 400,000."""
    heavy = "*a* " + "&" * 6500
    for number in range(12):
        post = await writes(bob, f"{number} {heavy}")
    first = await alice.gets(f"/users/{bob.name}/posts")
    assert 8 <= len(first["posts"]) < 12
    second = await alice.gets(f"/users/{bob.name}/posts?before={first['next']}")
    numbers = [int(post["text"].split()[0]) for post in first["posts"] + second["posts"]]
    assert numbers == list(range(11, -1, -1))
    assert second["next"] is None

    heavy = "*a* " + "&" * 3950
    for number in range(20):
        await comments(bob, post, f"{number} {heavy}")
    first = await bob.gets(f"/feed/{post['id']}")
    assert 10 <= len(first["comments"]) < 20
    second = await bob.gets(f"/feed/{post['id']}?after={first['next']}")
    numbers = [int(comment["text"].split()[0]) for comment in first["comments"] + second["comments"]]
    assert numbers == list(range(20))


async def test_authors_are_shown_by_their_names(alice: Person, bob: Person, mallory: Person) -> None:
    name = f"Мария Łukasz O'Neil {unique('Q')}"
    await bob.submits("/accounts/profile", display_name=name)
    await follows(alice, bob)
    written = await writes(bob, "Hello")
    said = await comments(mallory, written, "And hello")
    assert (written["author"], written["author_name"]) == (bob.name, name)
    assert (said["author"], said["author_name"]) == (mallory.name, "")
    for path in ("/feed", f"/feed/{written['id']}", f"/users/{bob.name}", f"/users/{bob.name}/posts"):
        _, text = await page(alice, path)
        link = f'href="/users/{bob.name}" title="@{bob.name}"><bdi dir="ltr">{escape(name)}</bdi></a>'
        assert link in text, path
    assert f"<title>Posts of {escape(name)} –" in text
    stream = await listens(alice, f"?since={await since(alice)}")
    await bob.submits("/accounts/profile", display_name=f"{name} II")
    assert (await stream.hears("person"))["display_name"] == f"{name} II"
    await comments(bob, written, "Again")
    told = await stream.hears("comment", change="added")
    await stream.close()
    assert told["comment"]["author_name"] == f"{name} II"
    # As it is now, also where it was said before.
    assert {post["author_name"] for post in (await alice.gets("/feed"))["posts"]} == {f"{name} II"}
