"""What is shown of text files: never anything but text, in colours or in a table."""

import pytest

from helpers.text.previews import MAX_ROWS, preview


def test_code_has_colours() -> None:
    found = preview(b"def hello():\n    return '<b>'\n", "a.PY")
    assert '<span class="k">def</span>' in found
    assert "&lt;b&gt;" in found
    assert "<b>" not in found


def test_long_code_has_colours_to_its_end() -> None:
    found = preview(b"def hello(): pass\n" * 190, "a.py")
    assert found.count('<span class="k">def</span>') == 190
    assert preview(b"x = 1\n" * 1000, "a.py").endswith("…</code></pre>")


@pytest.mark.parametrize("data", [b'a,b\n1,"<i>,"\n', b"a;b\n1;<i>,\n", b"a\tb\n1\t<i>,\n"])
def test_values_between_commas_are_a_table(data: bytes) -> None:
    head = '<table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead>'
    assert preview(data, "a.csv") == f"{head}<tbody><tr><td>1</td><td>&lt;i&gt;,</td></tr></tbody></table>"


def test_a_long_table_is_cut() -> None:
    found = preview(b"a,b\n" * 500, "a.csv")
    assert (found.count("<tr>"), found.endswith("<p>…</p>")) == (MAX_ROWS, True)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "a.csv"),
        (b"one column\nx\n", "a.csv"),
        (b'a,b\n"' + b"x" * 200_000, "a.csv"),
        (b"\xef\xbb\xbfhello \xff\x1b[31m", ""),
        (b"x" * 100_000, "a.py"),
        (b"<script>alert(1)</script>", "page.html"),
        (b"\r\n" * 1000, "noext"),
    ],
)
def test_whatever_it_holds(data: bytes, name: str) -> None:
    found = preview(data, name)
    assert found.startswith(("<pre><code>", "<table>"))
    assert "<script" not in found
    assert len(found) < 200_000
