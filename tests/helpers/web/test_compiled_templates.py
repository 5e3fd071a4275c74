"""Compiled templates are kept beside their sources."""

import sys
from pathlib import Path

import jinja2
import pytest

from helpers.web.pages import CompiledTemplates, templates_of


@pytest.fixture(autouse=True)
def writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def render(folder: Path) -> str:
    """As a process does that has just started."""
    loader = jinja2.FileSystemLoader(folder)
    return (
        jinja2.Environment(loader=loader, bytecode_cache=CompiledTemplates(folder))
        .get_template("a.txt")
        .render()
    )


def kept(folder: Path) -> list[Path]:
    return [path for path in (folder / "__pycache__").iterdir() if path.is_file()]


def test_a_template_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("{{ 1 + 1 }} beans")
    assert render(tmp_path) == "2 beans"
    assert len(kept(tmp_path)) == 1
    with monkeypatch.context() as patch:
        patch.delattr(jinja2.Environment, "_generate")
        assert render(tmp_path) == "2 beans"
    (tmp_path / "a.txt").write_text("three beans")
    assert render(tmp_path) == "three beans"


@pytest.mark.parametrize("length", [0, 1, 20, 60, 100])
def test_what_was_cut_off_is_compiled_anew(tmp_path: Path, length: int) -> None:
    (tmp_path / "a.txt").write_text("beans")
    render(tmp_path)
    [path] = kept(tmp_path)
    path.write_bytes(path.read_bytes()[:length])
    assert render(tmp_path) == "beans"


def test_where_nothing_can_be_kept_it_is_compiled_each_time(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("beans")
    (tmp_path / "__pycache__").write_text("no folder")
    assert render(tmp_path) == "beans"


def test_who_wants_no_such_files_gets_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "a.txt").write_text("beans")
    assert render(tmp_path) == "beans"
    assert not kept(tmp_path)


def test_what_is_put_in_its_place_later_is_another_processes(tmp_path: Path) -> None:
    """Also where nothing was rendered before."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "page.html").write_text("a page: {% include 'parts/one.html' %}")
    (tmp_path / "parts" / "one.html").write_text("a part")
    before = jinja2.Environment(loader=templates_of(tmp_path), bytecode_cache=CompiledTemplates(tmp_path))
    (tmp_path / "page.html").write_text("another page, {{ of_what_it_lacks.name }}")
    (tmp_path / "parts" / "one.html").unlink()
    assert before.get_template("page.html").render() == "a page: a part"
    after = jinja2.Environment(loader=templates_of(tmp_path), bytecode_cache=CompiledTemplates(tmp_path))
    assert after.get_template("page.html").render(of_what_it_lacks={"name": "x"}) == "another page, x"
    assert before.get_template("page.html").render() == "a page: a part"
    with pytest.raises(jinja2.TemplateNotFound):
        before.get_template("nothing.html")
