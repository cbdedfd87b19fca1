"""Does a network whose neurons have time constants of their own bear more on a chip than one of equal neurons?

    python heterogeneity.py -o heterogeneity            every pair: minutes
    python heterogeneity.py -o heterogeneity --quick    one pair, few trials: seconds

The pairs of `pairs.npz` were trained alike and from the same seeds. Each network is compiled for a Loihi 2 and judged by
how few weight bits it needs, by faults of its 8-bit image (`rb.robust`), and by kicks to its state (`kicks.py`). Prints
own against shared time constants with 95 % intervals over the pairs, and writes heterogeneity.json and
heterogeneity.html. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import heterogeneity_page
import kicks
import numpy as np
import pairs
import rheobase as rb
import train
from pairs import KINDS
from scipy.special import stdtrit

SCHEMA = "rheobase.example.heterogeneity/1"
CHIP = "loihi2"
FULL_BITS = 8  # of the images that faults and kicks are tried on
RESAMPLES = 2000  # of the trials, for the interval of one network's R2
FAULT_TRIALS = 8  # of the trials that faults meet
ENDPOINT = 5e-3  # m: a fault counts where the hand ends farther than this, in x or in y, from where it would
WATCHED = 8.0  # thresholds: the kick of all potentials whose course in time is drawn


@dataclass(frozen=True)
class Amount:
    """How much is measured."""

    networks: int  # pairs, from the first
    trials: int
    bits: tuple[int, ...]
    faults: tuple[str, ...]
    kicks: tuple[kicks.Kick, ...]


FAULTS = ("weight-flip", "state-flip", "neuron-dead", "spike-lost", "message-loss:0.005", "message-loss:0.02")
FULL = Amount(1 << 20, 64, (8, 7, 6, 5, 4, 3), FAULTS, kicks.KICKS)
QUICK = Amount(
    1,
    8,
    (8, 3),
    ("neuron-dead", "spike-lost"),
    (kicks.Kick("potential of all", "v", 1.0, (1.0, WATCHED, 64.0)),),
)


# ---------------------------------------------------------------------------------------
# Measuring one network


def velocity_of(target, x: np.ndarray) -> np.ndarray:
    """Velocity in m/s, float64 [N, T, 2], of a network or an image."""
    out = target.run(x, probes=["velocity.v"], spikes=False)
    return out.aligned("velocity.v") / np.asarray(out.scale.get("velocity.v", 1.0), np.float64)


def r_squared(y: np.ndarray, velocity: np.ndarray, seed: int) -> dict:
    """R2 of the velocity with a 95 % interval over trials (bootstrap, percentiles: Efron 1979, Ann. Stat. 7:1-26).

    y, velocity: [N, T, 2]. Returns {value, low, high}; errors and variances of both components are pooled.
    """
    y = y.astype(np.float64)
    error = ((y - velocity) ** 2).sum(axis=(1, 2))  # [N]
    spread = (y**2).sum(axis=(1, 2)), y.sum(axis=1)  # [N], [N, 2]
    steps = y.shape[1]

    def r2(chosen: np.ndarray) -> np.ndarray:
        """Of trials [..., N] by number."""
        mean = spread[1][chosen].sum(axis=-2)
        about = spread[0][chosen].sum(axis=-1) - (mean**2).sum(axis=-1) / (steps * chosen.shape[-1])
        return 1 - error[chosen].sum(axis=-1) / about

    drawn = np.random.default_rng([seed, 1]).integers(0, len(y), (RESAMPLES, len(y)))
    low, high = np.percentile(r2(drawn), [2.5, 97.5])
    return {"value": float(r2(np.arange(len(y)))), "low": float(low), "high": float(high)}


def under_bits(net: rb.Network, x, y, bits, seed: int) -> dict:
    """R2 of the float network and of its images of few weight bits: {"float": ..., "8": ..., "3": ...}."""
    found = {"float": r_squared(y, velocity_of(net, x), seed)}
    for count in bits:
        image = rb.compile(net, chip=CHIP, weight_bits=count)
        found[str(count)] = r_squared(y, velocity_of(image, x), seed)
    return found


def under_faults(image: rb.Image, x, faults, seed: int) -> dict:
    """Share of the faults of each kind that move the end of the hand by more than ENDPOINT, and that change a spike.

    Strata count by their faults, so that the share is that of a fault drawn from the whole chip.
    """
    tolerance = ENDPOINT / (x.shape[1] * train.DT)  # of the mean velocity
    found = {}
    for fault in faults:
        campaign = rb.robust(
            image, x, faults=[fault], tolerance=tolerance, seed=seed, width=0.1, instances=200
        )
        strata = campaign.data["strata"]
        sites = np.array([stratum["sites"] for stratum in strata], float)
        share = lambda level, strata=strata, sites=sites: float(  # noqa: E731
            np.average([stratum[level]["value"] for stratum in strata], weights=sites)
        )
        found[fault] = {
            "faults": int(sites.sum()),
            "pairs": sum(stratum["pairs"] for stratum in strata),
            "moved": share("decision"),
            "spikes_changed": share("raster"),
            "strata": [
                {
                    "node": s["node"],
                    "bit": s["bit"],
                    **{k: s["decision"][k] for k in ("value", "low", "high")},
                }
                for s in strata
            ],
        }
    return found


def under_kicks(image: rb.Image, x, y, angle, kinds, seed: int) -> dict:
    """Of each kind of kick, by amplitude (the first is 0): medians and shares over the trials, and A50."""
    found = {}
    for kick in kinds:
        result = kicks.measure(image, x, y, angle, kick, seed)
        reached = result["reached"].mean(axis=1)
        half, inside = kicks.half_amplitude(kick.amplitudes, reached[1:])
        found[kick.name] = {
            "amplitudes": [0.0, *kick.amplitudes],
            "peak_m_s": np.median(result["peak"], axis=1).tolist(),
            "back_steps": np.median(result["back"], axis=1).tolist(),
            "recovered": result["recovered"].mean(axis=1).tolist(),
            "reached": reached.tolist(),
            "a50": half,
            "a50_found": inside,
        }
        if kick.name == "potential of all":
            watched = 1 + kick.amplitudes.index(WATCHED)
            found[kick.name]["course_m_s"] = np.median(result["deviation"][watched], axis=0).tolist()
    return found


def fluctuation(image: rb.Image, x) -> dict:
    """How much the state moves by itself: the standard deviation over steps and trials, median of the hidden neurons.

    Returns {"v": thresholds, "u": thresholds per step}: what a kick of so many thresholds is large or small against.
    """
    names = [f"hidden.{state}" for state in ("v", "u")]
    out = image.run(x, probes=names, spikes=False)
    return {name[-1]: float(np.median(out.states[name].std(axis=(0, 1)) / out.scale[name])) for name in names}


def paths(image: rb.Image, x) -> list:
    """Where the hand goes in the first trials, one for each of the 8 targets: mm, [8, steps / 10, 2]."""
    way = 1e3 * train.DT * velocity_of(image, x[:8]).cumsum(axis=1)
    return way[:, ::10].tolist()


def measure(net: rb.Network, trials, amount: Amount, seed: int) -> dict:
    """Everything about one network. trials: x, y, angle of `train.make_trials`."""
    x, y, angle = trials
    image = rb.compile(net, chip=CHIP, weight_bits=FULL_BITS)
    return {
        "bits": under_bits(net, x, y, amount.bits, seed),
        "faults": under_faults(image, x[:FAULT_TRIALS], amount.faults, seed),
        "kicks": under_kicks(image, x, y, angle, amount.kicks, seed),
        "paths_mm": paths(image, x),
        "fluctuation": fluctuation(image, x),
        "spikes_per_trial": float(image.run(x).spikes["hidden"].sum()) / len(x),
    }


# ---------------------------------------------------------------------------------------
# Own against shared, over the pairs


def interval(values: np.ndarray) -> tuple[float | None, float | None]:
    """95 % interval of the mean of few values (Student 1908, Biometrika 6:1-25); none for a single one."""
    count = len(values)
    if count < 2:
        return None, None
    half = float(stdtrit(count - 1, 0.975)) * float(values.std(ddof=1)) / np.sqrt(count)
    return float(values.mean() - half), float(values.mean() + half)


def against(question: str, own, shared, better: str, ratio: bool = False, note: str = "") -> dict:
    """One line of the table: means of both kinds, and the paired difference (or ratio) with its interval.

    own, shared: one value per pair. better: "higher" or "lower".
    """
    own, shared = np.asarray(own, float), np.asarray(shared, float)
    change = np.log(own / shared) if ratio else own - shared
    low, high = interval(change)
    value = float(change.mean())
    if ratio:
        own_mean, shared_mean = np.exp(np.log(own).mean()), np.exp(np.log(shared).mean())
        value, low, high = np.exp(value), *(None if e is None else np.exp(e) for e in (low, high))
    else:
        own_mean, shared_mean = own.mean(), shared.mean()
    neutral = 1.0 if ratio else 0.0
    if low is None:
        verdict = "one pair: no interval"
    elif low <= neutral <= high:
        verdict = "no difference shown"
    else:
        verdict = "own" if (value > neutral) == (better == "higher") else "shared"
    return {
        "question": question,
        "own": float(own_mean),
        "shared": float(shared_mean),
        "change": "ratio" if ratio else "difference",
        "value": float(value),
        "low": low,
        "high": high,
        "better": better,
        "own_better": int((change > 0).sum() if better == "higher" else (change < 0).sum()),
        "pairs": len(change),
        "changes": change.tolist(),
        "verdict": verdict,
        "note": note,
    }


def correlation(a: list[float], b: list[float]) -> float | None:
    """Pearson's, over the pairs; none for fewer than three or where one of both does not vary."""
    if len(a) < 3 or not np.std(a) or not np.std(b):
        return None
    return float(np.corrcoef(a, b)[0, 1])


