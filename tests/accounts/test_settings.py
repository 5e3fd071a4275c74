"""The settings: a page for each section, and the preferences of a browser."""

import re

import pytest

from accounts.preferences import CHOICES, USUAL, cookie_of, read_preferences
from tests.support.people import Person

SECTIONS = ("profile", "account", "notifications", "appearance", "privacy", "sessions", "data")


async def page_at(someone: Person, path: str) -> str:
    async with someone.http.get(path) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_each_section_has_an_address_and_the_list_beside_it(alice: Person) -> None:
    for name in SECTIONS:
        text = await page_at(alice, f"/settings/{name}")
        links = re.findall(r'<a href="(/settings/\w+)"( aria-current="page")?>', text)
        assert [path for path, _ in links] == [f"/settings/{one}" for one in SECTIONS]
        assert [path for path, current in links if current] == [f"/settings/{name}"]
        assert f'data-section="{name}"' in text


@pytest.mark.parametrize(
    ("former", "section"),
    [
        *(("profile", "profile"), ("email", "account"), ("password", "account")),
        *(("sessions", "sessions"), ("data", "data")),
    ],
)
async def test_former_addresses_lead_there(alice: Person, former: str, section: str) -> None:
    async with alice.http.get(f"/accounts/{former}", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, f"/settings/{section}")


async def test_what_is_saved_leads_back_to_its_section(alice: Person) -> None:
    answer = await alice.submits("/accounts/profile", bio="Paints", next="/settings/profile")
    assert answer.headers["Location"] == "/settings/profile"
    answer = await alice.submits("/accounts/profile", bio="Paints", next="https://elsewhere.example/")
    assert answer.headers["Location"] == f"/users/{alice.name}"
    assert "Your profile is saved." in await page_at(alice, "/settings/profile")


async def test_a_private_profile_is_chosen_in_its_section(alice: Person) -> None:
    await alice.submits("/accounts/profile", private="yes", next="/settings/privacy")
    box = re.compile(r'name="private" value="yes" aria-describedby="private-hint" checked')
    assert box.search(await page_at(alice, "/settings/privacy"))
    await alice.submits("/accounts/profile", bio="Paints")
    assert box.search(await page_at(alice, "/settings/privacy")), "the profile's form leaves it as it is"


async def test_a_form_that_is_refused_shows_its_section_again(alice: Person) -> None:
    answer = await alice.submits("/accounts/email", email="no address", password="wrong")
    text = await answer.text()
    assert answer.status in (403, 422)
    assert 'data-section="account"' in text
    assert 'id="new_password-error"' not in text
    assert 'id="password-error"' not in text


async def test_preferences_are_of_the_browser_and_the_first_page_is_made_so(alice: Person) -> None:
    text = await page_at(alice, "/feed")
    assert '<html lang="en">' in text
    answer = await alice.submits("/settings/appearance", theme="dark", sides="one", hours="h23")
    assert (answer.status, answer.headers["Location"]) == (303, "/settings/appearance")
    await alice.submits("/settings/appearance", density="compact")
    await alice.submits("/settings/notifications", title="quiet")
    cookie = answer.cookies["preferences"]
    assert (cookie["path"], cookie["samesite"], int(cookie["max-age"]) > 30_000_000) == ("/", "Lax", True)
    for path in ("/settings/appearance", "/feed", "/rooms"):
        text = await page_at(alice, path)
        assert '<html lang="en" data-theme="dark" data-sides="one" data-density="compact">' in text
    # Without the dialog, which is over every page.
    text = (await page_at(alice, "/settings/appearance")).partition("</main>")[0]
    assert re.findall(r'type="radio" name="(\w+)" value="(\w*)" checked', text) == [
        ("theme", "dark"),
        ("sides", "one"),
        ("density", "compact"),
        ("hours", "h23"),
        ("previews", ""),
        ("past", ""),
    ]
    switches = re.findall(
        r'name="(\w+)" value="" data-off="quiet" aria-describedby="\w+-hint"( checked)?',
        await page_at(alice, "/settings/notifications"),
    )
    assert switches == [("title", ""), ("calls", " checked")]
    # A sound is wanted by nobody who hasn't said so.
    shown = await page_at(alice, "/settings/notifications")
    assert re.findall(r'name="sound" value="soft" data-off=""[^>]*', shown)[0].endswith('sound-hint"')


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/settings/appearance", {"theme": "pink"}),
        ("/settings/appearance", {"theme": "dark", "hours": "13"}),
        ("/settings/notifications", {"title": "x" * 5000}),
    ],
)
async def test_there_is_no_other_choice(alice: Person, path: str, fields: dict[str, str]) -> None:
    answer = await alice.submits(path, **fields)
    assert answer.status == 400
    assert "There is no such choice." in await answer.text()
    assert "preferences" not in answer.cookies


@pytest.mark.parametrize(
    "cookie",
    [
        *("", "theme", "theme:", "theme:pink", ":dark", "nothing:dark", "theme:dark:light", "\0", "." * 9999),
        *("x" * 199 + ".theme:dark", "theme:DARK", "theme: dark"),
    ],
)
def test_a_cookie_that_is_none_is_the_usual(cookie: str) -> None:
    assert read_preferences(cookie) == dict.fromkeys(CHOICES, USUAL)


def test_all_choices_come_back_from_the_cookie() -> None:
    for place in range(3):
        chosen = {name: words[place % len(words)] for name, words in CHOICES.items()}
        assert read_preferences(cookie_of(chosen)) == chosen
        assert len(cookie_of(chosen)) < 200
