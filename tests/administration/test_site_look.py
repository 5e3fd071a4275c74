"""The colour and the logo of the site: on every page, for everybody, without another request for the
colour."""

import asyncio
import io
import json
import re
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from accounts.people.site_roles import SiteRole
from tests.administration.conftest import Staff, acts
from tests.administration.test_site import cast, sets, text_of
from tests.conftest import Cast
from tests.support.people import JsonObject, Person
from tests.support.programs.shell import beside
from tests.support.servers import Aiochat
from tests.support.services.fake_upstream import drawn

__all__ = ["cast"]

STYLE = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
ICON = re.compile(r'<link rel="icon" [^>]*href="([^"]+)">')


async def gives(someone: Person, data: bytes, kind: str = "image/png") -> tuple[int, JsonObject]:
    form = aiohttp.FormData()
    form.add_field("logo", io.BytesIO(data), filename="logo.png", content_type=kind)
    headers = {"X-CSRF-Token": await someone.token("/rooms"), "Accept": "application/json"}
    async with someone.http.post("/admin/site/logo", data=form, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_the_colour_is_in_the_style_of_every_page(cast: Cast, alice: Person, lobby: str) -> None:
    visitor = cast.stranger()
    pages = [(visitor, "/"), (visitor, "/accounts/login"), (alice, "/rooms"), (alice, f"/rooms/{lobby}")]
    before = [STYLE.findall(await text_of(someone, path)) for someone, path in pages]
    assert (await sets(cast.boss, "colour", " #C2185B"))[0] == 200
    assert (await cast.boss.gets("/admin/site"))["settings"]["colour"] == "#c2185b"
    for (someone, path), styles in zip(pages, before, strict=True):
        page = await text_of(someone, path)
        now = STYLE.findall(page)
        assert len(now) == len(styles), "no request more"
        assert "/extended/c2185b/" in now[0]
        assert "style=" not in page
    async with visitor.http.get(now[0]) as answer:
        text = await answer.text()
        assert (answer.status, answer.content_type) == (200, "text/css")
        assert "immutable" in answer.headers["Cache-Control"]
    assert text.rstrip().splitlines()[-1].startswith(":root { --accent: light-dark(#c2185b, #ff6691);")
    assert ".brand" in text
    shown = await text_of(cast.boss, "/admin/site")
    assert "In the light theme it is #c2185b, in the dark one #ff6691" in shown
    # Whatever colour is in the address: another process may know of it before this one.
    async with visitor.http.get(now[0].replace("c2185b", "00695c")) as answer:
        assert "--accent: light-dark(#00695c" in await answer.text()
    for wrong in ("red", "c2185b0", "..%2f..%2fapp", "%00", "c2185b}", "C2185B"):
        async with visitor.http.get(now[0].replace("c2185b", wrong)) as answer:
            assert answer.status == 404, wrong
    for wrong in ("js/room.js", "css/none.css", "../app.py"):
        async with visitor.http.get(now[0].replace("css/joined/site.css", wrong)) as answer:
            assert answer.status == 404, wrong
    await sets(cast.boss, "colour", "#2f62d8")
    assert STYLE.findall(await text_of(visitor, "/"))[0] == before[0][0], "the usual one is none"


async def test_a_wrong_colour_is_said_beside_its_field(cast: Cast) -> None:
    answer = await cast.boss.submits("/admin/site", act="colour", value="reddish", page="/rooms")
    text = await answer.text()
    assert answer.status == 422
    assert 'id="colour-error"' in text
    assert "A colour is written like #2f62d8." in text


async def test_the_logo_is_drawn_anew_and_stands_for_ours(
    cast: Cast, staff: Staff, alice: Person, lobby: str
) -> None:
    visitor = cast.stranger()
    async with visitor.http.get("/logo") as answer:
        assert answer.status == 404
    status, told = await gives(cast.boss, drawn(size=(600, 300)))
    assert (status, told["act"][0]) == (200, "S")
    version = (await cast.boss.gets("/admin/site"))["settings"]["logo"]
    address = f"/logo?size=64&amp;v={version}"
    for someone, path in ((visitor, "/"), (visitor, "/accounts/login"), (alice, f"/rooms/{lobby}")):
        page = await text_of(someone, path)
        assert f'<img class="mark" src="{address}" width="28" height="28" alt="">' in page, path
        assert ICON.findall(page) == [address]
    for size in (64, 128, 256, 512):
        async with visitor.http.get(f"/logo?size={size}&v={version}") as answer:
            picture = Image.open(io.BytesIO(await answer.read()))
            assert (picture.format, picture.size) == ("WEBP", (size, size))
            assert "immutable" in answer.headers["Cache-Control"]
            assert "sandbox" in answer.headers["Content-Security-Policy"]
            etag = answer.headers["ETag"]
        async with visitor.http.get(f"/logo?size={size}", headers={"If-None-Match": etag}) as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (304, "no-cache")
    for wrong in ("65", "", "64px", "1" * 100):
        async with visitor.http.get(f"/logo?size={wrong}") as answer:
            assert answer.status == 400
    [act, *_] = (await cast.boss.gets("/admin/log?act=site"))["entries"]
    assert (act["before"], act["after"]) == ({"logo": ""}, {"logo": version})

    # What is no picture, and who may not: nothing is changed.
    for data, kind in ((b"", "image/png"), (b"<svg/>", "image/svg+xml"), (drawn()[:200], "image/png")):
        status, answered = await gives(cast.boss, data, kind)
        assert (status, list(answered["errors"])) == (422, ["logo"])
    for role in (SiteRole.NONE, SiteRole.AUDITOR, SiteRole.MODERATOR):
        assert (await gives(await staff(role), drawn()))[0] == 403
    assert (await cast.boss.gets("/admin/site"))["settings"]["logo"] == version
    assert (await acts(cast.boss, "/admin/site/logo", remove="yes"))[0] == 200
    assert (await acts(cast.boss, "/admin/site/logo", remove="yes"))[1] == {"act": None}
    assert '<svg class="mark"' in await text_of(visitor, "/")
    async with visitor.http.get(f"/logo?size=64&v={version}") as answer:
        assert answer.status == 404


async def test_the_app_has_the_logo_as_its_icon(cast: Cast) -> None:
    visitor = cast.stranger()

    async def icons() -> list[tuple[JsonObject, Image.Image]]:
        async with visitor.http.get("/manifest.webmanifest") as answer:
            found = (await answer.json(content_type=None))["icons"]
        found = [one for one in found if one["type"] == "image/png"]
        found.append({"src": "/icons/apple-180.png", "sizes": "180x180", "purpose": "cut"})
        pictures = []
        for icon in found:
            async with visitor.http.get(icon["src"]) as answer:
                assert (answer.status, answer.content_type) == (200, "image/png")
                pictures.append((icon, Image.open(io.BytesIO(await answer.read())).convert("RGBA")))
        return pictures

    def is_green(picture: Image.Image, at: int) -> bool:
        pixel = picture.getpixel((at, at))
        assert isinstance(pixel, tuple)
        red, green, blue, _ = pixel
        return bool(green > 200 and red < 60 and blue < 60)

    ours = await icons()
    assert (await gives(cast.boss, drawn("#00ff00", (900, 700))))[0] == 200
    found = await icons()
    assert {icon["src"] for icon, _ in found[:-1]}.isdisjoint(icon["src"] for icon, _ in ours), "kept ones go"
    assert [icon["sizes"] for icon, _ in found] == [icon["sizes"] for icon, _ in ours]
    for icon, picture in found:
        side = picture.size[0]
        assert icon["sizes"] == f"{side}x{picture.size[1]}"
        assert is_green(picture, side // 2), icon
        assert is_green(picture, 0) == (icon["purpose"] == "any"), "what is cut has room around it"
        if icon["purpose"] != "any":
            assert picture.getpixel((0, 0)) == (255, 255, 255, 255)
    assert (await acts(cast.boss, "/admin/site/logo", remove="yes"))[0] == 200
    assert [icon for icon, _ in await icons()] == [icon for icon, _ in ours]
    assert not is_green((await icons())[0][1], 96)


async def test_of_two_logos_at_once_one_stays(cast: Cast) -> None:
    answers = await asyncio.gather(*(gives(cast.boss, drawn()) for _ in range(4)))
    assert [status for status, _ in answers] == [200] * 4
    acts_of_them = (await cast.boss.gets("/admin/log?act=site"))["entries"][:4]
    afters = [entry["after"]["logo"] for entry in acts_of_them]
    assert [entry["before"]["logo"] for entry in acts_of_them] == [*afters[1:], ""]
    assert (await cast.boss.gets("/admin/site"))["settings"]["logo"] == afters[0]


async def test_by_the_shell(cast: Cast, chat: Aiochat, tmp_path: Path) -> None:
    listed = beside(chat, "site")
    assert "name: aiochat" in listed
    assert "colour:" in listed
    assert beside(chat, "site", "colour", "#00695c") == "colour: saved.\n"
    assert beside(chat, "site", "colour", "#00695c") == "colour: as before.\n"
    assert beside(chat, "site", "colour") == "#00695c\n"
    colour = {"name": "colour", "value": "#00695c", "fixed": False}
    assert colour in json.loads(beside(chat, "site", "--json"))
    rules = tmp_path / "rules.md"
    rules.write_text("# Be kind\n\n- no *shouting*")
    assert beside(chat, "site", "rules", "--file", str(rules)) == "rules: saved.\n"
    logo = tmp_path / "logo.png"
    logo.write_bytes(drawn())
    assert beside(chat, "site", "logo", "--file", str(logo)) == "logo: saved.\n"
    async with asyncio.timeout(30):
        while not re.search("(?s)/logo[?].*/extended/00695c/", await text_of(cast.stranger(), "/")):
            await asyncio.sleep(0.1)
    assert "<em>shouting</em>" in await text_of(cast.stranger(), "/rules")
    [act, *_] = (await cast.boss.gets("/admin/log?act=site"))["entries"]
    assert act["by"] is None
    assert act["shell"]
    for wrong, says in (
        (("colour", "red"), "A colour is written like"),
        (("logo", "picture"), "a logo comes from a file"),
        (("logo", "--file", str(rules)), "A picture is a JPEG"),
        (("logo", "--file", "/nowhere/at/all.png"), "can't be read"),
        (("retention_days", "99999999"), "From 1 to"),
    ):
        with pytest.raises(AssertionError, match=says):
            beside(chat, "site", *wrong)
