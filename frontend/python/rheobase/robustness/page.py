"""A fault campaign as one HTML page that opens without a network: a sentence, a picture for each question, tables
that sort."""

from __future__ import annotations

from html import escape
from typing import Optional

from .text import place, text

_COLOURS = {
    "masked": "#e3e8ee",
    "raster": "#9ecae1",
    "output": "#e6a532",
    "decision": "#c0392b",
    "undefined": "#7f7f7f",
}
_MEANING = {
    "masked": "nothing differs, not one spike",
    "raster": "some neuron spikes otherwise, the output does not",
    "output": "the output differs, the answer does not",
    "decision": "another answer",
    "undefined": "the chip's words mean nothing any more",
}
_STYLE = """
:root{--ink:#1d232a;--soft:#5c6670;--line:#dfe4ea;--back:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e8ebee;--soft:#9aa4ae;--line:#3a424b;--back:#171b20}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);margin:0 auto;padding:28px;max-width:1080px}
h1{font-size:22px;margin:0 0 4px}h2{font-size:17px;margin:34px 0 6px}p{margin:4px 0 10px}.soft{color:var(--soft)}
.cards{display:flex;flex-wrap:wrap;gap:12px;margin:16px 0}
.card{border:1px solid var(--line);border-radius:8px;padding:10px 16px;min-width:150px}
.card b{display:block;font-size:24px;line-height:1.25}.card span{color:var(--soft);font-size:13px}
table{border-collapse:collapse;width:100%;font-size:13px}.wide{overflow-x:auto}
th,td{padding:4px 9px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th{cursor:pointer;user-select:none}th:hover{text-decoration:underline}
td:first-child,th:first-child,td.left{text-align:left;white-space:normal}
code{font-size:12px;overflow-wrap:anywhere}svg text{fill:currentColor;font-family:system-ui,sans-serif}
.key i{display:inline-block;width:11px;height:11px;margin:0 5px 0 14px;border-radius:2px}
pre{white-space:pre-wrap;font-size:12.5px;border:1px solid var(--line);border-radius:8px;padding:12px}
"""
_SCRIPT = """
for(const table of document.querySelectorAll('table.sorts'))for(const [k,head] of [...table.tHead.rows[0].cells].entries())
head.addEventListener('click',()=>{const up=head.dataset.up!=='1';head.dataset.up=up?'1':'0';
const key=row=>row.cells[k].dataset.v??row.cells[k].textContent;const body=table.tBodies[0];
[...body.rows].sort((a,b)=>{const x=key(a),y=key(b),d=isNaN(x)||isNaN(y)?x.localeCompare(y):x-y;return up?d:-d})
.forEach(row=>body.append(row))})
"""
_ROWS = 40  # strata in the picture; the table has all


def _percent(value: Optional[float], digits: int = 2) -> str:
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def _interval(p: dict) -> str:
    if p["value"] is None:
        return "–"
    return _percent(p["value"], 3) + (
        " (exact)"
        if p["exact"]
        else f" <span class='soft'>[{100 * p['low']:.3f}, {100 * p['high']:.3f}]</span>"
    )


def _verdict(data: dict) -> str:
    """The sentence that a hurried reader takes away."""
    worst = max(data["strata"], key=lambda s: s["decision"]["value"] or 0, default=None)
    if worst is None:
        return "Nothing was tried yet."
    share = worst["decision"]["value"] or 0
    if share == 0:
        return "No fault that was tried changes an answer."
    return (
        f"A single fault changes the answer most often in <b>{escape(place(worst))}</b>: in {_percent(share)} of "
        f"{worst['pairs']:,} pairs of a fault and a sample."
    )


def _cards(data: dict) -> str:
    cards = []
    accuracy = data["intact"]["accuracy"]
    if accuracy:
        cards.append((_percent(accuracy["value"]), f"right without faults ({accuracy['of']:,} samples)"))
    worst = [c for c in data["critical"] if c["accuracy"] is not None]
    if worst:
        cards.append((_percent(worst[0]["accuracy"]), "right under the worst single fault"))
    masked = [1 - (s["raster"]["value"] or 0) for s in data["strata"]]
    if masked:
        cards.append(
            (f"{100 * min(masked):.0f}–{100 * max(masked):.0f} %", "of faults change nothing, by stratum")
        )
    cards.append((f"{sum(s['pairs'] for s in data['strata']):,}", "pairs of fault and sample, each exact"))
    return "".join(f"<div class='card'><b>{value}</b><span>{what}</span></div>" for value, what in cards)


