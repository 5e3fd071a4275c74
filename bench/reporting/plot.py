"""Line charts as SVG with two logarithmic axes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 920, 460
LEFT, TOP, RIGHT, BOTTOM = 76, 44, 250, 52
COLOURS = (
    "#0b57d0",
    "#00868b",
    "#c2410c",
    "#7c3aed",
    "#15803d",
    "#b91c1c",
    "#a16207",
    "#be185d",
    "#475569",
    "#111111",
)


@dataclass(frozen=True)
class Line:
    """`points` are (x, y), all above zero. A dashed line has the colour of the solid line with the
    same label."""

    label: str
    points: Sequence[tuple[float, float]]
    is_dashed: bool = False


@dataclass(frozen=True)
class _Scale:
    """A logarithmic axis from `low` to `high`, drawn from pixel `begin` to `end`."""

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return round(self.begin + share * (self.end - self.begin), 1)


def chart(title: str, x_title: str, y_title: str, lines: Sequence[Line]) -> str:
    """Returns the SVG file. Raises ValueError if there are no points."""
    points = [point for line in lines for point in line.points]
    if not points:
        raise ValueError("there is nothing to draw")
    xs = sorted({x for x, _ in points})
    x_scale = _Scale(xs[0] / 1.2, xs[-1] * 1.2, LEFT, WIDTH - RIGHT)
    decades = range(
        math.floor(math.log10(min(y for _, y in points))),
        math.ceil(math.log10(max(y for _, y in points)) + 1e-9) + 1,
    )
    y_scale = _Scale(10.0 ** decades[0], 10.0 ** decades[-1], HEIGHT - BOTTOM, TOP)
    colours = dict(zip(dict.fromkeys(line.label for line in lines), COLOURS * len(lines), strict=False))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="13" fill="#222">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(LEFT, 26, title, size=16),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x_title, anchor="middle"),
        f'<g transform="rotate(-90 16 {middle})">{_text(16, middle, y_title, anchor="middle")}</g>',
    ]
    for power in decades:
        y = y_scale(10.0**power)
        parts += [
            f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="#ddd"/>',
            _text(LEFT - 8, y + 4, number(10.0**power), anchor="end"),
        ]
    for x in xs:
        at = x_scale(x)
        parts += [
            f'<path d="M{at} {TOP}V{HEIGHT - BOTTOM}" stroke="#eee"/>',
            _text(at, HEIGHT - BOTTOM + 18, number(x), anchor="middle"),
        ]
    parts += [_drawn(line, colours[line.label], x_scale, y_scale) for line in lines if line.points]
    for place, (label, colour) in enumerate(colours.items()):
        y = TOP + 12 + 22 * place
        parts += [
            f'<path d="M{WIDTH - RIGHT + 16} {y}h22" stroke="{colour}" stroke-width="3"/>',
            _text(WIDTH - RIGHT + 46, y + 4, label),
        ]
    return "\n".join([*parts, "</svg>\n"])


def number(value: float) -> str:
    """Formats 1,000 as 1k."""
    for factor, unit in ((1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:g}{unit}"
    return f"{value:g}"


def _drawn(line: Line, colour: str, x_scale: _Scale, y_scale: _Scale) -> str:
    points = [(x_scale(x), y_scale(y)) for x, y in sorted(line.points)]
    path = "M" + "L".join(f"{x} {y}" for x, y in points)
    dashes = ' stroke-dasharray="6 4"' if line.is_dashed else ""
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in points)
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>{dots}'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 13) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'
