"""What one was told, why, and how one wants it: pages, JSON and commands, on both databases."""

from typing import Any

import pytest

from tests.support.notices import decided, has_device, until
from tests.support.people import JsonObject, Person
from tests.support.servers import Aiochat

JSON = {"Accept": "application/json"}


async def sends(person: Person, path: str, fields: Any) -> tuple[int, JsonObject]:
    """Posts a form as a program does. The status, and the answer."""
    headers = {**JSON, "X-CSRF-Token": await person.token("/rooms")}
    async with person.http.post(path, data=fields, headers=headers) as answer:
        return answer.status, await answer.json()


async def page(person: Person, path: str) -> str:
    async with person.http.get(path) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.text()


async def test_what_one_was_told(chat: Aiochat, alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await (await bob.enters(lobby)).close()
    told = await bob.connects()
    await at_alice.says(f"**look**, @{bob.name}!")
    event = await told.hears("notices", count=1)
    [call] = event["new"]
    assert call == {
        **{"id": call["id"], "kind": "mention", "by": alice.name, "room": lobby, "title": lobby},
        "number": 1,
    }
    found = await bob.gets("/notifications")
    assert (found["more"], found["cursor"], found["unread"]) == (False, None, 1)
    [notice] = found["notices"]
    assert notice.pop("at")
    assert notice == {
        **{"id": call["id"], "kind": "mention", "rule": "mention", "by": alice.name, "read": False},
        **{"url": f"/rooms/{lobby}/1", "text": f"look, @{bob.name}!", "number": 1},
        "room": {"name": lobby, "title": lobby, "kind": "open"},
    }
    shown = await page(bob, "/notifications")
    assert f"mentioned you in <bdi>#{lobby}</bdi>" in shown
    assert f'href="/rooms/{lobby}/1/why"' in shown
    # A new page's first word counts them too.
    again = await bob.connects()
    assert again.heard("unread", whole=True)[0]["notices"] == 1
    assert await sends(bob, "/notifications", {"id": str(call["id"])}) == (200, {"unread": 0})
    assert (await told.hears("notices", count=0))["type"] == "notices"
    assert [one["read"] for one in (await bob.gets("/notifications"))["notices"]] == [True]
    assert (await bob.gets("/notifications?unread=1"))["notices"] == []
    # Another's can't be read.
    assert (await sends(alice, "/notifications", {"id": str(call["id"])}))[0] == 404


async def test_pages_of_notices(chat: Aiochat, alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await (await bob.enters(lobby)).close()
    for number in range(32):
        await at_alice.says(f"{number} @{bob.name}")
    await decided(chat, lobby)
    first = await bob.gets("/notifications")
    assert (len(first["notices"]), first["more"], first["unread"]) == (30, True, 32)
    rest = await bob.gets(f"/notifications?before={first['cursor']}")
    assert [one["number"] for one in rest["notices"]] == [2, 1]
    assert (rest["more"], rest["cursor"]) == (False, None)
    assert "Earlier" in await page(bob, "/notifications?unread=1")
    # What is deleted isn't shown from then on, nor is what somebody wrote whom one ignores.
    await at_alice.ws.send_json({"type": "delete", "number": 1, "nonce": "delete-1"})
    await at_alice.hears("receipt", nonce="delete-1")
    rest = await bob.gets(f"/notifications?before={first['cursor']}")
    assert [one["number"] for one in rest["notices"]] == [2]
    await sends(bob, f"/users/{alice.name}/ignore", {})
    assert (await bob.gets("/notifications"))["notices"] == []
    await sends(bob, f"/users/{alice.name}/unignore", {})
    assert await sends(bob, "/notifications", {}) == (200, {"unread": 0})


@pytest.mark.parametrize(
    "query", ["before=x", "before=0", "before=-1", "before=9999999999999999", "unread=2"]
)
async def test_bad_pages(alice: Person, query: str) -> None:
    async with alice.http.get(f"/notifications?{query}", headers=JSON) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (400, "bad_request")


async def test_why(chat: Aiochat, alice: Person, bob: Person, mallory: Person, lobby: str) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says(f"@{bob.name}")
    await at_alice.says("no word for anybody")
    await decided(chat, lobby)
    called = await bob.gets(f"/rooms/{lobby}/1/why")
    assert (called["called"], called["recorded"], called["rule"], called["kind"]) == (
        *(True, True, "mention"),
        "mention",
    )
    ways = {way["way"]: way for way in called["ways"]}
    assert (ways["page"]["outcome"], ways["mail"]["outcome"]) == ("told", "unreachable")
    assert ways["page"]["at"]
    assert called["text"]["verdict"] == "Message 1 called you."
    # Who wrote it, and what told nothing.
    assert (await alice.gets(f"/rooms/{lobby}/1/why"))["rule"] == "own"
    missed = await bob.gets(f"/rooms/{lobby}/2/why")
    assert (missed["called"], missed["recorded"], missed["rule"], missed["ways"]) == (
        *(False, False, "nothing"),
        [],
    )
    assert missed["settings_changed_at"] is None
    assert (await at_bob.says("/why 2"))["text"].startswith("Message 2 didn’t call you. Nothing in it")
    assert (await at_bob.says("/why 1"))["text"].startswith("Message 1 called you. It mentions you.\nOn the")
    assert "Message 2 didn’t call you." in await page(bob, f"/rooms/{lobby}/2/why")
    # Another answer since one's settings are others is said to be one.
    assert "Everything in this room" in (await at_bob.says("/notify all"))["text"]
    later = await bob.gets(f"/rooms/{lobby}/2/why")
    assert (later["called"], later["rule"], later["kind"]) == (False, "level", "room")
    assert later["settings_changed_at"]
    for number in ("3", "9999999999999999"):
        async with bob.http.get(f"/rooms/{lobby}/{number}/why", headers=JSON) as answer:
            assert answer.status == 404
    for text in ("/why", "/why x", "/why 0", "/why 12345678901234567890"):
        assert (await at_bob.says(text))["type"] == "error"


async def test_levels_of_rooms(
    chat: Aiochat, alice: Person, bob: Person, mallory: Person, lobby: str
) -> None:
    await alice.enters(lobby)
    at_bob = await bob.enters(lobby)
    path = f"/rooms/{lobby}/notifications"
    assert await bob.gets(path) == {"level": "mentions", "until": None}
    status, found = await sends(bob, path, {"level": "none", "lasts": "1h"})
    assert (status, found["level"]) == (200, "none")
    assert found["until"]
    await until(
        lambda: any(event["rooms"][0].get("level") == "none" for event in at_bob.heard("unread", whole=True))
    )
    assert "Nothing in this room calls you. That ends at" in (await at_bob.says("/notify"))["text"]
    assert (await at_bob.says("/notify none tomorrow"))["type"] == "notice"
    assert (await at_bob.says("/notify mentions"))["text"] == (
        "Mentions and threads of yours in this room call you."
    )
    assert await bob.gets(path) == {"level": "mentions", "until": None}
    assert 'value="mentions" checked' in await page(bob, path)
    for fields in ({"level": "loud"}, {"level": ""}, {"level": "none", "lasts": "99999w"}, {"lasts": "x"}):
        assert (await sends(bob, path, fields))[0] == 400, fields
    # Who isn't in the room has no level there.
    assert (await sends(mallory, path, {"level": "all"}))[0] == 403
    assert await bob.gets(path) == {"level": "mentions", "until": None}


async def test_how_one_wants_to_be_told(chat: Aiochat, alice: Person) -> None:
    path = "/settings/notifications"
    usual = await alice.gets(path)
    assert usual["ways"]["mention"] == ["page", "push", "mail"]
    assert (usual["quiet"], usual["mail_minutes"], usual["keywords"]) == (None, 15, [])
    chosen = [("form", "ways"), ("mention", "page"), ("like", "mail"), ("like", "page")]
    status, found = await sends(alice, path, chosen)
    assert status == 200
    assert (found["ways"]["mention"], found["ways"]["like"], found["ways"]["direct"]) == (
        *(["page"], ["page", "mail"]),
        [],
    )
    quiet = {"quiet_from": "22:00", "quiet_until": "07:30", "zone": "Europe/Moscow"}
    _, found = await sends(alice, path, {"form": "quiet", **quiet, "mail_minutes": "5"})
    assert found["quiet"] == {"from": "22:00", "until": "07:30", "zone": "Europe/Moscow"}
    assert found["mail_minutes"] == 5
    words = "Release train\n\n  рыба \nRELEASE  TRAIN"
    _, found = await sends(alice, path, {"form": "keywords", "keywords": words})
    assert found["keywords"] == ["Release train", "рыба"]
    for fields, field in (
        ({"form": "quiet", **quiet, "quiet_from": "25:00", "mail_minutes": "5"}, "quiet_from"),
        ({"form": "quiet", **quiet, "quiet_until": "", "mail_minutes": "5"}, "quiet_until"),
        ({"form": "quiet", **quiet, "zone": "Mars/Base", "mail_minutes": "5"}, "zone"),
        ({"form": "quiet", **quiet, "mail_minutes": "-1"}, "mail_minutes"),
        ({"form": "quiet", **quiet, "mail_minutes": "1441"}, "mail_minutes"),
        ({"form": "keywords", "keywords": "fish\n!!!"}, "keywords"),
        ({"form": "keywords", "keywords": "x" * 61}, "keywords"),
        ({"form": "keywords", "keywords": "\n".join(f"w{one}" for one in range(31))}, "keywords"),
    ):
        status, answer = await sends(alice, path, fields)
        assert (status, list(answer["errors"])) == (422, [field]), answer
    for choice in ([("form", "other")], [("form", "ways"), ("mention", "smoke")]):
        assert (await sends(alice, path, choice))[0] == 400
    assert (await alice.gets(path))["keywords"] == ["Release train", "рыба"]
    shown = await page(alice, path)
    assert 'name="like" value="mail" checked' in shown
    assert 'value="22:00"' in shown
    # The page shows its errors beside their fields.
    form = await alice.submits(path, page="/rooms", form="keywords", keywords="!!!")
    assert form.status == 422
    assert "is no keyword" in await form.text()


async def test_focus_is_quiet_and_nobody_learns(
    chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    told = await bob.connects()
    has_device(chat, bob)
    assert "Nothing calls you until" in (await at_bob.says("/focus 1h"))["text"]
    await at_alice.says(f"@{bob.name}")
    [call] = (await told.hears("notices", count=1))["new"]
    assert call["quiet"] is True
    ways = {way["way"]: way["outcome"] for way in (await bob.gets(f"/rooms/{lobby}/1/why"))["ways"]}
    assert (ways["page"], ways["push"]) == ("focus", "focus")
    assert "is under the bell" in (await bob.gets(f"/rooms/{lobby}/1/why"))["text"]["verdict"]
    assert not at_alice.heard("presence", name=bob.name)
    assert (await at_bob.says("/focus off"))["type"] == "notice"
    await at_alice.says(f"@{bob.name}")
    await until(
        lambda: (
            [one.get("quiet", False) for event in told.heard("notices") for one in event.get("new", [])]
            == [True, False]
        )
    )
