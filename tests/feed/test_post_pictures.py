"""Pictures of posts: drawn anew of what is uploaded, described, shown to who may see the post, and
gone with it."""

import asyncio
import contextlib
import io
import re
import sqlite3
from collections.abc import Sequence
from typing import Any

import aiohttp
import psycopg
import pytest
from PIL import Image, ImageCms

from helpers.images import MAX_BYTES
from tests.conftest import server_env, unique
from tests.support.feed_reader import asks, comments, fills, follows, listens, page, texts, writes
from tests.support.people import JsonObject, Person
from tests.support.pictures import drawn, empty_png, moving
from tests.support.servers import Aiochat, Nginx, Postgres, Redis, free_port
from tests.support.wire.raw_http import cookie_of, request

BIG = drawn("JPEG", (3200, 2400))
File = tuple[bytes, str]


def form_of(files: Sequence[bytes | File], alts: Sequence[str], fields: dict[str, str]) -> aiohttp.FormData:
    form = aiohttp.FormData(fields)
    for number, file in enumerate(files):
        data, kind = (
            file
            if isinstance(file, tuple)
            else (file, "image/jpeg" if file[:2] == b"\xff\xd8" else "image/png")
        )
        form.add_field("picture", io.BytesIO(data), filename=f"{number}.png", content_type=kind)
    for alt in alts:
        form.add_field("alt", alt)
    return form


async def sends(
    someone: Person,
    files: Sequence[bytes | File],
    alts: Sequence[str] = (),
    path: str = "/feed",
    **fields: str,
) -> tuple[int, Any]:
    """Posts the form in parts, as a program does."""
    headers = {"X-CSRF-Token": await someone.token("/rooms"), "Accept": "application/json"}
    async with someone.http.post(path, data=form_of(files, alts, fields), headers=headers) as answer:
        return answer.status, await answer.json()


async def sees(someone: Person, address: str) -> Image.Image:
    async with someone.http.get(address) as answer:
        assert (answer.status, answer.content_type) == (200, "image/webp")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        return Image.open(io.BytesIO(await answer.read()))


@pytest.fixture
async def album(alice: Person) -> JsonObject:
    """A post of Alice's with two pictures."""
    status, post = await sends(alice, [BIG, drawn(size=(300, 200))], ["The harbour"], text="Two *pictures*")
    assert status == 201
    found: JsonObject = post
    return found


async def test_everybody_sees_them_in_two_sizes(alice: Person, bob: Person, album: JsonObject) -> None:
    large, little = album["pictures"]
    assert [(one["width"], one["height"], one["alt"]) for one in (large, little)] == [
        (1600, 1200, "The harbour"),
        (300, 200, ""),
    ]
    assert (large["small"]["width"], large["small"]["height"]) == (640, 480)
    for shown in (large, large["small"], little, little["small"]):
        picture = await sees(bob, shown["url"])
        assert (picture.format, picture.size) == ("WEBP", (shown["width"], shown["height"]))
        red, green, _ = picture.convert("RGB").getpixel((2, 2))  # type: ignore[misc]
        assert (green > 200, red < 60) == (True, True)
    assert (await bob.gets(f"/feed/{album['id']}"))["post"]["pictures"] == album["pictures"]
    _, text = await page(bob, f"/users/{alice.name}/posts")
    assert re.search(r'<img[^>]* width="1600" height="1200" alt="The harbour" loading="lazy"', text)


async def test_nothing_else_of_the_file_is_kept_and_it_stands_upright(alice: Person) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera of mine"  # turned by a quarter, as a phone is held
    status, post = await sends(
        alice, [drawn("JPEG", (2400, 1200), exif=exif, icc_profile=b"a profile of mine")], text=""
    )
    assert (status, post["text"], post["html"]) == (201, "", "")
    (shown,) = post["pictures"]
    assert (shown["width"], shown["height"]) == (800, 1600)
    async with alice.http.get(shown["url"]) as answer:
        data = await answer.read()
    assert b"of mine" not in data
    picture = Image.open(io.BytesIO(data))
    assert not picture.getexif()
    assert not {"exif", "icc_profile", "xmp"} & set(picture.info)
    red, green, _ = picture.convert("RGB").getpixel((400, 50))  # type: ignore[misc]  # its left edge is on top now
    assert (green > 200, red < 60) == (True, True)


