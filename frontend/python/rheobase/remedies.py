"""What may help against a violated rule: for every rule the changes worth a trial, the mildest first. `fixing` tries them.

A remedy takes the plan that violates a rule and yields changed plans. To add one: write such a function, and name the
rules it may help with in REMEDIES.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable, Iterator, Optional

import numpy as np

from .arithmetic import MOST_WEIGHT_BITS
from .chipspec import ChipSpec, chips
from .errors import Diagnostic, Error
from .network import Network
from .pinning import SCHEMA
from .plain import as_json

_BITS = range(MOST_WEIGHT_BITS - 1, 1, -1)  # the most is what a chip has; 1 holds one sign only
_FACTORS = (0.5, 0.25, 2.0, 0.0625, 4.0, 2.0**-8, 16.0)  # of a population's scale
_CHIPS_JOINED = (2, 4, 8, 16, 64, 256)
_SHARED = (64, 16, 4, 1)  # values that the neurons of a population share


@dataclass(frozen=True)
class Plan:
    """A network and how it is compiled: `options` as rb.compile takes them, `conventions` as rb.load does."""

    net: Network
    chip: object = "loihi2"  # a name, a file, a ChipSpec, or a record that is not written yet
    options: dict = field(default_factory=dict)
    conventions: dict = field(default_factory=dict)

    def with_settings(self, change: Callable[[dict], None]) -> Plan:
        """The plan with changed quantization settings."""
        settings = copy.deepcopy(self.options.get("quant") or {"schema": SCHEMA})
        for section in ("populations", "projections"):
            settings.setdefault(section, {})
        change(settings)
        return replace(self, options={**self.options, "quant": settings})

    def with_option(self, name: str, value) -> Plan:
        return replace(self, options={**self.options, name: value})


@dataclass(frozen=True)
class Candidate:
    """A changed plan. what: the change in words. price: what it costs, asked for where it helped."""

    plan: Plan
    what: str
    price: Callable[[], str]


def changes(start: Plan, plan: Plan) -> list[Callable[[Plan], Plan]]:
    """For everything in which two plans differ, what takes it back."""

    def convention(name: str) -> Callable[[Plan], Plan]:
        def undo(now: Plan) -> Plan:
            kept = {k: v for k, v in now.conventions.items() if k != name or k in start.conventions}
            if name in start.conventions:
                kept[name] = start.conventions[name]
            return replace(now, net=start.net.under(**kept), conventions=kept)

        return undo

    names = [n for n in {**start.options, **plan.options} if start.options.get(n) != plan.options.get(n)]
    found = [lambda now, n=n: now.with_option(n, start.options.get(n)) for n in names]
    found += [
        convention(name) for name, value in plan.conventions.items() if start.conventions.get(name) != value
    ]
    if plan.chip != start.chip:
        found.append(lambda now: replace(now, chip=start.chip))
    return found


Maker = Callable[[Plan, Diagnostic], Iterator[Candidate]]


@dataclass(frozen=True)
class Remedy:
    """Changes that may help against some rules."""

    rules: tuple
    candidates: Maker


def spec_of(plan: Plan) -> ChipSpec:
    """The kind of chip, of however many."""
    return plan.chip.spec if isinstance(plan.chip, Joined) else ChipSpec.load(plan.chip)


def _costs(text: str) -> Callable[[], str]:
    return lambda: text


# --- the network's parts ---


def sources_of(net: Network, population: str) -> set[str]:
    """The nodes between a population and those that drive it: their weights end there."""
    into: dict[str, list] = {}
    for source, target, _ in net.edges:
        into.setdefault(target, []).append(source)
    found, rest = set(), [population]
    while rest:
        for source in into.get(rest.pop(), []):
            if source not in found and source in net.nodes and not net.nodes[source].stateful:
                found.add(source)
                rest.append(source)
    return found


def projections_into(net: Network, population: str, names) -> list[str]:
    """Those of the settings' projections that end in a population, its biases among them."""
    near = sources_of(net, population)
    return [
        name
        for name in names
        if name in near
        or name.rsplit(".", 1)[0] in {*near, population}
        or name.endswith(f"->{population}")
        or name.rsplit(".", 1)[0].endswith(f"->{population}")
    ]


def chosen(plan: Plan, weights: bool = False) -> Optional[dict]:
    """The settings as the compiler chooses them for the plan; None where it refuses."""
    from .compiler import run_compiler

    try:
        given = {k: v for k, v in plan.options.items() if k in ("profile", "quant", "weight_bits")}
        return json.loads(
            run_compiler(plan.net, spec_of(plan), to_stage="quant", keep_weights=weights, **given)[
                "quantization"
            ]
        )
    except Error:
        return None


