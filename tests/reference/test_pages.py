"""docs/reference says what the code says, and a hand what the code doesn't know."""

import shutil
from pathlib import Path

import pytest

from reference import commands_blocks
from reference.__main__ import FOLDER, PAGES, update
from reference.pages import BadPage, Explained, rows_of, table, unexplained, updated
from setting_names import PREFIX
from settings import Settings


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(name: str) -> None:
    page, blocks = (FOLDER / name).read_text("utf-8"), PAGES[name]()
    assert page == updated(page, blocks), "docs/reference is of another code: run `make reference`"
    assert not unexplained(page, blocks), "write what these rows mean"


def test_all_settings_have_a_row() -> None:
    rows = rows_of((FOLDER / "settings.md").read_text("utf-8"))
    names = [cells[0].strip("`") for cells in rows if cells[0].startswith(f"`{PREFIX}")]
    assert sorted(names) == sorted(f"{PREFIX}{name}".upper() for name in Settings.model_fields)


def test_it_is_brought_up_to_date_and_what_a_hand_wrote_stays(tmp_path: Path) -> None:
    for name in PAGES:
        shutil.copy(FOLDER / name, tmp_path)
    pages = {name: (tmp_path / name).read_text("utf-8") for name in PAGES}
    settings = (
        pages["settings.md"].replace("`8080`", "`80`").replace("| `AIOCHAT_QUOTA` |", "| `AIOCHAT_CROWD` |")
    )
    (tmp_path / "settings.md").write_text(settings, "utf-8")
    (tmp_path / "metrics.md").write_text(pages["metrics.md"].replace("Files in messages.", "Bees."), "utf-8")
    assert update(tmp_path) == ["settings.md doesn't explain `AIOCHAT_QUOTA`"]
    found = (tmp_path / "settings.md").read_text("utf-8")
    assert "`8080` | 1 to 65535 | the port to listen on" in found
    assert "CROWD" not in found
    assert (tmp_path / "metrics.md").read_text("utf-8") == pages["metrics.md"]


def test_a_page_without_its_place_is_told(tmp_path: Path) -> None:
    for name in PAGES:
        shutil.copy(FOLDER / name, tmp_path)
    broken = (tmp_path / "commands.md").read_text("utf-8").replace("code: overview", "code: view")
    (tmp_path / "commands.md").write_text(broken, "utf-8")
    [told] = update(tmp_path)
    assert told.startswith(
        "commands.md: it has the blocks view, exit-codes, commands, and the code says overview"
    )
    assert (tmp_path / "commands.md").read_text("utf-8") == broken


BEGIN, END = "<!-- made from the code: things -->\n", "<!-- end -->\n"


def test_a_table_in_parts_keeps_its_rows_where_they_are() -> None:
    head = ("thing", "size", "meaning")
    one, other = table(head, [("b", "9", "bees | wasps")]), table(head, [("a", "9", "ants")])
    page = f"# Things\n{BEGIN}{one}{END}by hand\n{BEGIN}{other}{END}"
    found = updated(page, {"things": Explained(head, {"a": ("a", "1"), "b": ("b", "2"), "c": ("c", "3|4")})})
    first, _, second = found.partition("by hand")
    assert rows_of(first) == [["b", "2", "bees | wasps"]]
    assert rows_of(second) == [["a", "1", "ants"], ["c", "3|4", ""]]


@pytest.mark.parametrize("page", ["", BEGIN, f"{BEGIN}{END}{BEGIN}", BEGIN.replace("things", "bees") + END])
def test_markers_that_are_wrong(page: str) -> None:
    with pytest.raises(BadPage):
        updated(page, {"things": ""})


def test_a_usage_tells_what_may_be_left_out() -> None:
    commands = str(commands_blocks.blocks()["commands"])
    assert "\n    aiochat export (--room NAME | --person NAME | --site) [--as {jsonl,html,text}] " in commands
    assert "\n    aiochat backup FILE\n" in commands
    assert "python" not in commands
