"""The dialect of messages: every example of docs/formatting.md, and more of what people type."""

import re

import pytest

from chat.formatting import markdown, parse
from tests.support.servers import ROOT

PEOPLE = {"alice": "alice", "bob": "Bob"}
ROOMS = {"garden": "Garden"}


def shown(text: str) -> str | None:
    markup = parse(text)
    return markdown.html(markup, {"@": PEOPLE, "#": ROOMS}) if markup is not None else None


def inner(text: str) -> str | None:
    """Without the tags of the paragraph, where there is only one."""
    html = shown(text)
    if html is None or html.count("<p>") != 1 or not html.startswith("<p>"):
        return html
    return html.removeprefix("<p>").removesuffix("</p>")


EXAMPLES = [
    (typed.rstrip().replace("⏎", "\n"), becomes.replace("⏎", "\n"))
    for typed, becomes in re.findall(
        r"^(.+?) +→  (.+)$", (ROOT / "docs/formatting.md").read_text(), re.MULTILINE
    )
]


@pytest.mark.parametrize(("typed", "becomes"), EXAMPLES, ids=lambda text: ascii(text)[:40])
def test_the_examples_of_the_docs(typed: str, becomes: str) -> None:
    assert inner(typed) == (None if becomes == "as typed" else becomes)


def test_the_docs_have_examples() -> None:
    assert len(EXAMPLES) > 60


AS_TYPED = [
    *(
        "2 * 3 * 4",
        "x*(y+z)*w",
        "f(*args, **kwargs)",
        "int *p, *q;",
        "SELECT count(*) FROM t",
        "2**10 and 3**4",
    ),
    *("*/5 * * * *", "*.txt and *.log", "10* and 12*", "a*b*c*", "* ", "**", "****", "*** ***"),
    *("_foo_bar", "a_b_c", "__name__ == '__main__'", "नमस्ते_जी_है", "переменная_имя_тут"),
    *("~a~", "~~", "~~~", "~~ a ~~", "~~~~~~~", "~~~ Break ~~~\nback at two", "||", "||||", "if (a||b) {}"),
    *("`", "``", "```", "`` ``", "` `", "`a", "a`", "``a`", "[a]", "[a](b)", "[]()"),
    *("*-*", "**~**", "![a]", "a](b)", "[a] (https)", "(a)[b]", "[x][y]", "[x]: y"),
    *(
        "+1",
        "-1",
        "- ",
        "+\n-",
        "1.",
        "1. ",
        "12)",
        "1.5 kg",
        "1.Maybe",
        "- -",
        "- - -",
        "-- a",
        "---",
        "--- a ---",
    ),
    *(
        "# ",
        "##",
        "#1",
        "# \n## ",
        "#hashtag",
        "> ",
        ">\n>",
        ">a",
        ">:(",
        "->",
        "=>",
        "a > b",
        "<3",
        "<- here",
    ),
    *("===", "a\n==", "a\n-", "---\na", "a\n---\nb", "***", "___", "a\n\n---"),
    *("a | b", "| a |", "|-|", "a|b\n-|", "|a|b|\n|-|\n|c|d|", "| | |\n|-|-|"),
    *("&amp;", "&lt;b&gt;", "<b>bold</b>", "<!-- a -->", "<a href=x>", "AT&T", "a &copy; b", "</p>"),
    *(
        "\\",
        "\\\\",
        "a\\",
        "\\a",
        "\\d+\\.\\d*",
        "\\_",
        "a\\_b",
        "C:\\Users\\*\\_x",
        "\\\\host\\*\\x",
        "\\n\\t",
    ),
    *("http://", "https:// a", "www.", "www", "a.b", "e.g. this", "README.md", "setup.py, a.sh", "node.js"),
    *("v1.2.3", "1.2", "...and", "a...b", "end.Start", "a@b", "@", "@@", "a@", "a @ b", "u@localhost"),
    *(
        "10:30",
        "a: b",
        ":-)",
        ":)",
        "::",
        "std::move",
        ":not_an_emoji:",
        "C++",
        "8-)",
        "T_T",
        "^_^",
        "*_*",
        "-_-",
        "^_^ o_O *_* >_<",
        ">_< *_* >_<",
        "**!?!?!**",
    ),
    *("    indented", "\tindented", "if x:\n    y = 1", "a  b"),
    *("привет, как дела?", "שלום, מה שלומך?", "你好，世界。", "नमस्ते दुनिया", "Grüße & Küsse <3", "¿Qué tal?"),
    *(
        "5 > 3 < 4",
        "a <= b >= c",
        "$ echo $HOME",
        "50% off!",
        "#",
        "100$",
        "\\o/",
        "(╯°□°)╯︵ ┻━┻",
        "{a: [b]}",
    ),
]