def weight_change(before: Plan, after: Plan, population: Optional[str]) -> str:
    """How far weights are from what they were, as a share of the largest of their projection: measured."""
    old, new = chosen(before, True), chosen(after, True)
    if old is None or new is None:
        return "how far the weights change was not measured"
    worst = 0.0
    for target in before.net.populations:
        if population not in (None, target.name):
            continue
        for name in projections_into(before.net, target.name, old["projections"]):
            was, now = (_real(s, name, target.name) for s in (old, new))
            if np.abs(was).max() > 0:
                worst = max(worst, float(np.abs(now - was).max() / np.abs(was).max()))
    return f"weights change by at most {100 * worst:.2g} % of the largest"


def _real(settings: dict, projection: str, population: str) -> np.ndarray:
    entry, of = settings["projections"][projection], settings["populations"][population]
    weights = np.array(entry["weights"], float)
    exponents = np.broadcast_to(entry["exponent"], len(weights))
    return weights * 2.0 ** exponents[:, None] / of.get("scale_v", 1.0)


# --- remedies ---


def _unpin(plan: Plan, found: Diagnostic) -> Iterator[Candidate]:
    """What settings pin and nobody can hold is left to be chosen."""
    settings = plan.options.get("quant") or {}
    for section in ("populations", "projections"):
        for name in settings.get(section, {}):
            place = f"{section}.{name}"
            if found.where in (name, place):
                key = None
            elif found.where.startswith(place + "."):
                key = found.where[len(place) + 1 :]
            else:
                continue

            def change(s, section=section, name=name, key=key):
                if key is None:
                    del s[section][name]
                else:
                    s[section][name].pop(key, None)

            what = f"'{found.where}' left out of the settings"
            yield Candidate(plan.with_settings(change), what, _costs("its value is chosen anew"))


def _another_scale(plan: Plan, found: Diagnostic) -> Iterator[Candidate]:
    """The population's scale chosen anew, or a multiple of it; thresholds and exponents follow."""
    name = found.where
    pins = (plan.options.get("quant") or {}).get("populations", {}).get(name, {})
    free = plan.with_settings(lambda s: _loosen(s, plan.net, name, None))
    settings = chosen(free)
    was = pins.get("scale_v")
    if pins:
        now = settings["populations"][name].get("scale_v") if settings else None
        price = (
            f"its scale becomes {now:.6g} instead of {was:.6g}"
            if was and now
            else "its values are chosen anew"
        )
        yield Candidate(
            free, f"'scale_v' of '{name}' and what follows from it left to be chosen", _costs(price)
        )
    base = was or (settings or {}).get("populations", {}).get(name, {}).get("scale_v")
    for factor in _FACTORS if base else ():
        after = plan.with_settings(lambda s, f=factor: _loosen(s, plan.net, name, base * f))
        what = f"'scale_v' of '{name}' {base * factor:.6g}, {factor:g} times what it was"
        yield Candidate(after, what, lambda after=after: weight_change(free, after, name))


def _loosen(settings: dict, net: Network, name: str, scale: Optional[float]) -> None:
    settings["populations"].pop(name, None)
    for projection in projections_into(net, name, settings["projections"]):
        settings["projections"][projection].pop("exponent", None)
        settings["projections"][projection].pop("weights", None)
    if scale is not None:
        settings["populations"][name] = {"scale_v": scale}


def _set_bits(settings: dict, bits: dict) -> None:
    """Bits by projection, whose exponents and weights are then chosen anew."""
    for name, own in bits.items():
        entry = settings["projections"].setdefault(name, {})
        entry["bits"] = own
        for pinned in ("exponent", "weights"):
            entry.pop(pinned, None)


def _fewer_bits(plan: Plan, found: Diagnostic) -> Iterator[Candidate]:
    """Fewer bits for the weights into the population that is named."""
    settings = chosen(plan)
    names = projections_into(plan.net, found.where, settings["projections"]) if settings else []
    most = max((np.max(settings["projections"][name]["bits"]) for name in names), default=0)
    shown = " and ".join(f"'{name}'" for name in names)
    for bits in (b for b in _BITS if b < most):
        fewer = {n: np.minimum(bits, settings["projections"][n]["bits"]).tolist() for n in names}
        after = plan.with_settings(lambda s, fewer=fewer: _set_bits(s, fewer))
        price = lambda after=after: weight_change(plan, after, found.where)  # noqa: E731
        yield Candidate(after, f"{bits} weight bits for {shown}", price)


