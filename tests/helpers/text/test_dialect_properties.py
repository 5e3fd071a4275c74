"""What holds for every text: nothing that was typed vanishes, every tag is one of ours and has its
end, and what is escaped is text."""

import html
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from chat.formatting import markdown, parse
from helpers.markup.plain_text import strip_markup

LETTERS = "qvzéкかक"

SIGNS = [
    *(
        "*",
        "**",
        "***",
        "_",
        "__",
        "~~",
        "||",
        "`",
        "``",
        "[q](https://a.b)",
        "<https://q.v>",
        "@alice",
        "#garden",
    ),
    *(
        "# ",
        "\n# ",
        "\n> ",
        "> ",
        "- ",
        "\n- ",
        "1. ",
        "\n2) ",
        ".",
        "!",
        "( ",
        ") ",
        ":tada:",
        "/",
        " ",
        "\n",
    ),
]
BLOCKS = [
    *(
        "```",
        "~~~",
        "```\n",
        "](",
        "](https://a.b)",
        "[",
        "]",
        "\\",
        ">",
        "+ ",
        "* ",
        "7. ",
        "|",
        "|-|-|\n",
        "\n\n",
    ),
    *(
        "|q|v|\n|-|-|\n",
        "---",
        "===",
        "<",
        "&",
        "&amp;",
        "https://q.v/z",
        "www.q.v",
        "q@v.zz",
        "@",
        ": ",
        "\u0902",
    ),
    *(
        "  - ",
        "    ",
        "\t",
        "。",
        "「",
        "」",
        "»",
        "«",
        "’",
        "👍",
        "\u200d",
        "C:\\",
        "- [ ] ",
        "{",
        "=",
        "'",
        '"',
    ),
]


def texts(*pieces: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), min_size=1, max_size=30).map(
        lambda found: "".join(found).strip()
    )


TYPED = texts(*LETTERS, *SIGNS, *BLOCKS)

ALLOWED = re.compile(
    r"</?(?:p|em|strong|s|code|pre|blockquote|ul|ol|li|h[1-6]|table|tr|th|td)>|<(?:br|hr)>"
    r"|</(?:a|span|div)>|<p class=\"(?:spaced|large)\">|<ul class=\"(?:dashes|pluses)\">"
    r"|<li(?: class=\"task\")?(?: value=\"\d{1,9}\")?>|<ol(?: class=\"brackets\")?(?: start=\"\d{1,9}\")?>"
    r"|<div class=\"wide\">|<t[hd] class=\"(?:middle|end)\">"
    r"|<span class=\"host\">|<span class=\"spoiler\" tabindex=\"0\">"
    r"|<a (?:class=\"(?:mention|room-ref)\" href=\"/(?:users|rooms)/\w+\""
    r"|href=\"(?:https://[^\"/<>\\][^\"<>]*|mailto:[^\"<>]+)\") rel=\"noopener noreferrer nofollow\">"
)


def shown(text: str) -> str | None:
    markup = parse(text)
    return markdown.html(markup, {"@": {"alice": "alice"}, "#": {"garden": "garden"}}) if markup else None


def words_of(shown: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r'<span class="host">.*?</span>', "", shown)))


def letters_of(text: str) -> str:
    return "".join(letter for letter in text if letter in LETTERS)


@settings(max_examples=400, deadline=None)
@given(TYPED)
def test_nothing_vanishes(text: str) -> None:
    """But for signs, and for the address behind the words of a link."""
    found = shown(text)
    if found is None:
        return
    left = iter(letters_of(words_of(found)))
    # `in` moves on: the letters are all there, in their order.
    assert all(letter in left for letter in letters_of(re.sub(r"\]\([^\s)]*\)?", "](", text)))
    assert not re.search(r"<(p|li|blockquote|h\d|em|strong|s|code|pre|a)\b[^>]*>\s*</\1>", found), (
        "nothing is empty"
    )


@settings(max_examples=400, deadline=None)
@given(TYPED)
def test_every_tag_is_ours_and_has_its_end(text: str) -> None:
    found = shown(text) or ""
    rest = ALLOWED.sub("", found)
    assert "<" not in rest
    assert ">" not in rest
    within: list[str] = []
    for end, tag in re.findall(r"<(/?)(\w+)[^>]*>", found):
        if end:
            assert within.pop() == tag
        elif tag not in ("br", "hr"):
            within.append(tag)
            assert within.count("a") <= 1, "no link is in a link"
    assert not within


@settings(max_examples=400, deadline=None)
@given(texts(*LETTERS[:3], *SIGNS))
def test_what_is_escaped_is_text(text: str) -> None:
    """A backslash before each sign: those go that kept one from acting, the others stay."""
    escaped = re.sub(r"([*_~|`\[\]<#@:>-]|(?<=\d)[.)])", r"\\\1", text).replace("https\\:", "https:")
    found = shown(escaped)
    words = escaped if found is None else words_of(found)
    assert re.sub(r"[\s\\]", "", words) == re.sub(r"\s", "", text)
    tags = set(re.findall(r"</?(\w+)", found or ""))
    assert tags <= {"p", "br", "a"}
    assert 'class="mention"' not in (found or "")


@settings(max_examples=200, deadline=None)
@given(TYPED)
def test_what_is_rendered_twice_is_the_same(text: str) -> None:
    assert shown(text) == shown(text)
    assert strip_markup(text) == strip_markup(text)


@settings(max_examples=200, deadline=None)
@given(TYPED)
def test_a_preview_has_no_tags_of_its_own(text: str) -> None:
    words = strip_markup(text)
    left = iter(letters_of(words))
    hidden = re.sub(r"\|\|.*?\|\|", "", re.sub(r"\]\([^\s)]*\)?", "](", text), flags=re.DOTALL)
    assert "▒" in words or all(letter in left for letter in letters_of(hidden))
    assert "</" not in words or "</" in text
