"""Pictures of people: made square of what they upload, the same for everybody, and nothing else of
the file."""

import io
import json
import re
import subprocess

import aiohttp
import pytest
from PIL import Image

from accounts.people.pictures import HUES, SIZES, hue_of
from helpers.images import MAX_BYTES
from helpers.picture_bounds import MAX_PIXELS, MAX_SIDE
from tests.conftest import Cast, unique
from tests.support.people import Person
from tests.support.pictures import drawn, empty_png, moving, picture_of, uploads
from tests.support.servers import ROOT


async def test_everybody_sees_it_in_every_size(alice: Person, bob: Person) -> None:
    status, given = await uploads(alice, drawn())
    assert status == 200
    for size in SIZES:
        answer, data = await picture_of(bob, alice.name.upper(), f"size={size}&v={given['picture']}")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        image = Image.open(io.BytesIO(data))
        assert (image.format, image.size) == ("WEBP", (size, size))
    async with bob.http.get(f"/users/{alice.name}") as page:
        assert f"v={given['picture']}" in await page.text()
    assert {"name": alice.name, "picture": given["picture"]} in (await bob.gets(f"/people?q={alice.name}"))[
        "people"
    ]


async def test_it_is_the_middle_turned_as_it_was_meant_and_nothing_else(alice: Person) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned to the right: the left edge becomes the upper one
    exif[0x010F] = "secret camera"
    await uploads(alice, drawn("JPEG", (200, 200), exif=exif, quality=95), "image/jpeg")
    _, data = await picture_of(alice, alice.name)
    assert b"secret" not in data
    assert b"EXIF" not in data
    image = Image.open(io.BytesIO(data)).convert("RGB")
    assert not image.getexif()
    upper, lower = (image.crop((64, top, 65, top + 1)).tobytes() for top in (8, 120))
    assert upper[1] > 200 > 100 > upper[0], "green"
    assert lower[0] > 200 > 100 > lower[1], "red"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_every_kind_that_is_taken(alice: Person, kind: str) -> None:
    assert (await uploads(alice, drawn(kind, (31, 990)), f"image/{kind.lower()}"))[0] == 200