def table(networks: list[dict], amount: Amount) -> list[dict]:
    """Every question with the answer over the pairs."""

    def of(kind: str, *keys):
        found = [n for n in networks if n["kind"] == kind]
        for key in keys:
            found = [n[key] for n in found]
        return found

    def both(*keys):
        return of("own", *keys), of("shared", *keys)

    lines = [
        against(f"fluctuation of the {name}, thresholds", *both("fluctuation", state), "higher", ratio=True)
        for state, name in (("v", "potential"), ("u", "current"))
    ]
    for line in lines:
        line["better"] = line["verdict"] = ""  # neither is better
    for bits in ("float", *map(str, amount.bits)):
        name = "R2, float network" if bits == "float" else f"R2, {bits}-bit weights"
        lines.append(against(name, *both("bits", bits, "value"), "higher"))
    for fault in amount.faults:
        own, shared = both("faults", fault, "moved")
        lines.append(
            against(f"% of {fault} that count", np.multiply(own, 100), np.multiply(shared, 100), "lower")
        )
    for kick in amount.kicks:
        at = 1 + len(kick.amplitudes) // 2
        about = f"kick, {kick.name}, {kick.amplitudes[at - 1]:g}"
        for key, what, better in (
            ("peak_m_s", "peak deviation, m/s", "lower"),
            ("back_steps", "back after, ms", "lower"),
            ("recovered", "share recovered", "higher"),
            ("reached", "share on target", "higher"),
        ):
            own, shared = (np.array(values)[:, at] for values in both("kicks", kick.name, key))
            lines.append(against(f"{about}: {what}", own, shared, better))
        missing = [n for n in networks if not n["kicks"][kick.name]["a50_found"]]
        note = f"{len(missing)} of {len(networks)} networks beyond the amplitudes tried" if missing else ""
        name = f"kick, {kick.name}: A50"
        own, shared = both("kicks", kick.name, "a50")
        lines.append(against(name, own, shared, "higher", ratio=True, note=note))
        own, shared = np.divide((own, shared), both("fluctuation", kick.state))
        lines.append(against(f"{name} / fluctuation", own, shared, "higher", ratio=True))
    quality = next(line for line in lines if line["question"] == "R2, float network")["changes"]
    for line in lines:
        line["with_r2"] = correlation(line["changes"], quality)
    return lines


