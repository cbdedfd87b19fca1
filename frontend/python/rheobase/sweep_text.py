"""A sweep as text: what a person reads first."""

from __future__ import annotations

from .precisions import shown_bits
from .sweep_judging import judged, loss_name

_MOST_LAYERS = 8  # told one by one


def _points(p: dict) -> str:
    return f"{100 * p['value']:.2f} % [{100 * p['low']:.2f}, {100 * p['high']:.2f}]"


def kilobytes(count: float) -> str:
    return f"{count / 1000:,.1f} kB"


def worth(s: dict) -> str:
    """What a setting is good for, in half a line."""
    if s.get("accuracy"):
        drop = s["accuracy_drop"]
        return (
            f"{_points(s['accuracy'])} right, {0.0 - 100 * drop['value']:+.2f} points "
            f"[{0.0 - 100 * drop['high']:+.2f}, {0.0 - 100 * drop['low']:+.2f}], same answer "
            f"{100 * s['same_answer']['value']:.2f} %"
        )
    if s.get("chip_r2") is not None:
        return f"R2 against the targets {s['chip_r2']:.4f}, against the float network {s['r2']:.4f}"
    return "R2 against the float network " + ("undefined" if s["r2"] is None else f"{s['r2']:.4f}")


def _line(s: dict) -> str:
    if s["refused"]:
        return f"  {s['name']:>3} bits  refused: {s['refused']}"
    mark = ""
    if s["flags"]:
        mark = "  FLAGGED before any data; on data " + ("confirmed" if s["confirmed"] else "not confirmed")
    return (
        f"  {s['name']:>3} bits  {worth(s)}; {100 * s['agreement']:.2f} % of spikes' cells equal; "
        f"{kilobytes(s['memory_bytes'])} on {s['cores']} cores{mark}"
    )


def _within(r: dict) -> list[str]:
    """What meets the budget, and how it was found."""
    size, mixed = kilobytes(r["budget_bytes"]), r["mixed"]
    if mixed is None:
        return [f"no precision fits {size}"]
    name = f"{mixed['name']} bits everywhere" if mixed["kind"] == "uniform" else mixed["name"]
    lines = [f"within {size}: {name}: {worth(judged(mixed))}; {kilobytes(mixed['memory_bytes'])}"]
    told = "  chosen and judged on the same sample: better than it is, rather"
    if "halves" in mixed:
        one, other = (half["samples"] for half in mixed["halves"])
        told = f"  chosen on {one:,} samples, these figures are of the other {other:,}"
    search = r.get("search")
    if search is not None:
        how = "all" if search["exact"] else "many of the"
        told += f"; foretold over {how} {search['combinations']:,} combinations, from the layers alone; the best were run"
    lines.append(told)
    return lines


def _sensitivity(found: dict) -> list[str]:
    by_layer: dict[str, list[dict]] = {}
    for s in found["only"]:
        by_layer.setdefault(s["layer"], []).append(s)
    worst = sorted(by_layer, key=lambda name: -max((s.get("loss", 0) for s in by_layer[name]), default=0))
    ran = [s for s in found["only"] if not s["refused"]]
    what = loss_name(ran[0]) if ran else "loss"
    lines = [f"layer by layer, {what} with this layer alone at so many bits:"]
    but = {s["layer"]: s for s in found["all_but"]}
    for name in worst[:_MOST_LAYERS]:
        told = ", ".join(
            f"{s['bits']}: {'refused' if s['refused'] else format(100 * s['loss'], '.2f') + ' %'}"
            for s in by_layer[name]
        )
        other = but.get(name)
        rest = ""
        if other is not None and not other["refused"]:
            rest = f"; all but it at {other['bits']}: {100 * other['loss']:.2f} %"
        lines.append(f"  {name:12} {told}{rest}")
    if len(worst) > _MOST_LAYERS:
        lines.append(f"  and {len(worst) - _MOST_LAYERS} layers that matter less: sweep.json has them")
    return lines


def _per_channel(r: dict) -> str:
    return ", exponents per channel" if r["exponents"] == "channel" else ""


def text(r: dict) -> str:
    """All of sweep.json that a person reads first."""
    lines = [
        f"{r['network']} on {r['chip']} (arithmetic '{r['profile']}', scales '{r['scales']}'{_per_channel(r)}): "
        f"{r['samples']:,} samples of {r['steps']} steps"
    ]
    if r["float_accuracy"]:
        lines.append(
            f"float network: {_points(r['float_accuracy'])} right (95 % intervals; of differences, paired)"
        )
    elif r["float_r2"] is not None:
        lines.append(f"float network: R2 against the targets {r['float_r2']:.4f}")
    lines += [_line(s) for s in r["uniform"]]
    if r["pinned"]:
        pinned = ", ".join(f"'{name}' at {shown_bits(bits)}" for name, bits in r["pinned"].items())
        lines.append(f"  the settings pin, so that it does not vary: {pinned}")
    lines += [f"  {s['name']} bits: {s['flags'][0]}" for s in r["uniform"] if s["flags"]]
    if "sensitivity" in r:
        lines += _sensitivity(r["sensitivity"])
    if r.get("budget_bytes") is not None:
        lines += _within(r)
    lines.append(f"memory and {r['score']}, where nothing that was run is better in both (Pareto front):")
    lines += [
        f"  {kilobytes(p['memory_bytes']):>12}  {100 * p['score']:.2f} %  {p['name']}" for p in r["front"]
    ]
    return "\n".join(lines)
