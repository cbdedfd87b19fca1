"""The verdict as text."""

from __future__ import annotations

from typing import Optional

from .errors import Diagnostic


def assumed(a: dict) -> str:
    """What was assumed, why, and the option or the other way by which it changes."""
    how = a["how_to_change"]
    change = f"change it with {how}" if how.startswith("-") else how
    return f"{a['what']} = {a['value']} ({a['why']}); {change}"


def _share(p: dict) -> str:
    return f"{100 * p['value']:.2f} % [{100 * p['low']:.2f}, {100 * p['high']:.2f}]  ({p['count']:,} of {p['of']:,})"


def _error(e: dict) -> str:
    r2 = "R2 undefined" if e["r2"] is None else f"R2 {e['r2']:.4f}"
    interval = "" if e["low"] is None else f" [{e['low']:.4g}, {e['high']:.4g}]"
    return f"{r2}, mean error {e['mean_absolute']:.4g}{interval}, largest {e['largest']:.4g}"


def _difference(d: dict) -> list[str]:
    sides = (
        "spikes in the float network, not on the chip"
        if d["float"]
        else "spikes on the chip, not in the float network"
    )
    return [
        f"first difference: sample {d['sample']}, step {d['step']}: neuron {d['neuron']} of '{d['population']}' "
        f"{sides}",
        f"  v after the step: float {d['float_v']:.6g}, chip {d['chip_v']:.6g}, threshold {d['threshold']:.6g}"
        + ("" if d["chip_threshold"] is None else f" (chip {d['chip_threshold']:.6g})"),
        f"  {d['cause']}",
        *(f"  {line}" for line in d["because"]),
    ]


def _layer(s: dict) -> list[str]:
    """How far the trains of a layer are apart, and how near its potentials come to the threshold."""
    names = {
        "victor_purpura": "Victor-Purpura",
        "van_rossum": "van Rossum",
        "spike_distance": "SPIKE distance",
        "spike_synchronisation": "SPIKE synchronisation",
    }
    measures, rates, lines = s["measures"], s["rates"], []
    if s["identical_trains"]["count"] < s["identical_trains"]["of"]:
        told = [
            f"{title} {measures[name]['mean']:.4g} (neuron {measures[name]['worst_neuron']['neuron']}: "
            f"{measures[name]['worst_neuron']['mean']:.4g})"
            for name, title in names.items()
        ]
        worst = s["worst_neuron"]
        lines += [
            f"    {100 * s['identical_trains']['value']:.2f} % of trains identical; least of cells equal: neuron "
            f"{worst['neuron']}, {100 * worst['agreement']:.2f} %",
            f"    mean (worst neuron): {', '.join(told[:2])}",
            f"    {', '.join(told[2:])}",
            f"    rates: float {rates['float']:.4g} Hz, chip {rates['chip']:.4g} Hz, earth mover's distance "
            f"{rates['earth_mover']:.3g} Hz",
        ]
    margin = s["margin"]
    if margin and margin["cells"]:
        parts = ", ".join(
            f"{100 * q['share']:g} % within {q['thresholds']:.3g} ({q['steps']:,.3g} steps)"
            for q in margin["quantiles"]
        )
        lines += [
            f"    distance to the threshold, in thresholds (in weight steps of {margin['step']}): {parts}",
            f"    {100 * margin['within_one_step']:.3g} % of neuron-steps without a spike are within one step of it",
        ]
    return lines


def _errors(outputs: dict) -> list[str]:
    """A block of lines for each output; its name where there are several."""
    names = {
        "float": "float against targets",
        "chip": "chip against targets",
        "chip_to_float": "chip against float",
    }
    lines = []
    for name, sides in outputs.items():
        what = "outputs" if len(outputs) == 1 else f"output '{name}'"
        lines.append(f"{what}, in the network's units, with 95 % intervals")
        lines += [f"  {names[side]:22} {_error(error)}" for side, error in sides.items()] + [""]
    return lines


def _kept_lines(kept: Optional[dict]) -> list[str]:
    if kept is None:
        return []
    counts = f"{kept['kept']:,} neurons kept on their cores, {kept['moved']:,} moved, {kept['added']:,} new"
    return [counts + (f"; all were placed anew: {kept['refused']}" if kept["refused"] else "")]


