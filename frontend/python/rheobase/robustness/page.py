"""A fault campaign as one HTML page that opens without a network: a sentence, a picture for each question, tables
that sort."""

from __future__ import annotations

from html import escape

from .pictures import MEANING, ROWS, bits, falls, outcomes, percent
from .text import answer, chosen, one_fault, place, text, worst_first

FEW = 0.01  # of answers: strata below are counted as those that do little
_STYLE = """
:root{color-scheme:light dark;--ink:#1d232a;--soft:#5c6670;--line:#dfe4ea;--back:#fff;--masked:#e3e8ee;--raster:#7fb3d5;
--output:#e69f00;--decision:#b8261b;--undefined:#8a8f96;--strong:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e8ebee;--soft:#9aa4ae;--line:#343b43;--back:#14181d;--masked:#2c333b;
--raster:#4f8db8;--output:#d99a1c;--decision:#e5534b;--undefined:#767d86;--strong:#14181d}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);margin:0 auto;padding:28px;max-width:1120px}
h1{font-size:22px;margin:0 0 2px}h2{font-size:17px;margin:38px 0 4px}p{margin:4px 0 10px}.soft{color:var(--soft)}
.verdict{font-size:17px;margin:12px 0}.warn{border-left:4px solid var(--output);padding:6px 12px;background:var(--masked)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:12px;margin:16px 0}
.card{border:1px solid var(--line);border-radius:8px;padding:10px 16px}
.card b{display:block;font-size:25px;line-height:1.3}.card span{color:var(--soft);font-size:13px;overflow-wrap:anywhere}
.wide{overflow-x:auto}svg{width:100%;height:auto;display:block}svg text{fill:var(--ink);font:12px system-ui,sans-serif}
svg text.soft{fill:var(--soft)}svg text.strong{fill:var(--strong)}.grid{stroke:var(--line)}
.masked{fill:var(--masked)}.raster{fill:var(--raster)}.output{fill:var(--output)}.decision{fill:var(--decision)}
.undefined{fill:var(--undefined)}.fall{stroke:var(--decision);stroke-width:2;opacity:.45}
.intact{stroke:var(--ink);stroke-dasharray:4 3}
.key{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px;margin:6px 0 12px}
.key i{display:inline-block;width:12px;height:12px;margin-right:6px;border-radius:2px;vertical-align:-1px}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{padding:5px 9px;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
td{white-space:nowrap}th{cursor:pointer;user-select:none;vertical-align:bottom}th:hover{text-decoration:underline}
th[aria-sort=ascending]:after{content:" \\2191"}th[aria-sort=descending]:after{content:" \\2193"}
td.left,th.left{text-align:left;white-space:normal}td:first-child{min-width:28px}#figures td:first-child{min-width:230px}
input{font:inherit;font-size:13px;padding:4px 8px;border:1px solid var(--line);border-radius:6px;width:260px;margin:2px 0 8px;
color:var(--ink);background:var(--back)}
code{font-size:12px;overflow-wrap:anywhere}
pre{white-space:pre-wrap;font-size:12.5px;border:1px solid var(--line);border-radius:8px;padding:12px}
li{margin:2px 0}
"""
_SCRIPT = """
for(const table of document.querySelectorAll('table.sorts')){
const heads=[...table.tHead.rows[0].cells],body=table.tBodies[0];
heads.forEach((head,k)=>head.addEventListener('click',()=>{
const up=head.getAttribute('aria-sort')==='descending';heads.forEach(h=>h.removeAttribute('aria-sort'));
head.setAttribute('aria-sort',up?'ascending':'descending');const key=row=>row.cells[k].dataset.v;
[...body.rows].sort((a,b)=>{const x=key(a),y=key(b),d=isNaN(x)||isNaN(y)?x.localeCompare(y):x-y;return up?d:-d})
.forEach(row=>body.append(row))}))}
for(const box of document.querySelectorAll('input.filter'))box.addEventListener('input',()=>{
const words=box.value.toLowerCase().split(/\\s+/);
for(const row of document.getElementById(box.dataset.table).tBodies[0].rows)
{const text=[...row.querySelectorAll('td.left')].map(cell=>cell.textContent).join(' ').toLowerCase();
row.hidden=!words.every(word=>text.includes(word))}});
"""


def _interval(p: dict) -> str:
    if p["value"] is None:
        return "–"
    if p["low"] is None:
        return f"{percent(p['value'], 3)} <span class='soft'>so far</span>"
    if p["exact"]:
        return f"{percent(p['value'], 3)} <span class='soft'>exact</span>"
    return (
        f"{percent(p['value'], 3)}<br><span class='soft'>{100 * p['low']:.3f} to {100 * p['high']:.3f}</span>"
    )


