"""Files of a room that one isn't in, by every door there is: nothing of them, not even that they exist."""

import asyncio
from urllib.parse import quote

from tests.conftest import unique
from tests.support.files import posts, uploads
from tests.support.people import PATIENCE, Person
from tests.support.pictures import drawn

TEXT = b"name,sum\nthe walrus,17\n"


async def test_what_one_must_not_see(alice: Person, bob: Person, mallory: Person, cellar: str) -> None:
    at_alice = await alice.enters(cellar)
    await at_alice.brings(cellar, bob)
    secret = unique("walrus")
    table = (await uploads(alice, f"{secret}.csv", TEXT))["file"]
    picture = (await uploads(alice, f"{secret}.png", drawn()))["file"]
    number = (await posts(at_alice, table["id"], {"id": picture["id"], "description": f"a {secret}"}))[
        "number"
    ]
    doors = [
        *(table["url"], picture["url"], picture["thumbnail"], f"/files/{table['id']}/preview"),
        *(f"/files/{picture['id']}/thumbnail-{width}.webp" for width in (320, 640, 1280)),
        f"/files/{table['id']}/another-name.csv",
        *(f"/rooms/{cellar}/files", f"/rooms/{cellar}/files?kind=picture&by={alice.name}"),
        f"/rooms/{cellar}/files?q={secret}",
        *(f"/rooms/{cellar}/messages", f"/rooms/{cellar}/pins", f"/rooms/{cellar}/{number}"),
        *(f"/search?q={quote(asked)}" for asked in (secret, f"in:{cellar} {secret}", f"from:{alice.name}")),
        *(f"/search?q={quote(asked)}" for asked in ("has:file", "has:picture", f"in:{cellar} has:file")),
        f"/previews/post?room={cellar}&number={number}",
    ]

    async def sees(someone: Person, door: str) -> bool:
        headers = {"Accept": "application/json"}
        async with someone.http.get(door, headers=headers, allow_redirects=False) as answer:
            data = await answer.read()
        if door.startswith("/files/"):
            assert answer.status in (200, 404)
            return answer.status == 200
        return secret.encode() in data or (answer.status == 302 and str(number) in str(answer.headers))

    async with asyncio.timeout(PATIENCE):
        while not await sees(bob, f"/search?q={secret}"):
            await asyncio.sleep(0.05)
    # Who is in the room sees it: the doors are these.
    assert await sees(bob, doors[0])
    unlike = ("/pins", f"/{number}", f"={number}")
    assert all([await sees(bob, door) for door in doors if not door.endswith(unlike)])
    assert [door for door in doors if await sees(mallory, door)] == []
    # The same content of one's own says nothing of the other, and gives nothing of it.
    own = (await uploads(mallory, "own.csv", TEXT))["file"]
    assert await sees(mallory, own["url"])
    assert not await sees(mallory, table["url"])
    assert (await at_alice.says(f"/kick {bob.name}"))["type"] == "receipt"
    assert [door for door in doors if await sees(bob, door)] == [], "at once"