def placement_lines(placement: Optional[dict]) -> list[str]:
    """Which placement `compile` took and what both are worth; none where there was no choice."""
    if placement is None:
        return []
    told = _kept_lines(placement["kept"])
    if placement["order"] is None and placement["graph"] is None:
        return told
    names = {"order": "populations in order", "graph": "neurons as the mapper groups them"}
    lines = told
    for side, name in names.items():
        figures = placement[side]
        worth = (
            f"does not fit: {placement['refused']}"
            if figures is None
            else f"{figures['cores']:,} cores, connectivity {figures['connectivity']:,.5g}, "
            f"{figures['hops']:,.5g} links crossed in a step"
        )
        lines.append(f"{name}: {worth}" + ("; taken" if side == placement["taken"] else ""))
    bound = placement["at_least"]
    return [*lines, f"no placement has a connectivity below {bound['connectivity']:,.5g}: {bound['reason']}"]


def utilisation_lines(use: dict) -> list[str]:
    """What `limits.utilisation` found: cores, each kind of memory, and the limit that the fullest core comes nearest to."""
    limit = "" if use["cores"]["limit"] is None else f" of {use['cores']['limit']:,}"
    lines = [f"cores: {use['cores']['used']:,}{limit}"]
    for name, figure in use.items():
        if name not in ("cores", "binding") and figure["limit"]:
            lines.append(
                f"  {name:24} fullest {figure['largest']:,} of {figure['limit']:,} "
                f"({100 * figure['largest'] / figure['limit']:.1f} %), mean {figure['mean']:,.1f}"
            )
    if binding := use["binding"]:
        lines.append(
            f"  nearest to its limit: {binding['limit']} of core {binding['core']}, {100 * binding['share']:.1f} %"
        )
    return lines


def text(r: dict) -> str:
    """All of report.json that a person reads first."""
    lines = [
        f"{r['network']} on {r['chip']} (arithmetic '{r['profile']}'): {r['samples']:,} samples of {r['steps']} "
        f"steps, lag {r['lag']}",
        "",
    ]
    for warning in r["warnings"]:
        lines += [*Diagnostic(**warning).lines(), ""]
    if "accuracy" in r:
        a = r["accuracy"]
        of = f" of '{a['output']}'" if len(r["errors"]) > 1 else ""
        drop = 100 * (a["float"]["value"] - a["chip"]["value"])
        lines += [
            f"accuracy{of}, with 95 % intervals (Wilson)",
            f"  float        {_share(a['float'])}",
            f"  chip         {_share(a['chip'])}",
            f"  difference   {0.0 - drop:+.2f} points; only float right {a['only_float_right']}, only chip right "
            f"{a['only_chip_right']}",
            f"  same answer  {_share(a['same_answer'])}",
            "",
        ]
    lines += _errors(r["errors"])
    if r["spikes"]:
        lines.append("spikes, in the network's own time")
        for name, s in r["spikes"].items():
            lines.append(
                f"  {name:14} {100 * s['agreement']:.3f} % of cells equal, {100 * s['coincidence']:.2f} % of "
                f"spikes coincide; float {s['float']:,}, chip {s['chip']:,}; lag {s['lag']}"
            )
            lines += _layer(s)
        lines.append("")
    if r["first_difference"]:
        lines += _difference(r["first_difference"]) + [""]
    elif r["spikes"]:
        lines += ["no spike differs", ""]
    if r["ranges"]:
        lines.append("ranges: what holds for every input, and what these data reached")
        for g in r["ranges"]:
            what = "proven" if g["proven"] else "not proven,"
            broken = "  BROKEN: a fault of rheobase" if g["violated"] else ""
            lines.append(
                f"  {g['state']:14} {what} {g['proven_bits']} bits, seen {g['seen_bits']} bits "
                f"(slack {g['slack_bits']}) of 24{broken}"
            )
            if g["note"]:
                lines.append(f"    {g['note']}")
        lines.append("")
    for name, o in r["overflows"].items():
        lines.append(f"overflow in '{name}': {o['wraps']:,} wraps, {o['saturations']:,} saturations")
    if not r["overflows"]:
        lines.append("no wrap and no saturation")
    lines += utilisation_lines(r["cores"])
    for a in r["assumptions"]:
        if a["warning"] or a["side"]:
            by = f" by the {a['side']}" if a["side"] else ""
            lines.append(f"assumed{by}: {assumed(a)}")
    return "\n".join(lines).rstrip()