def _one_format(plan: Plan, found: Diagnostic) -> Iterator[Candidate]:
    """The weights of every projection in one format: one exponent, and as many bits as a synapse stores (SPEC W10)."""
    settings = chosen(plan)
    stored = spec_of(plan).limits["weight_bits"].value
    several = [
        name
        for name, p in (settings or {}).get("projections", {}).items()
        if isinstance(p["exponent"], list) or isinstance(p["bits"], list) or p["bits"] > stored
    ]
    if not several:
        return
    one = {n: int(min(stored, np.max(settings["projections"][n]["bits"]))) for n in several}
    after = plan.with_settings(lambda s: _set_bits(s, one))
    shown = " and ".join(f"'{name}'" for name in several)
    price = lambda: weight_change(plan, after, None)  # noqa: E731
    yield Candidate(after, f"one format for the weights of {shown}", price)


def _fewer_bits_everywhere(plan: Plan, found: Diagnostic) -> Iterator[Candidate]:
    for bits in _BITS:
        after = plan.with_option("weight_bits", bits)
        price = lambda after=after: weight_change(plan, after, None)  # noqa: E731
        yield Candidate(after, f"{bits} weight bits", price)


def _shared_parameters(plan: Plan, found: Diagnostic) -> Iterator[Candidate]:
    """Registers that differ from neuron to neuron, rounded to a few values."""
    settings = chosen(plan)
    lists = {
        (name, register): np.array(values)
        for name, entry in (settings or {"populations": {}})["populations"].items()
        for register, values in entry.items()
        if register in ("du", "dv", "vth") and isinstance(values, list)
    }
    for groups in _SHARED if lists else ():
        rounded = {place: _grouped(values, groups) for place, values in lists.items()}

        def change(s, rounded=rounded):
            for (name, register), values in rounded.items():
                s["populations"].setdefault(name, {})[register] = values.tolist()

        most = max(np.abs(rounded[p] - lists[p]).max() / max(1, np.abs(lists[p]).max()) for p in lists)
        what = f"registers of {' and '.join(sorted({repr(n) for n, _ in lists}))} rounded to {groups} values"
        price = f"they change by at most {100 * most:.2g} % of the largest"
        yield Candidate(plan.with_settings(change), what, _costs(price))