def _parts(stratum: dict) -> list[tuple[str, float]]:
    """Shares that add up to 1."""
    at_least = [stratum[level]["value"] or 0.0 for level in ("raster", "output", "decision")] + [0.0]
    undefined = stratum["undefined"]["value"] or 0.0
    inner = [(name, at_least[k] - at_least[k + 1]) for k, name in enumerate(("raster", "output", "decision"))]
    return [("masked", 1 - at_least[0] - undefined), *inner, ("undefined", undefined)]


def _bars(data: dict) -> str:
    strata = sorted(data["strata"], key=lambda s: -(s["decision"]["value"] or 0))[:_ROWS]
    left, width, step = 330, 560, 22
    height = step * len(strata) + 26
    out = [
        f'<svg viewBox="0 0 {left + width + 120} {height}" width="100%" role="img" aria-label="outcomes by stratum">'
    ]
    for row, stratum in enumerate(strata):
        y, x = row * step + 4, float(left)
        out.append(
            f'<text x="{left - 8}" y="{y + 12}" font-size="12" text-anchor="end">{escape(place(stratum))}</text>'
        )
        for name, share in _parts(stratum):
            span = max(0.0, share) * width
            if span > 0:
                title = f"{place(stratum)}: {_MEANING[name]}: {100 * share:.3f} % of {stratum['pairs']:,}"
                out.append(
                    f'<rect x="{x:.2f}" y="{y}" width="{span:.2f}" height="15" fill="{_COLOURS[name]}">'
                    f"<title>{escape(title)}</title></rect>"
                )
            x += span
        out.append(
            f'<text x="{left + width + 8}" y="{y + 12}" font-size="12">{_percent(stratum["decision"]["value"])}</text>'
        )
    for k in range(5):
        x = left + k * width / 4
        out.append(f'<text x="{x}" y="{height - 6}" font-size="11" text-anchor="middle">{25 * k} %</text>')
    return "".join(out) + "</svg>"


def _heat(data: dict) -> str:
    """Weights: node by bit, how often an answer changes."""
    cells = [s for s in data["strata"] if s["bit"] >= 0]
    rows = list(dict.fromkeys((s["kind"], s["node"]) for s in cells))
    if not rows:
        return ""
    bits = range(max(s["bit"] for s in cells) + 1)
    most = max((s["decision"]["value"] or 0 for s in cells), default=0) or 1
    left, box = 330, 58
    out = [
        f'<svg viewBox="0 0 {left + box * len(bits) + 20} {30 * len(rows) + 40}" width="100%" role="img" aria-label="bits">'
    ]
    for row, (kind, node) in enumerate(rows):
        y = 30 * row + 4
        out.append(
            f'<text x="{left - 8}" y="{y + 18}" font-size="12" text-anchor="end">{escape(f"{kind}, {node}")}</text>'
        )
        for s in cells:
            if (s["kind"], s["node"]) != (kind, node):
                continue
            value = s["decision"]["value"] or 0
            x = left + box * s["bit"]
            out.append(
                f'<rect x="{x}" y="{y}" width="{box - 2}" height="26" fill="{_COLOURS["decision"]}" '
                f'fill-opacity="{0.06 + 0.94 * value / most:.3f}"><title>{escape(place(s))}: {100 * value:.4f} %</title></rect>'
                f'<text x="{x + box / 2}" y="{y + 17}" font-size="11" text-anchor="middle">{100 * value:.3g}</text>'
            )
    for bit in bits:
        out.append(
            f'<text x="{left + box * bit + box / 2}" y="{30 * len(rows) + 20}" font-size="11" text-anchor="middle">bit {bit}</text>'
        )
    return "".join(out) + "</svg>"


def _cell(value, shown: str, left: bool = False) -> str:
    kind = " class='left'" if left else ""
    return f"<td{kind} data-v='{escape(str(value))}'>{shown}</td>"