@pytest.mark.parametrize("text", AS_TYPED, ids=ascii)
def test_what_means_itself_stays(text: str) -> None:
    assert shown(text) is None


def link(address: str, words: str | None = None) -> str:
    words = words if words is not None else address.replace("&", "&amp;")
    address = address.replace("&", "&amp;").replace("'", "&#x27;")
    return f'<a href="{address}" rel="noopener noreferrer nofollow">{words}</a>'


A, W = "https://a.example", link("https://a.example")

ACTS = {
    "**Note:** text": "<strong>Note:</strong> text",
    "**注意：**请看": "<strong>注意：</strong>请看",
    "**굵게**는": "<strong>굵게</strong>는",
    "**Важно**: да, *«очень»*!": "<strong>Важно</strong>: да, <em>«очень»</em>!",
    "(*a*) [*b*] \"*c*\" '*d*' *e*, *f*. *g*!": (
        "(<em>a</em>) [<em>b</em>] \"<em>c</em>\" '<em>d</em>' <em>e</em>, <em>f</em>. <em>g</em>!"
    ),
    "*Bob*'s": "<em>Bob</em>'s",
    "**a *b* c**": "<strong>a <em>b</em> c</strong>",
    "**a *b***": "<strong>a <em>b</em></strong>",
    "*a **b***": "<em>a <strong>b</strong></em>",
    "***a** b*": "<em><strong>a</strong> b</em>",
    "**a *b** c*": "<strong>a *b</strong> c*",
    "*a\nb*": "<em>a<br>\nb</em>",
    "||**a** b||": '<span class="spoiler" tabindex="0"><strong>a</strong> b</span>',
    "~~a~~, ||b||.": '<s>a</s>, <span class="spoiler" tabindex="0">b</span>.',
    "*a `*` b*": "<em>a <code>*</code> b</em>",
    "`a\nb`": "<code>a b</code>",
    "`` `a` ``": "<code>`a`</code>",
    "`<b>&amp;`": "<code>&lt;b&gt;&amp;amp;</code>",
    "*a\\* b*": "<em>a* b</em>",
    "*a \\*b*": "<em>a *b</em>",
    "\\*\\*a\\*\\*": "**a**",
    "\\||a\\||": "||a||",
    "\\~~a\\~~": "~~a~~",
    f"\\[a]({A})": f"[a]({W})",
    f"[a\\]({A})": f"[a]({W})",
    f"\\<{A}>": f"&lt;{W}&gt;",
    "\\:tada: \\#garden": ":tada: #garden",
    "\\- a": "- a",
    "a\n\\- b": "a<br>\n- b",
    "\\> a": "&gt; a",
    f"{A}, {A}; {A}! ({A}) '{A}' {A}…": f"{W}, {W}; {W}! ({W}) '{W}' {W}…",
    f"**{A}** _{A}_ ~~{A}~~ ||{A}||": (
        f'<strong>{W}</strong> <em>{W}</em> <s>{W}</s> <span class="spoiler" tabindex="0">{W}</span>'
    ),
    f"「{A}」（{A}）【{A}】“{A}” ‹{A}›。{A}、": f"「{W}」（{W}）【{W}】“{W}” ‹{W}›。{W}、",
    f"{A}。": f"{W}。",
    f"{A}، ثم {A}؟ {A}؛ {A}۔": f"{W}، ثم {W}؟ {W}؛ {W}۔",
    f"{A}। {A}॥ {A}։ {A}። {A}— {A}": f"{W}। {W}॥ {W}։ {W}። {W}— {W}",
    f"{A}/باريس،_فرنسا": link(f"{A}/باريس،_فرنسا"),
    f"{A}/a_b_c*d*": f"{link(A + '/a_b_c*d')}*",
    f"{A}?q=(a:(b),c:!(d))&e='f'g": link(f"{A}?q=(a:(b),c:!(d))&e='f'g"),
    f"{A}/wiki/日本（国）": link(f"{A}/wiki/日本（国）"),
    f"{A}/x（注）": f"{link(A + '/x')}（注）",
    "HTTPS://A.example": link("HTTPS://A.example"),
    "http://localhost:8080/x": link("http://localhost:8080/x"),
    "http://[::1]:80/": link("http://[::1]:80/"),
    "www.a.example:80/x?y, WWW.b.example.": (
        f"{link('https://www.a.example:80/x?y', 'www.a.example:80/x?y')}, "
        f"{link('https://WWW.b.example', 'WWW.b.example')}."
    ),
    "on example.org, heise.de/x and gov.uk/y.": (
        f"on {link('https://example.org', 'example.org')}, {link('https://heise.de/x', 'heise.de/x')} and "
        f"{link('https://gov.uk/y', 'gov.uk/y')}."
    ),
    "write to first.last+t@mail.example.org, please": (
        f"write to {link('mailto:first.last+t@mail.example.org', 'first.last+t@mail.example.org')}, please"
    ),
    "a_b@c.example": link("mailto:a_b@c.example", "a_b@c.example"),
    f"[a]({A}/b_(c)) [d](mailto:a@b.example)": (
        f"{link(A + '/b_(c)', 'a')} {link('mailto:a@b.example', 'd')}"
    ),
    f"[{A}]({A})": W,
    f"[{A}](https://evil.example)": f"[{W}]({link('https://evil.example')})",
    f"[a [b]({A})]({A})": f"[a {link(A, 'b')}]({W})",
    f"*a [b* c]({A})": f"<em>a [b</em> c]({W})",
    f"*a [b*]({A}) c*": f"<em>a [b</em>]({W}) c*",
    f"*a [b]({A}) c*": f"<em>a {link(A, 'b')} c</em>",
    f"[]({A})": f"[]({W})",
    f"![a]({A})": f"!{link(A, 'a')}",
    f"[@alice]({A}) @bob": (
        f"{link(A, '@alice')} "
        '<a class="mention" href="/users/Bob" rel="noopener noreferrer nofollow">@Bob</a>'
    ),
    "<https://a.example/b*c*>": link("https://a.example/b*c*"),
    "<a@b.example>": link("mailto:a@b.example", "a@b.example"),
    "https://bücher.example/ü": link("https://bücher.example/ü"),
    "https://日本.jp": link("https://日本.jp"),
    "https://pаypal.com": f'{link("https://pаypal.com")} <span class="host">(xn--pypal-4ve.com)</span>',
}


