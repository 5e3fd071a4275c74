"""What a text becomes: Markdown, code in colours, emojis, names; and nothing that could do harm,
whatever is in it."""

import re
import time

import pytest

from accounts.people.name_shape import PERSON
from chat.formatting import ROOM, markdown, parse, render
from helpers.markup.markdown import MAX_HTML, is_slow
from helpers.markup.plain_text import strip_markup
from helpers.markup.writer import MAX_NAMED
from helpers.text import highlighting
from helpers.text.emoji import EMOJIS, canonical_emoji, replace_shortcodes
from tests.support.servers import ROOT

PEOPLE = {
    "alice": "alice",
    "ALICE": "alice",
    "bob": "Bob",
    "Жук": "Жук",
    "नमस्ते": "नमस्ते",
    "a.b": "a.b",
    "x_y": "x_y",
}
ROOMS = {"garden": "Garden", "GARDEN": "Garden", "fff": "fff"}

ALICE = '<a class="mention" href="/users/alice" rel="noopener noreferrer nofollow">@alice</a>'
BOB = '<a class="mention" href="/users/Bob" rel="noopener noreferrer nofollow">@Bob</a>'
GARDEN = '<a class="room-ref" href="/rooms/Garden" rel="noopener noreferrer nofollow">#Garden</a>'


def shown(text: str) -> str | None:
    markup = parse(text)
    return markdown.html(markup, {"@": PEOPLE, "#": ROOMS}) if markup is not None else None


def inner(text: str) -> str:
    """What is within the one paragraph that the text becomes; the text itself where it has no
    HTML."""
    html = shown(text)
    return text if html is None else html.removeprefix("<p>").removesuffix("</p>")


NAMED = {
    "hello @alice!": f"hello {ALICE}!",
    "@ALICE @alice": f"{ALICE} {ALICE}",
    "@bob's, (@bob) @bob... @bob_": f"{BOB}'s, ({BOB}) {BOB}... {BOB}_",
    "**@bob** _@alice_ ~~@bob~~": f"<strong>{BOB}</strong> <em>{ALICE}</em> <s>{BOB}</s>",
    "@alice\n@bob": f"{ALICE}<br>\n{BOB}",
    "see #garden, #GARDEN.": f"see {GARDEN}, {GARDEN}.",
    "#garden": GARDEN,
    "«@alice»": f"«{ALICE}»",
    "@alice/@bob": f"{ALICE}/@bob",
    "ask @a.b": 'ask <a class="mention" href="/users/a.b" rel="noopener noreferrer nofollow">@a.b</a>',
    "@Жук": '<a class="mention" href="/users/%D0%96%D1%83%D0%BA" rel="noopener noreferrer nofollow">@Жук</a>',
    "@x_y": '<a class="mention" href="/users/x_y" rel="noopener noreferrer nofollow">@x_y</a>',
    ":tada: done": "🎉 done",
    "so :+1::tada:": "so 👍🎉",
    "*:heart:*": "<em>❤️</em>",
    "an :open_file_folder:": "an 📂",
    "@alice :tada: #garden": f"{ALICE} 🎉 {GARDEN}",
}


@pytest.mark.parametrize(("text", "html"), NAMED.items(), ids=ascii)
def test_names_and_emojis(text: str, html: str) -> None:
    assert inner(text) == html


@pytest.mark.parametrize(
    "text",
    [
        *(
            "mail alice@bob",
            "@alice@bob",
            "a.@bob",
            "a+@bob",
            "x@alice",
            "@nobody",
            "@",
            "@ alice",
            "@@alice",
            "@аlice",
            "@Aliсe",
        ),
        *(
            "#1",
            "#nowhere",
            "a#garden",
            "##garden",
            "/#garden",
            "&#garden;",
            "#garden-x",
            "#garden_",
            "#" + "g" * 33,
        ),
        *(
            "10:30:45",
            "a:tada:b",
            "std::x::y",
            ":nope:",
            ":Tada:",
            ": tada :",
            ":tada",
            "::",
            ":::",
            "a:x:",
            ":" + "a" * 65 + ":",
        ),
        "@" + "a" * 33,
    ],
    ids=ascii,
)
def test_what_names_nothing_stays_as_it_is(text: str) -> None:
    assert shown(text) is None


