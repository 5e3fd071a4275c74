"""Templates and their context."""

import contextlib
import functools
import hashlib
import sys
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web
from aiohttp_session import SESSION_KEY, get_session
from jinja2.bccache import Bucket
from markupsafe import Markup

from helpers.base_path import base_path, html_with_base
from helpers.keys import SETTINGS
from helpers.text.characters import isolated
from helpers.text.durations import duration_in
from helpers.text.translation import LANGUAGES, Language, current
from helpers.web.assets.files import Files
from helpers.web.csrf import CsrfToken
from helpers.web.flash import pop_flashes
from helpers.web.rendering import KNOWN_CONTEXT, PAGE_CONTEXT, PageContext


class PageTemplate(jinja2.Template):
    """What is made of a template leaves the site."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        return html_with_base(super().render(*args, **kwargs))


class CompiledTemplates(jinja2.FileSystemBytecodeCache):
    """Keeps compiled templates beside their sources, as Python keeps compiled modules, so that the
    first pages after a start don't wait for half a second of compiling. Where the folder can't be
    written they are compiled anew."""

    def __init__(self, templates: Path) -> None:
        folder = templates / "__pycache__"
        with contextlib.suppress(OSError):
            folder.mkdir(exist_ok=True)
        # What a template becomes depends on Jinja and on the options below as well.
        made_by = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
        super().__init__(str(folder), f"%s.jinja-{jinja2.__version__}-{made_by}")

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except (OSError, EOFError, UnpicklingError):
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        if not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):
                super().dump_bytecode(bucket)


def templates_of(folder: Path) -> jinja2.BaseLoader:
    """Loads the templates as they are now: an update puts others in their place, and a process that still
    serves then renders its own."""
    sources = {
        path.relative_to(folder).as_posix(): (path.read_text(), str(path), lambda: True)
        for path in folder.rglob("*.*")
        if path.parent.name != "__pycache__"
    }
    return jinja2.FunctionLoader(sources.get)


def _translated(language: Language, text: str) -> Markup:
    return Markup(language.gettext(text))  # noqa: S704 - a text of ours, in a template


@functools.lru_cache(maxsize=4096)
def _without_values(language: Language, text: str) -> Markup:
    # A text is a format also where it has no values: a percent sign is written twice.
    return _translated(language, text) % {}


def _text(text: str, **values: Any) -> Markup:
    """Translates a text of a template. Most have no values: a room's page has two hundred of these,
    and to make each anew took a sixth of the page's time."""
    return _translated(current(), text) % values if values else _without_values(current(), text)


def setup_pages(app: web.Application, templates: Path, files: Files, user_key: "web.RequestKey[Any]") -> None:
    """Sets up the templates. They get `static(path)`, `style(path)`, or with the key of what is added to
    it, and `script(path)` (the elements that load a style or a module script with all that it imports),
    `user`, `csrf_token`, `flashes()`, `site_name`, `registration_open`, `path`, `path_qs`; for
    languages `language()`, `languages`, gettext's `_` and `{% trans %}`; and from
    helpers/text/translation.py `t`, `n` and the filter `moment`. The
    filter `isolated` is for what stands in a sentence or a title, in whichever direction.

    An error page may be rendered before the values of the request are known: they are undefined
    then, except for the language."""

    async def context(request: web.Request) -> dict[str, Any]:
        settings = request.app[SETTINGS]
        known: dict[str, Any] = {
            "user": request.get(user_key),
            "registration_open": settings.registration == "open",
            "path": request.path,
            "path_qs": request.path_qs,
            "csrf_token": "",
            "flashes": list,
        }
        if SESSION_KEY not in request:
            # The session isn't loaded when the database is unavailable.
            return known
        session = await get_session(request)
        return {**known, "csrf_token": CsrfToken(session), "flashes": lambda: pop_flashes(request, session)}

    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(templates) if app[SETTINGS].debug else templates_of(templates),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=app[SETTINGS].debug,
        bytecode_cache=CompiledTemplates(templates),
    )
    environment.template_class = PageTemplate
    known_context: list[PageContext] = [context]
    app[KNOWN_CONTEXT] = known_context
    app[PAGE_CONTEXT] = []
    environment.globals["base_path"] = base_path()
    # Resolved at each call: a template is compiled once for all languages.
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: current().gettext(text),
        lambda one, other, count: current().ngettext(one, other, count),
        newstyle=True,
        pgettext=lambda context, text: current().pgettext(context, text),
    )
    environment.globals["_"] = _text
    environment.filters["isolated"] = isolated
    environment.filters["duration"] = lambda text: duration_in(current(), text)
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals["language"] = current
    environment.globals["languages"] = list(LANGUAGES.values())
    environment.globals["t"] = lambda text, **values: current().t(text, **values)
    environment.globals["n"] = lambda one, other, count, **values: current().n(one, other, count, **values)
    environment.filters["moment"] = lambda at: current().moment(at)
    environment.globals["site_name"] = "aiochat"
    environment.globals["static"] = files.address

    def script(name: str) -> Markup:
        first, *others = files.script(name)
        element = Markup('<script type="module" src="{}"></script>').format(first)
        preloads = [Markup('<link rel="modulepreload" href="{}">').format(address) for address in others]
        return Markup("\n").join([element, *preloads])

    style = Markup('<link rel="stylesheet" href="{}">')
    environment.globals["style"] = lambda name, key="": style.format(files.joined(name, key or ""))
    environment.globals["script"] = script
