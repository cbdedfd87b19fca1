"""A fault campaign in ten lines."""

from __future__ import annotations

from .plan import RANDOM

LINES = 10  # of report.txt, at most
WORST = 4  # strata that are told before more than one single fault is
FAULTS = 3  # single ones that are told before more strata are
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
    before, after = _opening(data), _ending(data)
    strata = worst_first(data["strata"])
    tried = [s for s in strata if s["pairs"]]
    untried = len(strata) - len(tried)
    left = LINES - len(before) - len(after)
    groups, faults = _told(len(tried), len(data["critical"]), untried > 0, left)
    rows = [*before]
    random = random_kinds(data)
    rows += [("answer changes" if k == 0 else "", _stratum(s, random)) for k, s in enumerate(tried[:groups])]
    if rest := _rest(len(tried) - groups, untried, data["finished"]):
        rows.append(("" if tried else "answer changes", rest))
    rows += [_fault(entry) for entry in data["critical"][:faults]]
    rows += after
    width = max(len(head) for head, _ in rows[1:])
    return "\n".join(
        f"{head:{0 if k == 0 else width + 1}} {said}".rstrip() for k, (head, said) in enumerate(rows)
    )


def _told(tried: int, critical: int, others: bool, left: int) -> tuple[int, int]:
    """How many strata and how many single faults are told in the lines that are left, one of which tells of the others
    where there are some."""
    groups, faults = 0, min(critical, 1)
    wanted = ["group"] * min(tried, WORST) + ["fault"] * (min(critical, FAULTS) - faults)
    for what in wanted + ["group"] * (tried - WORST):
        more = groups + (what == "group"), faults + (what == "fault")
        if sum(more) + (others or more[0] < tried) <= left:
            groups, faults = more
    return groups, faults


def _opening(data: dict) -> list[tuple[str, str]]:
    """What was tried, how far, and what the network answers without a fault."""
    strata = data["strata"]
    pairs, places, kinds = (
        sum(s["pairs"] for s in strata),
        sum(s["sites"] for s in strata),
        len(data["kinds"]),
    )
    rows = [
        (
            data["network"],
            f"on {data['chip']}: {kinds} kind{'s' if kinds != 1 else ''} of faults at {places:,} places, "
            f"{data['samples']:,} samples of {data['steps']} steps, {pairs:,} pairs tried",
        )
    ]
    if not data["finished"]:
        rows.append(("NOT FINISHED", "the budget ended first; the same command with --resume goes on"))
    elif wide := sum(not s["settled"] for s in strata if s["pairs"]):
        said = f"{wide:,} groups have wider intervals than {100 * data['width']:g} % after the most draws that are made"
        rows.append(("WIDE", said))
    rows.append(("answer", answer(data)))
    if accuracy := data["intact"]["accuracy"]:
        said = (
            f"{100 * accuracy['value']:.2f} % right [{100 * accuracy['low']:.2f}, {100 * accuracy['high']:.2f}] "
            f"({accuracy['count']:,} of {accuracy['of']:,})"
        )
        rows.append(("no fault", said))
    return rows


def _ending(data: dict) -> list[tuple[str, str]]:
    """What is in no figure, how to see a fault at work, and what --fail-if says."""
    rows = []
    if undefined := sum(s["undefined"]["count"] for s in data["strata"]):
        said = (
            f"{undefined:,} pairs: the words mean nothing any more, what a chip does then nobody knows; counted in no "
            "other figure"
        )
        rows.append(("undefined", said))
    if data["critical"]:
        how = f"; {chosen(data['followed'])}" if data["followed"] else ""
        rows.append(("see it happen", f"rheobase replay 'DIR#1'{how}"))
    elif data["followed"]:
        rows.append(("worst fault", chosen(data["followed"])))
    if data["fail_if"]:
        rows.append((VERDICTS[data["fail_if"]["failed"]], f"--fail-if '{data['fail_if']['condition']}'"))
    return rows


def _stratum(stratum: dict, random: set[str]) -> str:
    right = stratum["accuracy_worst"]
    extra = "" if right is None else f"; under the worst of them {100 * right:.2f} % right"
    if stratum["kind"] in random:
        extra = f", mean over {stratum['sites']:,} realisations"
    return f"{place(stratum)}: {share(stratum['decision'])} of {stratum['pairs']:,}{extra}"


def _rest(more: int, untried: int, finished: bool) -> str:
    """Of the groups that are not told one by one."""
    said = []
    if more:
        said.append(f"and {more:,} more groups, none more often{'' if finished else ' so far'}")
    if untried:
        why = "no fault of theirs can happen: there is no spike" if finished else "nothing was tried yet"
        said.append(f"of {untried:,} groups nothing is known: {why}")
    return "; ".join(said)


def _fault(entry: dict) -> tuple[str, str]:
    right = "" if entry["accuracy"] is None else f", {100 * entry['accuracy']:.2f} % right"
    return f"worst fault #{entry['rank']}", f"{entry['what']}: {one_fault(entry)}{right}"
