"""A fault campaign in a few lines."""

from __future__ import annotations

LINES = 14  # strata that are told one by one


def _share(p: dict) -> str:
    if p["value"] is None:
        return "nothing tried"
    value = f"{100 * p['value']:.3g} %"
    return value + (" exactly" if p.get("exact") else f" [{100 * p['low']:.3g}, {100 * p['high']:.3g}]")


def place(stratum: dict) -> str:
    """ "weight-flip in input -> hidden, bit 7"."""
    amount = f":{stratum['amount']:g}" if stratum["amount"] else ""
    bit = f", bit {stratum['bit']}" if stratum["bit"] >= 0 else ""
    return f"{stratum['kind']}{amount} in {stratum['node']}{bit}"


def text(data: dict) -> str:
    """What report.txt holds: how much was tried, which strata are worst, which faults are critical."""
    strata = data["strata"]
    pairs = sum(s["pairs"] for s in strata)
    lines = [
        f"{data['network']} on {data['chip']}: {len(data['kinds'])} kinds of faults, "
        f"{sum(s['sites'] for s in strata):,} faults, {data['samples']:,} samples of {data['steps']} steps, "
        f"{pairs:,} pairs" + ("" if data["finished"] else "; NOT FINISHED: the budget ended first")
    ]
    accuracy = data["intact"]["accuracy"]
    if accuracy:
        lines.append(
            f"without faults: {100 * accuracy['value']:.2f} % right [{100 * accuracy['low']:.2f}, "
            f"{100 * accuracy['high']:.2f}] ({accuracy['count']:,} of {accuracy['of']:,})"
        )
    lines.append(
        f"a fault changes the answer of '{data['decision']['output']}' ({data['decision']['rule']}) in:"
    )
    order = sorted(strata, key=lambda s: -(s["decision"]["value"] or 0))
    for stratum in order[:LINES]:
        extra = ""
        if stratum.get("accuracy_worst") is not None:
            extra = f"; worst fault: {100 * stratum['accuracy_worst']:.2f} % right"
        lines.append(
            f"  {place(stratum):44} {_share(stratum['decision'])} of {stratum['pairs']:,} "
            f"({_share(stratum['output'])} change an output){extra}"
        )
    if len(order) > LINES:
        lines.append(f"  and {len(order) - LINES} more strata, all less often: report.json has them")
    undefined = sum(s["undefined"]["count"] for s in strata)
    if undefined:
        lines.append(
            f"in {undefined:,} pairs the words mean nothing any more: what a chip does then nobody knows"
        )
    for entry in data["critical"][:5]:
        right = "" if entry["accuracy"] is None else f", {100 * entry['accuracy']:.2f} % right"
        lines.append(
            f"critical: {entry['what']}: {entry['decision']:,} of {entry['tried']:,} answers change{right}"
        )
        lines.append(f"  replay it: rheobase replay DIR#{entry['fault']}")
    return "\n".join(lines)
