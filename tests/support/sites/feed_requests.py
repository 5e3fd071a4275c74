"""The large site's feed: what fills it (tests/support/sites/large.py has the people), and what one
does there and with whom one follows or blocks."""

from collections.abc import Callable, Iterator

from tests.support.feed_reader import asks, comments, listens, page, writes
from tests.support.people import Person

HERS = 1
STAR = 2
TROLL = 3
PRIVATE = 4
FOLLOWED = 2000
CROWD = 3000
POSTS = 100_000
EVENTS = 20_000
TALKED_OF = 1
"""The post that everybody comments on and likes: the star's."""


def fill(people: int, series: Callable[[int], str]) -> Iterator[str]:
    """The statements. `series` makes a table `series` of the numbers to one."""
    posts = "INSERT INTO feed_posts (author_id, text, at)"
    yield f"UPDATE users SET is_private = TRUE WHERE id = {PRIVATE}"
    yield f"{posts} VALUES ({STAR}, 'What is everybody doing?', 0)"
    yield (
        f"{posts} {series(POSTS)} SELECT 1 + n % {people}, 'Some words, as people write them', n FROM series"
    )
    # She follows many, many follow the star and the private one, hundreds ask her, and all block
    # the troll.
    for follower, followed, count in (
        ("1", "n", FOLLOWED),
        ("n", str(STAR), CROWD),
        ("n", str(PRIVATE), CROWD),
    ):
        which = f"SELECT {follower}, {followed}, 0 FROM series WHERE n > 4"
        yield f"INSERT INTO follows (follower_id, followed_id, at) {series(count)} {which}"
    which = f"SELECT n, {HERS}, n FROM series WHERE n > 4000"
    yield f"INSERT INTO follow_requests (follower_id, followed_id, at) {series(4900)} {which}"
    asking = f"SELECT n, n + 1, n FROM series WHERE n > 4 AND n < {people}"
    yield f"INSERT INTO follow_requests (follower_id, followed_id, at) {series(people)} {asking}"
    happened = "INSERT INTO feed_events (id, kind, change, author_id, post_id, user_id)"
    yield f"{happened} {series(EVENTS)} SELECT n, 'like', 'added', 1 + n % {people}, n, n FROM series"
    yield f"UPDATE feed_clock SET last = {EVENTS}"
    yield (
        f"INSERT INTO blocks (blocker_id, blocked_id, at) {series(people)} SELECT n, {TROLL}, 0 FROM "
        "series WHERE n > 4"
    )
    blocking = f"SELECT n, n + 1, 0 FROM series WHERE n > 4 AND n < {people}"
    yield f"INSERT INTO blocks (blocker_id, blocked_id, at) {series(people)} {blocking}"
    yield (
        f"INSERT INTO blocks (blocker_id, blocked_id, at) {series(4900)} SELECT {HERS}, n, 0 FROM series "
        "WHERE n > 4400"
    )
    liked = f"SELECT {TALKED_OF}, n, 0 FROM series WHERE n > 4"
    yield f"INSERT INTO feed_likes (post_id, user_id, at) {series(CROWD)} {liked}"
    said = f"SELECT {TALKED_OF}, n, 'Well said', 0 FROM series WHERE n > 4"
    yield f"INSERT INTO feed_comments (post_id, author_id, text, at) {series(CROWD)} {said}"


async def reads_and_writes(alice: Person, new: Person, p1: Person, p7: Person) -> None:
    """Everything that there is to do, with the feed, whom one follows and whom one blocks."""
    start = (await alice.gets("/feed"))["since"]
    own = await writes(alice, "Good morning")
    await comments(new, {"id": TALKED_OF}, "Good morning")
    feed, one = (
        await listens(alice, f"?since={start}"),
        await listens(alice, f"?post={TALKED_OF}&since={start}"),
    )
    for path in (
        "/feed",
        "/feed?before=5000",
        "/users/p1/posts",
        "/users/p7/posts?before=5000",
        f"/feed/{TALKED_OF}",
        "/users/p1",
        "/users/p3",
    ):
        assert (await page(alice, path))[0] == 200, path
    assert (await page(p7, "/users/p3/posts"))[0] == 200
    assert (await page(p1, "/users/p3/posts"))[0] == 404
    for path in (
        "/accounts/requests",
        "/accounts/followers",
        "/accounts/blocked",
        "/accounts/blocked?after=p4500",
        "/users/alice/posts",
    ):
        await alice.gets(path)
    for someone in (alice, new):
        comment = await comments(someone, {"id": TALKED_OF}, "Indeed")
        for path in ("like", "unlike", f"comments/{comment['id']}/delete"):
            assert (await asks(someone, f"/feed/{TALKED_OF}/{path}"))[0] in (200, 204)
    for what in ("follow", "unfollow", "follow", "block", "block", "unblock"):
        assert (await asks(new, f"/users/p1/{what}"))[0] == 200
        assert (await asks(new, f"/users/p3/{what}"))[0] == 200
    await asks(new, "/users/alice/follow")
    await asks(alice, f"/users/{new.name}/remove-follower")
    await asks(alice, "/users/p4000/accept")
    await asks(alice, "/users/p4000/decline")
    for private in ("yes", ""):
        assert (await asks(alice, "/accounts/profile", private=private))[0] is not None
    await asks(alice, f"/feed/{own['id']}/delete")
    await feed.hears("post", id=own["id"])
    await one.hears("comment")
    for stream in (feed, one):
        await stream.close()