def test_what_is_escaped_is_no_name() -> None:
    assert inner(r"\@alice a\_@alice \#garden \:tada:") == r"@alice a\_@alice #garden :tada:"


def test_code_and_links_hold_no_names() -> None:
    assert inner("`@alice #garden :tada:`") == "<code>@alice #garden :tada:</code>"
    assert shown("```\n@alice :tada:\n```") == "<pre><code>@alice :tada:\n</code></pre>"
    link = '<a href="https://a.example/@alice#garden" rel="noopener noreferrer nofollow">'
    assert inner("https://a.example/@alice#garden") == f"{link}https://a.example/@alice#garden</a>"
    assert inner("[@alice :tada:](https://a.example/@alice#garden) @bob") == f"{link}@alice 🎉</a> {BOB}"


def test_a_heading_is_no_room_and_may_name_one() -> None:
    assert shown("# garden") == "<h1>garden</h1>"
    assert shown("## see #garden") == f"<h2>see {GARDEN}</h2>"


def test_only_the_first_ones_are_looked_up() -> None:
    many = " ".join([f"@p{n}" for n in range(250)] + [f"#r{n}" for n in range(250)])
    markup = parse(many)
    assert markup
    assert markup.names_after(PERSON.sign) == [f"p{n}" for n in range(MAX_NAMED)]
    assert markup.names_after(ROOM.sign) == [f"r{n}" for n in range(MAX_NAMED)]
    assert inner("@alice " * 250).count("<a ") == MAX_NAMED, "one person, called over and over"


def test_code_is_highlighted() -> None:
    html = shown("```python\ndef f(x: int):  # <b>\n    return 'a'\n```")
    assert html == (
        '<pre><code><span class="k">def</span> <span class="nf">f</span>(x: <span class="nb">int</span>):  '
        '<span class="c"># &lt;b&gt;</span>\n    <span class="k">return</span> <span '
        "class=\"s\">'a'</span>\n</code></pre>"
    )
    assert (
        shown("~~~SQL\nselect 1\n~~~")
        == '<pre><code><span class="k">select</span> <span class="m">1</span>\n</code></pre>'
    )
    assert shown("```brainfuck\n<+>\n```") == "<pre><code>brainfuck\n&lt;+&gt;\n</code></pre>", (
        "not one of those that people paste"
    )
    long = "x = 1\n" * (highlighting.MAX_CODE // 6 + 1)
    assert shown(f"```python\n{long}```") == f"<pre><code>{long}</code></pre>", "too long for colours"


@pytest.mark.parametrize("language", sorted(highlighting.LANGUAGES))
def test_every_language_is_known(language: str) -> None:
    code = "if x < 1: 'a' & \"b\"\n\n  y\n"
    html = highlighting.highlight(code, language)
    assert (
        re.sub(r"<[^>]*>", "", html).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == code
    ), "nothing is lost"
    assert set(re.findall(r"<[^>]*>", html)) <= {
        "</span>",
        *(f'<span class="{name}">' for name in highlighting.CLASSES),
    }


HOSTILE = [
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a class="mention" href="/accounts/logout">x</a>',
        "<b>bold</b>",
    ),
    *(
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\nscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
    ),
    *(
        "[x](data:text/html;base64,PHN2Zz4=)",
        "[x](vbscript:x)",
        "[x](file:///etc/passwd)",
        "<javascript:alert(1)>",
        "<ftp://a.b>",
    ),
    *(
        "[x](/accounts/logout)",
        "[x](accounts/logout)",
        "[x](//evil.example)",
        "[x](\\\\evil.example)",
        "[x](/\\evil.example)",
        "[x](#top)",
    ),
    *(
        "[x](https:/accounts/logout)",
        "[x](http:accounts)",
        "[x](https:///evil)",
        "[x](/users/bob)",
        "[x](?a=b)",
        "[x]()",
        "[x](.)",
    ),
    *(
        "[x](/rooms/../accounts/logout)",
        "[x](/rooms/a/../../accounts)",
        "[x](/rooms/a/1/2)",
        "[x](/rooms/a?x=1)",
        "[x](/rooms/a/ws)",
    ),
    *(
        "[x](/rooms/%2e%2e/accounts)",
        "[x](/rooms//evil)",
        "[x](/rooms)",
        "[x](/rooms/a/1#x)",
        "![x](https://a.example/x.png)",
    ),
    '```" onclick="alert(1)" class="mention\nx\n```',
    '```python"><script>alert(1)</script>\n<script>alert(1)</script>\n```',
    '```html\n<script class="mention" onclick=x>alert("1")</script>\n```',
    '[x](https://a.example/"onclick="alert(1))',
    '[x](https://a.example "title\\" onclick=alert(1)")',
    "`<script>`",
    "&lt;script&gt; &amp; &#60;",
    ':"><script>:',
    '@alice"><script>',
    "#garden<script>",
    "> " * 500 + "@alice",
    "[" * 900,
    "*" * 900,
    "_" * 900 + "a",
    "`" * 899,
    "@a" * 450,
    "@alice" * 150,
    "#garden" * 100,
    ":tada:" * 150,
    ":a" * 450,
    ":" * 900,
    "a@" * 450,
    "\u202e@alice\u202c",
    "@alice\u200b.x",
    "@" + "a\u0301" * 30,
    "@" + "a" + "\u0301" * 900,
    "- " * 450,
    "[x](" * 200,
    "<" * 900,
    "![" * 400,
    "|a|b|\n|-|-|\n" * 50,
]

