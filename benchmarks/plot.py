"""The ratios of all rounds as an SVG, written by hand: a row for each series, a dot for each pair of runs."""

from __future__ import annotations

import math
from xml.sax.saxutils import escape

LEFT, WIDTH, ROW, TOP = 220, 420, 28, 30  # pixels
FONT = 'font-family="sans-serif" font-size="12"'


def ratios(results: list[dict]) -> str:
    """An SVG of the ratios in the results of throughput.py, with the limit as a line."""
    rows = [
        (f"{result['threads']} thread(s), {name}", ratio)
        for result in results
        for name, ratio in result["ratio"].items()
    ]
    limit = max(results[0]["limits"].values())
    most = math.ceil(max([limit, *(v for _, r in rows for v in r["values"])]))
    step = max(1, math.ceil(most / 10))

    def x(value: float) -> float:
        return LEFT + WIDTH * value / most

    bottom = TOP + ROW * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 30}" height="{bottom + 40}">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{LEFT}" y="18" {FONT}>times as fast as PyTorch: each pair of runs, and their median</text>',
    ]
    for tick in range(0, most + 1, step):
        parts.append(f'<text x="{x(tick):.1f}" y="{bottom + 18}" text-anchor="middle" {FONT}>{tick}</text>')
    parts.append(
        f'<line x1="{x(limit):.1f}" y1="{TOP}" x2="{x(limit):.1f}" y2="{bottom}" stroke="#c33" stroke-dasharray="4 3"/>'
    )
    for k, (label, ratio) in enumerate(rows):
        y = TOP + ROW * (k + 0.5)
        parts.append(f'<text x="{LEFT - 10}" y="{y + 4:.1f}" text-anchor="end" {FONT}>{escape(label)}</text>')
        parts += [
            f'<circle cx="{x(v):.1f}" cy="{y:.1f}" r="3" fill="#36c" opacity="0.5"/>' for v in ratio["values"]
        ]
        middle = x(ratio["median"])
        parts.append(
            f'<line x1="{middle:.1f}" y1="{y - 9:.1f}" x2="{middle:.1f}" y2="{y + 9:.1f}" stroke="#36c" stroke-width="2"/>'
        )
    return "\n".join([*parts, "</svg>", ""])
