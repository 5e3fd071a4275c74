"""What makes an app of the site: its manifest (W3C Application Manifest), and its icons as PNG: of the site's
logo, where it has one, else of our own sign in the site's colour."""

import asyncio
import hashlib
from pathlib import Path

import msgspec
from aiohttp import web

from accounts.site_logo import largest_logo
from accounts.site_look import DEFAULT_COLOUR
from accounts.site_settings import COLOUR, LOGO, NAME, site_settings
from helpers.base_path import with_base
from helpers.errors import ActionError
from helpers.images import PICTURES, TooBusy
from helpers.storage.store import STORE, StorageError
from helpers.text.translation import current
from settings import ROOT

ICONS = {
    "app-192": ("favicon.svg", 192),
    "app-512": ("favicon.svg", 512),
    "maskable-192": ("icons/maskable.svg", 192),
    "maskable-512": ("icons/maskable.svg", 512),
    "apple-180": ("icons/maskable.svg", 180),
    "badge-96": ("icons/badge.svg", 96),
}
"""By name, of which file and how large. Those for masks fill their square, with what is drawn in the
middle four fifths."""

LOGO_SHARES = {"app": 1.0, "maskable": 0.56, "apple": 0.8}
"""How much of each side a logo fills. The corners of a maskable one are in the circle of four fifths that no
system cuts."""

SHORT_NAME = 12
"""Characters: longer ones are cut below an icon."""

KEPT_SECONDS = 86400


class Manifest(web.View):
    """In the reader's language, with the site's name and colour."""

    async def get(self) -> web.Response:
        now = site_settings(self.request.app)
        t, name, colour = current().t, now[NAME], now[COLOUR] or DEFAULT_COLOUR
        # Another address for each look: what is installed gets the new icons.
        version = f"logo={now[LOGO]}" if now[LOGO] else f"colour={colour.removeprefix('#')}"
        icons = [
            {
                "src": with_base(f"/icons/{icon}.png?{version}"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": "maskable" if icon.startswith("maskable-") else "any",
            }
            for icon, (_, size) in ICONS.items()
            if icon.startswith(("app-", "maskable-"))
        ]
        if not now[LOGO]:
            any_size = {"sizes": "any", "type": "image/svg+xml", "purpose": "any"}
            icons.insert(0, {"src": with_base("/favicon.ico"), **any_size})
        manifest = {
            "id": with_base("/"),
            "name": name,
            "short_name": name if len(name) <= SHORT_NAME else name.split()[0][:SHORT_NAME],
            "lang": current().code,
            "start_url": with_base("/rooms"),
            "scope": with_base("/"),
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": colour,
            "categories": ["social", "productivity"],
            "icons": icons,
            "shortcuts": [
                {"name": t("Rooms"), "url": with_base("/rooms")},
                {"name": t("Feed"), "url": with_base("/feed")},
                {"name": t("Search"), "url": with_base("/search")},
            ],
            "share_target": {
                "action": with_base("/share"),
                "method": "POST",
                "enctype": "multipart/form-data",
                "params": {
                    "title": "title",
                    "text": "text",
                    "url": "url",
                    "files": [{"name": "files", "accept": ["*/*", ".*"]}],
                },
            },
        }
        # Browsers ask without cookies: the language is that of their header.
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"}
        body = msgspec.json.encode(manifest)
        return web.Response(body=body, content_type="application/manifest+json", headers=headers)


_drawn: dict[str, tuple[bytes, str]] = {}
"""Icons and their ETags, by name and look: drawn once in a process."""

MOST_DRAWN = 60


class Icon(web.View):
    async def get(self) -> web.Response:
        name = self.request.match_info["icon"]
        if name not in ICONS:
            raise web.HTTPNotFound
        now = site_settings(self.request.app)
        colour = now[COLOUR] or DEFAULT_COLOUR
        # A badge has one colour, the system's.
        logo = "" if name.startswith("badge-") else now[LOGO]
        key = f"{name} {colour} {logo}"
        if key not in _drawn:
            if len(_drawn) >= MOST_DRAWN:
                _drawn.clear()
            try:
                body = await self._of_logo(name) if logo else None
                body = body or await self._of_sign(name, colour)
            except (TooBusy, StorageError):
                raise ActionError("unavailable", "Please try again in a minute.", retry_after=60) from None
            _drawn[key] = body, hashlib.sha256(body).hexdigest()[:16]
        body, tag = _drawn[key]
        headers = {"ETag": f'"{tag}"', "Cache-Control": f"public, max-age={KEPT_SECONDS}"}
        asked = self.request.if_none_match
        if asked and any(one.value in (tag, "*") for one in asked):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="image/png", headers=headers)

    async def _of_sign(self, name: str, colour: str) -> bytes:
        file, size = ICONS[name]
        svg = await asyncio.to_thread((Path(ROOT) / "static" / file).read_bytes)
        svg = svg.replace(DEFAULT_COLOUR.encode(), colour.encode())
        return await self.request.app[PICTURES].icon(svg, size)

    async def _of_logo(self, name: str) -> bytes | None:
        """None where it has just been removed."""
        _, size = ICONS[name]
        picture = await largest_logo(self.request.app[STORE], size)
        if picture is None:
            return None
        share = LOGO_SHARES[name.partition("-")[0]]
        return await self.request.app[PICTURES].icon_of(picture, size, share)
