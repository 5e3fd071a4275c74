"""What becomes of a message after it was said: live, on coming back and in the history alike, on
both databases."""

import asyncio
import secrets
from typing import Any

from tests.conftest import Cast
from tests.support.people import JsonObject, Listener, Person


async def asks(listener: Listener, type: str, **fields: Any) -> JsonObject:
    """Sends a request and returns what answers it."""
    nonce = secrets.token_hex(8)
    await listener.ws.send_json({"type": type, "nonce": nonce, **fields})
    while True:
        event = await listener.hears(nonce=nonce)
        if event["type"] in ("receipt", "error"):
            return event


async def post_in(someone: Person, room: str, number: int) -> JsonObject:
    """A post as the history has it."""
    found: JsonObject = next(line for line in await someone.history(room) if line.get("number") == number)
    return found


def same(event: JsonObject) -> JsonObject:
    """What a message says, however it came."""
    own = ("type", "seq", "of", "nonce", "excerpt")
    return {name: value for name, value in event.items() if name not in own}


async def test_an_edit_is_seen_live_and_later(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    first = await at_bob.says("helo")
    receipt = await asks(at_bob, "edit", number=1, text="**hello**")
    assert (receipt["type"], receipt["number"], receipt["seq"]) == ("receipt", 1, first["seq"] + 1)
    changed = await at_alice.hears("changed")
    assert changed == {
        "type": "changed", "seq": receipt["seq"], "of": first["seq"], "number": 1,
        "kind": "post", "author": bob.name, "text": "**hello**", "html": "<p><strong>hello</strong></p>",
        "at": changed["at"], "edited_at": changed["edited_at"], "excerpt": "hello",
    }  # fmt: skip
    own = at_bob.heard("changed") or [await at_bob.hears("changed")]
    assert same(own[0]) == same(changed)
    assert own[0]["nonce"] == first["nonce"]
    stored = await post_in(alice, lobby, 1)
    assert (stored["type"], stored["seq"]) == ("message", first["seq"])
    assert same(stored) == same(changed)
    assert (await at_alice.says("next"))["seq"] == receipt["seq"] + 1, "seq counts changes too"


async def test_an_edit_may_be_plain_again(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says("*so*")
    await asks(at_alice, "edit", number=1, text="so")
    plain = await at_bob.hears("changed")
    assert "html" not in plain
    assert "excerpt" not in plain, "its text says it"
    await asks(at_alice, "edit", number=1, text="*long* " * 300)
    long = await at_bob.hears("changed")
    assert long["html"].startswith("<p><em>long</em>")
    assert long["excerpt"] == "long " * 19 + "long…"


async def test_who_comes_back_gets_what_was_changed(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    for text in ("one", "two"):
        await at_alice.says(text)
    seen = (await at_bob.hears("message", number=2))["seq"]
    await at_bob.close()
    await asks(at_alice, "edit", number=1, text="once")
    await at_alice.says("three")
    await at_alice.says("four")
    await asks(at_alice, "edit", number=3, text="thrice")
    await asks(at_alice, "react", number=1, emoji="👍", on=True)
    last = await asks(at_alice, "delete", number=2)
    again = await bob.enters(lobby, since=seen)
    told = again.room_events[1:-1]
    assert {(event["type"], event["number"], event["text"]) for event in told} == {
        ("message", 4, "four"),
        ("message", 3, "thrice"),
        ("changed", 1, "once"),
        ("changed", 2, ""),
    }
    assert len(told) == 4, "each once"
    assert again.room_events[-1]["type"] == "caught_up"
    assert again.room_events[-1]["seq"] >= last["seq"]
    for event in told:
        assert same(await post_in(bob, lobby, event["number"])) == same(event)


async def test_what_changes_while_one_catches_up_comes_once(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_bob.says("here")
    for number in range(200):
        await at_alice.ws.send_json({"type": "post", "text": f"text {number}", "nonce": f"n{number}"})

    async def change() -> None:
        for number in range(2, 202):
            await at_alice.ws.send_json({"type": "edit", "number": number, "text": f"edited {number}"})

    await asyncio.gather(change(), *[bob.enters(lobby, since=0) for _ in range(5)])
    await at_alice.hears("changed", number=201)
    for listener in bob.listeners[1:]:
        if not any(event.get("text") == "edited 201" for event in listener.events):
            await listener.hears(text="edited 201")
        state: dict[int, str] = {}
        for event in listener.events:
            if event.get("number") and event["type"] in ("message", "changed"):
                state[event["number"]] = event["text"]
        assert state == {1: "here", **{number: f"edited {number}" for number in range(2, 202)}}
        seqs = [event["seq"] for event in listener.events if event["type"] == "changed"]
        assert sorted(set(seqs)) == seqs, "each change once and in order"


async def test_a_deleted_message_leaves_its_place_and_may_come_back(
    alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    first = await at_bob.says("*oops*")
    await asks(at_bob, "react", number=1, emoji="🎉", on=True)
    await asks(at_bob, "delete", number=1)
    gone = await at_alice.hears("changed", deleted=True)
    assert set(gone) == {"type", "seq", "of", "number", "kind", "author", "text", "at", "deleted"}
    assert (gone["text"], gone["of"]) == ("", first["seq"])
    stored = await post_in(alice, lobby, 1)
    assert same(stored) == same(gone)
    async with alice.http.get(f"/rooms/{lobby}") as page:
        assert "oops" not in await page.text()
    for request in (
        {"type": "edit", "text": "no"},
        {"type": "react", "emoji": "👍", "on": True},
        {"type": "pin", "on": True},
    ):
        assert (await asks(at_alice if request["type"] == "pin" else at_bob, **request, number=1))[
            "code"
        ] == "deleted"
    assert (await asks(at_alice, "post", text="what?", reply_to=1))["code"] == "deleted"
    assert (await asks(at_bob, "undelete", number=1))["type"] == "receipt"
    back = await at_alice.hears("changed")
    assert (back["text"], back["html"], back["reactions"]) == (
        "*oops*",
        "<p><em>oops</em></p>",
        [{"emoji": "🎉", "names": [bob.name]}],
    )


async def test_who_may_what(cast: Cast, alice: Person, bob: Person, lobby: str) -> None:
    carol = await cast.person("carol")
    at_alice, at_bob, at_carol = await alice.enters(lobby), await bob.enters(lobby), await carol.enters(lobby)
    await at_alice.says(f"/mod @{carol.name}")
    await at_bob.says("mine")
    for other in (at_alice, at_carol):
        assert (await asks(other, "edit", number=1, text="theirs"))["code"] == "forbidden", (
            "only the author edits"
        )
    await at_alice.says("hers")
    assert (await asks(at_bob, "delete", number=2))["code"] == "forbidden"
    assert (await asks(at_bob, "pin", number=1, on=True))["code"] == "forbidden"
    assert (await asks(at_bob, "undelete", number=2))["code"] == "forbidden"
    assert not at_bob.heard("changed")
    for other in (at_alice, at_carol):
        assert (await asks(other, "pin", number=1, on=True))["type"] == "receipt"
        assert (await asks(other, "pin", number=1, on=False))["type"] == "receipt"
    assert (await asks(at_carol, "delete", number=1))["type"] == "receipt", "a moderator deletes"
    assert (await asks(at_bob, "undelete", number=1))["code"] == "forbidden", (
        "what a moderator deleted its author doesn't bring back"
    )
    assert (await asks(at_carol, "undelete", number=1))["type"] == "receipt", "the moderator may"
    assert (await post_in(bob, lobby, 1))["text"] == "mine"


async def test_who_was_removed_changes_nothing(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_bob.says("one")
    await at_bob.hears("message", number=1)
    before = await post_in(alice, lobby, 1)
    await asyncio.gather(
        at_alice.ws.send_json({"type": "post", "text": f"/kill @{bob.name}"}),
        *[at_alice.ws.send_json({"type": "post", "text": "last"}) for _ in range(2)],
    )
    assert await at_bob.ends() == 4501
    assert await post_in(alice, lobby, 1) == before
    await at_alice.says(f"/invite @{bob.name}")
    again = await bob.enters(lobby)  # he is a member again, and may
    assert (await asks(again, "edit", number=1, text="two"))["type"] == "receipt"


async def test_asking_again_is_harmless(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    posted = await at_alice.says("one")
    for type, fields in (
        ("edit", {"text": "two"}),
        ("react", {"emoji": "👍", "on": True}),
        ("pin", {"on": True}),
        ("pin", {"on": False}),
        ("react", {"emoji": "👍", "on": False}),
        ("delete", {}),
        ("undelete", {}),
    ):
        first = await asks(at_alice, type, number=1, **fields)
        again = await asks(at_alice, type, number=1, **fields)
        assert (first["type"], again["type"], again["seq"]) == ("receipt", "receipt", first["seq"])
    assert (await at_alice.says("next"))["seq"] == posted["seq"] + 8, "seven changes"
    # A nonce of a post names the answer to a change as well, and is neither's receipt instead of
    # the other's.
    await at_alice.ws.send_json({"type": "pin", "number": 2, "on": True, "nonce": posted["nonce"]})
    assert (await at_alice.hears("receipt", nonce=posted["nonce"]))["seq"] == posted["seq"] + 9
    await at_alice.ws.send_json({"type": "pin", "number": 2, "on": False})
    assert (await at_alice.hears("receipt"))["nonce"]


async def test_a_reply_quotes_one_line(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says("what\nis  this? " + "x" * 200)
    assert (await asks(at_bob, "post", text="an answer", reply_to=1))["number"] == 2
    live = await at_alice.hears("message", number=2)
    assert live["reply_to"] == 1
    assert live["quote"] == {"author": alice.name, "text": "what is this? " + "x" * 85 + "…"}
    assert same(await post_in(bob, lobby, 2)) == same(live)
    again = await alice.enters(lobby, since=live["seq"] - 1)
    assert same(again.heard("message", number=2)[0]) == same(live)
    await asks(at_alice, "edit", number=1, text="that")
    assert (await post_in(bob, lobby, 2))["quote"]["text"] == "that"
    await asks(at_bob, "edit", number=2, text="the answer")
    edited = await at_alice.hears("changed", number=2)
    assert (edited["reply_to"], edited["quote"]["text"]) == (1, "that")
    await asks(at_alice, "delete", number=1)
    assert (await post_in(bob, lobby, 2))["quote"] == {"author": alice.name, "text": ""}


async def test_a_long_reply_and_one_sent_twice(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.says("question")
    nonce = secrets.token_hex(8)
    request = {"type": "post", "text": "*long* " * 500, "reply_to": 1, "nonce": nonce}
    answers = []
    for _ in range(2):
        await at_alice.ws.send_json(request)
        answers.append(await at_alice.hears("receipt", nonce=nonce))
    assert answers[0] == answers[1]
    assert (await post_in(alice, lobby, 2))["reply_to"] == 1


async def test_what_is_said_and_changed_in_one_moment(alice: Person, bob: Person, lobby: str) -> None:
    """A post, its answers and its changes may be in one commit: each sees what was before it."""
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    for turn in range(20):
        number = 3 * turn + 1
        await asyncio.gather(
            at_alice.ws.send_json({"type": "post", "text": "one"}),
            at_alice.ws.send_json({"type": "post", "text": "two", "reply_to": number}),
            at_alice.ws.send_json({"type": "edit", "number": number, "text": "three"}),
            at_alice.ws.send_json({"type": "post", "text": "four"}),
            at_alice.ws.send_json({"type": "react", "number": number, "emoji": "👍", "on": True}),
        )
        await at_bob.hears("changed", number=number, reactions=[{"emoji": "👍", "names": [alice.name]}])
    heard = [event for event in at_bob.events if event["type"] in ("message", "changed")]
    seqs = [event["seq"] for event in heard]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), "no holes"
    state = {event["number"]: same(event) for event in heard if event.get("number")}
    stored = {line["number"]: same(line) for line in await bob.history(lobby) if line.get("number")}
    assert {state[number].pop("quote")["text"] for number in range(2, 60, 3)} <= {"one", "three"}, (
        "as it was when it was told"
    )
    assert {stored[number].pop("quote")["text"] for number in range(2, 60, 3)} == {"three"}
    assert stored == state
    assert [state[number]["text"] for number in (1, 2, 3)] == ["three", "two", "four"]


async def test_after_clear_nothing_of_before_is_changed(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.says("one")
    await at_alice.says("/clear")
    for type, fields in (
        ("edit", {"text": "two"}),
        ("react", {"emoji": "👍", "on": True}),
        ("pin", {"on": True}),
        ("delete", {}),
        ("undelete", {}),
    ):
        assert (await asks(at_alice, type, number=1, **fields))["code"] == "no_such_message"
    assert (await asks(at_alice, "post", text="x", reply_to=1))["code"] == "no_such_message"


async def test_unread_counts_no_changes(alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await (await bob.enters(lobby)).close()
    await at_alice.says("one")
    await asks(at_alice, "edit", number=1, text="two")
    rooms = (await bob.gets("/rooms"))["rooms"]
    assert next(room["unread"] for room in rooms if room["name"] == lobby) == 1


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "edit: nothing": ({"type": "edit"}, "bad_request"),
    "edit: no text": ({"type": "edit", "number": 1}, "bad_request"),
    "edit: a number": ({"type": "edit", "number": 1, "text": 5}, "bad_request"),
    "edit: empty": ({"type": "edit", "number": 1, "text": " \n"}, "empty"),
    "edit: too long": ({"type": "edit", "number": 1, "text": "x" * 10_001}, "too_long"),
    "edit: control": ({"type": "edit", "number": 1, "text": "\x00\u200b"}, "empty"),
    "edit: none there": ({"type": "edit", "number": 2, "text": "x"}, "no_such_message"),
    "edit: far": ({"type": "edit", "number": 2**53, "text": "x"}, "no_such_message"),
    "edit: too far": ({"type": "edit", "number": 2**53 + 1, "text": "x"}, "bad_request"),
    "edit: huge": ({"type": "edit", "number": 10**30, "text": "x"}, "bad_request"),
    "edit: negative": ({"type": "edit", "number": -1, "text": "x"}, "bad_request"),
    "edit: zero": ({"type": "edit", "number": 0, "text": "x"}, "no_such_message"),
    "edit: a text as number": ({"type": "edit", "number": "1", "text": "x"}, "bad_request"),
    "edit: half": ({"type": "edit", "number": 1.5, "text": "x"}, "bad_request"),
    "delete: null": ({"type": "delete", "number": None}, "bad_request"),
    "delete: none there": ({"type": "delete", "number": 9}, "no_such_message"),
    "undelete: none there": ({"type": "undelete", "number": 9}, "no_such_message"),
    "react: no emoji": ({"type": "react", "number": 1, "on": True}, "bad_request"),
    "react: no on": ({"type": "react", "number": 1, "emoji": "👍"}, "bad_request"),
    "react: on is a number": ({"type": "react", "number": 1, "emoji": "👍", "on": 1}, "bad_request"),
    "react: empty": ({"type": "react", "number": 1, "emoji": "", "on": True}, "bad_emoji"),
    "react: letters": ({"type": "react", "number": 1, "emoji": "ok", "on": True}, "bad_emoji"),
    "react: digit": ({"type": "react", "number": 1, "emoji": "1", "on": True}, "bad_emoji"),
    "react: two": ({"type": "react", "number": 1, "emoji": "👍👍", "on": True}, "bad_emoji"),
    "react: markup": ({"type": "react", "number": 1, "emoji": "<b>", "on": True}, "bad_emoji"),
    "react: none there": ({"type": "react", "number": 9, "emoji": "👍", "on": True}, "no_such_message"),
    "pin: text": ({"type": "pin", "number": 1, "on": "yes"}, "bad_request"),
    "pin: none there": ({"type": "pin", "number": 9, "on": True}, "no_such_message"),
    "reply: none there": ({"type": "post", "text": "x", "reply_to": 9}, "no_such_message"),
    "reply: zero": ({"type": "post", "text": "x", "reply_to": 0}, "bad_request"),
    "reply: text": ({"type": "post", "text": "x", "reply_to": "1"}, "bad_request"),
    "reply: huge": ({"type": "post", "text": "x", "reply_to": 2**60}, "bad_request"),
    "reply: a command": ({"type": "post", "text": "/topic x", "reply_to": 1}, "bad_request"),
}


async def test_bad_requests_change_nothing(alice: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await at_alice.says("one")
    before = await alice.history(lobby)
    for name, (request, code) in BAD.items():
        answer = await asks(at_alice, **request)
        assert (answer["type"], answer.get("code")) == ("error", code), name
    for type in ("edit", "delete", "undelete", "react", "pin"):
        request = {"number": 1, "text": "x", "emoji": "👍", "on": True, "nonce": "a b"}
        await at_alice.ws.send_json({"type": type, **request})
        assert (await at_alice.hears("error"))["code"] == "bad_nonce"
        await at_alice.types(
            f'{{"type":"{type}","number":1,"number":1,"text":"x","emoji":"👍","on":true,"on":true}}'
        )
        assert (await at_alice.hears("error"))["code"] == "bad_json"
    assert not at_alice.heard("changed")
    assert await alice.history(lobby) == before
