"""Holds on the pages of people and rooms: who places and ends them, and what the log tells."""

import io
import json
import secrets
from typing import Any

import pytest
from PIL import Image

from accounts.people.site_roles import SiteRole
from tests.administration.conftest import Staff, acts
from tests.conftest import Cast, unique
from tests.feed.test_post_pictures import sends
from tests.support.deleted_accounts import asks, everything, leaves, rows, until
from tests.support.feed_reader import comments, writes
from tests.support.people import Person
from tests.support.pictures import uploads
from tests.support.programs.shell import beside
from tests.support.servers import Aiochat


@pytest.mark.parametrize("what", ["person", "room"])
async def test_administrators_hold_what_others_see(
    chat: Aiochat, staff: Staff, alice: Person, bob: Person, what: str
) -> None:
    administrator, auditor = await staff(SiteRole.ADMINISTRATOR), await staff(SiteRole.AUDITOR)
    moderator = await staff(SiteRole.MODERATOR)
    if what == "person":
        path, name = f"/admin/people/{bob.name}", bob.name
    else:
        name = unique("Archive")
        await alice.creates(name)
        [(room_id,)] = rows(chat, f"SELECT id FROM rooms WHERE name = '{name}'")
        path = f"/admin/rooms/{room_id}"
    for someone in (moderator, auditor, alice):
        code, _ = await acts(someone, path, act="hold", reason="why not")
        assert code in (403, 404)
    assert (await acts(administrator, path, act="hold"))[0] == 400, "a reason is needed"
    assert (await acts(administrator, path, act="unhold"))[0] == 409
    assert (await acts(administrator, path, act="hold", reason="a court asked"))[0] == 200
    assert (await acts(administrator, path, act="hold", reason="again"))[0] == 409
    found = await auditor.gets(path)
    assert found[what]["hold"]["reason"] == "a court asked"
    assert "hold" in [entry["act"] for entry in found["acts"]]
    async with administrator.http.get(path) as answer:
        text = await answer.text()
    assert "a court asked" in text
    assert 'value="unhold"' in text
    assert 'value="hold"' not in text
    async with moderator.http.get(path) as answer:
        assert 'value="unhold"' not in await answer.text()
    assert rows(chat, f"SELECT kind FROM holds WHERE name = '{name}'") == [(what,)]
    answer = await administrator.submits(path, act="unhold", page="/rooms")
    assert answer.status == 303
    assert not rows(chat, f"SELECT kind FROM holds WHERE name = '{name}'")
    assert (await auditor.gets(path))[what]["hold"] is None


def _noise() -> bytes:
    """A picture that no other story has: the same content would be stored once, for both."""
    file = io.BytesIO()
    Image.frombytes("RGB", (300, 200), secrets.token_bytes(300 * 200 * 3)).save(file, "PNG")
    return file.getvalue()


