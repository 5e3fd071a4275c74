"""What people of the tests do with the feed, by forms of their own and JSON."""

from typing import Any

import aiohttp

from tests.people import JsonObject, Person


async def asks(someone: Person, path: str, **fields: str) -> tuple[int, Any]:
    """Posts a form as a program does. Returns the status and the JSON of the answer, None without any."""
    headers = {"Accept": "application/json", "X-CSRF-Token": await someone.token("/rooms")}
    async with someone.http.post(path, data=fields, headers=headers) as answer:
        return answer.status, await answer.json() if answer.content_type == "application/json" else None


async def writes(someone: Person, text: str) -> JsonObject:
    status, post = await asks(someone, "/feed", text=text)
    assert status == 201, post
    found: JsonObject = post
    return found


async def comments(someone: Person, post: JsonObject, text: str) -> JsonObject:
    status, comment = await asks(someone, f"/feed/{post['id']}/comments", text=text)
    assert status == 201, comment
    found: JsonObject = comment
    return found


async def follows(someone: Person, other: Person) -> None:
    status, answer = await asks(someone, f"/users/{other.name}/follow")
    assert (status, answer["following"]) == (200, True)


async def texts(someone: Person, path: str = "/feed") -> list[str]:
    return [post["text"] for post in (await someone.gets(path))["posts"]]


async def page(someone: Person, path: str) -> tuple[int, str]:
    async with someone.http.get(path) as answer:
        return answer.status, await answer.text()


async def fills(someone: Person, path: str, on: str, **fields: str) -> aiohttp.ClientResponse:
    """Sends a form of the page `on`, as a browser without scripts does."""
    return await someone.submits(path, page=on, **fields)
