"""Every address of profiles and of the feed by every relation to the owner, as
profile_doors_table.py says. An address of these without a row fails."""

import json
import re
from dataclasses import dataclass, field

from tests.conftest import Cast, unique
from tests.feed.test_post_pictures import sends
from tests.security.profile_doors_table import (
    FEEDING,
    OF_ONESELF,
    READS,
    RELATIONS,
    SECRETS,
    SIGNED_IN,
    WRITES,
    Row,
)
from tests.security.test_access import answers_to
from tests.support.database_snapshot import Stored
from tests.support.feed_reader import asks, blocks, comments, follows, goes_private, listens, since, writes
from tests.support.people import JsonObject, Person
from tests.support.pictures import drawn
from tests.support.wire.raw_http import Answer, cookie_of, request
from urls import ROUTES

MISSING = 9_999_999_999_999_999
KINDS = ("/feed", "/people", "/users", "/accounts/")
ELSEWHERE = {"register", "login", "logout", "email", "password", "reset_password", "sessions", "waiting"}
ELSEWHERE |= {"forgot_password", "confirm_email", "ask_to_confirm", "push", "remove_push_device"}
"""What is of accounts and not of profiles."""
ELSEWHERE |= {"feed_trial"}
"""It tells everybody the same: nothing."""


def test_every_address_of_profiles_and_the_feed_has_a_row() -> None:
    routes = {
        (route.name, method)
        for route in ROUTES
        if route.path.startswith(KINDS) and route.name not in ELSEWHERE
        # HEAD is GET without the body; test_access asks for it in each role.
        for method in answers_to(route) - {"HEAD"}
    }
    rows = {(name.split()[0], "GET") for name in READS} | {(name.split()[0], "POST") for name in WRITES}
    assert routes == rows | OF_ONESELF


@dataclass
class World:
    """An owner with one post for each relation, so that what one of them does is no other's."""

    profile: str
    people: dict[str, Person]
    values: dict[str, dict[str, str | int]] = field(default_factory=dict)
    """What the paths name, by relation."""
    secrets: dict[str, str] = field(default_factory=dict)

    async def asks(self, relation: str, path: str, row: Row, accept: str = "application/json") -> Answer:
        person = self.people[relation]
        headers = {"Accept": accept}
        if row.fields is not None:
            page = "/accounts/login" if relation == "visitor" else "/rooms"
            headers |= {"Origin": person.url, "X-CSRF-Token": await person.token(page)}
        body = "&".join(f"{name}={value}" for name, value in (row.fields or {}).items())
        return await request(
            person.url,
            "GET" if row.fields is None else "POST",
            path.format(**self.values[relation], missing=MISSING),
            cookie=cookie_of(person),
            headers=headers,
            body=body.encode(),
        )

    async def refuses(self, relation: str, row: Row) -> str | None:
        """Asks what is denied. Returns what isn't as the table says, or None."""
        answer = await self.asks(relation, row.path, row)
        expected = 401 if relation == "visitor" else row.status((self.profile, relation))
        if answer.status != expected:
            return f"{answer.status} instead of {expected}: {answer.text}"
        if said := self.said(relation, answer.text):
            return said
        if expected == 404 and row.missing:
            lost = await self.asks(relation, row.missing, row)
            if (lost.status, lost.body) != (answer.status, answer.body):
                return f"{answer.text}, and of what doesn't exist: {lost.status} {lost.text}"
        return None

    def said(self, relation: str, text: str) -> str | None:
        """Which words of the owner's are in an answer to somebody who may not read them."""
        for name, secret in self.secrets.items():
            if secret in text and (self.profile, relation) not in SECRETS[name]:
                return f"tells the {name}: {text[:300]}"
        return None


async def make(cast: Cast, profile: str, people: dict[str, Person], host: Person) -> World:
    owner = await cast.person("owner")
    world = World(profile, {**people, "owner": owner})
    world.secrets = {name: unique(f"{profile}{name}") for name in SECRETS}
    elsewhere = await writes(host, "everybody's")
    pictured = (await sends(owner, [drawn()], text="a picture"))[1]
    shared = {
        "owner": owner.name,
        "elsewhere": elsewhere["id"],
        "pictured": pictured["id"],
        "picture": pictured["pictures"][0]["id"],
    }
    for relation in RELATIONS[profile]:
        post = await writes(owner, f"{world.secrets['post']} for {relation}")
        someone = world.people["stranger" if relation == "visitor" else relation]
        other = people["follower"] if relation == "owner" else owner
        theirs: JsonObject = await comments(owner, elsewhere, world.secrets["comment"])
        world.values[relation] = {
            **shared,
            "post": post["id"],
            "own": (await comments(someone, post, "own"))["id"],
            "others": (await comments(other, post, "another's"))["id"],
            "theirs": theirs["id"],
        }
        await asks(someone, f"/feed/{post['id']}/like")
    for relation in ("follower", "blocked", "blocker"):
        await follows(people[relation], owner)
    assert (await owner.submits("/accounts/profile", bio=world.secrets["bio"])).status == 303
    if profile == "private":
        await goes_private(owner)
        await asks(people["requested"], f"/users/{owner.name}/follow")
    await blocks(owner, people["blocked"])
    await blocks(people["blocker"], owner)
    return world


