"""Random networks for the whole compiler: what was drawn, in the user's terms, beside the Network that rheobase built.

The same seed draws the same network, chip, quantization settings and input.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rheobase as rb
from chip_simulator import BIAS, ChipNet, NoLags, Population, Projection

DT = 1e-3
MODELS = {
    "LIF": "lif",
    "CubaLIF": "cuba_lif",
    "IF": "integrate_and_fire",
    "LI": "li",
    "CubaLI": "cuba_li",
    "I": "integrator",
    "Threshold": "lif",  # F24
}
SPIKING = ("LIF", "CubaLIF", "IF", "Threshold")
RECORDS = Path(__file__).resolve().parents[2] / "backends"
KINDS_OF_SETTINGS = ("pinned", "chosen", "edited")


@dataclass
class Connection:
    name: str
    source: str
    target: str
    weights: np.ndarray
    bias: np.ndarray | None
    first: str  # the node behind the source
    delays: np.ndarray | None = None  # F23, [targets, sources]
    bias_delays: np.ndarray | None = None  # [targets, 1]


@dataclass
class Drawn:
    """One network, what it is compiled for and what it is fed."""

    seed: int
    net: rb.Network
    chip: str  # a name, or the path of a record
    profile: str
    kind_of_settings: str
    settings: dict | None  # given to the compiler
    inputs: dict[str, int]
    kinds: dict[str, str]  # population -> NIR kind
    sizes: dict[str, int]
    # Populations driven by their v_leak, or with thresholds below 0 -> the projection.
    leaking: dict[str, str]
    connections: list[Connection]
    x: dict[str, np.ndarray]
    pinned: dict[str, np.ndarray] = field(default_factory=dict)  # projection -> weights
    used: dict = field(default_factory=dict)  # settings with every number

    def chip_net(self, settings: dict, weights: dict[str, np.ndarray]) -> ChipNet:
        """What the rules are applied to: registers and exponents from the settings, integers by projection. T7: where a loop
        needs it, what all synapses of a projection wait is its axons' delay."""
        try:
            return self._chip_net(settings, weights, False)
        except NoLags:
            return self._chip_net(settings, weights, True)

    def _chip_net(self, settings: dict, weights: dict[str, np.ndarray], share: bool) -> ChipNet:
        populations = [
            Population(name, self.sizes[name], MODELS[kind], settings["populations"][name])
            for name, kind in self.kinds.items()
        ]
        projections = []

        def add(
            name: str, source: str, target: str, delay: int = 0, delays: np.ndarray | None = None
        ) -> None:
            for exponent, part in formats_of(settings["projections"][name], weights[name]):
                projections.append(Projection(name, source, target, delay, part, exponent, delays))

        steps = {(source, target): delay for source, target, delay in self.net.edges}
        for c in self.connections:
            alike = 0 if c.delays is None else int(c.delays.min())
            if share and c.delays is not None and weights[c.name].any():
                alike = int(c.delays[weights[c.name] != 0].min())
            delays = None if c.delays is None else np.maximum(c.delays - alike, 0)
            add(c.name, c.source, c.target, steps[c.source, c.first] + alike, delays)
            if c.bias is not None:
                add(f"{c.name}.bias", BIAS, c.target, 0, c.bias_delays)
        for name, part in self.leaking.items():
            add(part, BIAS, name)
        return ChipNet(self.profile, self.inputs, populations, projections)


