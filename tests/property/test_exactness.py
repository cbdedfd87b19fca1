"""Networks whose numbers the chip's integers hold exactly: float64 and chip agree in every spike and every state.

Time constants of one or two steps, weights and thresholds that are few bits long: no rounding is left on either side.
RHEO_SEED=n replays one network, RHEO_NETWORKS=n draws that many.
"""

from collections import Counter

import numpy as np
import pytest
import rheobase as rb
from comparing import run_engines
from replay import check_all, replayable
from stage_text import StageText

SHARE = 60
DT = 2.0**-10
HALVING_STEPS = 8  # a state can be halved so often before a bit is lost (weights are multiples of 2^8)
SPIKING = ("LIF", "CubaLIF", "IF", "Threshold")


class Exact:
    """One network; ``unit`` is the float value of the smallest weight."""

    def __init__(self, seed: int):
        rng = self.rng = np.random.default_rng(seed)
        self.chip, self.profile = [
            ("loihi2", "lava"),
            ("tiny", "lava"),
            ("tiny", "loihi1"),
            ("loihi1", "loihi1"),
        ][rng.integers(4)]
        self.unit = 2.0 ** int(rng.integers(-12, 5))
        self.leaky = self.chip != "loihi1"  # its dv ends at 4095/4096
        reset = str(rng.choice(["zero", "v_reset", "subtract"])) if self.chip != "loihi1" else "zero"
        self.builder = rb.Builder(dt=DT, reset=reset)
        self.gains: dict[str, float] = {}
        self.sizes = {"in": int(rng.integers(1, 16))}
        self.connections: list[tuple[str, str, np.ndarray]] = []
        self.halving = self.delayed = False
        self.builder.input("in", self.sizes["in"])
        count = int(rng.integers(1, 4))
        for i in range(count):
            self.population(f"p{i}", last=i == count - 1)
        for i in range(count):
            self.builder.output(f"out{i}", f"p{i}")
        self.net = self.builder.build()
        self.scale = 64 * 2 / self.unit  # with the exponent 1
        self.pins = None
        if rng.random() < 0.6:
            populations = {f"p{i}": {"scale_v": self.scale} for i in range(count)}
            self.pins = {"schema": "rheobase.quantization/1", "populations": populations, "projections": {}}
        steps = HALVING_STEPS if self.halving else int(rng.integers(8, 24))
        self.x = (rng.random((3, steps, self.sizes["in"])) < 0.4).astype(np.uint8)

    def power(self) -> float:
        return 2.0 ** int(self.rng.integers(-1, 2))

    def tau(self) -> tuple[float, float]:
        """(time constant, share lost in a step): all or half."""
        k = float(self.rng.choice([1.0, 0.5]))
        self.halving |= k < 1
        return DT / k, k

    def population(self, name: str, last: bool) -> None:
        rng, b = self.rng, self.builder
        kinds = (
            [*SPIKING, *(("LI", "CubaLI", "I") if last else ())]
            if self.leaky
            else ["IF", *(["I"] if last else [])]
        )
        kind = str(rng.choice(kinds))
        size = self.sizes[name] = int(rng.integers(1, 16))
        r = self.power()
        fire = {}
        if kind == "Threshold":  # between two sums, on one, or below 0
            threshold = (rng.integers(-60, 200, size) + rng.choice([0, 0.5], size)) * 2 * self.unit
            threshold[threshold < 0] = np.floor(threshold[threshold < 0] / (2 * self.unit)) * 2 * self.unit
            if (threshold < 0).any():
                self.connections.append((f"{name}.threshold", name, np.maximum(-threshold, 0)[:, None]))
            b.threshold(name, size, threshold)
            self.gains[name] = 1.0
        elif kind in SPIKING:
            fire = dict(
                v_threshold=rng.integers(1, 200, size) * 2 * self.unit,
                v_reset=-float(rng.integers(0, 9)) * 2 * self.unit,
            )
        if kind == "Threshold":
            pass
        elif kind == "IF":
            b.integrate_and_fire(name, size, r=r, **fire)
            self.gains[name] = r
        elif kind == "I":
            b.integrator(name, size, r=r)
            self.gains[name] = r
        else:
            tau, k = self.tau()
            self.gains[name] = k * r
            if kind.startswith("Cuba"):
                tau_syn, k_syn = self.tau()
                w_in = self.power()
                self.gains[name] *= k_syn * w_in
                currents = dict(tau_syn=tau_syn, tau_mem=tau, w_in=w_in, r=r)
                add = b.cuba_lif if kind in SPIKING else b.cuba_li
                add(name, size, **currents, **fire)
            else:
                drive = float(rng.integers(-9, 9)) * 2 * self.unit  # what v_leak adds in every step
                if drive:
                    self.connections.append((f"{name}.leak", name, np.full((size, 1), drive)))
                add = b.lif if kind in SPIKING else b.li
                add(name, size, tau=tau, r=r, v_leak=drive / k, **fire)
        index = int(name[1:])
        self.connect(f"p{index - 1}" if index else "in", name)
        if index and rng.random() < 0.4:
            self.connect("in", name)  # waits for the way through the populations
        if kind in SPIKING and rng.random() < 0.4:
            self.connect(name, name)

    def connect(self, source: str, target: str) -> None:
        shape = (self.sizes[target], self.sizes[source])
        # What a spike adds to v, in units: even numbers, one of them the largest that a weight can be.
        adds = 2 * self.rng.integers(-60, 90, shape)
        adds.flat[self.rng.integers(adds.size)] = 254
        bias = 2 * self.rng.integers(-20, 40, shape[0]) if self.rng.random() < 0.3 else None
        gain = self.gains[target] / self.unit
        name = f"{source}_{target}"
        before, behind = self.delay(f"{name}_before", source), self.delay(f"{name}_behind", target)
        first, last = before or source, behind or target
        self.builder.connect(first, last, adds / gain, bias=None if bias is None else bias / gain, name=name)
        if before:
            self.builder.connect(source, before)
        if behind:
            self.builder.connect(behind, target)
        chain = "+".join(node for node in (before, name, behind) if node)
        self.connections.append((chain, target, adds * self.unit))
        if bias is not None and bias.any():
            self.connections.append((f"{chain}.bias", target, bias[:, None] * self.unit))

    def delay(self, name: str, beside: str) -> str | None:
        """Sometimes a Delay of as many elements as the node beside it, all alike or not."""
        if self.rng.random() > 0.25:
            return None
        size = self.sizes[beside]
        self.delayed = True
        return self.builder.delay(name, size, DT * self.rng.integers(0, 5, self.rng.choice([1, size])))

    def is_exact(self, settings: dict, text: StageText) -> bool:
        """Whether the chosen integers are the float numbers: every weight, no shift to the right, every threshold."""
        weights = {p.name: p for p in text.projections()}
        for name, target, adds in self.connections:
            p, scale = weights[name], units(settings["populations"][target])
            least = 256 if self.halving else 1
            effect = p.weights * 64 * 2.0**p.exponent
            shifted_out = p.exponent < 0 and np.any(p.weights % (1 << -p.exponent))
            if shifted_out or np.any(effect != adds * np.reshape(scale, (-1, 1))) or np.any(effect % least):
                return False
        for name, population in text.populations.items():
            node, scale = self.net.nodes[name], units(settings["populations"][name])
            vth = population.register("vth")
            if node.kind == "Threshold":  # F24: nothing lies between two sums
                if np.any(np.floor(np.maximum(node.parameters["threshold"], 0) * scale / 64) != vth):
                    return False
            elif node.spiking and np.any(node.parameters["v_threshold"] * scale != 64 * vth):
                return False
        return True

    def potential(self, probe: str, ref: rb.Recording) -> np.ndarray:
        """The float network's, as the chip counts it: that of a Threshold from where it is below 0 (F24)."""
        name, state = probe.rsplit(".", 1)
        node, v = self.net.nodes[name], ref.states[probe]
        if node.kind != "Threshold" or state != "v":
            return v
        return np.where(ref.spikes[name] != 0, 0, v - np.minimum(node.parameters["threshold"], 0))


