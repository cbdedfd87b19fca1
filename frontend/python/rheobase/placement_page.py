"""A placed network as one HTML page: what fits how well, the picture, every core."""

from __future__ import annotations

from html import escape

from .image import Image
from .limits import core_limits, core_uses, utilisation
from .picture import placement_svg
from .report_text import utilisation_lines

_STYLE = """
body{font-family:sans-serif;font-size:14px;margin:24px;color:#222;max-width:1100px}
table{border-collapse:collapse;margin:8px 0 24px}
td,th{padding:3px 10px;text-align:right;border-bottom:1px solid #ddd;white-space:nowrap}
th{background:#f4f4f4;cursor:default}
td:first-child,th:first-child,td.left{text-align:left;white-space:normal}
.bar{display:inline-block;width:60px;height:9px;background:#eee;margin-left:6px;vertical-align:middle}
.bar i{display:block;height:9px;background:#0072b2}
.full i{background:#d55e00}
svg{max-width:100%;height:auto;border:1px solid #eee}
"""


def _bar(value: int, limit: int) -> str:
    share = min(1.0, value / limit)
    kind = "bar full" if share > 0.9 else "bar"
    return f'{value:,}<span class="{kind}" title="{100 * share:.1f} %"><i style="width:{100 * share:.0f}%"></i></span>'


def _cores(image: Image) -> str:
    limits = core_limits(image)
    head = "".join(
        f"<th>{escape(name.removesuffix('_per_core').replace('_', ' '))}<br>of {limit:,}</th>"
        for name, limit in limits.items()
    )
    rows = []
    for core, use in zip(image.info["cores"], core_uses(image)):
        column, row = image.grid["places"][core["id"]]
        held = ", ".join(dict.fromkeys(s["population"] for s in core["slices"]))
        cells = "".join(f"<td>{_bar(use[name], limit)}</td>" for name, limit in limits.items())
        rows.append(
            f'<tr><td>{core["id"]}</td><td>({column}, {row})</td><td class="left">{escape(held)}</td>{cells}</tr>'
        )
    return f"<table><tr><th>core</th><th>tile</th><th>holds</th>{head}</tr>{''.join(rows)}</table>"


def page(image: Image, traffic: dict) -> str:
    """A page that opens without a network. traffic: what `Image.traffic` gave."""
    info = image.info
    title = f"{info['network']} on {info['chip']}"
    lines = utilisation_lines(utilisation(image))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>{escape(title)}</h1>\n"
        f"<p>arithmetic '{escape(info['profile'])}', {escape(info['generator'])}, lag {image.lag} steps</p>\n"
        f"<h2>Does it fit?</h2>\n<pre>{escape(chr(10).join(lines))}</pre>\n"
        f"<h2>Where it lies, and what crosses the links</h2>\n{placement_svg(image, traffic)}\n"
        f"<h2>Every core</h2>\n{_cores(image)}\n</body></html>\n"
    )