def formats_of(entry: dict, weights: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """W10: (exponent, weights) of each projection that a projection is held as; where it has one format, all of it."""
    rows = len(weights)
    bits, exponents = (np.broadcast_to(entry[key], rows) for key in ("bits", "exponent"))
    found = []
    for b, e in sorted(set(zip(bits.tolist(), exponents.tolist()))):
        mine = np.where(((bits == b) & (exponents == e))[:, None], weights, 0)
        signs = (np.maximum(mine, 0), np.minimum(mine, 0)) if b == 9 else (mine,)
        found += [(e, part) for part in signs]
    return found


class _Draw:
    def __init__(self, seed: int, folder: Path):
        self.rng = np.random.default_rng(seed)
        self.seed, self.folder = seed, folder

    def chance(self, percent: float) -> bool:
        return bool(self.rng.random() * 100 < percent)

    def pick(self, *options):
        return options[int(self.rng.integers(len(options)))]

    def between(self, least: int, most: int) -> int:
        return int(self.rng.integers(least, most + 1))

    overflowing = False  # whether pinned settings aim at wraps and saturations

    # -- what the network is

    def size(self) -> int:
        return self.between(25, 70) if self.chance(8) else self.between(1, 20)

    def network(self) -> Drawn:
        chip, profile, extensions = self.target()
        if extensions or self.chance(4):
            reset = self.pick("zero", "v_reset", "subtract")
        else:
            reset = "zero"
        spikes = "dirac" if self.chance(5) else "unit"
        discretization = self.pick("euler", "exponential")
        b = rb.Builder(
            dt=DT, name=f"random{self.seed}", reset=reset, spikes=spikes, discretization=discretization
        )
        self.unit = DT if spikes == "dirac" else 1.0
        drawn = Drawn(
            self.seed, None, chip, profile, self.pick(*KINDS_OF_SETTINGS), None, {}, {}, {}, {}, [], {}
        )  # fmt: skip
        for i in range(self.between(1, 2)):
            drawn.inputs[f"in{i}"] = self.size()
            b.input(f"in{i}", drawn.inputs[f"in{i}"])
        for i in range(count := self.between(1, 5)):
            kinds = list(MODELS) if i == count - 1 or self.chance(10) else SPIKING
            kinds = [k for k in kinds if k != "Threshold" or extensions]  # loihi1 cannot forget
            self.population(b, drawn, f"{self.pick('a', 'm', 'z')}{i}", self.pick(*kinds))
        self.wire(b, drawn)
        self.outputs(b, drawn)
        drawn.net = b.build()
        if drawn.kind_of_settings == "pinned":
            drawn.settings = self.pins(drawn, extensions)
        elif drawn.kind_of_settings == "edited":
            drawn.settings = self.edits(drawn)
        drawn.x = self.input(drawn)
        return drawn

    def target(self) -> tuple[str, str, bool]:
        """A chip and one of its profiles; a third of them with limits so small that populations fall into pieces."""
        name = self.pick("loihi2", "loihi2", "loihi1", "loihi1", "tiny")
        profile = "lava" if name == "loihi2" else self.pick("lava", "loihi1")
        extensions = name != "loihi1"
        if not self.chance(33):
            return name, profile, extensions
        record = json.loads((RECORDS / name / "chip.json").read_text())
        limits = record["limits"]
        limits["neurons_per_core"]["value"] = self.between(3, 40 if name != "tiny" else 32)
        for limit in ("input_axons_per_core", "output_axons_per_core", "synapse_words_per_core"):
            limits[limit]["value"] = max(40, limits[limit]["value"] // self.between(1, 60))
        self.share_axons(record)
        path = self.folder / f"chip{self.seed}.json"
        path.write_text(json.dumps(record))
        return str(path), profile, extensions

    def share_axons(self, record: dict) -> None:
        """I5: so many sources may share an axon."""
        atoms = self.pick(1, 2, 5, 32)
        record["limits"]["atoms_per_axon"] = {"value": atoms, "unit": "atoms", "source": "drawn"}
        for name, added, bits in (("axon", "atoms", 6), ("route", "atom", 5)):
            layout = record["layouts"][name]
            if added not in {entry["name"] for entry in layout}:
                layout.append({"name": added, "bits": bits})

    def population(self, b: rb.Builder, drawn: Drawn, name: str, kind: str) -> None:
        size = self.size()
        drawn.kinds[name], drawn.sizes[name] = kind, size
        each = size if self.chance(40) else 1  # values for each neuron, or one for all

        def values(least, most):
            drawn_values = self.rng.uniform(least, most, each)
            return drawn_values if each > 1 else float(drawn_values[0])

        if kind == "Threshold":
            thresholds = np.broadcast_to(values(-0.5, 2.0), size)
            if (thresholds < 0).any():
                drawn.leaking[name] = f"{name}.threshold"
            b.threshold(name, size, thresholds)
            return
        tau = DT * values(1.0, 4.0 if self.chance(50) else 60.0)
        parameters = {"r": values(0.3, 3.0) if self.chance(70) else 1.0}
        if kind in SPIKING:
            parameters.update(v_threshold=values(0.2, 2.0), v_reset=values(-0.5, 0.1))
        if kind in ("LIF", "LI"):
            parameters["tau"] = tau
        if kind.startswith("Cuba"):
            parameters.update(tau_mem=tau, tau_syn=DT * values(1.0, 10.0), w_in=values(0.3, 3.0))
        if kind in ("LIF", "LI") and self.chance(15):
            parameters["v_leak"] = values(-0.3, 0.4)
            drawn.leaking[name] = f"{name}.leak"
        add = {
            "LIF": b.lif,
            "CubaLIF": b.cuba_lif,
            "IF": b.integrate_and_fire,
            "LI": b.li,
            "CubaLI": b.cuba_li,
            "I": b.integrator,
        }[kind]
        add(name, size, **parameters)

    def wire(self, b: rb.Builder, drawn: Drawn) -> None:
        names = list(drawn.kinds)
        spiking = [n for n in names if drawn.kinds[n] in SPIKING]
        for i, target in enumerate(names):
            before = [n for n in names[:i] if n in spiking]
            sources = {self.pick(*(before[-1:] or list(drawn.inputs)))}
            sources.update(s for s in [*drawn.inputs, *before] if self.chance(25))
            if target in spiking and self.chance(35):
                sources.add(target)
            if self.chance(1) and target in spiking and i > 0:
                sources.add(names[-1] if names[-1] in spiking else target)  # a loop through several: refused
            for source in sorted(sources):
                self.connect(b, drawn, source, target)
                if self.chance(8):
                    self.connect(b, drawn, source, target)
        self.share(b, drawn)

    def share(self, b: rb.Builder, drawn: Drawn) -> None:
        """Makes some matrices serve a second source or a second target: then the ends tell the projections apart."""
        for c in [c for c in drawn.connections if c.first == c.name and c.delays is None and self.chance(12)]:
            size = drawn.sizes
            widths = {**drawn.inputs, **{n: k for n, k in size.items() if drawn.kinds[n] in SPIKING}}
            sources = [
                n for n, k in widths.items() if k == c.weights.shape[1] and self.before(drawn, n, c.target)
            ]
            targets = [
                n for n, k in size.items() if k == c.weights.shape[0] and self.before(drawn, c.source, n)
            ]
            second = None
            if others := [n for n in sources if n != c.source]:
                b.connect(other := self.pick(*others), c.name)
                second = Connection(c.name, other, c.target, c.weights, None, c.name)
                if self.before(
                    drawn, other, c.source
                ):  # the bias acts once, beside the source that comes first
                    c.bias, second.bias = second.bias, c.bias
            elif others := [n for n in targets if n != c.target and c.source != c.target]:
                b.connect(c.name, other := self.pick(*others))
                second = Connection(c.name, c.source, other, c.weights, c.bias, c.name)
            if second is None:
                continue
            drawn.connections.append(second)
            for end in (c, second):
                end.name = f"{c.name.split('[')[0]}[{end.source}->{end.target}]"

    def before(self, drawn: Drawn, source: str, target: str) -> bool:
        order = [*drawn.inputs, *drawn.kinds]
        return order.index(source) < order.index(target)

    def connect(self, b: rb.Builder, drawn: Drawn, source: str, target: str) -> None:
        columns = drawn.inputs.get(source) or drawn.sizes[source]
        rows = drawn.sizes[target]
        name = f"w{len(drawn.connections)}_{source}_{target}"
        taken = any(c.name == f"{source}->{target}" for c in drawn.connections)
        if rows == columns and not taken and self.chance(30):
            b.connect(source, target)
            drawn.connections.append(
                Connection(f"{source}->{target}", source, target, np.eye(rows), None, target)
            )
            return
        weights = self.rng.normal(0, self.pick(0.1, 1.0, 3.0) / np.sqrt(columns), (rows, columns))
        if self.chance(20):
            weights = np.abs(weights) * self.pick(-1, 1)
        if self.chance(30):
            weights[self.rng.random(weights.shape) < self.pick(0.6, 0.9)] = 0
        if self.chance(10):
            weights.flat[self.between(0, weights.size - 1)] *= 40
        if not weights.any():
            weights.flat[0] = 0.5
        bias = self.rng.normal(0, 0.15, rows) if self.chance(20) else None
        made = Connection(name, source, target, weights * self.unit, bias, name)
        drawn.connections.append(made)
        ends = [source, target]
        for end, size, what in ((0, columns, "before"), (1, rows, "behind")):
            if not self.chance(12):
                continue
            steps = self.rng.integers(0, 6, self.pick(1, size))
            ends[end] = b.delay(f"{name}_{what}", size, DT * steps)
            b.connect(*((source, ends[0]) if end == 0 else (ends[1], target)))
            waits = np.broadcast_to(steps, size)
            made.delays = (0 if made.delays is None else made.delays) + (
                np.tile(waits, (rows, 1)) if end == 0 else np.tile(waits[:, None], (1, columns))
            )
            if end == 1 and bias is not None:
                made.bias_delays = waits[:, None]
        b.connect(*ends, made.weights, bias=bias, name=name)
        made.first = name if ends[0] == source else ends[0]
        made.name = "+".join(
            [*([ends[0]] if ends[0] != source else []), name, *([ends[1]] if ends[1] != target else [])]
        )

    def outputs(self, b: rb.Builder, drawn: Drawn) -> None:
        feeding = {c.source for c in drawn.connections if c.source != c.target}
        for name in drawn.kinds:
            if name not in feeding or name == list(drawn.kinds)[-1] or self.chance(20):
                b.output(f"out_{name}", name)

    # -- quantization settings

    def pins(self, drawn: Drawn, extensions: bool) -> dict:
        """Every register and every weight, ends of their ranges included."""
        self.overflowing = overflowing = self.chance(35)
        populations = {n: self.registers(drawn, n, extensions) for n in drawn.kinds}
        projections = {}
        shapes = {}
        for c in drawn.connections:
            shapes[c.name] = c.weights.shape
            if c.bias is not None:
                shapes[f"{c.name}.bias"] = (len(c.bias), 1)
        for name, part in drawn.leaking.items():
            shapes[part] = (drawn.sizes[name], 1)
        incoming: dict[str, int] = {}
        for c in drawn.connections:
            incoming[c.target] = incoming.get(c.target, 1) + c.weights.shape[1] + 1
        for name, shape in shapes.items():
            target = next(
                (c.target for c in drawn.connections if name.startswith(c.name)), name.rsplit(".", 1)[0]
            )
            sign = self.pick("excitatory", "inhibitory", *(() if overflowing else ("mixed", "mixed")))
            by_row = not overflowing and self.chance(25)
            bits = self.bits(sign, shape[0] if by_row else None)
            step = 1 << ((9 if sign == "mixed" else 8) - np.broadcast_to(bits, shape[0])[:, None])
            end = 256 - step
            least = {"mixed": np.where(step == 1, -255, -256), "excitatory": 0 * end, "inhibitory": -end}[
                sign
            ]
            most = {"mixed": end, "excitatory": end, "inhibitory": 0 * end}[sign]
            weights = self.rng.integers(least // step, most // step + 1, shape) * step
            if self.chance(50) and not overflowing:
                weights = np.clip(weights // (8 * step) * step, least, most)
            ends = self.rng.random(shape) < 0.05
            weights[ends] = np.where(self.rng.random(shape) < 0.5, least, most)[ends]
            # W8: what a neuron receives in one step stays within 2^18.
            top = int(np.floor(np.log2(2**18 / 256 / incoming[target])))
            exponent = min(7, top) if overflowing else self.between(-8, min(7, top, 1))
            if by_row:
                exponent = self.rng.integers(-8, min(7, top, 1) + 1, shape[0]).tolist()
            rows = weights.tolist()
            if self.chance(20):  # listed, most pairs left out
                weights[self.rng.random(shape) < 0.8] = 0
                rows = [{str(s): int(row[s]) for s in np.flatnonzero(row)} for row in weights]
            projections[name] = dict(bits=bits, exponent=exponent, sign_mode=sign, weights=rows)
            drawn.pinned[name] = weights
        return {
            "schema": "rheobase.quantization/1",
            "populations": populations,
            "projections": projections,
        }

    def bits(self, sign: str, rows: int | None):
        """Of a projection, or one for each row; nine where weights have both signs (W10)."""
        most = 9 if sign == "mixed" else 8
        if rows is not None:
            return self.rng.integers(2, most + 1, rows).tolist()
        return 8 if self.chance(60) else self.between(2, most)

    def registers(self, drawn: Drawn, name: str, extensions: bool) -> dict:
        kind, size = drawn.kinds[name], drawn.sizes[name]
        each = size if self.chance(30) else 1

        def values(usual_least, usual_most, least, most):
            drawn_values = self.rng.integers(usual_least, usual_most + 1, each)
            ends = self.rng.random(each) < 0.06
            drawn_values[ends] = self.rng.choice([least, most], int(ends.sum()))
            return drawn_values.tolist() if each > 1 else int(drawn_values[0])

        registers: dict = {}
        if kind.startswith("Cuba"):
            registers["du"] = values(
                *((0, 100) if self.overflowing else self.pick((0, 300), (200, 4095))), 0, 4095
            )
        if kind not in ("IF", "I"):
            registers["dv"] = values(*self.pick((0, 300), (200, 4095)), 0, 4096 if extensions else 4095)
        if self.chance(30):
            registers["bias_mantissa"] = values(-300, 300, -4095, 4095)
            registers["bias_exponent"] = self.between(-8 if extensions else 0, 7)
        if kind in SPIKING:
            registers["vth"] = values(0, self.pick(40, 400, 3000), 0, 131071)
            mode = self.pick("zero", "value", "subtract") if extensions else "zero"
            registers["reset_mode"] = mode
            if mode == "value":
                registers["reset_value"] = values(-400, 100, -131072, 131071)
        return registers

    def edits(self, drawn: Drawn) -> dict | None:
        """What the compiler would choose, with some of it changed by the user."""
        try:
            settings = rb.quantization(drawn.net, chip=drawn.chip, profile=drawn.profile)
        except rb.CompileError:
            return None
        rows = {c.name: len(c.weights) for c in drawn.connections}
        for name, projection in settings["projections"].items():
            if self.chance(30):
                projection["bits"] = self.bits(
                    projection["sign_mode"], rows.get(name) if self.chance(50) else None
                )
            if self.chance(20):
                projection["exponent"] = int(np.clip(projection["exponent"] + self.between(-2, 1), -8, 7))
        for population in settings["populations"].values():
            if self.chance(20):
                population["scale_v"] *= float(self.rng.uniform(0.4, 1.3))
                population.pop("vth", None)
            if "dv" in population and self.chance(20):
                population["dv"] = self.between(0, 4095)
        return settings

    # -- input

    def input(self, drawn: Drawn) -> dict[str, np.ndarray]:
        batch, steps = 2, self.between(12, 30)
        density = 0.95 if self.overflowing else self.pick(0.1, 0.3, 0.6, 0.95)
        return {
            name: (self.rng.random((batch, steps, channels)) < density).astype(np.uint8)
            for name, channels in drawn.inputs.items()
        }


def draw(seed: int, folder: Path) -> Drawn:
    """The network of a seed. ``folder`` takes the records of chips with smaller limits."""
    return _Draw(seed, folder).network()
