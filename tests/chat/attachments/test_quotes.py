"""Answers to posts that are files alone say what those are, live and read later."""

from tests.support.files import posts, uploads
from tests.support.people import Person


async def test_an_answer_says_that_the_quoted_post_is_a_file(alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    alone = await posts(at_alice, (await uploads(alice, "words.txt", b"words"))["id"])
    for text in ("plain", f"@{alice.name} calling"):
        await at_bob.ws.send_json(
            {"type": "post", "text": text, "nonce": text[:5], "reply_to": alone["number"]}
        )
        live = await at_alice.hears("message", text=text)
        assert live["quote"] == {"author": alice.name, "text": "", "files": "file"}
        stored = next(line for line in await bob.history(lobby) if line.get("number") == live["number"])
        assert stored["quote"] == live["quote"]
    worded = await posts(at_alice, (await uploads(alice, "more.txt", b"more"))["id"], text="with words")
    await at_bob.ws.send_json({"type": "post", "text": "yes", "nonce": "yes", "reply_to": worded["number"]})
    assert (await at_alice.hears("message", text="yes"))["quote"] == {
        "author": alice.name,
        "text": "with words",
    }
    await at_alice.ws.send_json({"type": "delete", "number": alone["number"], "nonce": "gone"})
    await at_alice.hears("receipt", nonce="gone")
    answers = [line for line in await bob.history(lobby) if line.get("reply_to") == alone["number"]]
    assert [line["quote"] for line in answers] == [{"author": alice.name, "text": ""}] * 2