def text(found: dict) -> str:
    """The table for people. "with R2": how the differences of the pairs go with those of the float networks' R2."""
    lines = [
        f"{found['pairs']} pairs, {found['trials']} trials, {found['chip']}; 95 % intervals over the pairs",
        f"{'':52}{'own':>9}{'shared':>9}  {'own against shared':<31}{'own better':<12}{'with R2':<9}verdict",
    ]
    for line in found["table"]:
        sign = "x " if line["change"] == "ratio" else ""
        change = f"{sign}{line['value']:.3g}"
        if line["low"] is not None:
            change += f" ({line['low']:.3g} to {line['high']:.3g})"
        won = f"{line['own_better']} of {line['pairs']}" if line["better"] else ""
        with_r2 = "" if line["with_r2"] is None else f"{line['with_r2']:+.2f}"
        note = f"; {line['note']}" if line["note"] else ""
        lines.append(
            f"{line['question']:52}{line['own']:9.3g}{line['shared']:9.3g}  {change:<31}{won:<12}{with_r2:<9}{line['verdict']}{note}"
        )
    return "\n".join(line.rstrip() for line in lines)


def rounded(value):
    """Floats to 6 digits after the point, so that files stay small and are read easily."""
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(v) for v in value]
    return round(value, 6) if isinstance(value, float) else value