def _verdict(data: dict) -> str:
    """The sentence that a hurried reader takes away."""
    tried = [s for s in worst_first(data["strata"]) if s["pairs"]]
    if not tried:
        return "Nothing was tried yet."
    share = tried[0]["decision"]["value"]
    unknown = sum(s["undefined"]["count"] for s in tried)
    said = (
        f"One fault changes the answer most often if it is <b>{escape(place(tried[0]))}</b>: in {percent(share)} of "
        f"{tried[0]['pairs']:,} pairs of a fault and a sample."
        if share
        else "No fault that was tried changes an answer."
    )
    if unknown:
        pairs = sum(s["pairs"] for s in tried)
        said += f" In {unknown:,} of {pairs:,} pairs nobody knows what the chip would do, as its words mean nothing any more."
    return said


def _cards(data: dict) -> str:
    cards = []
    accuracy = data["intact"]["accuracy"]
    if accuracy:
        bounds = f"{100 * accuracy['low']:.1f} to {100 * accuracy['high']:.1f}"
        cards.append(
            (percent(accuracy["value"]), f"right without faults ({bounds}, {accuracy['of']:,} samples)")
        )
    known = [s for s in data["strata"] if s["accuracy_worst"] is not None]
    if known:
        worst = min(known, key=lambda s: s["accuracy_worst"])
        cards.append(
            (
                percent(worst["accuracy_worst"]),
                f"right under the worst fault that was tried on every sample, {place(worst)}",
            )
        )
    tried = [s for s in data["strata"] if s["pairs"]]
    if tried:
        little = sum(s["decision"]["value"] < FEW and s["undefined"]["value"] < FEW for s in tried)
        cards.append(
            (
                f"{little:,} of {len(tried):,}",
                f"groups of faults change fewer than {100 * FEW:g} % of answers",
            )
        )
    pairs = sum(s["pairs"] for s in data["strata"])
    cards.append((f"{pairs:,}", "pairs of a fault and a sample, each as if the faulty chip had run"))
    return "".join(
        f"<div class='card'><b>{value}</b><span>{escape(what)}</span></div>" for value, what in cards
    )


def _cell(value, shown: str, left: bool = False) -> str:
    kind = " class='left'" if left else ""
    return f"<td{kind} data-v='{escape(str(value))}'>{shown}</td>"


def _table(name: str, heads: list[str], left: int, rows: list[str]) -> str:
    """left: columns of text, which come first."""
    head = "".join(
        f"<th{' class=left' if k < left else ''} title='click to sort'>{h}</th>" for k, h in enumerate(heads)
    )
    return (
        f"<div class='wide'><table class='sorts' id='{name}'><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
        "</table></div>"
    )


def _filter(table: str) -> str:
    return f"<input class='filter' data-table='{table}' placeholder='filter: kind, node, bit' aria-label='filter'>"


def _strata(data: dict) -> str:
    labelled = data["intact"]["accuracy"] is not None
    shares = {
        "masked": "nothing differs",
        "raster": "spikes differ",
        "output": "output differs",
        "decision": "answer changes",
        "undefined": "undefined",
    }
    heads = ["fault, node", "places", "pairs tried", "how", *shares.values()]
    rows = []
    for s in worst_first(data["strata"]):
        cells = [
            _cell(place(s), escape(place(s)), True),
            _cell(s["sites"], f"{s['sites']:,}"),
            _cell(s["pairs"], f"{s['pairs']:,}"),
            _cell(s["mode"], "every one" if s["mode"] == "exhaustive" else "drawn"),
            *(_cell(-1 if s[n]["value"] is None else s[n]["value"], _interval(s[n])) for n in shares),
        ]
        for name in ("accuracy_mean", "accuracy_worst") if labelled else ():
            cells.append(_cell(-1 if s[name] is None else s[name], percent(s[name])))
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return _table(
        "figures", heads + (["right on average", "right under the worst"] if labelled else []), 1, rows
    )


def _critical(data: dict) -> str:
    if not data["critical"]:
        return "<p>None that was tried changes an answer.</p>"
    rows = []
    for c in data["critical"]:
        accuracy = c["accuracy"]
        also = f" <span class='soft'>also {escape(', '.join(c['also']))}</span>" if c["also"] else ""
        share = c["decision"] / c["tried"]
        rows.append(
            "<tr>"
            + _cell(c["rank"], f"#{c['rank']}", True)
            + _cell(c["what"], f"{escape(c['what'])}<br><code>{escape(c['fault'])}</code>{also}", True)
            + _cell(c["node"], escape(c["node"]), True)
            + _cell(share, one_fault(c))
            + _cell(-1 if accuracy is None else accuracy, percent(accuracy))
            + "</tr>"
        )
    return _table("critical", ["rank", "fault", "node", "answers that change", "right with it"], 3, rows)


