"""The path of AIOCHAT_PUBLIC_URL below which the whole site lies, like `/chat`; usually there is none.

Inside nobody knows of it: routes, what is stored and what views and templates name are the site's own
addresses, like `/rooms/lobby`. A request loses the path where it comes in (`without_base`,
helpers/web/requests/base_paths.py), and addresses get it where they leave: pages and `Location` as a
whole, in JSON the fields that hold one. Each function leaves alone what has the path already, and none of the
site's own addresses begins like it (public_address.py)."""

import re

_ATTRIBUTES = ("href", "src", "action", "poster", "data-copy")
_LONGEST = max(map(len, _ATTRIBUTES))

_VALUE = re.compile('="/(?!/)')
_SRCSET = re.compile(' srcset="(/[^"]*)"')


class _Base:
    path = ""


def use_base_path(path: str) -> None:
    """Says where this process serves the site."""
    _Base.path = path


def base_path() -> str:
    return _Base.path


def with_base(address: str) -> str:
    """The address as it leaves: what begins with one slash gets the path."""
    path = _Base.path
    if not path or address[:1] != "/" or address[1:2] == "/" or _has(address, path):
        return address
    return path + address


def without_base(address: str) -> str:
    """An address as it may have come in, as the site's own."""
    path = _Base.path
    if not path or not address.startswith(f"{path}/"):
        return address
    own = address[len(path) :]
    # Two slashes would name another host.
    return address if own.startswith("//") else own


def html_with_base(html: str) -> str:
    """HTML as it leaves. A text may hold what looks like an attribute, but no angle brackets as such."""
    if not _Base.path or '="/' not in html:
        return html
    html = _VALUE.sub(_value, html)
    return _SRCSET.sub(_srcset, html) if ' srcset="' in html else html


def secure_name(cookie: str) -> str:
    """The name of a cookie that only goes over TLS. `__Host-` binds it to this host as well, and wants the
    path /, where other sites of the host would get it: RFC 6265bis, 4.1.3."""
    return f"__Secure-{cookie}" if _Base.path else f"__Host-{cookie}"


def _has(address: str, path: str) -> bool:
    return address.startswith(path) and address[len(path) : len(path) + 1] in ("", "/", "?", "#")


def _is_in_tag(html: str, place: int) -> bool:
    return html.rfind("<", 0, place) > html.rfind(">", 0, place)


def _value(match: re.Match[str]) -> str:
    html, end, path = match.string, match.start(), _Base.path
    is_address = html.endswith(_ATTRIBUTES, max(end - _LONGEST, 0), end)
    if not is_address or html.startswith(f"{path}/", match.end() - 1) or not _is_in_tag(html, end):
        return match[0]
    return f'="{path}/'


def _srcset(match: re.Match[str]) -> str:
    if not _is_in_tag(match.string, match.start()):
        return match[0]
    return f' srcset="{", ".join(map(with_base, match[1].split(", ")))}"'