def run(amount: Amount, seed: int = 0, tell=lambda line: None) -> dict:
    """Measures the pairs. Returns what heterogeneity.json holds (schema rheobase.example.heterogeneity/1).

    Example: found = run(QUICK); print(text(found))
    """
    trials = train.make_trials(amount.trials, np.random.default_rng([seed, 2000]))
    chosen = pairs.load()[: amount.networks]
    networks = []
    for pair in chosen:
        for kind in KINDS:
            tell(f"pair {pair.seed}, {kind}")
            times = {k: np.percentile(1e3 * pair.parameters[kind][k], [0, 50, 100]) for k in pairs.TIMES}
            networks.append(
                {
                    "seed": pair.seed,
                    "kind": kind,
                    "tau_ms": {k: v.astype(float).tolist() for k, v in times.items()},
                    **measure(rb.load(pair.graph(kind)), trials, amount, seed),
                }
            )
    found = {
        "schema": SCHEMA,
        "chip": CHIP,
        "pairs": len(chosen),
        "trials": amount.trials,
        "fault_trials": min(FAULT_TRIALS, amount.trials),
        "seed": seed,
        "kinds_of_kick": [asdict(kick) for kick in amount.kicks],
        "watched": WATCHED,
        "endpoint_m": ENDPOINT,
        "reached_m": kicks.REACHED,
        "tolerance_m_s": kicks.TOLERANCE,
        "window_steps": kicks.WINDOW,
        "networks": networks,
        "table": table(networks, amount),
    }
    return rounded(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("-o", "--out", type=Path, default=Path("heterogeneity"), help="folder for both files")
    parser.add_argument("--quick", action="store_true", help="one pair, few trials, two kinds of faults")
    parser.add_argument("--seed", type=int, default=0, help="of trials, faults and kicks")
    args = parser.parse_args()
    found = run(QUICK if args.quick else FULL, args.seed, lambda line: print(line, flush=True))
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "heterogeneity.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    page = heterogeneity_page.page(found, text(found))
    (args.out / "heterogeneity.html").write_text(page, encoding="utf-8")
    print(text(found))


if __name__ == "__main__":
    main()
