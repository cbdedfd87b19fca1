"""A fault campaign in about ten lines."""

from __future__ import annotations

WORST = 4  # strata that are told
FAULTS = 3  # single ones that are told


def share(p: dict) -> str:
    """ "3.1 % [2.9, 3.3]", "3.1 % exactly"."""
    if p["value"] is None:
        return "nothing tried"
    value = f"{100 * p['value']:.3g} %"
    if p["exact"]:
        return f"{value} exactly"
    return value if p["low"] is None else f"{value} [{100 * p['low']:.3g}, {100 * p['high']:.3g}]"


def place(stratum: dict) -> str:
    """ "weight-flip in input -> hidden, bit 7"."""
    usual = f":{stratum['amount']:g}" if stratum["amount"] else ""
    bit = f", bit {stratum['bit']}" if stratum["bit"] >= 0 else ""
    return f"{stratum['kind']}{usual} in {stratum['node']}{bit}"


def worst_first(strata: list[dict]) -> list[dict]:
    """By how often an answer changes, then an output, then by what nobody knows."""

    def key(stratum: dict):
        return [-(stratum[name]["value"] or 0) for name in ("decision", "output", "undefined")]

    return sorted(strata, key=key)


def text(data: dict) -> str:
    """What report.txt holds: how much was tried, which strata are worst, which faults are critical."""
    strata = worst_first(data["strata"])
    pairs = sum(s["pairs"] for s in strata)
    rows = [
        (
            data["network"],
            f"on {data['chip']}: {len(data['kinds'])} kinds of faults at {sum(s['sites'] for s in strata):,} places, "
            f"{data['samples']:,} samples of {data['steps']} steps, {pairs:,} pairs tried",
        )
    ]
    if not data["finished"]:
        rows.append(("NOT FINISHED", "the budget ended first; the same command with --resume goes on"))
    accuracy = data["intact"]["accuracy"]
    if accuracy:
        rows.append(
            (
                "no fault",
                f"{100 * accuracy['value']:.2f} % right [{100 * accuracy['low']:.2f}, {100 * accuracy['high']:.2f}] "
                f"({accuracy['count']:,} of {accuracy['of']:,})",
            )
        )
    head = "answer changes"
    for stratum in strata[:WORST]:
        right = stratum["accuracy_worst"]
        extra = "" if right is None else f"; under the worst of them {100 * right:.2f} % right"
        rows.append((head, f"{place(stratum)}: {share(stratum['decision'])} of {stratum['pairs']:,}{extra}"))
        head = ""
    if len(strata) > WORST:
        rows.append(("", f"and {len(strata) - WORST} more strata, none more often"))
    undefined = sum(s["undefined"]["count"] for s in strata)
    if undefined:
        rows.append(
            (
                "undefined",
                f"{undefined:,} pairs: the words mean nothing any more, what a chip does then nobody knows; "
                "counted in no other figure",
            )
        )
    for entry in data["critical"][:FAULTS]:
        right = "" if entry["accuracy"] is None else f", {100 * entry['accuracy']:.2f} % right"
        changes = f"{entry['decision']:,} of {entry['tried']:,} answers change{right}"
        rows.append((f"worst fault #{entry['rank']}", f"{entry['what']}: {changes}"))
    if data["critical"]:
        rows.append(("see it happen", "rheobase replay 'DIR#1'"))
    if data["fail_if"]:
        failed = "failed" if data["fail_if"]["failed"] else "passed"
        rows.append((failed, f"--fail-if '{data['fail_if']['condition']}'"))
    width = max(len(head) for head, _ in rows[1:]) if len(rows) > 1 else 0
    return "\n".join(
        f"{head:{0 if k == 0 else width + 1}} {said}".rstrip() for k, (head, said) in enumerate(rows)
    )
