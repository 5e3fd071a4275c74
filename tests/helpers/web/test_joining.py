"""Scripts and styles are joined when they are served, and do what they do singly."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from helpers.web.assets.files import Files
from helpers.web.assets.joining import LATER, join_scripts, join_styles
from tests.conftest import Cast
from tests.support.servers import ROOT
from tests.support.wire.raw_http import request

SCRIPTS = {
    "js/main.js": """import "./aside.js";
import { count, Thing as Item } from "./parts/one.js";
import {
  twice,
  later as afterwards,
} from "./parts/two.js";

const own = "from main";
console.log(own, count(), twice(21), new Item().name, await afterwards());
""",
    "js/aside.js": 'console.log("aside");\nexport {};\n',
    "js/parts/one.js": """import { twice } from "./two.js";
const own = "from one";
let counted = 0;
export const count = () => (counted += 1);
export class Thing {
  name = `${own} ${twice(1)}`;
}
console.log("one");
""",
    "js/parts/two.js": """const own = 2;
export function twice(number) {
  return own * number;
}
export async function later() {
  const { much } = await import("../much.js");
  return much();
}
console.log("two");
""",
    "js/much.js": """import { count } from "./parts/one.js";
import { help } from "./help.js";
export const much = async () => `${count()} ${help} ${(await import("./last.js")).last}`;
console.log("much");
""",
    "js/help.js": 'console.log("help");\nexport const help = "helped";\n',
    "js/last.js": 'export { };\nexport const last = "at last";\n'.replace("{ }", "{}"),
}
"""A script of modules that share a state, hide names from each other, and load others later."""


def written(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def output_of(script: Path) -> str:
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", f"await import({json.dumps(str(script))})"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.usefixtures("programs")
def test_joined_scripts_do_what_they_do_singly(tmp_path: Path) -> None:
    # In a function nothing can be awaited: the last line of the script that is joined.
    texts = {**SCRIPTS}
    texts["js/main.js"] = texts["js/main.js"].replace(
        "console.log(own, count(), twice(21), new Item().name, await afterwards());",
        "const said = [own, count(), twice(21), new Item().name];\n"
        "afterwards().then((text) => console.log(...said, text));",
    )
    (tmp_path / "package.json").write_text('{"type": "module"}')
    written(tmp_path, texts)
    joined = {
        f"joined/{name}": join_scripts(name, texts.__getitem__) for name in ("js/main.js", f"js/main{LATER}")
    }
    written(tmp_path, joined)
    singly = output_of(tmp_path / "js" / "main.js")
    assert singly.splitlines() == [
        *("aside", "two", "one", "help", "much"),
        "from main 1 42 from one 2 2 helped at last",
    ]
    assert output_of(tmp_path / "joined" / "js" / "main.js") == singly
    assert 'parts/one.js"] ??=' not in joined[f"joined/js/main{LATER}"], "what is there isn't sent again"


@pytest.mark.usefixtures("programs")
def test_several_on_one_page_share_their_modules(tmp_path: Path) -> None:
    texts = {
        **SCRIPTS,
        "js/other.js": 'import { count } from "./parts/one.js";\nconsole.log("other", count());\n',
        "js/first.js": 'import { count } from "./parts/one.js";\nconsole.log("first", count());\n',
    }
    both = "".join(
        f"{{\n{join_scripts(name, texts.__getitem__)}}}\n" for name in ("js/first.js", "js/other.js")
    )
    (tmp_path / "both.mjs").write_text(both)
    assert output_of(tmp_path / "both.mjs").splitlines() == ["two", "one", "first 1", "other 2"]


@pytest.mark.parametrize(
    "line",
    [
        "export let changes = 0;",
        "export default 1;",
        'export { one } from "./one.js";',
        'import * as all from "./one.js";',
        'import one from "./one.js";',
        "export const { a, b } = c;",
        "export { own };",
    ],
)
def test_a_form_that_could_not_be_joined_is_refused(line: str) -> None:
    texts = {"main.js": f"const own = 1;\n{line}\n", "one.js": "export const one = 1;\n"}
    with pytest.raises(ValueError, match=r"main\.js: can't be joined"):
        join_scripts("main.js", texts.__getitem__)


def test_lines_lose_their_indentation_but_not_in_texts_of_several_lines() -> None:
    scripts = {
        "plain.js": "export function f() {\n\n  return `one line`;\n}\n",
        "text.js": "export const shown = `\n    indented\n`;\n",
    }
    assert "{\nreturn `one line`;\n}\n" in join_scripts("plain.js", scripts.__getitem__)
    assert "`\n    indented\n`" in join_scripts("text.js", scripts.__getitem__)


@pytest.mark.usefixtures("programs")
def test_all_that_pages_name_can_be_joined() -> None:
    files = Files(ROOT / "static")
    pages = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    scripts = set(re.findall(r"\{\{ script\('([^']+)'\) \}\}", pages))
    styles = set(re.findall(r"\{\{ style\('([^']+)'[^)]*\) \}\}", pages))
    assert {"js/room.js", "js/page.js", "js/feed/page.js"} <= scripts
    assert len(styles) >= 3
    for name in [*scripts, *(name.removesuffix(".js") + LATER for name in scripts), *styles]:
        found = files._own.file(f"joined/{name}")
        assert found is not None
        assert b"@import" not in found.body
        if name.endswith(".js"):
            check = ["node", "--check", "--input-type=module", "-"]
            subprocess.run(check, input=found.body, check=True, timeout=120)
    # And whatever else may be imported some day.
    for name in files._own.files:
        if name.startswith("js/") and name != "js/theme.js":
            assert files._own.file(f"joined/{name}") is not None


def test_styles_take_the_places_of_their_imports() -> None:
    texts = {
        "css/joined/page.css": '/* A page. */\n@import "../base.css";\n@import "../more.css";\n',
        "css/base.css": "a { color: red; }\n",
        "css/more.css": "b { color: blue; }\n",
    }
    text = join_styles("css/joined/page.css", texts.__getitem__)
    assert text.split() == [
        "/*",
        "A",
        "page.",
        "*/",
        *texts["css/base.css"].split(),
        *texts["css/more.css"].split(),
    ]
    with pytest.raises(KeyError):
        join_styles("css/joined/none.css", texts.__getitem__)


def test_who_develops_gets_them_singly(tmp_path: Path) -> None:
    written(tmp_path, SCRIPTS)
    files, fresh = Files(tmp_path), Files(tmp_path, fresh=True)
    assert files.script("js/main.js") == [f"/static/{files.version}/joined/js/main.js"]
    assert [address.split("/", 3)[3] for address in fresh.script("js/main.js")] == [
        *("js/main.js", "js/aside.js", "js/parts/one.js", "js/parts/two.js")
    ]
    with pytest.raises(KeyError):
        files.joined("js/none.js")


@pytest.mark.parametrize(
    "path",
    ["joined/", "joined/js/none.js", "joined/favicon.svg", "joined/../joined/js/room.js", "joined/js/.js"],
)
async def test_nothing_else_is_joined(cast: Cast, path: str) -> None:
    for address in (f"/static/{path}", f"/static/0123456789ab/{path}"):
        assert (await request(cast.url, "GET", address)).status == 404


async def test_a_joined_script_is_served_as_any_file(cast: Cast) -> None:
    found = await request(
        cast.url, "GET", "/static/joined/js/room.js", headers={"Accept-Encoding": "br, gzip"}
    )
    assert (found.status, found.headers["Content-Encoding"]) == (200, "br")
    assert found.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert found.headers["Cache-Control"] == "no-cache"
    again = await request(
        cast.url,
        "GET",
        "/static/joined/js/room.js",
        headers={"Accept-Encoding": "br, gzip", "If-None-Match": found.headers["ETag"]},
    )
    assert again.status == 304
