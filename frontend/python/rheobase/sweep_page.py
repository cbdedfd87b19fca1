"""A sweep as one HTML page with pictures of its own: accuracy against bits and memory, layers against bits."""

from __future__ import annotations

from html import escape
from typing import Callable

from .sweep_judging import loss_name, score_of
from .sweep_text import kilobytes, text

_STYLE = """
body{font-family:sans-serif;font-size:14px;margin:24px;color:#222;max-width:1100px}
pre{white-space:pre-wrap}svg{max-width:100%;height:auto;border:1px solid #eee;margin:4px 12px 12px 0}
"""
_WIDTH, _HEIGHT, _LEFT, _BELOW = 480, 300, 64, 44
_COLOURS = {"uniform": "#0072b2", "only": "#999999", "but": "#cc79a7", "mixed": "#009e73"}


class _Axes:
    """A picture's frame: from values to places."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float]):
        pad = 0.05 * ((y[1] - y[0]) or 1.0)
        self.x = (x[0], x[1] if x[1] > x[0] else x[0] + 1)
        self.y = (y[0] - pad, y[1] + pad)

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return _LEFT + across * (_WIDTH - _LEFT - 16), (_HEIGHT - _BELOW) - up * (_HEIGHT - _BELOW - 16)

    def frame(self, title: str, across: str, ticks: list[tuple[float, str]]) -> str:
        parts = [
            f'<text x="{_LEFT}" y="12" font-size="12">{escape(title)}</text>',
            f'<text x="{_WIDTH - 16}" y="{_HEIGHT - 6}" font-size="11" text-anchor="end">{escape(across)}</text>',
        ]
        for value, name in ticks:
            x, y = self.at(value, self.y[0])
            parts.append(
                f'<text x="{x:.1f}" y="{y + 15:.1f}" font-size="10" text-anchor="middle">{escape(name)}</text>'
            )
        for step in range(5):
            value = self.y[0] + step / 4 * (self.y[1] - self.y[0])
            x, y = self.at(self.x[0], value)
            parts.append(
                f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{_WIDTH - 16}" y2="{y:.1f}" stroke="#eee"/>'
                f'<text x="{x - 4:.1f}" y="{y + 3:.1f}" font-size="10" text-anchor="end">{value:.1f} %</text>'
            )
        return "".join(parts)


def _picture(body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'font-family="sans-serif">{body}</svg>'
    )


def _score(s: dict) -> tuple[float, float, float]:
    """Value and interval of what a setting is judged by, in percent."""
    value = 100 * score_of(s)
    a = s.get("accuracy")
    return (value, 100 * a["low"], 100 * a["high"]) if a else (value, value, value)


def _line(points: list[tuple[float, float]], colour: str) -> str:
    listed = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{listed}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _dot(at: tuple[float, float], colour: str, title: str) -> str:
    return f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="3.5" fill="{colour}"><title>{escape(title)}</title></circle>'


def _bits(r: dict) -> str:
    ran = [s for s in r["uniform"] if not s["refused"]]
    scores = [_score(s) for s in ran]
    base = r["float_accuracy"] or None
    values = [v for s in scores for v in s] + ([100 * base["value"]] if base else [])
    axes = _Axes((min(r["bits"]), max(r["bits"])), (min(values), max(values)))
    parts = [
        axes.frame(
            f"{r['score']}, all weights at so many bits{', with 95 % intervals' if base else ''}",
            "bits",
            [(b, str(b)) for b in r["bits"]],
        )
    ]
    if base:
        parts.append(_line([axes.at(b, 100 * base["value"]) for b in axes.x], "#bbb"))
    parts.append(_line([axes.at(s["bits"], v[0]) for s, v in zip(ran, scores)], _COLOURS["uniform"]))
    for s, (value, low, high) in zip(ran, scores):
        colour = "#d55e00" if s["flags"] else _COLOURS["uniform"]
        parts.append(_line([axes.at(s["bits"], low), axes.at(s["bits"], high)], colour))
        flagged = "; flagged before data" if s["flags"] else ""
        parts.append(_dot(axes.at(s["bits"], value), colour, f"{s['bits']} bits: {value:.2f} %{flagged}"))
    return _picture("".join(parts))


def _memory(r: dict) -> str:
    ran = [s for s in _all(r) if not s["refused"]]
    points = [(s["memory_bytes"] / 1000, _score(s)[0], s) for s in ran]
    axes = _Axes(_span(points, lambda p: p[0]), _span(points, lambda p: p[1]))
    low, high = axes.x
    ticks = [(low + k / 4 * (high - low), f"{low + k / 4 * (high - low):,.1f}") for k in range(5)]
    parts = [axes.frame(f"{r['score']} beside synapse memory; line: Pareto front", "kB", ticks)]
    edge = [axes.at(p["memory_bytes"] / 1000, 100 * p["score"]) for p in r["front"]]
    parts.append(_line(edge, "#d55e00"))
    for memory, value, s in points:
        title = f"{s['name']}: {value:.2f} %, {kilobytes(1000 * memory)}"
        parts.append(_dot(axes.at(memory, value), _COLOURS[s["kind"]], title))
    return _picture("".join(parts))


def _span(points: list, of: Callable) -> tuple[float, float]:
    return min(map(of, points)), max(map(of, points))


def _all(r: dict) -> list[dict]:
    found = r.get("sensitivity", {})
    return [*r["uniform"], *found.get("only", []), *found.get("all_but", []), *r.get("way", [])]


def _layers(r: dict) -> str:
    only = [s for s in r.get("sensitivity", {}).get("only", []) if not s["refused"]]
    if not only:
        return ""
    axes = _Axes((min(r["bits"]), max(r["bits"])), (0.0, max(100 * s["loss"] for s in only)))
    parts = [
        axes.frame(
            f"{loss_name(only[0])}, one layer alone at so many bits", "bits", [(b, str(b)) for b in r["bits"]]
        )
    ]
    palette = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
    for k, layer in enumerate(r["layers"]):
        mine = sorted((s for s in only if s["layer"] == layer), key=lambda s: s["bits"])
        colour = palette[k % len(palette)]
        parts.append(_line([axes.at(s["bits"], 100 * s["loss"]) for s in mine], colour))
        for s in mine:
            parts.append(
                _dot(axes.at(s["bits"], 100 * s["loss"]), colour, f"{s['name']}: {100 * s['loss']:.2f} %")
            )
        if k < len(palette):
            y = 28 + 13 * k
            parts.append(
                f'<text x="{_WIDTH - 20}" y="{y}" font-size="10" text-anchor="end" fill="{colour}">{escape(layer)}</text>'
            )
    return _picture("".join(parts))


def page(r: dict) -> str:
    """A page that opens without a network. r: what sweep.json holds."""
    title = f"{r['network']} on {r['chip']}: bits"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>{escape(title)}</h1>\n<pre>{escape(text(r))}</pre>\n"
        f"{_bits(r)}\n{_memory(r)}\n{_layers(r)}\n</body></html>\n"
    )