async def test_a_hold_keeps_what_else_a_person_leaves(
    chat: Aiochat, cast: Cast, staff: Staff, alice: Person, lobby: str
) -> None:
    """Reactions, the profile, pictures, the feed and what a filter held, though the account is deleted.
    Nobody is shown any of it, and it goes when the hold ends."""
    administrator, carol = await staff(SiteRole.ADMINISTRATOR), await cast.person("carol")
    [(user_id,)] = rows(chat, f"SELECT id FROM users WHERE name = '{carol.name}'")
    path = f"/admin/people/{carol.name}"
    assert (await acts(administrator, path, act="hold", reason="a court asked"))[0] == 200

    at_alice, at_carol = await alice.enters(lobby), await carol.enters(lobby)
    await at_alice.says("Good morning")
    for emoji, on in (("👍", True), ("👍", False), ("🎉", True)):
        await asks(at_carol, type="react", number=1, emoji=emoji, on=on)
    word = unique("quince")
    ways = {"act": "add_filter", "kind": "word", "pattern": word, "action": "hold"}
    assert (await acts(alice, f"/rooms/{lobby}/settings", **ways))[0] == 200
    await at_carol.ws.send_json({"type": "post", "text": f"held {word}", "nonce": unique("held")})
    await until(lambda: bool(rows(chat, f"SELECT 1 FROM held_posts WHERE author_id = {user_id}")))
    profile = {"display_name": "Wilhelmina Smith", "bio": "I grow pears", "place": "Vaduz", "time_zone": ""}
    assert (await carol.submits("/accounts/profile", **profile)).status == 303
    picture = _noise()
    for _ in range(2):
        status, answer = await uploads(carol, picture)
        assert status == 200, answer
    assert (await sends(carol, [picture], ["The shed"], text="Of the shed"))[0] == 201
    edited = await writes(carol, "First words")
    assert (await acts(carol, f"/feed/{edited['id']}/edit", text="Second words"))[0] == 200
    await comments(alice, edited, "Alice asks")
    hers = await writes(alice, "Of the garden")
    await comments(carol, hers, "Carol answers")
    assert (await acts(carol, f"/feed/{hers['id']}/like"))[0] == 200
    await leaves(carol, "remove")

    def kept(what: str) -> list[dict[str, Any]]:
        query = (
            f"SELECT record FROM kept_records WHERE subject_id = {user_id} AND what = '{what}' ORDER BY id"
        )
        return [json.loads(record) for (record,) in rows(chat, query)]

    await until(
        lambda: {one["text"] for one in kept("post")} == {"First words", "Second words", "Of the shed"}
    )
    assert [one["emoji"] for one in kept("reaction")] == ["👍", "🎉"]
    assert {one["display_name"] for one in kept("profile")} == {"", "Wilhelmina Smith"}
    assert kept("profile")[-1] | profile | {"name": carol.name} == kept("profile")[-1]
    assert len(kept("picture")) == 2, "the one that was replaced, too"
    assert [one["alt"] for one in kept("post_picture")] == ["The shed"]
    assert [one["text"] for one in kept("comment")] == ["Carol answers"]
    assert [one["post_id"] for one in kept("like")] == [hers["id"]]
    assert [one["text"] for one in kept("held_post")] == [f"held {word}"]
    query = f"SELECT what, blob_id FROM kept_records WHERE subject_id = {user_id} AND what LIKE '%picture'"
    pictures = rows(chat, query)
    assert sorted(what for what, _ in pictures) == ["picture", "picture", "post_picture"]

    def contents() -> list[tuple[str, str]]:
        """Those in the store, the sizes of one picture but for the largest erased."""
        ids = ", ".join(str(blob_id) for _, blob_id in pictures)
        return rows(chat, f"SELECT key, state FROM blobs WHERE id IN ({ids}) AND refs > 0")

    for key, state in contents():
        assert state == "stored"
        with next(chat.data_dir.rglob(key)).open("rb") as file:
            assert Image.open(file).format == "WEBP"
    assert contents()
    assert rows(chat, f"SELECT text FROM feed_comments WHERE post_id = {edited['id']}") == [("Alice asks",)]
    stored = {line.partition(":")[0] for line in everything(chat).splitlines() if "Wilhelmina" in line}
    assert stored == {"kept_records"}
    assert (await alice.gets("/feed"))["posts"][0]["comments"] == 0
    assert carol.name not in str(await alice.history(lobby))

    # Who was deleted since is called as they were; the shell alone finds them.
    beside(chat, "unhold", "--person", carol.name)
    await until(lambda: not rows(chat, f"SELECT 1 FROM kept_records WHERE subject_id = {user_id}"))
    assert not contents()


async def test_a_held_room_keeps_what_hangs_on_its_messages(
    chat: Aiochat, staff: Staff, alice: Person, bob: Person, lobby: str
) -> None:
    administrator = await staff(SiteRole.ADMINISTRATOR)
    [(room_id,)] = rows(chat, f"SELECT id FROM rooms WHERE name = '{lobby}'")
    hold = {"act": "hold", "reason": "a court asked"}
    assert (await acts(administrator, f"/admin/rooms/{room_id}", **hold))[0] == 200
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says("Good morning")
    await asks(at_bob, type="react", number=1, emoji="🎉", on=True)
    await asks(at_bob, type="react", number=1, emoji="🎉", on=False)
    query = f"SELECT hold_kind, what FROM kept_records WHERE subject_id = {room_id} AND hold_kind = 'room'"
    assert rows(chat, query) == [("room", "reaction")]
    assert (await acts(administrator, f"/admin/rooms/{room_id}", act="unhold"))[0] == 200
    await until(lambda: not rows(chat, query))