_ALLOWED_TAG = re.compile(
    r"</?(?:p|em|strong|s|code|pre|blockquote|ul|ol|li|h[1-6]|table|tr|th|td)>"
    r"|<ol(?: class=\"brackets\")?(?: start=\"\d{1,9}\")?>|<p class=\"(?:spaced|large)\">"
    r"|<ul class=\"(?:dashes|pluses)\">|<li(?: class=\"task\")?(?: value=\"\d{1,9}\")?>|<(?:br|hr)>"
    r"|</(?:a|span|div)>|<span class=\"(?:[a-z]{1,2}|host)\">|<span class=\"spoiler\" tabindex=\"0\">"
    r"|<div class=\"wide\">|<t[hd] class=\"(?:middle|end)\">"
    r"|<a (?:class=\"(?:mention|room-ref)\" href=\"/(?:users|rooms)/[\w.%-]+\""
    r"|href=\"(?:https?://[^\"/<>\\][^\"<>]*|mailto:[^\"<>]+|/rooms/[A-Za-z][\w-]*(?:/\d+)?)\")"
    r" rel=\"noopener noreferrer nofollow\">"
)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:40])
def test_hostile_texts(text: str) -> None:
    html = shown(text)
    if html is None:
        return
    rest = _ALLOWED_TAG.sub("", html)
    assert "<" not in rest, rest
    assert ">" not in rest, rest
    assert len(html) <= MAX_HTML


def test_a_numbered_list_begins_where_it_was_begun() -> None:
    assert shown("37. so\n38. on") == '<ol start="37">\n<li>so</li>\n<li>on</li>\n</ol>'
    assert shown("1. so") == "<ol>\n<li>so</li>\n</ol>"
    assert shown("1234567890. is no list") is None


def test_links_that_may_be() -> None:
    for address in (
        "https://a.example/x?y=1&z#w",
        "http://a.example",
        "mailto:a@b.example",
        "/rooms/Garden",
        "/rooms/Garden/12",
    ):
        html = shown(f"[there]({address})")
        assert (
            html == f'<p><a href="{address.replace("&", "&amp;")}" rel="noopener noreferrer '
            'nofollow">there</a></p>'
        )