@pytest.mark.parametrize(("typed", "becomes"), ACTS.items(), ids=ascii)
def test_what_acts(typed: str, becomes: str) -> None:
    assert inner(typed) == becomes


BLOCKS = {
    "a\n- b\n- c\nd": '<p>a</p>\n<ul class="dashes">\n<li>b</li>\n<li>c</li>\n</ul>\n<p>d</p>',
    "- a\n\n- b": '<ul class="dashes">\n<li>a</li>\n<li>b</li>\n</ul>',
    "- a\n  b\n\n  c": '<ul class="dashes">\n<li>a<br>\nb\n<p>c</p></li>\n</ul>',
    "- a\n  - b\n    - c\n- d": (
        '<ul class="dashes">\n<li>a<ul class="dashes">\n<li>b<ul class="dashes">\n<li>c</li>\n</ul></li>\n'
        "</ul></li>\n<li>d</li>\n</ul>"
    ),
    "1. a\n  - b": '<ol>\n<li>a<ul class="dashes">\n<li>b</li>\n</ul></li>\n</ol>',
    "- a\n* b": '<ul class="dashes">\n<li>a</li>\n</ul>\n<ul>\n<li>b</li>\n</ul>',
    "I came in 1986.\n1986. A year.": None,
    "todo:\n1. a": "<p>todo:</p>\n<ol>\n<li>a</li>\n</ol>",
    "0. a": '<ol start="0">\n<li>a</li>\n</ol>',
    "- # a": '<ul class="dashes">\n<li><h1>a</h1></li>\n</ul>',
    "- > a": '<ul class="dashes">\n<li><blockquote>\n<p>a</p>\n</blockquote></li>\n</ul>',
    "> - a\n> - b\n>\n> c\n\nd": (
        '<blockquote>\n<ul class="dashes">\n<li>a</li>\n<li>b</li>\n</ul>\n<p>c</p>\n</blockquote>\n<p>d</p>'
    ),
    "> > a": "<blockquote>\n<blockquote>\n<p>a</p>\n</blockquote>\n</blockquote>",
    "> a\n>b": "<blockquote>\n<p>a</p>\n</blockquote>\n<p>&gt;b</p>",
    "> a\n> ---": "<blockquote>\n<p>a<br>\n---</p>\n</blockquote>",
    "# a #\nb": "<h1>a #</h1>\n<p>b</p>",
    "```\n  a\n\n b\n```\nc": "<pre><code>  a\n\n b\n</code></pre>\n<p>c</p>",
    "```foo\na\n```": "<pre><code>foo\na\n</code></pre>",
    "```text\na\n```": "<pre><code>a\n</code></pre>",
    "a\n```\nb": "<p>a</p>\n<pre><code>b\n</code></pre>",
    "````\n```\n````": "<pre><code>```\n</code></pre>",
    "- a\n  ```\n  b\n  ```": '<ul class="dashes">\n<li>a<pre><code>b\n</code></pre></li>\n</ul>',
    "```a`b```": "<p><code>a`b</code></p>",
    "if **x**:\n    y  z": '<p class="spaced">if <strong>x</strong>:<br>\n    y  z</p>',
    "a **b**\n\n\n\nc": "<p>a <strong>b</strong></p>\n<p>c</p>",
    "|a|b|\n|:-:|-|\n|`c`|\nd": (
        '<div class="wide"><table>\n<tr><th class="middle">a</th><th>b</th></tr>\n'
        '<tr><td class="middle"><code>c</code></td><td></td></tr>\n</table></div>\n<p>d</p>'
    ),
    "see:\na | b\n--|--\n1 \\| 2 | 3": (
        '<p>see:</p>\n<div class="wide"><table>\n<tr><th>a</th><th>b</th></tr>\n'
        "<tr><td>1 | 2</td><td>3</td></tr>\n</table></div>"
    ),
}


