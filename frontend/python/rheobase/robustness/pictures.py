"""The pictures of a fault campaign's page: what one fault does, how far accuracy falls, which bits matter."""

from __future__ import annotations

from html import escape

from .text import place, worst_first

# Each damage has a shade of its own in grey, too.
MEANING = {
    "masked": "nothing differs, not one spike",
    "raster": "spikes differ, the output does not",
    "output": "the output differs, the answer does not",
    "decision": "the answer changes",
    "undefined": "the chip's words mean nothing any more: nobody knows",
}
ROWS = 30  # strata in a picture; the table has all
_LEFT, _WIDTH, _STEP = 340, 580, 22  # pixels: labels, bars, from row to row


def percent(value, digits: int = 2) -> str:
    """A share as text."""
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def _label(y: float, text: str) -> str:
    shown = text if len(text) <= 54 else text[:53] + "…"
    return f'<text x="{_LEFT - 10}" y="{y + 12}" text-anchor="end"><title>{escape(text)}</title>{escape(shown)}</text>'


def _axis(height: int) -> str:
    lines = []
    for k in range(5):
        x = _LEFT + k * _WIDTH / 4
        lines.append(f'<line class="grid" x1="{x}" y1="0" x2="{x}" y2="{height - 20}"/>')
        lines.append(f'<text class="soft" x="{x}" y="{height - 5}" text-anchor="middle">{25 * k} %</text>')
    return "".join(lines)


def _drawing(width: int, height: int, name: str, content: str) -> str:
    return (
        f'<div class="wide"><svg viewBox="0 0 {width} {height}" style="min-width:{min(width, 820)}px" role="img" '
        f'aria-label="{escape(name)}">{content}</svg></div>'
    )


def parts(stratum: dict) -> list[tuple[str, float]]:
    """Shares of the five damages, which add up to 1; all 0 where nothing was tried."""
    value = {name: stratum[name]["value"] or 0.0 for name in MEANING}
    return [
        ("masked", value["masked"]),
        ("raster", value["raster"] - value["output"]),
        ("output", value["output"] - value["decision"]),
        ("decision", value["decision"]),
        ("undefined", value["undefined"]),
    ]


def outcomes(data: dict) -> str:
    """A bar for each stratum: what its faults come to."""
    strata = worst_first(data["strata"])[:ROWS]
    height = _STEP * len(strata) + 28
    out = [_axis(height)]
    for row, stratum in enumerate(strata):
        y, x = row * _STEP + 4, float(_LEFT)
        out.append(_label(y, place(stratum)))
        for name, share in parts(stratum):
            span = max(0.0, share) * _WIDTH
            if span > 0:
                said = f"{place(stratum)}: {MEANING[name]}: {100 * share:.3f} % of {stratum['pairs']:,} pairs"
                out.append(
                    f'<rect class="{name}" x="{x:.2f}" y="{y}" width="{span:.2f}" height="15">'
                    f"<title>{escape(said)}</title></rect>"
                )
            x += span
        decision = stratum["decision"]
        out.append(f'<text x="{_LEFT + _WIDTH + 10}" y="{y + 12}">{percent(decision["value"])}</text>')
        if decision["low"] is not None and not decision["exact"]:
            interval = f"{100 * decision['low']:.2f} to {100 * decision['high']:.2f}"
            out.append(f'<text class="soft" x="{_LEFT + _WIDTH + 66}" y="{y + 12}">{interval}</text>')
    return _drawing(_LEFT + _WIDTH + 170, height, "what one fault does", "".join(out))


def falls(data: dict) -> str:
    """For each stratum whose faults were all tried and take right answers: accuracy under the average and the worst."""
    accuracy = data["intact"]["accuracy"]
    if not accuracy:
        return ""
    strata = [
        s
        for s in data["strata"]
        if (s["accuracy_worst"] or 1) < accuracy["value"] or s["accuracy_worst"] == 0
    ]
    if not strata:
        return ""
    strata = sorted(strata, key=lambda s: (s["accuracy_worst"], s["accuracy_mean"]))[:ROWS]
    height = _STEP * len(strata) + 28

    def at(value: float) -> float:
        return _LEFT + max(0.0, min(1.0, value)) * _WIDTH

    intact = at(accuracy["value"])
    out = [
        _axis(height),
        f'<line class="intact" x1="{intact:.2f}" y1="0" x2="{intact:.2f}" y2="{height - 20}"/>',
    ]
    for row, stratum in enumerate(strata):
        y = row * _STEP + 4
        worst, mean = stratum["accuracy_worst"], stratum["accuracy_mean"]
        said = f"{place(stratum)}: on average {percent(mean)} right, under the worst fault {percent(worst)}"
        out.append(
            f'{_label(y, place(stratum))}<line class="fall" x1="{at(worst):.2f}" y1="{y + 8}" x2="{at(mean):.2f}" '
            f'y2="{y + 8}"/><circle class="raster" cx="{at(mean):.2f}" cy="{y + 8}" r="5"><title>{escape(said)}</title>'
            f'</circle><circle class="decision" cx="{at(worst):.2f}" cy="{y + 8}" r="5"><title>{escape(said)}</title>'
            f'</circle><text x="{_LEFT + _WIDTH + 10}" y="{y + 12}">{percent(worst)}</text>'
        )
    return _drawing(_LEFT + _WIDTH + 170, height, "accuracy under the worst fault", "".join(out))


def bits(data: dict) -> str:
    """Weights: node by bit, how often an answer changes."""
    cells = [s for s in data["strata"] if s["bit"] >= 0 and s["decision"]["value"] is not None]
    rows = list(dict.fromkeys((s["kind"], s["node"]) for s in cells))
    if not rows:
        return ""
    columns = range(max(s["bit"] for s in cells) + 1)
    most = max(s["decision"]["value"] for s in cells) or 1
    box = max(46, min(72, _WIDTH // len(columns)))
    out = []
    for row, (kind, node) in enumerate(rows):
        y = 30 * row + 4
        out.append(_label(y + 6, f"{kind}, {node}"))
        for s in cells:
            if (s["kind"], s["node"]) != (kind, node):
                continue
            value = s["decision"]["value"]
            x = _LEFT + box * s["bit"]
            shade = value / most
            out.append(
                f'<rect class="decision" x="{x}" y="{y}" width="{box - 2}" height="26" fill-opacity="{0.05 + 0.95 * shade:.3f}">'
                f"<title>{escape(place(s))}: the answer changes in {100 * value:.4f} % of {s['pairs']:,} pairs</title></rect>"
                f'<text x="{x + box / 2 - 1}" y="{y + 17}" text-anchor="middle"{" class=strong" if shade > 0.5 else ""}>'
                f"{100 * value:.3g}</text>"
            )
    for bit in columns:
        x = _LEFT + box * bit + box / 2 - 1
        out.append(
            f'<text class="soft" x="{x}" y="{30 * len(rows) + 20}" text-anchor="middle">bit {bit}</text>'
        )
    return _drawing(_LEFT + box * len(columns) + 10, 30 * len(rows) + 30, "bits of weights", "".join(out))
