"""Joins scripts and styles into few files, so that a page waits for four answers and not for a
hundred. The files stay as they are written: there is no build, and in debug mode they are served
singly. Of a style the files that it imports take the places of its `@import` lines.

A joined file holds a script and all that it imports, each module as a function that runs once, in the
order of the imports. What it imports later, by `import()`, is a second file, `NAME.later.js`. All files
of a page share one table of modules, so that what several of them hold exists once."""

import posixpath
import re
from collections.abc import Callable, Iterable

from helpers.web.assets.scripts import imports

LATER = ".later.js"

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[^"]+)";$', re.MULTILINE)
_IMPORT_ALONE = re.compile(r'^import "\.{1,2}/[^"]+";$', re.MULTILINE)
_EXPORT = re.compile(
    r"^export (?=(?:async function\*?|function\*?|class|const) (\w+))|^export \{\};$", re.MULTILINE
)
_LATER_IMPORT = re.compile(r'\bimport\("(\.{1,2}/[^"]+)"\)')
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_RENAMED = re.compile(r"\b(\w+) as (\w+)\b")

_STYLE_IMPORT = re.compile(r'^@import "([^"]+)";$', re.MULTILINE)

_TABLE = "const $modules = (globalThis.joinedModules ??= {});\n"
"""What begins with a dollar is no name of a module's own."""


def join_styles(name: str, read: Callable[[str], str]) -> str:
    """Joins the style `name` with what it imports. Raises KeyError where one is missing."""
    return _STYLE_IMPORT.sub(lambda match: join_styles(_target(name, match[1]), read), read(name))


def join_scripts(name: str, read: Callable[[str], str]) -> str:
    """Joins the script `name`, or, where it ends in LATER, what that script imports later. `read` returns
    the text of a script and raises KeyError; so does this where one is missing. Raises ValueError for
    a form of import or export that isn't known here."""
    script = name.removesuffix(LATER) + ".js" if name.endswith(LATER) else name
    scripts = _Scripts(read)
    first = scripts.with_imports([script])
    wanted = first if name == script else [found for found in scripts.with_all(first) if found not in first]
    later_name = posixpath.basename(script).removesuffix(".js") + LATER
    load = f'const $later = (name) => import("./{later_name}").then(() => $modules[name]);\n'
    return _TABLE + load + "".join(_module(found, scripts.texts[found]) for found in wanted)


class _Scripts:
    """Scripts and what they import, each read once."""

    def __init__(self, read: Callable[[str], str]) -> None:
        self._read = read
        self.texts: dict[str, str] = {}
        self._now: dict[str, list[str]] = {}
        self._later: dict[str, list[str]] = {}

    def with_imports(self, names: Iterable[str]) -> list[str]:
        """The scripts and all that they import, each behind its imports."""
        found: dict[str, None] = {}

        def visit(name: str) -> None:
            if name not in found:
                self._find(name)
                for target in self._now[name]:
                    visit(target)
                found[name] = None

        for name in names:
            visit(name)
        return list(found)

    def with_all(self, names: list[str]) -> list[str]:
        """The same with what is imported later by them, and by that in turn."""
        before: list[str] = []
        while len(before) < len(names):
            before = names
            names = self.with_imports([*names, *(target for name in names for target in self._later[name])])
        return names

    def _find(self, name: str) -> None:
        if name not in self.texts:
            text = self.texts[name] = self._read(name)
            self._now[name] = [_target(name, path) for path in imports(text)]
            self._later[name] = [_target(name, path) for path in _LATER_IMPORT.findall(text)]


def _target(script: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(script), path))


def _module(name: str, text: str) -> str:
    exported = [match[1] for match in _EXPORT.finditer(text) if match[1]]
    text = _EXPORT.sub("", text)

    def bound(match: re.Match[str]) -> str:
        names = _RENAMED.sub(r"\1: \2", match[1])
        return f"const {{{names}}} = $modules[{_quoted(_target(name, match[2]))}];"

    text = _IMPORT.sub(bound, _IMPORT_ALONE.sub("", text))
    text = _LATER_IMPORT.sub(lambda match: f"$later({_quoted(_target(name, match[1]))})", text)
    if other := _OTHER.search(text):
        raise ValueError(f"{name}: can't be joined with others: {other[0]}")
    body = f"{_without_indentation(text.strip())}\nreturn {{ {', '.join(exported)} }};"
    return f"$modules[{_quoted(name)}] ??= (() => {{\n{body}\n}})();\n"


def _without_indentation(text: str) -> str:
    """A twentieth less to load, also compressed. A script with a template literal of several lines is
    left as it is, since what stands there may be meant to be shown."""
    lines = text.split("\n")
    if any(line.count("`") % 2 for line in lines):
        return text
    return "\n".join(stripped for line in lines if (stripped := line.strip()))


def _quoted(name: str) -> str:
    return f'"{name}"'
