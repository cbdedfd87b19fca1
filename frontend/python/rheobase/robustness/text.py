"""A fault campaign in about ten lines."""

from __future__ import annotations

from .plan import RANDOM

WORST = 4  # strata that are told
FAULTS = 3  # single ones that are told
VERDICTS = {True: "failed", False: "passed", None: "undecided"}  # of --fail-if


def share(p: dict) -> str:
    """ "3.1 % [2.9, 3.3]", "3.1 % exactly"."""
    if p["value"] is None:
        return "nothing tried"
    value = f"{100 * p['value']:.3g} %"
    if p["exact"]:
        return f"{value} exactly"
    return f"{value} so far" if p["low"] is None else f"{value} [{100 * p['low']:.3g}, {100 * p['high']:.3g}]"


def answer(data: dict) -> str:
    """How the answer is read, and why so."""
    decision = data["decision"]
    within = "" if decision["tolerance"] is None else f" of {decision['tolerance']:g}"
    return f"{decision['rule']}{within} of '{decision['output']}' ({decision['why']})"


def random_kinds(data: dict) -> set[str]:
    """Kinds that have realisations instead of places."""
    return {kind["name"] for kind in data["kinds"] if kind["about"] in RANDOM}


def chosen(followed: dict) -> str:
    """How drawn faults got into the list of the worst."""
    few = (
        f" on {followed['screened']:,} samples, the worst {followed['followed']:,}"
        if followed["screened"]
        else ""
    )
    return (
        f"worst of {followed['candidates']:,} candidates, of {followed['hits']:,} drawn faults that changed an answer; tried"
        f"{few} on {followed['samples']:,} samples"
    )


def one_fault(entry: dict) -> str:
    """ "20 of 32 answers change [43.7, 78.9] %"."""
    said = f"{entry['decision']:,} of {entry['tried']:,} answers change"
    if entry["low"] is None:
        return f"{said} so far"
    return (
        said
        if entry["low"] == entry["high"]
        else f"{said} [{100 * entry['low']:.3g}, {100 * entry['high']:.3g}] %"
    )


def place(stratum: dict) -> str:
    """ "weight-flip in input -> hidden, bit 7"."""
    usual = f":{stratum['amount']:g}" if stratum["amount"] else ""
    bit = f", bit {stratum['bit']}" if stratum["bit"] >= 0 else ""
    return f"{stratum['kind']}{usual} in {stratum['node']}{bit}"


def worst_first(strata: list[dict]) -> list[dict]:
    """By how often an answer changes, then an output, then by what nobody knows; last those of which nothing was tried."""

    def key(stratum: dict):
        worst = [-(stratum[name]["value"] or 0) for name in ("decision", "output", "undefined")]
        return [not stratum["pairs"], *worst]

    return sorted(strata, key=key)


def text(data: dict) -> str:
    """What report.txt holds: how much was tried, which strata are worst, which faults are critical."""
    strata = worst_first(data["strata"])
    tried = [s for s in strata if s["pairs"]]
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
    if data["finished"] and (wide := sum(not s["settled"] for s in tried)):
        said = f"{wide:,} groups have wider intervals than {100 * data['width']:g} % after the most draws that are made"
        rows.append(("WIDE", said))
    rows.append(("answer", answer(data)))
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
    for stratum in tried[:WORST]:
        right = stratum["accuracy_worst"]
        extra = "" if right is None else f"; under the worst of them {100 * right:.2f} % right"
        if stratum["kind"] in random_kinds(data):
            extra = f", mean over {stratum['sites']:,} realisations"
        rows.append((head, f"{place(stratum)}: {share(stratum['decision'])} of {stratum['pairs']:,}{extra}"))
        head = ""
    if len(tried) > WORST:
        so_far = "" if data["finished"] else " so far"
        rows.append((head, f"and {len(tried) - WORST:,} more groups, none more often{so_far}"))
    if untried := len(strata) - len(tried):
        why = (
            "no fault of theirs can happen: there is no spike"
            if data["finished"]
            else "nothing was tried yet"
        )
        rows.append((head if not tried else "", f"of {untried:,} groups nothing is known: {why}"))
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
        rows.append((f"worst fault #{entry['rank']}", f"{entry['what']}: {one_fault(entry)}{right}"))
    if data["followed"]:
        rows.append(("", chosen(data["followed"])))
    if data["critical"]:
        rows.append(("see it happen", "rheobase replay 'DIR#1'"))
    if data["fail_if"]:
        rows.append((VERDICTS[data["fail_if"]["failed"]], f"--fail-if '{data['fail_if']['condition']}'"))
    width = max(len(head) for head, _ in rows[1:]) if len(rows) > 1 else 0
    return "\n".join(
        f"{head:{0 if k == 0 else width + 1}} {said}".rstrip() for k, (head, said) in enumerate(rows)
    )