def _how_to_read(data: dict) -> str:
    wide = sum(not s["settled"] for s in data["strata"] if s["mode"] == "drawn" and s["pairs"])
    but = f", but for {wide:,} groups whose draws ended first" if wide else ""
    points = (
        "One fault at a time, for the whole run of a sample. A pair is one fault on one sample; each pair is exact, as if the "
        "faulty chip had run from the first step to the last.",
        f"The answer is the {escape(answer(data))}.",
        "'Every one': all faults on all samples, so the figure is exact and has no interval. 'Drawn': faults and samples at "
        f"random, the figure with a {100 * data['confidence']:g} % interval (Clopper and Pearson 1934, for all looks "
        f"together) at most {100 * data['width']:g} % wide{but}. Of spikes one is drawn of all that the samples have.",
        "Random kinds (losses of messages, noise of inputs, devices) have realisations instead of places; they are drawn, never "
        "exact, and the figure is a mean over as many realisations as the column 'places' says: where realisations differ much, others "
        "have another mean, which more of them (--instances) come nearer.",
        "The worst faults: of kinds of which every one was tried, the worst of all. Drawn ones are the worst of some "
        "candidates, and there may be worse ones that were never drawn; each interval is that of its fault by itself, so the "
        "first of a long list is flattered. Equals are ordered by lot.",
        "Columns: 'spikes differ' includes 'output differs', which includes 'answer changes'. 'Undefined' is in none of them, "
        "nor in 'nothing differs': a bit of a list or format after which the words have no meaning.",
    )
    return "<ul>" + "".join(f"<li>{point}</li>" for point in points) + "</ul>"


def page(data: dict) -> str:
    """data: what report.json holds."""
    title = f"{data['network']} on {data['chip']}: what faults do"
    key = "".join(f"<span><i style='background:var(--{n})'></i>{MEANING[n]}</span>" for n in MEANING)
    unfinished = (
        ""
        if data["finished"]
        else "<p class='warn'><b>Not finished:</b> the budget ended before every figure was known; the same command with "
        "--resume goes on.</p>"
    )
    more = len(data["strata"]) - ROWS
    shown = f" The {ROWS} worst of {len(data['strata'])} groups; the table below has all." if more > 0 else ""
    fall, heat = falls(data), bits(data)
    if fall:
        fall = (
            "<h2>How far does accuracy fall?</h2><div class='key soft'><span><i style='background:var(--raster)'></i>under "
            "an average fault</span><span><i style='background:var(--decision)'></i>under the worst fault (figure on the "
            f"right)</span><span>dashed: no fault</span></div><p class='soft'>Groups of which every fault was tried and some "
            f"fault makes right answers wrong.</p>{fall}"
        )
    if heat:
        heat = (
            "<h2>Which bits of a weight matter?</h2><p class='soft'>Share of pairs in which the answer changes, in %; the "
            f"highest bit is the sign where weights are signed.</p>{heat}"
        )
    how = f" Drawn ones: {escape(chosen(data['followed']))}." if data["followed"] else ""
    kinds = "".join(f"<li><b>{escape(k['name'])}</b>: {escape(k['summary'])}</li>" for k in data["kinds"])
    command = data["command"]
    again = (
        f"<p>This report again, in the folder of the image and the data: <code>{escape(command)}</code></p>"
        if command
        else ""
    )
    source = f" from {escape(data['data']['name'])}" if data["data"]["name"] else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>\n"
        f"<h1>{escape(title)}</h1>\n<p class='soft'>{data['samples']:,} samples of {data['steps']} steps{source}, "
        f"arithmetic '{escape(data['profile'])}', seed {data['seed']}, rheobase {escape(data['rheobase'])}; the answer is the "
        f"{escape(answer(data))}</p>{unfinished}\n"
        f"<p class='verdict'>{_verdict(data)}</p>\n<div class='cards'>{_cards(data)}</div>\n"
        f"<h2>What does one fault do?</h2>\n<p class='soft'>On the right: how often the answer changes.{shown}</p>\n"
        f"<div class='key soft'>{key}</div>\n{outcomes(data)}\n{fall}\n{heat}\n"
        "<h2>Which faults are critical?</h2>\n<p class='soft'>Watch one step by step: <code>rheobase replay 'DIR#1'</code>, "
        f"DIR the folder of this report, 1 the rank.{how}</p>{_filter('critical')}{_critical(data)}\n"
        f"<h2>Every figure</h2>\n{_filter('figures')}{_strata(data)}\n"
        f"<h2>How to read this</h2>{_how_to_read(data)}\n<h2>What was broken</h2><ul>{kinds}</ul>\n"
        f"<h2>In words</h2><pre>{escape(text(data))}</pre>{again}\n<script>{_SCRIPT}</script></body></html>\n"
    )