async def test_the_doors_of_profiles_and_of_the_feed(cast: Cast, stored: Stored) -> None:
    names = ("stranger", "requested", "follower", "blocked", "blocker")
    people = {name: await cast.person(name) for name in names}
    everybody = [*people.values(), host := await cast.person("host")]
    people |= {"administrator": cast.boss, "visitor": cast.stranger()}
    found: list[str] = []
    for profile in RELATIONS:
        world = await make(cast, profile, people, host)
        owner = world.people["owner"]
        for relation in RELATIONS[profile]:
            before = stored(owner, *everybody)
            problems = [*await read(world, relation), *await denied(world, relation)]
            if stored(owner, *everybody) != before:
                problems.append(f"what is denied or only read has changed {before}")
            found += [f"{relation} of somebody {profile}: {problem}" for problem in problems]
        found += await streamed(world)
        last = stored(owner, *everybody)
        for relation in RELATIONS[profile]:
            for name, row in WRITES.items():
                if (profile, relation) not in row.allowed:
                    continue
                answer = await world.asks(relation, row.path, row)
                before, last = last, stored(owner, *everybody)
                which = f"{name} by {relation} of somebody {profile}"
                if answer.status not in (200, 201, 204):
                    found.append(f"{which}: {answer.status} {answer.text}")
                # What the administrator has is no row of these people's.
                elif row.changes not in (None, last != before) and relation != "administrator":
                    found.append(f"{which}: changed: {last != before}")
    assert not found, "\n".join(found)


async def read(world: World, relation: str) -> list[str]:
    """Asks each address that only shows something, as a page and as a program."""
    found = []
    cell = world.profile, relation
    for name, row in READS.items():
        if cell not in row.allowed:
            continue
        shown = ""
        for kind in ("text/html", "application/json"):
            path = row.path.format(**world.values[relation])
            async with world.people[relation].http.get(path, headers={"Accept": kind}) as answer:
                if answer.status != 200:
                    found.append(f"{name}: {answer.status}")
                if answer.content_type != "text/event-stream":
                    shown += (await answer.read()).decode(errors="replace")
        if said := world.said(relation, shown):
            found.append(f"{name}: {said}")
        elif row.tells and (world.secrets[row.tells] in shown) != (cell in row.told):
            found.append(f"{name} tells the {row.tells}: {cell not in row.told}")
    return found


async def denied(world: World, relation: str) -> list[str]:
    """Asks all that is denied, and what is allowed and changes nothing."""
    found = []
    cell = world.profile, relation
    for name, row in {**READS, **{f"{name} (form)": row for name, row in WRITES.items()}}.items():
        if cell not in row.allowed:
            if problem := await world.refuses(relation, row):
                found.append(f"{name}: {problem}")
        elif row.fields is not None and row.changes is False:
            answer = await world.asks(relation, row.path, row)
            if answer.status != 200:
                found.append(f"{name}: {answer.status}")
    return found


async def streamed(world: World) -> list[str]:
    """The events of what the owner does, to everybody's feed and at somebody else's post. What one
    does oneself comes last, and ends the reading."""
    owner, found = world.people["owner"], []
    elsewhere = {"id": world.values["owner"]["elsewhere"]}
    start = await since(owner)
    post = await writes(owner, world.secrets["post"])
    await comments(owner, post, world.secrets["comment"])
    await comments(owner, elsewhere, world.secrets["comment"])
    for relation in RELATIONS[world.profile]:
        if (cell := (world.profile, relation)) not in SIGNED_IN:
            continue
        person = world.people[relation]
        last = await writes(person, "the last")
        feed = await listens(person, f"?since={start}")
        there = await listens(person, f"?post={elsewhere['id']}&since={start}")
        last_comment = await comments(person, elsewhere, "the last")
        for stream, kind, number in ((feed, "post", last["id"]), (there, "comment", last_comment["id"])):
            while not any(
                one[0] == kind and one[1].get(kind, {}).get("id") == number for one in stream.heard
            ):
                await stream.comes()
            await stream.close()
        for what, stream, secret, hearing in (
            ("feed", feed, "post", FEEDING),
            ("post", there, "comment", SECRETS["comment"]),
        ):
            heard = json.dumps(stream.heard)
            if said := world.said(relation, heard):
                found.append(f"{relation}: the stream of the {what} {said}")
            elif (re.search(world.secrets[secret], heard) is not None) != (cell in hearing):
                found.append(f"{relation}: the stream of the {what} tells: {cell not in hearing}")
    return found
