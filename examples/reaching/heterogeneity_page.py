"""The page of `heterogeneity.py`: one file with a picture for each question, drawn as SVG, no script, no network."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass

COLOURS = {"own": "#0b7a75", "shared": "#c8553d"}
NAMES = {"own": "each neuron its own time constants,", "shared": "equal ones"}
WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 28, 50


@dataclass
class Axes:
    """Where data lie in a picture. x, y: (least, largest); logarithmic: of x, to base 2."""

    title: str
    x_name: str
    y_name: str
    x: tuple[float, float]
    y: tuple[float, float]
    logarithmic: bool = False

    def __post_init__(self):
        self.parts: list[str] = []

    def place(self, x: float, y: float) -> tuple[float, float]:
        low, high = self.x
        if self.logarithmic:
            x, low, high = math.log2(x), math.log2(low), math.log2(high)
        across = (x - low) / (high - low)
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    def line(self, xs, ys, colour: str, width: float, opacity: float = 1.0) -> None:
        points = " ".join("{:.1f},{:.1f}".format(*self.place(x, y)) for x, y in zip(xs, ys))
        self.parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}" opacity="{opacity}"/>'
        )

    def dot(self, x: float, y: float, colour: str, radius: float = 3) -> None:
        cx, cy = self.place(x, y)
        self.parts.append(
            f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="{radius}" fill="{colour}" opacity="0.75"/>'
        )

    def tick(self, x: float, label: str) -> None:
        """A label under the picture; a colon in it breaks the line."""
        cx, _ = self.place(x, self.y[0])
        for row, words in enumerate(label.split(":")):
            self.parts.append(_text(cx, HEIGHT - BOTTOM + 14 + 12 * row, words, "middle"))

    def svg(self, ticks: list[tuple[float, str]]) -> str:
        frame = (
            f'<rect x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}" '
            f'fill="none" stroke="#bbb"/>'
        )
        for x, label in ticks:
            self.tick(x, label)
        for k in range(5):
            value = self.y[0] + k / 4 * (self.y[1] - self.y[0])
            _, cy = self.place(self.x[0], value)
            self.parts.append(_text(LEFT - 6, cy + 4, f"{value:.3g}", "end"))
        names = (
            _text(WIDTH / 2, 17, self.title, "middle", bold=True)
            + _text((WIDTH + LEFT) / 2, HEIGHT - 8, self.x_name, "middle")
            + f'<g transform="rotate(-90 13 {HEIGHT / 2})">'
            + _text(13, HEIGHT / 2, self.y_name, "middle")
            + "</g>"
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
            f'height="{HEIGHT}" font-family="sans-serif">{frame}{"".join(self.parts)}{names}</svg>'
        )


def _text(x: float, y: float, words: str, anchor: str, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" text-anchor="{anchor}"{weight}>{html.escape(words)}</text>'


def round_up(top: float) -> float:
    """The least 1, 2, 4 or 8 times a power of ten that is no less, so that the four ticks are round."""
    power = 10.0 ** math.floor(math.log10(top)) if top > 0 else 1.0
    return next(k * power for k in (1, 2, 4, 8, 10) if k * power >= top * (1 - 1e-9))


def _of(found: dict, kind: str) -> list[dict]:
    return [network for network in found["networks"] if network["kind"] == kind]


def _mean(rows: list[list[float]]) -> list[float]:
    return [sum(column) / len(column) for column in zip(*rows)]


def bits(found: dict) -> str:
    """R2 against weight bits; thin: each network with its interval over trials, thick: the mean."""
    names = [name for name in found["networks"][0]["bits"] if name != "float"]
    counts = [int(name) for name in names]
    lowest = min(n["bits"][name]["low"] for n in found["networks"] for name in names)
    floor = max(math.floor(5 * lowest) / 5, -1.0)  # a fifth, so that the four ticks are round
    axes = Axes(
        "How few weight bits?",
        "bits of a weight",
        "R2 of the velocity",
        (max(counts) + 0.5, min(counts) - 0.5),
        (floor, 1.0),
    )
    for k, kind in enumerate(COLOURS):
        rows = []
        for network in _of(found, kind):
            values = [max(network["bits"][name]["value"], floor) for name in names]
            rows.append(values)
            for count, name, value in zip(counts, names, values):
                x = count + 0.12 * (0.5 - k)
                low, high = (max(network["bits"][name][end], floor) for end in ("low", "high"))
                axes.line([x, x], [low, high], COLOURS[kind], 1, 0.5)
                axes.dot(x, value, COLOURS[kind], 2)
        axes.line(counts, _mean(rows), COLOURS[kind], 2.5)
    return axes.svg([(count, str(count)) for count in counts])


def faults(found: dict) -> str:
    """Share of faults that count; a dot for each network, a bar for the mean."""
    names = list(found["networks"][0]["faults"])
    shares = [100 * n["faults"][name]["moved"] for n in found["networks"] for name in names]
    axes = Axes(
        "Which faults count?",
        "kind of fault",
        f"% that move the end by {1e3 * found['endpoint_m']:g} mm",
        (-0.5, len(names) - 0.5),
        (0.0, round_up(max(shares))),
    )
    for k, kind in enumerate(COLOURS):
        for at, name in enumerate(names):
            x = at + 0.3 * (k - 0.5)
            values = [100 * network["faults"][name]["moved"] for network in _of(found, kind)]
            for value in values:
                axes.dot(x, value, COLOURS[kind], 2.5)
            mean = sum(values) / len(values)
            axes.line([x - 0.12, x + 0.12], [mean, mean], COLOURS[kind], 3)
    labels = [name.replace(":", " ").replace("-", ":", 1) for name in names]
    return axes.svg(list(enumerate(labels)))


def reached(found: dict, kick: str) -> str:
    """Share of trials that still reach their target against the amplitude of a kick."""
    amplitudes = found["networks"][0]["kicks"][kick]["amplitudes"][1:]
    axes = Axes(
        f"Kicks: {kick}",
        "amplitude, thresholds (standard deviation)",
        "share on target",
        (amplitudes[0], amplitudes[-1]),
        (0.0, 1.0),
        logarithmic=True,
    )
    for kind in COLOURS:
        rows = [network["kicks"][kick]["reached"][1:] for network in _of(found, kind)]
        for row in rows:
            axes.line(amplitudes, row, COLOURS[kind], 1, 0.4)
        axes.line(amplitudes, _mean(rows), COLOURS[kind], 2.5)
    axes.line([amplitudes[0], amplitudes[-1]], [0.5, 0.5], "#999", 0.7)
    return axes.svg([(amplitude, f"{amplitude:g}") for amplitude in amplitudes])


def course(found: dict, kick: str) -> str:
    """Median deviation of the velocity after a kick, step by step."""
    rows = {kind: [n["kicks"][kick]["course_m_s"] for n in _of(found, kind)] for kind in COLOURS}
    top = max(max(row) for kind in rows for row in rows[kind])
    steps = range(found["window_steps"])
    axes = Axes(
        f"After a kick of {found['watched']:g} thresholds: {kick}",
        "ms after the kick",
        "deviation, m/s (median)",
        (0, found["window_steps"]),
        (0.0, round_up(top)),
    )
    for kind, found_rows in rows.items():
        for row in found_rows:
            axes.line(steps, row, COLOURS[kind], 1, 0.4)
        axes.line(steps, _mean(found_rows), COLOURS[kind], 2.5)
    axes.line([0, found["window_steps"]], [found["tolerance_m_s"]] * 2, "#999", 0.7)
    return axes.svg([(ms, str(ms)) for ms in range(0, found["window_steps"], 20)])


def hands(found: dict) -> str:
    """The way of the hand in 8 trials of the first pair, 8-bit images."""
    axes = Axes("The hand, 8 targets, first pair", "x, mm", "y, mm", (-176, 176), (-100, 100))
    for kind in COLOURS:
        for way in _of(found, kind)[0]["paths_mm"]:
            axes.line([p[0] for p in way], [p[1] for p in way], COLOURS[kind], 1.2, 0.8)
    return axes.svg([(mm, str(mm)) for mm in (-160, -80, 0, 80, 160)])


def page(found: dict, table: str) -> str:
    """The whole page. found: what heterogeneity.json holds; table: the same as text."""
    kinds = [kick["name"] for kick in found["kinds_of_kick"]]
    drawn = [bits(found), faults(found)]
    drawn += [reached(found, kick) for kick in kinds]
    drawn += [course(found, kick) for kick in kinds if "course_m_s" in found["networks"][0]["kicks"][kick]]
    drawn.append(hands(found))
    key = " ".join(f'<b style="color:{COLOURS[kind]}">{NAMES[kind]}</b>' for kind in COLOURS)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>own against shared time constants</title>'
        "<style>body{font-family:sans-serif;max-width:1000px;margin:1em auto}svg{margin:4px}"
        "pre{overflow-x:auto;font-size:12px}</style>"
        "<h1>Does a network of unequal neurons bear more on a chip?</h1>"
        f"<p>{key}; thin lines and dots are single networks, thick lines and bars their means.</p>"
        f"{''.join(drawn)}<pre>{html.escape(table)}</pre></html>\n"
    )
