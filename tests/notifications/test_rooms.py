"""Who is called by messages of rooms, end to end: real posts, decided after their commit."""

from typing import Any

from tests.conftest import Cast, unique
from tests.support.deleted_accounts import change, rows
from tests.support.notices import decided, deliveries, has_device, id_of, notices, set_level, until
from tests.support.people import JsonObject, Listener, Person
from tests.support.servers import Aiochat


async def asks(listener: Listener, type: str, **fields: Any) -> JsonObject:
    nonce = unique("nonce")
    await listener.ws.send_json({"type": type, "nonce": nonce, **fields})
    receipt = await listener._answer(nonce)
    assert receipt["type"] == "receipt"
    return receipt


async def test_a_mention_calls_once(
    chat: Aiochat, alice: Person, bob: Person, mallory: Person, lobby: str
) -> None:
    has_device(chat, mallory)
    at_alice, at_bob, _ = await alice.enters(lobby), await bob.enters(lobby), await mallory.enters(lobby)
    await at_alice.says("nothing for anybody")
    receipt = await at_alice.says(f"@{bob.name}, and I myself, @{alice.name}")
    await at_bob.says("an answer without one")
    await decided(chat, lobby)
    assert notices(chat, bob) == [("mention", "mention")]
    assert notices(chat, alice) == []
    assert notices(chat, mallory) == []
    # Who is named by the edit alone is called by it, and nobody again.
    text = f"@{bob.name} and @{mallory.name}!"
    await asks(at_alice, "edit", number=receipt["number"], text=text)
    await asks(at_bob, "react", number=receipt["number"], emoji="👍", on=True)
    await decided(chat, lobby)
    assert notices(chat, bob) == notices(chat, mallory) == [("mention", "mention")]
    # Bob has no device: nothing waits for one.
    assert deliveries(chat, bob) == []
    # What is deleted vanishes for everybody, with what waits to be sent.
    assert [way for way, state, _ in deliveries(chat, mallory) if state == "waiting"] == ["push"]
    await asks(at_alice, "delete", number=receipt["number"])
    await decided(chat, lobby)
    assert notices(chat, bob) == notices(chat, mallory) == []
    assert deliveries(chat, mallory) == []


async def test_whom_an_edit_calls_no_more(
    chat: Aiochat, alice: Person, bob: Person, mallory: Person, lobby: str
) -> None:
    has_device(chat, bob)
    at_alice, at_bob, at_mallory = [await one.enters(lobby) for one in (alice, bob, mallory)]
    told = await bob.connects()
    first = await at_bob.says("who comes?")
    named = await at_alice.says(f"@{bob.name} and @{mallory.name}")
    answer = await asks(at_alice, "post", text=f"I, @{bob.name}", reply_to=first["number"])
    await decided(chat, lobby)
    await told.hears("notices", count=2)
    # Mallory has read it, and nothing that waits is left for Bob; the answer is one still.
    await at_mallory.ws.send_json({"type": "read", "number": named["number"]})
    await until(
        lambda: bool(rows(chat, f"SELECT 1 FROM notices WHERE user_id = {id_of(mallory)} AND read_at > 0"))
    )
    await asks(at_alice, "edit", number=named["number"], text="nobody")
    await asks(at_alice, "edit", number=answer["number"], text="I")
    await told.hears("notices", count=1)
    await decided(chat, lobby)
    assert notices(chat, bob) == [("thread", "answered")]
    assert [state for _, state, _ in deliveries(chat, bob)] == ["waiting"]
    assert notices(chat, mallory) == [("mention", "mention")]
    # Whom another edit names again is called again.
    await asks(at_alice, "edit", number=named["number"], text=f"@{bob.name}!")
    await told.hears("notices", count=2)
    # Those who were called together are all uncalled.
    together = await at_bob.says("@all come")
    await until(lambda: ("group", "all") in notices(chat, mallory))
    await asks(at_bob, "edit", number=together["number"], text="come")
    await until(lambda: ("group", "all") not in notices(chat, mallory))


async def test_what_is_read_is_not_sent(chat: Aiochat, alice: Person, bob: Person, lobby: str) -> None:
    has_device(chat, bob)
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    receipt = await at_alice.says(f"@{bob.name}")
    await decided(chat, lobby)
    assert deliveries(chat, bob) == [("push", "waiting", None)]
    await at_bob.ws.send_json({"type": "read", "number": receipt["number"]})
    await until(lambda: deliveries(chat, bob) == [("push", "cancelled", "read")])


