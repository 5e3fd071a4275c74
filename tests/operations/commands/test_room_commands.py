"""The commands about rooms, beside a server that runs: they are restored, and get an owner."""

import json
import sqlite3

import pytest

from tests.chat.order.test_deleted_rooms import deletes, members, names
from tests.conftest import unique
from tests.support.deleted_accounts import change, leaves, rows, until
from tests.support.people import Person
from tests.support.programs.shell import Shell, beside
from tests.support.servers import Aiochat


async def test_a_room_without_an_owner_gets_one(chat: Aiochat, alice: Person, bob: Person) -> None:
    room = await alice.closes_off(unique("Orphan "))
    await (await alice.enters(room)).types("/leave anyway")
    await alice.listeners[-1].ends()
    assert f"#{room}" in beside(chat, "rooms-without-owner")
    assert room not in await names(bob)
    said = beside(chat, "give-owner", f"#{room}", bob.name, "--reason", "asked for it")
    assert said.strip() == f"{bob.name} owns #{room} now."
    assert await members(bob, room) == {bob.name: "owner"}
    assert f"#{room}" not in beside(chat, "rooms-without-owner")
    [entry] = (await bob.gets(f"/rooms/{room}/log"))["entries"]
    assert (entry["act"], entry["whom"], entry["reason"]) == ("owner", bob.name, "asked for it")
    at_bob = await bob.enters(room)
    assert (await at_bob.says("/undo A1"))["code"] == "in_the_way", "nobody would own it"
    [(by, shell, act)] = rows(
        chat,
        "SELECT author_id, shell, act FROM site_acts WHERE room_id = "
        f"(SELECT id FROM rooms WHERE slug = '{room.lower()}')",
    )
    assert (by, act) == (None, "give_owner")
    assert shell


async def test_another_than_the_owner_who_is_suspended(
    chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    at_bob = await bob.enters(lobby)
    change(chat, f"UPDATE users SET suspended_until = {2**53 - 1} WHERE name = '{alice.name}'")
    assert f"its owner {alice.name} is suspended" in beside(chat, "rooms-without-owner")
    listed = json.loads(beside(chat, "rooms-without-owner", "--json"))
    assert {"name": lobby, "title": lobby, "owner": alice.name} in listed
    beside(chat, "give-owner", lobby, bob.name)
    await at_bob.ws.send_json({"type": "ping"})
    await until(lambda: bool(rows(chat, "SELECT 1")))
    assert await members(bob, lobby) == {bob.name: "owner", alice.name: "moderator"}


async def test_a_deleted_room_is_restored(chat: Aiochat, alice: Person, bob: Person, lobby: str) -> None:
    await (await bob.enters(lobby)).close()
    await deletes(await alice.enters(lobby), lobby)
    assert (
        beside(chat, "restore-room", lobby, "--reason", "by mistake").strip() == f"#{lobby} is there again."
    )
    assert await members(alice, lobby) == {alice.name: "owner", bob.name: "member"}
    assert (await alice.history(lobby))[-1]["text"] == "The site’s people restored the room: by mistake"


@pytest.mark.parametrize("command", ["restore-room", "give-owner"])
def test_what_cant_be(chat: Aiochat, command: str) -> None:
    more = ("alice",) if command == "give-owner" else ()
    with pytest.raises(AssertionError, match="there is no room called"):
        beside(chat, command, "nowhere-at-all", *more)


async def test_holds(chat: Aiochat, alice: Person, bob: Person, lobby: str) -> None:
    at_bob = await bob.enters(lobby)
    await at_bob.says("the 5ecret of the shed")
    said = beside(chat, "hold", "--person", bob.name, "--reason", "a court asked")
    assert said.strip() == f"Nothing of {bob.name} is erased from now on."
    beside(chat, "hold", "--room", lobby, "--reason", "a court asked")
    listed = beside(chat, "holds")
    assert f"person  {bob.name}  since" in listed
    assert f"room  {lobby}  since" in listed
    held = json.loads(beside(chat, "holds", "--json"))
    told = {(one["kind"], one["name"], one["reason"]) for one in held}
    assert {("person", bob.name, "a court asked"), ("room", lobby, "a court asked")} <= told
    # The account ends, and what it wrote is hidden; underneath it is kept until the hold ends.
    here = f"room_id = (SELECT id FROM rooms WHERE slug = '{lobby.lower()}') AND number = 1"
    await leaves(bob, "remove")
    await until(lambda: bool(rows(chat, f"SELECT 1 FROM messages WHERE {here} AND deleted_at IS NOT NULL")))
    [line] = [line for line in await alice.history(lobby) if line.get("number") == 1]
    assert (line["text"], line["deleted"]) == ("", True)
    assert rows(chat, f"SELECT text FROM messages WHERE {here}") == [("the 5ecret of the shed",)]
    beside(chat, "unhold", "--room", lobby)
    assert rows(chat, f"SELECT text FROM messages WHERE {here}") == [("the 5ecret of the shed",)]
    beside(chat, "unhold", "--person", bob.name)
    change(chat, f"UPDATE messages SET deleted_at = deleted_at - 61000 WHERE {here}")
    await until(lambda: rows(chat, f"SELECT text FROM messages WHERE {here}") == [("",)])


def test_compacting(shell: Shell) -> None:
    if "AIOCHAT_DATABASE_URL" in shell.env:
        assert "this is for SQLite" in shell.refuses("compact")
        return
    said = shell.says("compact")
    assert "MB now" in said
    with sqlite3.connect(f"{shell.env['AIOCHAT_DATA_DIR']}/aiochat.db") as connection:
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
