"""Draws our own icons as PNG, for systems that take no SVG: paths of straight lines and arcs of circles,
filled or stroked in one colour. What else SVG has isn't there: it is an error, not a picture."""

import io
import math
import re
from xml.etree import ElementTree

from PIL import Image, ImageDraw

SCALE = 4
"""It is drawn so many times larger, so that edges are smooth."""

STEP = math.pi / 60
"""Arcs are drawn by chords of this angle."""

_SVG = "{http://www.w3.org/2000/svg}"
_TOKEN = re.compile(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)")
_TAKES = {"M": 2, "L": 2, "H": 1, "V": 1, "A": 7, "Z": 0}

Point = tuple[float, float]


def png(svg: bytes, size: int) -> bytes:
    """The picture, as a square of `size` pixels. Raises ValueError for what isn't drawn."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - one of our own files
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    if (left, top) != (0, 0) or width != height:
        raise ValueError("an icon is a square that begins at 0 0")
    large = Image.new("RGBA", (size * SCALE, size * SCALE))
    draw, scale = ImageDraw.Draw(large), size * SCALE / width
    for element in root:
        if element.tag != f"{_SVG}path":
            raise ValueError(f"{element.tag} isn't drawn")
        for line in lines_of(element.attrib["d"]):
            _draw(draw, [(x * scale, y * scale) for x, y in line], element.attrib, scale)
    file = io.BytesIO()
    large.resize((size, size), Image.Resampling.LANCZOS).save(file, "PNG", optimize=True)
    return file.getvalue()


def _draw(draw: ImageDraw.ImageDraw, line: list[Point], look: dict[str, str], scale: float) -> None:
    fill, stroke = look.get("fill", "#000"), look.get("stroke", "none")
    if fill != "none":
        draw.polygon(line, fill=fill)
    if stroke != "none":
        width = float(look["stroke-width"]) * scale
        draw.line(line, fill=stroke, width=round(width))
        # Round ends and corners.
        for x, y in line:
            draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=stroke)


def lines_of(path: str) -> list[list[Point]]:
    """The lines of a path, each as the points on it (SVG 2, 9.3)."""
    tokens = _TOKEN.findall(path)
    lines: list[list[Point]] = []
    place, x, y, command = 0, 0.0, 0.0, ""
    while place < len(tokens):
        if tokens[place].isalpha():
            command, place = tokens[place], place + 1
        kind = command.upper()
        if kind not in _TAKES:
            raise ValueError(f"{command!r} isn't drawn")
        values = [float(value) for value in tokens[place : place + _TAKES[kind]]]
        place += _TAKES[kind]
        from_x, from_y = (x, y) if command.islower() else (0.0, 0.0)
        start = x, y
        match kind:
            case "M":
                x, y = from_x + values[0], from_y + values[1]
                lines.append([(x, y)])
                # Further pairs are lines (SVG 2, 9.3.3).
                command = "l" if command == "m" else "L"
                continue
            case "H":
                x = from_x + values[0]
            case "V":
                y = from_y + values[0]
            case "L":
                x, y = from_x + values[0], from_y + values[1]
            case "A":
                x, y = from_x + values[5], from_y + values[6]
                lines[-1] += _arc(start, (x, y), values)
            case "Z":
                x, y = lines[-1][0]
        lines[-1].append((x, y))
    return lines


def _arc(start: Point, end: Point, values: list[float]) -> list[Point]:
    """The points between the ends of an arc of a circle (SVG 2, B.2.4)."""
    radius, other, _, is_large, is_sweep = values[:5]
    if radius != other:
        raise ValueError("arcs are of circles")
    (x1, y1), (x2, y2) = start, end
    half = math.dist(start, end) / 2
    radius = max(radius, half)
    # From the middle of the chord to the centre of the circle.
    away = math.sqrt(max(radius**2 - half**2, 0.0)) * (1 if is_large != is_sweep else -1)
    centre_x = (x1 + x2) / 2 - away * (y2 - y1) / (2 * half)
    centre_y = (y1 + y2) / 2 + away * (x2 - x1) / (2 * half)
    first = math.atan2(y1 - centre_y, x1 - centre_x)
    turn = math.atan2(y2 - centre_y, x2 - centre_x) - first
    turn = turn % math.tau if is_sweep else -(-turn % math.tau)
    steps = max(1, math.ceil(abs(turn) / STEP))
    return [
        (centre_x + radius * math.cos(angle), centre_y + radius * math.sin(angle))
        for angle in (first + turn * step / steps for step in range(1, steps))
    ]
