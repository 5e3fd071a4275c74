"""Static files: versions, compression, the modules of a script; and which pages are compressed."""

import gzip
import time
from pathlib import Path

import brotli
import pytest

from helpers.web.assets.files import READ_AGAIN_SECONDS, Files
from helpers.web.assets.scripts import without_comments
from tests.conftest import Cast
from tests.support.people import Person
from tests.support.servers import ROOT
from tests.support.wire.raw_http import cookie_of, request


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "js" / "parts").mkdir(parents=True)
    (tmp_path / ".hidden").write_text("no")
    (tmp_path / "js" / "main.js").write_text(
        '/** @param {import("./types.js").Type} one */\n'
        'import { one } from "./one.js";\nimport {\n  two,\n} from "./parts/two.js";\nimport "./aside.js";\n'
        'const later = () => import("./later.js");\nconst text = "from ./text.js";\n'
    )
    (tmp_path / "js" / "one.js").write_text('export { two } from "./parts/two.js";\n')
    (tmp_path / "js" / "parts" / "two.js").write_text('import { one } from "../one.js";\n')
    (tmp_path / "js" / "aside.js").write_text("")
    return tmp_path


def test_the_modules_of_a_script_are_found_by_reading_them(folder: Path) -> None:
    files = Files(folder)
    names = [f"/static/{files.version}/js/{name}" for name in ("one.js", "parts/two.js", "aside.js")]
    assert files.modules("js/main.js") == names


def test_an_import_of_nothing_is_found_out(folder: Path) -> None:
    (folder / "js" / "one.js").write_text('import "./none.js";\n')
    with pytest.raises(KeyError, match="none"):
        Files(folder).modules("js/main.js")


def test_any_change_of_any_file_changes_the_version(folder: Path) -> None:
    files = Files(folder)
    versions = {files.version}
    (folder / "js" / "aside.js").write_text("1")
    versions.add(Files(folder).version)
    (folder / "js" / "aside.js").rename(folder / "js" / "beside.js")
    versions.add(Files(folder).version)
    (folder / ".hidden").write_text("nobody is given this")
    versions.add(Files(folder).version)
    assert len(versions) == 3
    assert files.address("js/one.js") == f"/static/{files.version}/js/one.js"
    with pytest.raises(KeyError):
        files.address(".hidden")


def test_whoever_changes_files_sees_them_changed(folder: Path) -> None:
    files = Files(folder, fresh=True)
    before = files.address("js/one.js")
    (folder / "js" / "one.js").write_text("2")
    assert files.address("js/one.js") != before


def test_comments_are_left_out_and_lines_keep_their_numbers() -> None:
    script = """/** The whole
 * of it. */
import { a } from "./a.js"; // stays
  // goes
const b = /** @type {HTMLElement} */ (a.b), c = "/* no comment */";
const d = `
// ${b}
/* within */
`; // stays
/** @type {Map<string, number>} */ e;
f(); /* stays */ g("//h");
"""
    expected = """

import { a } from "./a.js"; // stays

const b = (a.b), c = "/* no comment */";
const d = `
// ${b}
/* within */
`; // stays
e;
f(); /* stays */ g("//h");
"""
    assert without_comments(script) == expected


def test_a_newer_release_in_the_folder_is_served_by_who_began_before_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Files(folder)
    (folder / "js" / "aside.js").write_text("new")
    new = Files(folder)
    assert old._release(new.version) is None  # it has just looked
    now = time.monotonic()
    monkeypatch.setattr("helpers.web.assets.files.time.monotonic", lambda: now + READ_AGAIN_SECONDS)
    found = old._release(new.version)
    assert found is not None
    assert found.files["js/aside.js"].body == b"new"
    assert old.address("js/aside.js") == f"/static/{old.version}/js/aside.js"
    assert old._release("0123456789ab") is None


def test_all_modules_of_the_project_are_there() -> None:
    modules = Files(ROOT / "static").modules("js/room.js")
    assert any(module.endswith("/js/state/store.js") for module in modules)
    assert len(set(modules)) == len(modules)


async def test_files_are_compressed_for_whoever_understands_that(cast: Cast) -> None:
    path = "/static/js/state/store.js"
    plain = await request(cast.url, "GET", path)
    packed = await request(cast.url, "GET", path, headers={"Accept-Encoding": "deflate, gzip;q=0.8, br;q=0"})
    smallest = await request(cast.url, "GET", path, headers={"Accept-Encoding": "gzip, br"})
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert (
        gzip.decompress(packed.body) == plain.body == without_comments((ROOT / path[1:]).read_text()).encode()
    )
    assert smallest.headers["Content-Encoding"] == "br"
    assert brotli.decompress(smallest.body) == plain.body
    assert len({answer.headers["ETag"] for answer in (plain, packed, smallest)}) == 3
    for answer, accepts in ((plain, ""), (packed, "gzip")):
        headers = {"If-None-Match": f'"other", {answer.headers["ETag"]}', "Accept-Encoding": accepts}
        assert (await request(cast.url, "GET", path, headers=headers)).status == 304
    crossed = {"If-None-Match": plain.headers["ETag"], "Accept-Encoding": "gzip"}
    assert (await request(cast.url, "GET", path, headers=crossed)).status == 200
    assert (await request(cast.url, "HEAD", path)).body == b""


@pytest.mark.parametrize(
    ("site", "packs"),
    [
        ("same-origin", True),
        ("none", True),
        ("cross-site", False),
        ("same-site", False),
        (None, False),
        ("nonsense", False),
    ],
)
async def test_a_page_is_compressed_where_no_other_site_asked_for_it(
    alice: Person, lobby: str, site: str | None, packs: bool
) -> None:
    headers = {"Accept-Encoding": "gzip", **({"Sec-Fetch-Site": site} if site else {})}
    for path in (f"/rooms/{lobby}", "/rooms"):
        answer = await request(alice.url, "GET", path, cookie=cookie_of(alice), headers=headers)
        assert answer.status == 200
        assert ("Content-Encoding" in answer.headers) is packs
        assert answer.headers["Cache-Control"] == "no-store"
        text = gzip.decompress(answer.body) if packs else answer.body
        assert b"</html>" in text
    headers.pop("Accept-Encoding")
    answer = await request(alice.url, "GET", "/rooms", cookie=cookie_of(alice), headers=headers)
    assert "Content-Encoding" not in answer.headers