async def test_answers_call_those_who_take_part(
    chat: Aiochat, alice: Person, bob: Person, mallory: Person, lobby: str
) -> None:
    at_alice, at_bob, at_mallory = (
        await alice.enters(lobby),
        await bob.enters(lobby),
        await mallory.enters(lobby),
    )
    first = await at_alice.says("who comes?")
    for listener in (at_bob, at_mallory):
        await listener.ws.send_json(
            {"type": "post", "text": "I do", "reply_to": first["number"], "nonce": unique("n")}
        )
        await listener.hears("message", text="I do", author=(bob if listener is at_bob else mallory).name)
    await decided(chat, lobby)
    assert notices(chat, alice) == [("thread", "answered")] * 2
    assert notices(chat, bob) == [("thread", "thread")]
    assert notices(chat, mallory) == []


async def test_levels_and_groups(
    chat: Aiochat, alice: Person, bob: Person, mallory: Person, lobby: str
) -> None:
    at_alice = await alice.enters(lobby)
    await bob.enters(lobby)
    await mallory.enters(lobby)
    change(chat, f"UPDATE members SET notify = 'all' WHERE {set_level(chat, bob, lobby)}")
    change(chat, f"UPDATE members SET notify = 'none' WHERE {set_level(chat, mallory, lobby)}")
    await at_alice.says("for who hears everything")
    await at_alice.says("@all: lunch")
    await at_alice.says(f"@{mallory.name}?")
    await decided(chat, lobby)
    assert notices(chat, bob) == [("room", "level"), ("group", "all"), ("room", "level")]
    assert notices(chat, mallory) == []
    # A level that has ended is none.
    change(chat, f"UPDATE members SET notify_until = 1 WHERE {set_level(chat, mallory, lobby)}")
    await at_alice.says(f"@{mallory.name}!")
    await at_alice.says("@here: dinner")
    await decided(chat, lobby)
    assert notices(chat, mallory) == [("mention", "mention"), ("group", "here")]


async def test_direct_messages_and_silence(
    chat: Aiochat, cast: Cast, alice: Person, bob: Person, lobby: str
) -> None:
    has_device(chat, bob)
    at_alice = await alice.enters(lobby)
    assert (await at_alice.says(f"/msg {bob.name} hello"))["type"] == "notice"
    await until(lambda: notices(chat, bob) == [("direct", "direct")])
    at_bob = await bob.enters(lobby)
    await at_bob.says("/dnd 1h")
    await at_alice.says(f"@{bob.name}")
    await decided(chat, lobby)
    assert notices(chat, bob) == [("direct", "direct"), ("mention", "mention")]
    # Only of the first one something waits to be sent.
    assert [way for way, _, _ in deliveries(chat, bob)] == ["push"]
    await at_bob.says(f"/ignore {alice.name}")
    await at_alice.says(f"@{bob.name} again")
    await decided(chat, lobby)
    assert len(notices(chat, bob)) == 2


async def test_keywords_call_members_only(
    chat: Aiochat, alice: Person, bob: Person, mallory: Person, lobby: str
) -> None:
    at_alice = await alice.enters(lobby)
    await bob.enters(lobby)
    for person in (alice, bob, mallory):
        change(
            chat,
            "INSERT INTO notice_keywords (user_id, word, folded, begins) "
            f"SELECT id, 'Release Train', 'release train', 'release' FROM users WHERE id = {id_of(person)}",
        )
    await at_alice.says("the release  TRAIN leaves")
    await at_alice.says("the release leaves")
    await decided(chat, lobby)
    assert notices(chat, bob) == [("keyword", "keyword")]
    assert notices(chat, alice) == notices(chat, mallory) == []


async def test_who_leaves_is_not_called(chat: Aiochat, alice: Person, bob: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says(f"@{bob.name}")
    await decided(chat, lobby)
    assert len(notices(chat, bob)) == 1
    await at_bob.ws.send_json({"type": "post", "text": "/leave", "nonce": unique("leave")})
    await until(lambda: not notices(chat, bob))


async def test_what_is_cleared_vanishes(chat: Aiochat, alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await bob.enters(lobby)
    await at_alice.says(f"@{bob.name}")
    await decided(chat, lobby)
    assert (await at_alice.says("/clear"))["type"] == "cleared"
    await until(lambda: not notices(chat, bob))
