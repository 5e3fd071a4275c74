"""What can be seen in a file is told later, too, or otherwise: by an edit of its message."""

import asyncio

from tests.chat.test_search import finds_at_last
from tests.conftest import unique
from tests.support.files import posts, uploads
from tests.support.people import JsonObject, Listener, Person


async def edits(listener: Listener, number: int, **fields: object) -> JsonObject:
    nonce = unique("nonce")
    await listener.ws.send_json({"type": "edit", "number": number, "nonce": nonce, **fields})
    return await listener._answer(nonce)


def described(message: JsonObject) -> list[str]:
    return [file["description"] for file in message["files"]]


async def sent(
    someone: Person, listener: Listener, *descriptions: str, text: str = ""
) -> tuple[int, list[str]]:
    """A message with a file for each description: its number, and the ids."""
    found = [(await uploads(someone, f"{place}.txt", b"words"))["id"] for place, _ in enumerate(descriptions)]
    files = [{"id": one, "description": said} for one, said in zip(found, descriptions, strict=True)]
    receipt = await posts(listener, *files, text=text)
    return receipt["number"], found


async def test_it_is_told_to_all_and_found(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    number, [first, second] = await sent(alice, at_alice, "", "a boat", text="*look*")
    word = unique("harbour")
    answer = await edits(at_alice, number, files=[{"id": first, "description": f" The\n{word} "}])
    assert (answer["type"], answer["number"]) == ("receipt", number)
    told = await at_bob.hears("changed", number=number)
    assert described(told) == [f"The {word}", "a boat"]
    assert told["text"] == "*look*"
    assert "<em>look</em>" in told["html"]
    assert "edited_at" not in told, "what the message says is as it was"
    assert (await alice.gets(f"/rooms/{lobby}/{number}/versions"))["versions"] == []
    [stored] = [line for line in await bob.history(lobby) if line.get("number") == number]
    assert described(stored) == described(told)
    listed = (await bob.gets(f"/rooms/{lobby}/files"))["files"]
    assert {one["description"] for one in listed} == set(described(told))
    await finds_at_last(bob, word, ["*look*"])
    # Asked for again it is so already.
    again = await edits(at_alice, number, files=[{"id": first, "description": f"The {word}"}])
    assert again["seq"] == answer["seq"]
    # Text and descriptions in one.
    await edits(at_alice, number, text="see", files=[{"id": second, "description": ""}])
    told = await at_bob.hears("changed", number=number)
    assert (told["text"], described(told)) == ("see", [f"The {word}", ""])
    assert "edited_at" in told


async def test_a_message_of_files_has_a_text_or_none(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    number, [file] = await sent(alice, at_alice, "a boat")
    same = [{"id": file, "description": "a boat"}]
    await edits(at_alice, number, text="my boat")
    assert (await at_bob.hears("changed", number=number))["text"] == "my boat"
    assert (await edits(at_alice, number, text=" "))["code"] == "empty"
    await edits(at_alice, number, text=" \n", files=same)
    told = await at_bob.hears("changed", number=number)
    assert (told["text"], described(told)) == ("", ["a boat"])


async def test_what_is_refused_changes_nothing(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    number, [file] = await sent(alice, at_alice, "a boat", text="look")
    other, [elsewhere] = await sent(alice, at_alice, "a ship")
    plain = (await at_alice.says("words"))["number"]
    before = await bob.history(lobby)

    def one(file: str, description: str = "new") -> list[JsonObject]:
        return [{"id": file, "description": description}]

    refused: list[tuple[Listener, int, JsonObject, str]] = [
        (at_bob, number, {"files": one(file)}, "forbidden"),
        (at_alice, number, {"files": one(elsewhere)}, "no_such_file"),
        (at_alice, number, {"files": one("A" * 22), "text": "other"}, "no_such_file"),
        (at_alice, plain, {"files": one(file)}, "no_such_file"),
        (at_alice, plain, {"files": one(file), "text": ""}, "no_such_file"),
        (at_alice, number, {"files": []}, "bad_request"),
        (at_alice, number, {"files": "none"}, "bad_request"),
        (at_alice, number, {"files": one(file, "x" * 1001)}, "too_long_description"),
        (at_alice, number, {"files": one(file) + one(file)}, "too_many_files"),
        (at_alice, number, {"files": [{"id": f"{place}"} for place in range(11)]}, "too_many_files"),
        (at_alice, number, {"files": one(file), "text": "x" * 10_001}, "too_long"),
    ]
    for listener, which, fields, code in refused:
        answer = await edits(listener, which, **fields)
        assert answer.get("code") == code, (fields, answer)
    assert await bob.history(lobby) == before
    await at_alice.ws.send_json({"type": "delete", "number": other, "nonce": "gone"})
    await at_alice.hears("receipt", nonce="gone")
    assert (await edits(at_alice, other, files=one(elsewhere)))["code"] == "deleted"


async def test_two_edits_at_once_are_both_there(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    number, [first, second] = await sent(alice, at_alice, "", "")
    again = await alice.enters(lobby)
    await asyncio.gather(
        edits(at_alice, number, files=[{"id": first, "description": "one"}]),
        edits(again, number, files=[{"id": second, "description": "two"}]),
    )
    [stored] = [line for line in await bob.history(lobby) if line.get("number") == number]
    assert described(stored) == ["one", "two"]
    assert described(await at_bob.hears("changed", number=number)) in (["one", ""], ["", "two"])