async def test_colours_are_as_the_camera_meant_them(alice: Person) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"wXYZ").replace(b"gXYZ", b"rXYZ").replace(b"wXYZ", b"gXYZ")
    for kind in ("JPEG", "PNG"):
        _, post = await sends(alice, [drawn(kind, icc_profile=swapped)], text="")
        picture = await sees(alice, post["pictures"][0]["url"])
        red, green, _ = picture.convert("RGB").getpixel((250, 100))  # type: ignore[misc]
        assert (red < 60, green > 200) == (True, True), "what this profile calls red is green"


async def test_it_is_told_live_and_by_a_form_alone(alice: Person, bob: Person) -> None:
    await follows(bob, alice)
    stream = await listens(bob, f"?since={(await bob.gets('/feed'))['since']}")
    form = form_of([drawn()], [" A  red\nwall "], {"text": "", "csrf_token": await alice.token("/feed")})
    async with alice.http.post("/feed", data=form, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/feed")
    told = (await stream.hears("post", change="added"))["post"]
    assert told["pictures"][0]["alt"] == "A red wall"
    await asks(alice, f"/feed/{told['id']}/delete")
    await stream.hears("post", change="removed")
    await stream.close()


BAD: list[tuple[list[bytes | File], list[str], str]] = [
    ([b""], [], "empty"),
    ([b"<svg xmlns='http://www.w3.org/2000/svg'/>"], [], "JPEG, PNG or WebP"),
    ([drawn(), (drawn("GIF"), "image/gif")], [], "JPEG, PNG or WebP"),
    ([(drawn("JPEG"), "image/png")], [], "isn't what it says"),
    ([drawn("JPEG")[:400]], [], "broken"),
    ([(moving("WEBP"), "image/webp")], [], "moves"),
    ([empty_png(60_000, 60_000)], [], "million"),
    ([drawn() + bytes(MAX_BYTES)], [], "At most 8 MB"),
    ([drawn()] * 5, [], "at most 4 pictures"),
    ([drawn()], ["a" * 1001], "at most 1,000 characters"),
    ([drawn()], ["one", "two"], "without its picture"),
    ([], ["one"], "without its picture"),
]


async def test_what_cannot_be_is_said_and_nothing_is_posted(alice: Person) -> None:
    for files, alts, says in BAD:
        status, answer = await sends(alice, files, alts, text="Words")
        assert (status, says in answer["errors"]["pictures"]) == (422, True), (says, answer)
    form = form_of(
        [drawn(), b"no picture"],
        [],
        {"text": "Words that took long", "csrf_token": await alice.token("/feed")},
    )
    async with alice.http.post("/feed", data=form) as again:
        shown = await again.text()
    assert again.status == 422
    assert "JPEG, PNG or WebP" in shown
    assert "Words that took long</textarea>" in shown
    assert await texts(alice) == []


async def test_neither_words_nor_pictures(alice: Person) -> None:
    status, answer = await sends(alice, [], text=" \n")
    assert (status, "nothing in it" in answer["errors"]["text"]) == (422, True)


async def test_bodies_that_are_no_form(alice: Person) -> None:
    headers = {"X-CSRF-Token": await alice.token("/rooms"), "Accept": "application/json"}
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    picture = (
        b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\nContent-Type: '
        b"image/png\r\n\r\n"
    )
    text = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n'
    end = b"\r\n--x--\r\n"
    for body, expected in (
        (picture + drawn()[:100], 400),  # cut off
        (picture + drawn() + b"\r\n" + text + b"cut", 400),
        ((picture + b"\r\n") * 50 + end, 400),  # too many
        (text + b"a" * 70_000 + end, 413),  # pictures may be large, words not
        (picture.replace(b"picture", b"picture\xff") + drawn() + end, 400),
        (picture + bytes(41 << 20) + end, 413),
    ):
        answer = await request(
            alice.url, "POST", "/feed", cookie=cookie_of(alice), body=body, headers={**headers, **kind}
        )
        assert answer.status == expected, (body[:20], answer.body[:200])
    assert await texts(alice) == []
    # Where no pictures are taken forms stay small.
    status, answer = await sends(alice, [bytes(70_000)], path="/feed/1/comments", text="x")
    assert status == 413


async def test_words_that_are_too_long_are_refused_before_all_of_them_have_come(alice: Person) -> None:
    headers = {
        "X-CSRF-Token": await alice.token("/rooms"),
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(1 << 20),
    }
    body = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + b"a" * 500_000
    answer = await request(alice.url, "POST", "/feed", cookie=cookie_of(alice), body=body, headers=headers)
    assert answer.status == 413


async def test_who_may_not_see_the_post_sees_none(
    cast: Any, alice: Person, bob: Person, album: JsonObject
) -> None:
    address = album["pictures"][0]["url"].partition("?")[0]
    async with cast.stranger().http.get(address, allow_redirects=False) as answer:
        assert answer.status == 303
    other = await writes(bob, "other")
    for wrong in (
        f"/feed/{other['id']}/pictures/{album['pictures'][0]['id']}",
        f"{address}0",
        f"/feed/{album['id']}/pictures/x",
    ):
        async with bob.http.get(wrong) as answer:
            assert answer.status == 404, wrong
    for size in ("", "64", "1601", "-1", "x", "%00", "9" * 30):
        async with bob.http.get(f"{address}?size={size}") as answer:
            assert answer.status == 400, size


def files_of(chat: Aiochat, post: JsonObject) -> int:
    """How many there are in the database."""
    ids = ",".join(str(one["id"]) for one in post["pictures"])
    count = f"SELECT COUNT(*) FROM feed_picture_files WHERE picture_id IN ({ids})"
    if url := chat.env.get("AIOCHAT_DATABASE_URL"):
        with psycopg.connect(url) as database:
            ((found,),) = database.execute(count)
    else:
        with contextlib.closing(sqlite3.connect(chat.data_dir / "aiochat.db")) as file:
            ((found,),) = file.execute(count)
    return int(found)


async def test_a_browser_keeps_it_and_it_is_hidden_with_its_post(
    chat: Aiochat, alice: Person, bob: Person, album: JsonObject
) -> None:
    address = album["pictures"][0]["url"]
    assert files_of(chat, album) == 4
    async with bob.http.get(address) as answer:
        assert answer.headers["Cache-Control"].startswith("private, max-age=")
        etag = answer.headers["ETag"]
    async with bob.http.get(address, headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304
    assert (await asks(alice, f"/feed/{album['id']}/delete"))[0] == 204
    async with bob.http.get(address, headers={"If-None-Match": etag}) as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (404, "no-store")
    # For a minute that can be taken back: tests/feed/test_undo.py.
    assert files_of(chat, album) == 4


async def test_an_edit_removes_describes_and_adds(alice: Person, album: JsonObject) -> None:
    first, second = album["pictures"]
    here = f"/feed/{album['id']}"
    status, post = await sends(
        alice,
        [drawn(size=(50, 80))],
        ["New"],
        f"{here}/edit",
        text="Now",
        remove=str(first["id"]),
        **{f"alt-{second['id']}": "A wall"},
    )
    assert (status, post["text"]) == (200, "Now")
    assert [(one["width"], one["alt"]) for one in post["pictures"]] == [(300, "A wall"), (50, "New")]
    assert post["pictures"][0]["url"] == second["url"]
    async with alice.http.get(first["url"]) as answer:
        assert answer.status == 404
    # As a form that knows of no pictures, and once more what was done already.
    _, post = await asks(alice, f"{here}/edit", text="Words alone", remove=str(first["id"]))
    assert [one["alt"] for one in post["pictures"]] == ["A wall", "New"]
    _, post = await asks(alice, f"{here}/edit", text="", remove=str(second["id"]))
    assert (post["text"], len(post["pictures"])) == ("", 1)


async def test_edits_that_cannot_be_change_nothing(alice: Person, mallory: Person, album: JsonObject) -> None:
    here, ids = f"/feed/{album['id']}", [one["id"] for one in album["pictures"]]
    before = (await alice.gets(here))["post"]
    other = (await sends(mallory, [drawn()], text="other"))[1]["pictures"][0]["id"]
    for status, fields, files in (
        (422, {"remove": "x"}, []),
        (422, {"remove": "-1"}, []),
        (422, {"remove": "9" * 30}, []),
        (422, {"alt-x": "a"}, []),
        (422, {f"alt-{ids[0]}": "a" * 1001}, []),
        (422, {}, [drawn()] * 3),
        (422, {}, [b"nothing"]),
        (200, {"remove": str(other)}, []),
        (200, {f"alt-{other}": "not theirs"}, []),
    ):
        answer = await sends(alice, files, [], f"{here}/edit", text=album["text"], **fields)
        assert answer[0] == status, (fields, answer)
        assert (await alice.gets(here))["post"] == before
    assert (await sends(mallory, [], [], f"{here}/edit", text="mine", remove=str(ids[0])))[0] == 403
    assert (await alice.gets(here))["post"] == before
    # Whoever removes all of it has nothing left to post.
    form = aiohttp.FormData({"text": ""})
    for picture_id in ids:
        form.add_field("remove", str(picture_id))
    headers = {"X-CSRF-Token": await alice.token("/rooms"), "Accept": "application/json"}
    async with alice.http.post(f"{here}/edit", data=form, headers=headers) as response:
        assert response.status == 422
    assert (await alice.gets(here))["post"] == before


async def test_a_form_that_is_sent_twice_posts_once(alice: Person, bob: Person) -> None:
    answer = [await asks(alice, "/feed", text="once", nonce="n1") for _ in range(2)]
    assert answer[0] == answer[1]
    assert answer[0][0] == 201
    status, other = await asks(alice, "/feed", text="another", nonce="n1")
    assert (status, "sent before" in other["errors"]["text"]) == (422, True)
    assert (await asks(bob, "/feed", text="Bob's", nonce="n1"))[0] == 201
    twice = [await sends(alice, [drawn()], ["a"], text="", nonce="n2") for _ in range(2)]
    assert twice[0] == twice[1]
    assert (await sends(alice, [drawn()], ["b"], text="", nonce="n2"))[0] == 422
    assert await texts(alice) == ["", "once"]
    post = answer[0][1]
    here = f"/feed/{post['id']}/comments"
    said = [await asks(alice, here, text="once", nonce="n1") for _ in range(2)]
    assert said[0] == said[1]
    assert said[0][0] == 201
    assert (await asks(alice, here, text="other", nonce="n1"))[0] == 422
    assert (await asks(alice, f"/feed/{twice[0][1]['id']}/comments", text="once", nonce="n1"))[0] == 422
    assert (await alice.gets(f"/feed/{post['id']}"))["post"]["comments"] == 1
    for bad in ("a" * 65, "a b", "é", "\n"):
        assert (await asks(alice, "/feed", text="bad", nonce=bad))[0] == 422
        assert (await asks(alice, here, text="bad", nonce=bad))[0] == 422
    together = await asyncio.gather(*[asks(alice, here, text="at once", nonce="n3") for _ in range(5)])
    assert together == [together[0]] * 5
    together = await asyncio.gather(*[sends(alice, [drawn()], text="at once", nonce="n3") for _ in range(5)])
    assert together == [together[0]] * 5
    assert len(together[0][1]["pictures"]) == 1
    # What was deleted isn't posted again, and without a nonce one may repeat oneself.
    await asks(alice, f"/feed/{post['id']}/delete")
    assert (await asks(alice, "/feed", text="once", nonce="n1"))[0] == 404
    for _ in range(2):
        assert (await asks(alice, "/feed", text="again"))[0] == 201


async def test_the_pages_forms_are_such(alice: Person) -> None:
    post = await writes(alice, "here")
    for path, to in (("/feed", "/feed"), (f"/feed/{post['id']}", f"/feed/{post['id']}/comments")):
        found = re.search(r'name="nonce"[^>]* value="([^"]{16,64})"', (await page(alice, path))[1])
        assert found
        locations = {
            (await fills(alice, to, path, text="twice", nonce=found[1])).headers["Location"] for _ in range(2)
        }
        assert len(locations) == 1
    assert await texts(alice) == ["twice", "here"]
    assert (await alice.gets(f"/feed/{post['id']}"))["post"]["comments"] == 1


async def test_photographs_pass_through_nginx(postgres: Postgres, redis: Redis) -> None:
    port = free_port()
    nginx = Nginx([port])
    env = {
        **server_env(postgres, redis, unique("pictures")),
        "AIOCHAT_PUBLIC_URL": nginx.url,
        "AIOCHAT_TRUST_PROXY": "true",
    }
    env["AIOCHAT_RATE_LIMITS"] = "on"
    with Aiochat(port=port, env=env), nginx:
        alice = Person(nginx.url, unique("alice"))
        try:
            await alice.registers()
            status, post = await sends(alice, [drawn() + bytes(3 << 20)] * 4, text="")
            assert (status, len(post["pictures"])) == (201, 4)
            assert (await sees(alice, post["pictures"][3]["url"])).size == (300, 200)
            status, post = await sends(
                alice,
                [drawn() + bytes(2 << 20)],
                [],
                f"/feed/{post['id']}/edit",
                text="x",
                remove=str(post["pictures"][0]["id"]),
            )
            assert (status, len(post["pictures"])) == (200, 4)
            # And not without end: forty, and what comes back meanwhile.
            found = [(await sends(alice, [drawn(size=(9, 9))] * 4, text=""))[0] for _ in range(14)]
            assert found[:8] == [201] * 8
            assert found[-1] == 429
            assert (await asks(alice, "/feed", text="Words still go"))[0] == 201
        finally:
            await alice.close()


async def test_comments_have_none(alice: Person) -> None:
    post = await writes(alice, "here")
    assert "pictures" not in await comments(alice, post, "words")
