"""What of the feed and of rooms' invitations concerns one, and what goes when it is taken back."""

from tests.conftest import Cast
from tests.support.deleted_accounts import leaves, rows
from tests.support.feed_reader import asks as sends
from tests.support.notices import has_device, notices, until
from tests.support.people import Person
from tests.support.servers import Aiochat


async def test_followers_likes_and_comments(
    chat: Aiochat, cast: Cast, alice: Person, bob: Person, mallory: Person
) -> None:
    await sends(bob, f"/users/{alice.name}/follow")
    await until(lambda: notices(chat, alice) == [("follow", "followed")])
    assert (await alice.gets("/notifications"))["notices"][0]["url"] == f"/users/{bob.name}"
    await sends(bob, f"/users/{alice.name}/unfollow")
    await until(lambda: notices(chat, alice) == [])
    _, post = await sends(alice, "/feed", text="fish")
    number = post["post"]["id"] if "post" in post else post["id"]
    await sends(bob, f"/feed/{number}/like")
    await sends(alice, f"/feed/{number}/like")
    await until(lambda: notices(chat, alice) == [("like", "liked")])
    await sends(bob, f"/feed/{number}/comments", text="first")
    await until(lambda: notices(chat, alice) == [("like", "liked"), ("comment", "commented")])
    await sends(mallory, f"/feed/{number}/comments", text="second")
    await until(lambda: notices(chat, bob) == [("comment", "commented_too")])
    assert notices(chat, mallory) == []
    urls = {one["kind"]: one["url"] for one in (await alice.gets("/notifications"))["notices"]}
    assert urls["like"] == f"/feed/{number}"
    assert urls["comment"].startswith(f"/feed/{number}#comment-")
    await sends(bob, f"/feed/{number}/unlike")
    await until(lambda: ("like", "liked") not in notices(chat, alice))
    # With the post all of it goes.
    await sends(alice, f"/feed/{number}/delete")
    await until(lambda: notices(chat, alice) == notices(chat, bob) == [])


async def test_invitations(chat: Aiochat, alice: Person, bob: Person, cellar: str) -> None:
    at_alice = await alice.enters(cellar)
    assert (await at_alice.says(f"/invite {bob.name}"))["type"] == "receipt"
    await until(lambda: notices(chat, bob) == [("invitation", "invited")])
    [notice] = (await bob.gets("/notifications"))["notices"]
    assert (notice["url"], notice["by"]) == ("/rooms", alice.name)
    await bob.accepts(cellar)
    await until(lambda: notices(chat, bob) == [])


async def test_what_became_of_a_report(
    chat: Aiochat, alice: Person, bob: Person, mallory: Person, lobby: str
) -> None:
    at_mallory, at_bob = await mallory.enters(lobby), await bob.enters(lobby)
    await at_mallory.says("rude")
    assert (await at_bob.says("/report 1"))["type"] in ("receipt", "notice")
    [found] = (await alice.gets(f"/rooms/{lobby}/reports"))["reports"]
    report = found["report"]
    status, _ = await sends(alice, f"/rooms/{lobby}/reports", report=str(report), answer="dismiss")
    assert status == 200
    await until(lambda: notices(chat, bob) == [("outcome", "outcome")])
    [notice] = (await bob.gets("/notifications"))["notices"]
    assert (notice["room"]["name"], notice["number"], notice["read"]) == (lobby, 1, False)
    # Who has seen it in the sidebar has read it.
    await sends(bob, f"/reports/{report}/seen")
    assert [one["read"] for one in (await bob.gets("/notifications"))["notices"]] == [True]


async def test_a_block_ends_what_was_told(chat: Aiochat, alice: Person, bob: Person, lobby: str) -> None:
    at_alice = await alice.enters(lobby)
    await bob.enters(lobby)
    await at_alice.says(f"@{bob.name}")
    await until(lambda: len(notices(chat, bob)) == 1)
    await sends(bob, f"/users/{alice.name}/block")
    await until(lambda: notices(chat, bob) == [])


async def test_an_ended_account_leaves_no_notices(
    chat: Aiochat, alice: Person, bob: Person, lobby: str
) -> None:
    at_alice, at_bob = await alice.enters(lobby), await bob.enters(lobby)
    await at_alice.says(f"@{bob.name}")
    await at_bob.says(f"@{alice.name}")
    await sends(bob, "/settings/notifications", form="keywords", keywords="fish")
    await until(lambda: len(notices(chat, alice) + notices(chat, bob)) == 2)
    [(bob_id,)] = rows(chat, f"SELECT id FROM users WHERE name = '{bob.name}'")
    await leaves(bob)
    tables = {"notices": ("user_id", "by_id"), "notice_settings": ("user_id",)}
    tables |= {"notice_keywords": ("user_id",), "notice_deliveries": ("user_id",)}
    for table, columns in tables.items():
        for column in columns:
            sql = f"SELECT * FROM {table} WHERE {column} = {bob_id}"
            await until(lambda sql=sql: not rows(chat, sql))  # type: ignore[misc]


async def test_the_download_has_them(chat: Aiochat, alice: Person, bob: Person, lobby: str) -> None:
    has_device(chat, bob)
    at_alice = await alice.enters(lobby)
    await bob.enters(lobby)
    await at_alice.says(f"@{bob.name}")
    await until(lambda: len(notices(chat, bob)) == 1)
    found = await bob.gets("/accounts/data/download")
    [notice] = found["notices"]
    assert (notice["kind"], notice["rule"], notice["by"]) == ("mention", "mention", alice.name)
    assert found["notice_settings"][0]["mail_minutes"] == 15
    assert [one["way"] for one in found["notice_deliveries"]] == ["push"]
