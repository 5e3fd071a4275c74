"""The large site's log, reports and held posts, and what those who run the site look at; and searches
(tests/support/sites/large.py has the people)."""

from collections.abc import Callable, Iterator

from tests.support.people import Person

ACTS = 50_000
SITE_ACTS = 20_000
REPORTS = 5_000
HELD = 500


def fill(people: int, rooms: int, series: Callable[[int], str]) -> Iterator[str]:
    """The statements. `series` makes a table `series` of the numbers to one."""
    about = f"1 + n % {people}, 1 + (n * 7) % {people}, 'spam', '{{}}', '{{}}', n"
    acts = "INSERT INTO acts (room_id, number, act, author_id, target_id, reason, before, after, at, seq)"
    what = "CASE WHEN n % 100 = 0 THEN 'ban' ELSE 'delete' END"
    yield f"{acts} {series(ACTS)} SELECT 1 + n % {rooms}, n / {rooms}, {what}, {about}, 1 FROM series"
    acts = "INSERT INTO site_acts (number, act, author_id, target_id, reason, before, after, at, shell)"
    yield f"{acts} {series(SITE_ACTS)} SELECT n, 'suspend', {about}, '' FROM series"
    yield f"UPDATE site SET value = '{SITE_ACTS}' WHERE name = 'site_acts'"
    reports = "INSERT INTO reports (room_id, number, author_id, at, answered_at, answered_by, answer)"
    # Nine of ten are answered, a moment ago for those who erase what is old.
    answered = "CASE WHEN n % 10 > 0 THEN 4102444800000 END, CASE WHEN n % 10 > 0 THEN 1 END, NULL"
    whose = f"1 + n % {rooms}, n, 1 + n % {people}, n"
    yield f"{reports} {series(REPORTS)} SELECT {whose}, {answered} FROM series"
    lines = "INSERT INTO report_lines (report_id, number, room_id, author_id, kind, text, at)"
    yield f"{lines} SELECT id, number, room_id, author_id, 'post', 'spam', at FROM reports"
    reasons = "INSERT INTO report_reasons (report_id, user_id, room_id, number, reason, at)"
    yield f"{reasons} SELECT id, 1 + id % {people}, room_id, number, 'spam', at FROM reports"
    held = "INSERT INTO held_posts (room_id, author_id, nonce, kind, text, why, at)"
    yield (
        f"{held} {series(HELD)} SELECT 1 + n % {rooms}, 1 + n % {people}, 'held' || n, "
        "'post', 'spam', 'spam', n FROM series"
    )


async def looks_over(boss: Person) -> None:
    """All that is read on the pages of those who run the site."""
    for path in (
        *("people", "people?before=5000", "people?state=suspended", "people?role=auditor", "people?q=p77"),
        *("people?role=administrator", "people?q=p77@exam", "people/p77"),
        *("rooms", "rooms?before=5000", "rooms?state=archived", "rooms?state=deleted", "rooms?q=oom77"),
        *("rooms?state=ownerless", "rooms/1", "rooms/77", "invitations", "filters"),
        *("reports", "reports?answered=1", "reports?answered=1&before=3000"),
        *("log", "log?by=p77", "log?whom=p77", "log?act=ban", "log?act=kick", "log?room=hall"),
        *("log?since=1970-01-01&until=1970-01-02", "log?by=p77&act=ban", "site", "health", "storage"),
    ):
        await boss.gets(f"/admin/{path}")
    entries = await boss.gets("/admin/log")
    await boss.gets(f"/admin/log?after={entries['next']}")
    await boss.gets("/rooms/Hall/log")
    await boss.gets("/rooms/Hall/reports")


async def searches(someone: Person) -> None:
    for query in ("line", "40000", "line 40000", "in:Hall line", "from:p77 line", "-line", "is:pinned line"):
        await someone.gets(f"/search?q={query}")


def person(url: str, token: str) -> Person:
    """Alice, by a session of hers."""
    alice = Person(url, "alice")
    alice.http.cookie_jar.update_cookies({"session": token})
    return alice