def _table(heads: list[str], rows: list[str]) -> str:
    head = "".join(f"<th title='click to sort'>{h}</th>" for h in heads)
    return f"<div class='wide'><table class='sorts'><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"


def _strata(data: dict) -> str:
    labelled = any("accuracy_worst" in s for s in data["strata"])
    heads = [
        "fault, node",
        "faults",
        "pairs",
        "how",
        "any spike differs",
        "output differs",
        "answer changes",
        "undefined",
    ]
    rows = []
    for s in data["strata"]:
        cells = [
            _cell(place(s), escape(place(s)), True),
            _cell(s["sites"], f"{s['sites']:,}"),
            _cell(s["pairs"], f"{s['pairs']:,}"),
            _cell(s["mode"], "every one" if s["mode"] == "exhaustive" else "drawn"),
            *(
                _cell(s[level]["value"] or 0, _interval(s[level]))
                for level in ("raster", "output", "decision", "undefined")
            ),
        ]
        if labelled:
            worst = s.get("accuracy_worst")
            cells.append(_cell(-1 if worst is None else worst, _percent(worst)))
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return _table(heads + (["right under the worst"] if labelled else []), rows)


def _critical(data: dict) -> str:
    if not data["critical"]:
        return "<p>None.</p>"
    rows = []
    for c in data["critical"]:
        accuracy = c["accuracy"]
        rows.append(
            "<tr>"
            + _cell(c["what"], f"{escape(c['what'])}<br><code>{escape(c['fault'])}</code>", True)
            + _cell(c["node"], escape(c["node"]), True)
            + _cell(c["decision"], f"{c['decision']:,}")
            + _cell(c["tried"], f"{c['tried']:,}")
            + _cell(-1 if accuracy is None else accuracy, _percent(accuracy))
            + "</tr>"
        )
    return _table(["fault", "node", "answers that change", "samples tried", "right with it"], rows)


def page(data: dict) -> str:
    """data: what report.json holds."""
    title = f"Faults: {data['network']} on {data['chip']}"
    key = "".join(f"<i style='background:{_COLOURS[n]}'></i>{_MEANING[n]}" for n in _COLOURS)
    unfinished = (
        ""
        if data["finished"]
        else "<p><b>Not finished: the budget ended before every figure was known.</b></p>"
    )
    heat = _heat(data)
    heat = (
        f"<h2>Which bits of a weight matter?</h2><p class='soft'>Share of pairs in which the answer changes, in %.</p>{heat}"
        if heat
        else ""
    )
    kinds = "".join(f"<li><b>{escape(k['name'])}</b>: {escape(k['summary'])}</li>" for k in data["kinds"])
    command = data.get("command")
    again = f"<p>This report again: <code>{escape(command)}</code></p>" if command else ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>\n"
        f"<h1>{escape(title)}</h1>\n<p class='soft'>{data['samples']:,} samples of {data['steps']} steps from "
        f"{escape(data['data']['name'] or 'arrays')}, arithmetic '{escape(data['profile'])}', seed {data['seed']}, rheobase "
        f"{escape(data['rheobase'])}</p>{unfinished}\n<p>{_verdict(data)}</p>\n<div class='cards'>{_cards(data)}</div>\n"
        f"<h2>What does one fault do?</h2>\n<p class='key soft'>{key}</p>\n{_bars(data)}\n"
        f"{heat}\n<h2>Which faults are critical?</h2>\n<p class='soft'>See one step by step: <code>rheobase replay "
        f"DIR#FAULT</code></p>{_critical(data)}\n"
        f"<h2>Every figure</h2>\n<p class='soft'>One fault at a time, named by its place on the chip. 'Every one': all "
        f"faults on all samples, no interval needed. 'Drawn': at random, with {100 * data['confidence']:g} % intervals "
        f"(Clopper and Pearson 1934, all looks together). The answer is read from '{escape(data['decision']['output'])}' by the "
        f"{escape(data['decision']['rule'])}.</p>{_strata(data)}\n"
        f"<h2>What was broken</h2><ul>{kinds}</ul>\n<h2>In words</h2><pre>{escape(text(data))}</pre>{again}\n"
        f"<script>{_SCRIPT}</script></body></html>\n"
    )