def _grouped(values: np.ndarray, groups: int) -> np.ndarray:
    """Each value as the middle one of its group; groups hold equally many neighbours."""
    order = np.argsort(values, kind="stable")
    result = values.copy()
    for part in np.array_split(order, min(groups, len(order))):
        result[part] = values[part[len(part) // 2]]
    return result


def _another_profile(plan: Plan, found: Diagnostic) -> Iterator[Candidate]:
    for profile in spec_of(plan).profiles:
        if profile != plan.options.get("profile"):
            after = plan.with_option("profile", profile)
            yield Candidate(
                after, f"the arithmetic '{profile}'", _costs("results are those of that arithmetic")
            )


def _under(**conventions) -> Maker:
    """Another convention of the float network."""

    def candidates(plan: Plan, found: Diagnostic) -> Iterator[Candidate]:
        now = plan.net.conventions
        given = {name: value(now) if callable(value) else value for name, value in conventions.items()}
        if any(now[name] != value for name, value in given.items()):
            merged = {**plan.conventions, **given}
            after = replace(plan, net=plan.net.under(**merged), conventions=merged)
            what = ", ".join(f"{name} {value}" for name, value in given.items())
            price = "it is another network: 'rheobase verify' measures the difference"
            yield Candidate(after, what, _costs(price))

    return candidates


def _another_seed(plan: Plan, found: Diagnostic) -> Iterator[Candidate]:
    """Another arrangement of the same cores."""
    for seed in range(1, 5):
        after = plan.with_option("seed", seed)
        yield Candidate(
            after, f"--seed {seed}", _costs("the cores lie elsewhere, nothing computes otherwise")
        )


def _split_fan_in(plan: Plan, found: Diagnostic) -> Iterator[Candidate]:
    if "partial_sums" in spec_of(plan).extensions and not plan.options.get("split_fan_in"):
        price = "helper populations; no spike changes, they and what they reach run a step later (SPEC E4)"
        yield Candidate(plan.with_option("split_fan_in", True), "--split-fan-in", _costs(price))


def _clone_fan_out(plan: Plan, found: Diagnostic) -> Iterator[Candidate]:
    if not plan.options.get("clone_fan_out"):
        price = "neurons held several times, in more cores; no spike changes, and none comes later (SPEC E5)"
        yield Candidate(plan.with_option("clone_fan_out", True), "--clone-fan-out", _costs(price))


def _another_chip(plan: Plan, found: Diagnostic) -> Iterator[Candidate]:
    here = spec_of(plan).name
    for name, spec in chips().items():
        if name != here and not spec.comparison:
            after = replace(plan, chip=name, options={**plan.options, "profile": None})
            yield Candidate(after, f"the chip '{name}'", _costs("it is another chip"))


def _joined_chips(plan: Plan, found: Diagnostic) -> Iterator[Candidate]:
    """A larger grid: several chips of the kind, joined."""
    spec = spec_of(plan)
    for count in _CHIPS_JOINED:
        if count > spec.limits["chips"].value:
            joined = Joined(spec, count)
            price = "messages between chips take longer"
            yield Candidate(replace(plan, chip=joined), f"{count} chips of '{spec.name}'", _costs(price))


@dataclass(frozen=True)
class Joined:
    """A chip's record with more chips, which has to be written to a file before anything is compiled for it."""

    spec: ChipSpec
    chips: int

    def record(self) -> dict:
        limit = {"value": self.chips, "unit": "chips", "source": "chosen by `rheobase check --fix`"}
        path = self.spec.path  # a record in a file is no base of another
        own = json.loads(Path(path).read_text(encoding="utf-8")) if path else {"base": self.spec.name}
        limits = {**own.get("limits", {}), "chips": limit}
        return {**own, "name": f"{self.spec.name}x{self.chips}", "limits": limits}

    def write(self, path: Path) -> Path:
        path.write_text(as_json(self.record()), encoding="utf-8")
        return path


_SCALED = (
    "neuron.threshold",
    "neuron.threshold_vanishes",
    "neuron.reset",
    "neuron.bias",
    "neuron.register",
    "synapse.input_bound",
)
_CORE = ("core.input_axons", "core.synapse_words", "core.output_routes", "core.formats", "core.state_words")
REMEDIES = (
    Remedy(("quantization.names", "quantization.pinned", "synapse.clipped", "neuron.threshold_error"), _unpin),
    Remedy(_SCALED, _another_scale),
    Remedy(("core.input_axons", "core.synapse_words"), _split_fan_in),
    Remedy(("core.output_routes",), _clone_fan_out),
    Remedy(("core.formats", "core.input_axons", "core.synapse_words", "chip.cores"), _one_format),
    Remedy(("core.synapse_words",), _fewer_bits),
    Remedy(("chip.cores",), _fewer_bits_everywhere),
    Remedy(("chip.cores", "core.profiles"), _shared_parameters),
    Remedy(("chip.profile",), _another_profile),
    Remedy(("neuron.step",), _under(discretization="exponential")),
    *(Remedy(("neuron.step",), _under(dt=lambda now, n=n: now["dt"] / n)) for n in (2, 4, 16, 64)),
    *(Remedy(("quantization.conventions",), _under(reset=reset)) for reset in ("subtract", "zero")),
    Remedy(("quantization.conventions",), _under(spikes_per_step="one")),
    Remedy(("quantization.conventions",), _under(clamp="none")),
    Remedy(("chip.extension",), _under(reset="zero")),
    Remedy(("route.loop",), _under(feedforward_delay=1)),
    *(Remedy(("neuron.decay_error", "neuron.decay_vanishes"), _under(dt=lambda now, n=n: now["dt"] * n)) for n in (4, 16, 64)),
    *(Remedy(("neuron.decay_forgets",), _under(dt=lambda now, n=n: now["dt"] / n)) for n in (2, 4)),
    Remedy(("neuron.bias_vanishes",), _another_scale),
    Remedy(("route.link_load",), _another_seed),
    Remedy(("chip.cores",), _joined_chips),
    Remedy((*_CORE, *_SCALED, "core.constants", "core.delay_slots", "core.neurons", "core.profiles", "route.delay",
            "chip.cores", "chip.extension", "chip.profile", "quantization.exact"), _another_chip),
)  # fmt: skip


def known(found: Diagnostic) -> bool:
    """Whether there is anything to try against a finding."""
    return any(found.rule in remedy.rules for remedy in REMEDIES)


def candidates(plan: Plan, found: Diagnostic) -> Iterator[Candidate]:
    """Every change worth a trial against a finding, in the order of REMEDIES."""
    for remedy in REMEDIES:
        if found.rule in remedy.rules:
            yield from remedy.candidates(plan, found)
