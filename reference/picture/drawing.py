"""Shapes of a page (shapes.js) as an SVG that one can read: one element a line, and each colour twice, for a
light and for a dark surrounding."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Ubuntu,Cantarell,Arial,sans-serif'
MONO = 'ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace'

LONGEST = 150
"""Of a line."""

LONG_PATH = 120
_BEFORE_ARC = "\na"

Shape = Mapping[str, Any]
Colours = tuple[str, str]
"""In light and in dark."""


def _number(value: float) -> str:
    return f"{round(value * 2) / 2:g}"


def _element(part: Shape) -> str:
    """Without its end. A path may have spaces before a command."""
    attributes = (
        f' {name}="{escape(value.replace("a", _BEFORE_ARC) if len(value) > LONG_PATH else value)}"'
        for name, value in part["shape"].items()
    )
    return f"<{part['tag']}" + "".join(attributes)


class Drawing:
    def __init__(self, width: int, height: int, title: str) -> None:
        self._size = (width, height)
        self._title = title
        self._classes: dict[str, tuple[str, str]] = {}
        """What each class says in light and in dark, by its name."""
        self._names: dict[tuple[str, str], str] = {}
        self._icons: dict[str, tuple[str, str]] = {}
        """The ids of icons and what they are, by their parts."""
        self._lines: list[str] = []

    def add(self, shape: Shape, in_dark: Shape) -> None:
        {"box": self._add_box, "icon": self._add_icon, "text": self._add_text}[shape["kind"]](shape, in_dark)

    def _class(self, prefix: str, light: str, dark: str) -> str:
        name = self._names.get((light, dark))
        if name is None:
            name = f"{prefix}{sum(one.startswith(prefix) for one in self._classes)}"
            self._names[light, dark] = name
            self._classes[name] = (light, dark)
        return name

    def _fill(self, colours: Colours) -> str:
        return self._class("f", *(f"fill:{one or 'none'}" for one in colours))

    def _stroke(self, colours: Colours, width: float = 1) -> str:
        wide = f";stroke-width:{width:g}" if width != 1 else ""
        light, dark = (f"fill:none;stroke:{one or 'none'}{wide}" for one in colours)
        return self._class("s", light, dark)

    def _add(self, tag: str, classes: str, opacity: float, content: str = "", **attributes: str) -> None:
        if opacity < 1:
            attributes["opacity"] = f"{opacity:.2g}"
        given = "".join(
            f' {name.replace("_", "-")}="{escape(value)}"' for name, value in attributes.items() if value
        )
        end = f">{content}</{tag}>" if content else "/>"
        line = f'<{tag} class="{classes}"{given}{end}'
        self._lines.append(line if len(line) < LONGEST else line.replace(" textLength=", "\ntextLength=", 1))

    def _add_box(self, shape: Shape, in_dark: Shape) -> None:
        x, y = round(shape["x"]), round(shape["y"])
        # What abuts does so here, too.
        width, height = round(shape["x"] + shape["width"]) - x, round(shape["y"] + shape["height"]) - y
        opacity, sides = shape["opacity"], shape["sides"]
        if shape["fill"] or in_dark["fill"]:
            self._add_outline(
                self._fill((shape["fill"], in_dark["fill"])), opacity, x, y, width, height, shape
            )
        borders = list(zip(shape["borders"], in_dark["borders"], strict=True))
        if all(sides) and len(set(borders)) == 1:
            line = round(sides[0])
            less = 0 if shape["isShared"] else line
            middle = (x + line / 2, y + line / 2, width - less, height - less)
            self._add_outline(self._stroke(borders[0], line), opacity, *middle, shape)
            return
        places = (
            (x, y, width, sides[0]),
            (x + width - sides[1], y, sides[1], height),
            (x, y + height - sides[2], width, sides[2]),
            (x, y, sides[3], height),
        )
        for side, colours, (left, top, wide, high) in zip(sides, borders, places, strict=True):
            if side and any(colours):
                size = {"width": _number(wide), "height": _number(max(high, 1))}
                self._add("rect", self._fill(colours), opacity, x=_number(left), y=_number(top), **size)

    def _add_outline(
        self, classes: str, opacity: float, x: float, y: float, width: float, height: float, shape: Shape
    ) -> None:
        radii = [round(radius) for radius in shape["radii"]]
        if len(set(radii)) == 1 and width == height and radii[0] * 2 >= width - 1:
            centre = {"cx": _number(x + width / 2), "cy": _number(y + height / 2)}
            self._add("circle", classes, opacity, **centre, r=_number(width / 2))
        elif len(set(radii)) == 1:
            rounded = {"rx": str(radii[0])} if radii[0] else {}
            place = {"x": _number(x), "y": _number(y), "width": _number(width), "height": _number(height)}
            self._add("rect", classes, opacity, **place, **rounded)
        else:
            a, b, c, d = radii
            path = (
                f"M{_number(x + a)} {_number(y)}h{_number(width - a - b)}a{b} {b} 0 0 1 {b} {b}"
                f"v{_number(height - b - c)}a{c} {c} 0 0 1-{c} {c}h{_number(c + d - width)}"
                f"a{d} {d} 0 0 1-{d}-{d}v{_number(a + d - height)}a{a} {a} 0 0 1 {a}-{a}z"
            )
            self._add("path", classes, opacity, d=path)

    def _add_icon(self, shape: Shape, in_dark: Shape) -> None:
        parts = list(zip(shape["parts"], in_dark["parts"], strict=True))
        view = " ".join(map(str, shape["view"]))
        looks = [self._look(*part) for part in parts]
        drawn = [_element(part) for part, _ in parts]
        place = {"x": _number(shape["x"]), "y": _number(shape["y"])}
        size = {"width": _number(shape["width"]), "height": _number(shape["height"])}
        if len(set(looks)) == 1:
            lines = [f'viewBox="0 0 {view}">', *(f"{one}/>" for one in drawn), ""]
            key = "\n".join(lines)
            id, _ = self._icons.setdefault(key, (f"i{len(self._icons)}", key))
            self._add("use", looks[0], shape["opacity"], href=f"#{id}", **place, **size)
            return
        content = "\n".join(
            ["", *(f'{one} class="{look}"/>' for one, look in zip(drawn, looks, strict=True)), ""]
        )
        self._add("svg", "icon", shape["opacity"], content, viewBox=f"0 0 {view}", **place, **size)

    def _look(self, part: Shape, in_dark: Shape) -> str:
        if part["stroke"]:
            return f"{self._stroke((part['stroke'], in_dark['stroke']), part['width'])} line"
        return self._fill((part["fill"], in_dark["fill"]))

    def _add_text(self, shape: Shape, in_dark: Shape) -> None:
        font = f"font-size:{shape['size']:g}px"
        if shape["weight"] != 400:
            font += f";font-weight:{shape['weight']}"
        if shape["isItalic"]:
            font += ";font-style:italic"
        if shape["isMono"]:
            font += f";font-family:{MONO}"
        classes = f"{self._fill((shape['fill'], in_dark['fill']))} {self._class('t', font, font)}"
        text, y = escape(shape["text"], quote=False), str(round(shape["y"]))
        if len(shape["text"]) <= 2:
            centre = _number(shape["x"] + shape["width"] / 2)
            self._add("text", f"{classes} mid", shape["opacity"], text, x=centre, y=y)
            return
        # Others' fonts are wider or narrower: with its length a run ends where the next one begins.
        place = {"x": str(round(shape["x"])), "y": y}
        length = str(round(shape["width"]))
        self._add(
            "text",
            classes,
            shape["opacity"],
            text,
            **place,
            textLength=length,
            lengthAdjust="spacingAndGlyphs",
        )

    def text(self) -> str:
        width, height = self._size
        rules = [f"text{{font-family:{FONT}}}", ".mid{text-anchor:middle}"]
        rules += [".line{stroke-linecap:round;stroke-linejoin:round}", ".icon{overflow:visible}"]
        rules += [f".{name}{{{light}}}" for name, (light, _) in self._classes.items()]
        dark = [f".{name}{{{dark}}}" for name, (light, dark) in self._classes.items() if light != dark]
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
                f"<title>{escape(self._title)}</title>",
                "<!-- Made by `make picture` from the page of the demo's office. -->",
                "<style>",
                *rules,
                "@media (prefers-color-scheme:dark){",
                *dark,
                "}",
                "</style>",
                *(f'<symbol id="{id}" {content}</symbol>' for id, content in self._icons.values()),
                *self._lines,
                "</svg>",
                "",
            ]
        )


def drawn(size: Sequence[int], title: str, shapes: Iterable[tuple[Shape, Shape]]) -> str:
    drawing = Drawing(size[0], size[1], title)
    for light, dark in shapes:
        drawing.add(light, dark)
    return drawing.text()