def units(population: dict) -> np.ndarray:
    """Integer units of v for one float unit: one number, or one for each neuron."""
    return population["scale_v"] * np.array(population.get("spread_v", 1.0))


def check(seed: int, folder, tally: Counter) -> None:
    drawn = Exact(seed)
    options = dict(chip=drawn.chip, profile=drawn.profile, quant=drawn.pins)
    try:
        image = rb.compile(drawn.net, dump_stages=folder, **options)
    except rb.CompileError as refused:
        tally[f"refused by {refused.diagnostics[0].code}"] += 1
        return
    settings = rb.quantization(drawn.net, **options)
    if not drawn.is_exact(settings, StageText((folder / "3-legal.mlir").read_text())):
        tally["inexact"] += 1
        assert drawn.pins is None, "a scale that is pinned to hold every number holds every number"
        return
    out = run_engines(image, {"in": drawn.x})
    if out.overflows:
        tally["overflowed"] += 1
        return
    probes = image.probes()
    ref = drawn.net.run(drawn.x, dtype="float64", probes=probes)
    for name, raster in ref.spikes.items():
        assert np.array_equal(out.aligned(name), raster), f"spikes of '{name}'"
        tally["spikes"] += int(raster.sum())
    for probe in probes:
        mine, theirs = out.aligned(probe), drawn.potential(probe, ref) * out.scale[probe]
        places = np.argwhere(mine != theirs)
        assert (
            len(places) == 0
        ), f"{probe} at {places[0]}: {mine[tuple(places[0])]} on the chip, {theirs[tuple(places[0])]} in float64"
    tally["exact"] += 1
    tally[f"exact, {'pinned' if drawn.pins else 'chosen'} scale"] += 1
    tally["exact, halving"] += drawn.halving
    tally["exact, with delays"] += drawn.delayed
    tally["exact, with a Threshold"] += any(n.kind == "Threshold" for n in drawn.net.populations)
    tally[f"exact on {drawn.chip}, {drawn.profile}"] += 1


def test_n6_n9_f2_f23_f24_chip_equals_float64_where_nothing_is_rounded(tmp_path):
    tally = Counter()
    chosen = check_all(SHARE, lambda seed: check(seed, tmp_path, tally), tally)
    if chosen is None:
        return
    assert tally["exact"] > chosen / 2
    assert tally["exact, halving"] > chosen / 10
    assert tally["exact, with delays"] > chosen / 10
    assert tally["exact, with a Threshold"] > chosen / 10
    assert tally["exact, chosen scale"] > chosen / 20
    assert tally["spikes"] > 20 * chosen


def test_replays_name_their_seed():
    with pytest.raises(AssertionError, match="RHEO_SEED=7"), replayable(7):
        raise ValueError("a fault")
