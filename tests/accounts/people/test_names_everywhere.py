"""People are shown by their names wherever they are shown: a template that prints a handle in the
place of a name fails, and so does a page."""

import html
import re
from collections.abc import Iterator

import jinja2
import pytest
from jinja2 import nodes

from helpers.web.routing import Access
from tests.conftest import Cast, unique
from tests.support.servers import ROOT
from urls import ROUTES

TEMPLATES = ROOT / "templates"
NAMES = [
    "Мария Łukasz O'Neil",
    "محمد عبد الله 7",
    "界" * 64,
    "Zoë 🦊 Fox",
]
"""Two alphabets and an apostrophe; from right to left; as long and wide as names get; an emoji."""

PEOPLE = {"user", "person", "member", "author"}
HANDLES = {"author", "inviter", "target"}
ADDRESSES = re.compile(r"""\b(?:href|src|action|value|data-[a-z]+)=["'][^"']*\Z""")

OTHERWISE = {
    ("chat/room/room.html", "user.name"): "says which messages are one's own",
    ("accounts/settings/profile.html", "user.name"): "says that the handle is shown without a name",
    ("chat/room/service_line.html", "line.author"): "is compared with the text, and looked up",
    ("chat/room/service_line.html", "line.target"): "is compared with the text, and looked up",
}


def handles_in(node: nodes.Node) -> Iterator[str]:
    """The handles that an expression prints as they are."""
    match node:
        case nodes.Compare():
            return
        case nodes.Call(node=nodes.Name(name="person_name" | "people_names" | "picture" | "picture_of")):
            return
        case nodes.Filter(name="urlencode"):
            return
        case nodes.Or(left=nodes.Getattr(attr="display_name")):
            return
        case nodes.Getattr(node=nodes.Name(name=whose), attr=what):
            if what in HANDLES or (what == "name" and whose in PEOPLE):
                yield f"{whose}.{what}"
        case nodes.Getattr(node=nodes.Getattr(attr=whose), attr="name") if whose in PEOPLE:
            yield f"{whose}.name"
        case _:
            for child in node.iter_child_nodes():
                yield from handles_in(child)


def printed_in(template: str) -> Iterator[str]:
    """The handles that a template prints, but in addresses and behind `@`."""
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for output in environment.parse(template).find_all(nodes.Output):
        before = ""
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                before += node.data
            elif not before.endswith("@") and not ADDRESSES.search(before):
                yield from handles_in(node)
                before += "x"


@pytest.mark.parametrize(
    "path", sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
)
def test_no_template_prints_a_handle_in_the_place_of_a_name(path: str) -> None:
    wrong = [one for one in printed_in((TEMPLATES / path).read_text()) if (path, one) not in OTHERWISE]
    assert not wrong, "print person_name(...), or what is called display_name with the handle behind it"


def test_what_would_be_found() -> None:
    for printed in (
        "{{ post.author }}",
        "<b>{{ user.name|upper }}",
        '{{ t("By {name}", name=one.person.name) }}',
    ):
        assert list(printed_in(printed)), printed
    for printed in (
        "@{{ user.name }}",
        '<a href="/users/{{ user.name }}">',
        "{{ person_name(post.author) }}",
    ):
        assert not list(printed_in(printed)), printed


def texts_of(page: str) -> str:
    """What a page shows and tells: its text, its title, and the attributes that are read."""
    body = re.sub(r"<(script|style|template)\b.*?</\1>", " ", page, flags=re.S)
    told = re.findall(r'\b(?:aria-label|alt|placeholder)="([^"]*)"', body)
    return html.unescape(" ".join([re.sub(r"<[^>]*>", "", body), *told]))


@pytest.mark.parametrize("name", NAMES, ids=["alphabets", "from the right", "wide", "emoji"])
async def test_no_page_shows_a_handle_in_the_place_of_a_name(cast: Cast, name: str) -> None:
    """Whoever has a name is told by it on every page of the site, to others and to themselves."""
    reader, maria = await cast.person("reader"), await cast.person("maria")
    assert (await maria.submits("/accounts/profile", display_name=name)).status == 303
    room = (await maria.creates("", title=unique("Hall ")))["name"]
    listener = await maria.enters(room)
    at_reader = await reader.enters(room)
    await at_reader.says("Hello")
    await listener.says(f"Hello @{reader.name}")
    await listener.says("/topic Something")
    for asks, asked in ((reader, maria), (maria, reader)):
        assert (await asks.submits(f"/users/{asked.name}/follow", page="/rooms")).status == 303
    headers = {"Accept": "application/json", "X-CSRF-Token": await reader.token("/rooms")}
    async with reader.http.post("/conversations", data={"with": maria.name}, headers=headers) as answer:
        conversation = (await answer.json())["name"]
    closed = await maria.closes_off(unique("Cellar "))
    at_closed = await maria.enters(closed)
    await at_closed.says(f"/invite @{reader.name}")
    assert (await maria.submits("/feed", text="A post", nonce=unique("n"))).status == 303
    post = (await maria.gets(f"/users/{maria.name}/posts"))["posts"][0]["id"]
    comment = await maria.submits(f"/feed/{post}/comments", page="/feed", text="Mine", nonce=unique("n"))
    assert comment.status == 303
    pages = [
        route.path
        for route in ROUTES
        if route.access is Access.SIGNED_IN and not route.json and not route.kept
    ]
    given = {"post": str(post), "number": "1", "comment": "1", "picture": "1"}
    seen = 0
    for viewer in (reader, maria):
        for path in pages:
            names = (room, conversation) if path.startswith("/rooms/") else (maria.name, reader.name)
            for one in names if "{name}" in path else ("",):
                filled = path
                for what, value in {**given, "name": one}.items():
                    filled = re.sub(rf"\{{{what}\b[^/]*", value, filled)
                async with viewer.http.get(filled, allow_redirects=False) as answer:
                    if answer.content_type != "text/html" or answer.status != 200:
                        continue
                    text = texts_of(await answer.text())
                if path in ("/settings", "/settings/profile"):
                    # It says what is read without a name.
                    text = text.replace(f"Without one they read {viewer.name}.", "")
                seen += maria.name in text or name in text
                bare = re.findall(rf".{{0,40}}(?<![@\w]){re.escape(maria.name)}.{{0,20}}", text)
                assert not bare, (filled, bare)
    assert seen > 20