BAD = [
    (b"", "image/png", "Choose a picture"),
    (b"GIF89a<script>alert(1)</script>", "image/png", "JPEG, PNG or WebP"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", "JPEG, PNG or WebP"),
    (drawn("GIF"), "image/gif", "JPEG, PNG or WebP"),
    (drawn("BMP"), "image/bmp", "JPEG, PNG or WebP"),
    (drawn("JPEG"), "image/png", "isn't what it says"),
    (drawn("PNG")[:150], "image/png", "broken"),
    (drawn("JPEG")[:400], "image/jpeg", "broken"),
    (moving("WEBP"), "image/webp", "moves"),
    (moving("PNG"), "image/png", "moves"),
    (empty_png(60_000, 60_000), "image/png", f"{MAX_PIXELS // 1_000_000} million"),
    (empty_png(1, 40_000_000), "image/png", f"At most {MAX_SIDE:,} pixels on each side"),
    (empty_png(MAX_SIDE + 1, 1), "image/png", f"At most {MAX_SIDE:,} pixels on each side"),
    (drawn() + bytes(MAX_BYTES), "image/png", "At most 8 MB"),
]


@pytest.mark.parametrize(("data", "kind", "text"), BAD, ids=[f"{kind}-{text}" for _, kind, text in BAD])
async def test_what_is_no_picture_is_said_and_changes_nothing(
    alice: Person, data: bytes, kind: str, text: str
) -> None:
    await uploads(alice, drawn())
    before = (await picture_of(alice, alice.name))[1]
    status, answer = await uploads(alice, data, kind)
    assert status == 422
    assert text in answer["errors"]["picture"]  # type: ignore[index]
    assert (await picture_of(alice, alice.name))[1] == before


async def test_the_form_says_it_beside_the_field(alice: Person) -> None:
    answer = await alice.submits("/accounts/picture", page="/accounts/profile", picture="not a file")
    assert answer.status == 422
    assert re.search(r'id="picture-error">Choose', await answer.text())


async def test_far_too_much_is_not_read(alice: Person) -> None:
    status, answer = await uploads(alice, bytes(MAX_BYTES + 70_000))
    assert (status, answer["error"]["code"]) == (413, "too_big")  # type: ignore[index]


async def test_other_forms_take_no_more_than_before(alice: Person) -> None:
    form = aiohttp.FormData({"csrf_token": await alice.token("/accounts/profile")})
    form.add_field("picture", bytes(70_000), filename="a", content_type="image/png")
    async with alice.http.post("/accounts/profile", data=form) as answer:
        assert answer.status == 413


async def test_it_can_be_removed_and_the_initial_is_back(alice: Person, bob: Person) -> None:
    answer, data = await picture_of(bob, alice.name)
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert b">A</text>" in data
    await uploads(alice, drawn())
    assert (await alice.submits("/accounts/picture/remove", page="/accounts/profile")).status == 303
    assert (await picture_of(bob, alice.name))[1] == data


async def test_a_browser_that_has_it_is_told_so(alice: Person) -> None:
    _, given = await uploads(alice, drawn())
    answer, _ = await picture_of(alice, alice.name)
    assert answer.headers["Cache-Control"] == "private, no-cache", "without a version it may become another"
    async with alice.http.get(
        f"/users/{alice.name}/picture", headers={"If-None-Match": answer.headers["ETag"]}
    ) as again:
        assert again.status == 304
        assert again.headers["Cache-Control"] == "private, no-cache"
    await uploads(alice, drawn(size=(9, 9)))
    async with alice.http.get(
        f"/users/{alice.name}/picture?v={given['picture']}", headers={"If-None-Match": answer.headers["ETag"]}
    ) as again:
        assert again.status == 200
        assert "immutable" not in again.headers["Cache-Control"]


@pytest.mark.parametrize("query", ["size=65", "size=", "size=-1", "size=999999999999999999999", "size=%00"])
async def test_another_size_is_a_mistake(cast: Cast, alice: Person, query: str) -> None:
    answer, _ = await picture_of(alice, alice.name, query)
    assert answer.status == 400


@pytest.mark.usefixtures("programs")
def test_the_server_draws_the_same_colour_as_the_page() -> None:
    css = (ROOT / "static/css/switcher.css").read_text()
    assert tuple(re.findall(r'\[data-hue="\d+"\] \{ --person: oklch\(([^)]*)\)', css)) == HUES
    names = ["alice", "Bob", "Élodie", "李小龍", "x1", "x2", "😀", "ЮРИЙ"]
    script = (
        f'import {{ paintAvatar }} from "{ROOT}/static/js/elements/people/avatar.js";'
        "for (const name of JSON.parse(process.argv[1])) { const node = { dataset: {}, append() {}, "
        "replaceChildren() {} };"
        " paintAvatar(node, name); console.log(node.dataset.hue); }"
    )
    asked = ["node", "--input-type=module", "-e", script, json.dumps(names)]
    hues = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=20).stdout.split()
    assert hues == [str(hue_of(name)) for name in names]


async def test_the_initial_is_that_of_the_name(cast: Cast, alice: Person, bob: Person) -> None:
    for name, initial in (
        ("мария Łukasz", "М"),
        ("<b>", "&lt;"),
        ("😀 Dora", "😀"),
        ("", bob.name[0].upper()),
    ):
        assert (await bob.submits("/accounts/profile", display_name=name)).status == 303
        answer, data = await picture_of(alice, bob.name, "size=64&v=0")
        assert f">{initial}</text>" in data.decode()
        same = {"If-None-Match": answer.headers["ETag"]}
        async with alice.http.get(f"/users/{bob.name}/picture?size=64", headers=same) as again:
            assert again.status == 304


async def test_nobody_is_looked_for_at_gravatar_unless_it_is_allowed(cast: Cast, lobby: str) -> None:
    vera = await cast.stranger("vera").joins(email=f"{unique('vera')}@example.org")
    async with vera.http.get(f"/rooms/{lobby}") as page:
        assert '"gravatar": false' in await page.text()
    async with vera.http.get("/accounts/profile") as page:
        assert "Gravatar" not in await page.text()


async def test_members_have_theirs_with_them(alice: Person, bob: Person, lobby: str) -> None:
    _, given = await uploads(alice, drawn())
    await bob.enters(lobby)
    members = {member["name"]: member for member in (await bob.gets(f"/rooms/{lobby}/members"))["members"]}
    assert members[alice.name]["picture"] == given["picture"]
    assert "picture" not in members[bob.name]