@pytest.mark.parametrize(("typed", "becomes"), BLOCKS.items(), ids=ascii)
def test_blocks(typed: str, becomes: str | None) -> None:
    html = shown(typed)
    assert (html and html.replace("\n</li>", "</li>")) == becomes


@pytest.mark.parametrize(
    "text", ["🎉", "👍🏽", "🏳️‍🌈 🇺🇦", "❤", ":tada:", ":+1: :heart:", "👩‍👩‍👧‍👦👍🎉", "1️⃣2️⃣", "*️⃣"]
)
def test_few_emojis_are_large(text: str) -> None:
    html = shown(text)
    assert html
    assert html.startswith('<p class="large">')


@pytest.mark.parametrize("text", ["🎉🎉🎉🎉", "🎉 yes", "1", "12", "1️⃣2", "#", "*", "©a", "🎉\n🎉", ":nope:"])
def test_others_are_not(text: str) -> None:
    assert "large" not in (shown(text) or "")


@pytest.mark.parametrize(
    ("line", "tag"),
    [
        ("- an item\n", "<li>"),
        ("- a\n", "<li>"),
        ("1. один **два** три `четыре`\n", "<li"),
        ("- [ ] to do\n  - and this\n", "<li"),
        ("| a | b | c |\n", "<td>"),
        ("|ключ|значение|https://a.example|\n", "<td>"),
        ("# a\n", "<h1>"),
    ],
)
def test_long_lists_and_tables_are_shown_as_such(line: str, tag: str) -> None:
    """Of 10,000 characters."""
    head = f"{line}|-|-|-|\n" if "|" in line else ""
    lines = (10_000 - len(head)) // len(line)
    html = shown(head + line * lines)
    assert html
    assert html.count(tag) >= lines