@pytest.mark.parametrize(
    "text", [text for text in HOSTILE if not is_slow(text)], ids=lambda text: ascii(text)[:40]
)
def test_what_is_rendered_in_place_is_quick(text: str) -> None:
    """Of the processor's time, so that a busy machine doesn't matter; a hundredth of a second is
    what it mostly is."""
    began = time.thread_time()
    shown(text)
    assert time.thread_time() - began < 0.5


def test_what_takes_long_goes_elsewhere() -> None:
    assert is_slow("```c\nx\n```")
    assert is_slow("> ~~~ SQL\n> x\n> ~~~")
    assert is_slow("*x" * 250), "many signs"
    assert is_slow("- x\n" * 70), "many lines"
    assert not is_slow("*x* and, on the other side, _y_. " * 40)
    assert not is_slow("Nothing of this acts: a plain sentence, (in brackets) & more! " * 150)
    assert not is_slow("```\nx\n```")
    assert not is_slow("plain `code` text")


def test_what_would_take_long_or_grow_too_much_is_shown_as_it_was_typed() -> None:
    assert render("*a* " * 200) is not None
    assert render("*a* " * 2000) is None
    assert render("https://a.example/" + "b" * 1500) is not None
    assert render(("https://a.example/" + "&" * 1500 + " ") * 6) is None


def test_every_emoji_of_the_list_can_be_typed() -> None:
    assert len(EMOJIS) > 1500
    assert len({shortcode for _, _, shortcode in EMOJIS}) == len(EMOJIS)
    for emoji, name, shortcode in EMOJIS:
        assert canonical_emoji(emoji) == emoji
        assert name
        assert replace_shortcodes(f":{shortcode}:") == emoji
        assert not re.search("[\U0001f3fb-\U0001f3ff]", emoji)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_code_can_be_read_in_both_themes() -> None:
    """WCAG 2.2 AA: 4.5 to 1."""
    tokens = (ROOT / "static" / "css" / "tokens.css").read_text()
    colours = {
        name: pair for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", tokens)
    }
    code = [name for name in colours if name.startswith("code-")]
    assert len(code) == 6
    pairs = [(name, "paper-2") for name in code] + [("accent-strong", "accent-soft")]
    for ink, paper in pairs:
        for theme in (0, 1):
            assert _contrast(colours[ink][theme], colours[paper][theme]) >= 4.5, (ink, theme)


def test_every_class_has_its_look() -> None:
    css = (ROOT / "static" / "css" / "rich.css").read_text()
    styled = set(
        re.findall(r"\.([a-z][\w-]*)", re.sub(r"\{.*?\}|/\*.*?\*/|\.rich", "", css, flags=re.DOTALL))
    )
    written = "".join(path.read_text() for path in (ROOT / "helpers" / "markup").glob("*.py"))
    classes = re.findall(r'class=\\?"([a-z]+)\\?"', written)
    assert {"spoiler", "wide", "dashes", "task"} <= set(classes)
    assert styled == {*highlighting.CLASSES, *classes, "mention", "room-ref"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Did anybody water the **tomatoes**?", "Did anybody water the tomatoes?"),
        ("***very*** _nice_ `code` ~~gone~~", "very nice code gone"),
        ("> # Quoted\n- one\n2. two", "Quoted one two"),
        ("```python\nx = 1\n```", "x = 1"),
        ("see [the seeds](https://example.org/a_b_c)", "see the seeds"),
        ("2*3*4 snake_case_name a * b * c 5 > 4 #room -1", "2*3*4 snake_case_name a * b * c 5 > 4 #room -1"),
        ("**not closed and `neither", "**not closed and `neither"),
    ],
)
def test_a_quote_shows_the_words(text: str, words: str) -> None:
    assert " ".join(strip_markup(text).split()) == words


def test_a_quote_does_not_tell_what_is_hidden() -> None:
    assert strip_markup("she is ||the *murderer*||!") == "she is ▒▒▒!"
