"""Networks with one defect each: what violates a design rule, drawn from a seed, and what has to be said about it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional

import numpy as np
import rheobase as rb
from hdf5 import File
from nirfiles import good

Random = np.random.Generator


@dataclass
class Defect:
    """A network, or a file that cannot be read as one; the rule that it violates, where, and by which number."""

    rule: str
    where: object = None  # a text, several that are the same, or None for anywhere
    value: Optional[float] = None
    net: Optional[rb.Network] = None
    chip: object = "loihi2"
    quant: Optional[dict] = None
    file: Optional[dict] = field(default=None, repr=False)  # dataset -> value, of a NIR file

    def check(self, folder: Path) -> list:
        """Everything that is found."""
        if self.file is None:
            return rb.check(self.net, self.chip, quant=self.quant)
        try:
            rb.load(self.write(folder))
        except rb.Error as refused:
            return refused.diagnostics
        return []

    def write(self, folder: Path) -> Path:
        with File(folder / "net.nir") as file:
            for name, value in self.file.items():
                file[name] = value
        return folder / "net.nir"


def chip(folder: Path, base: str = "loihi2", **record) -> Path:
    """A chip's file: limits by name, other parts of a record in dictionaries and lists."""
    limits = {k: record.pop(k) for k in list(record) if isinstance(record[k], int)}
    stated = {k: {"value": v, "unit": "things", "source": "my board"} for k, v in limits.items()}
    path = folder / "mine.json"
    path.write_text(json.dumps({"base": base, "name": "mine", "limits": stated, **record}))
    return path


def network(rng: Random, inputs: int = 6, first: int = 5, second: int = 4, **more) -> rb.Network:
    """in -> a -> b by matrices w1 and w2 in which no weight is 0; `more` changes what a and b are, and the network."""
    b = rb.Builder(dt=1e-3, **more.get("conventions", {}))
    b.input("in", inputs)
    b.lif("a", first, **{"tau": 0.02, "r": 20.0, **more.get("a", {})})
    b.connect("in", "a", matrix(rng, first, inputs), name="w1", **more.get("w1", {}))
    b.lif("b", second, **{"tau": 0.02, "r": 20.0, **more.get("b", {})})
    b.connect("a", "b", matrix(rng, second, first), name="w2", **more.get("w2", {}))
    return b.build()


def matrix(rng: Random, rows: int, columns: int) -> np.ndarray:
    return rng.choice([-1, 1], (rows, columns)) * rng.uniform(0.2, 1.0, (rows, columns))


def one(rng: Random, neurons: Callable, inputs: int = 4, weight=None, **connection) -> rb.Network:
    """in -> a, whose neurons `neurons` adds to a builder."""
    b = rb.Builder(dt=1e-3)
    weight = np.abs(matrix(rng, 3, inputs)) if weight is None else weight
    b.input("in", weight.shape[1])
    neurons(b)
    b.connect("in", "a", weight, name="w1", **connection)
    return b.build()


def settings(**sections) -> dict:
    return {"schema": "rheobase.quantization/1", **sections}


# --- quantization ---


def names(rng: Random, folder: Path) -> Defect:
    name = f"layer{rng.integers(100)}"
    section = rng.choice(["populations", "projections"])
    return Defect("quantization.names", name, net=network(rng), quant=settings(**{section: {name: {}}}))


def pinned_register(rng: Random, folder: Path) -> Defect:
    value = (1 << 17) + int(rng.integers(1000))
    quant = settings(populations={"b": {"vth": value}})
    return Defect("quantization.pinned", "populations.b.vth", value, network(rng), quant=quant)


def pinned_bits(rng: Random, folder: Path) -> Defect:
    bits = int(rng.integers(10, 20))
    quant = settings(projections={"w2": {"bits": bits}})
    return Defect("quantization.pinned", "projections.w2.bits", bits, network(rng), quant=quant)


def pinned_exponent(rng: Random, folder: Path) -> Defect:
    exponent = int(rng.integers(8, 30))
    quant = settings(projections={"w1": {"exponent": exponent}})
    return Defect("quantization.pinned", "projections.w1.exponent", exponent, network(rng), quant=quant)


def conventions(rng: Random, folder: Path) -> Defect:
    reset = str(rng.choice(["subtract-late", "zero-next", "none"]))
    return Defect("quantization.conventions", "", net=network(rng, conventions={"reset": reset}))


def exact(rng: Random, folder: Path) -> Defect:
    weight = np.ones((3, 4))
    weight[0, rng.integers(4)] = 2 * int(rng.integers(200, 900)) + 1  # odd, and beyond 8 bits
    return Defect(
        "quantization.exact",
        "w1",
        net=one(rng, lambda b: b.exact("a", 3, decay_v=410, threshold=6400), weight=weight),
    )


# --- neurons ---


def threshold(rng: Random, folder: Path) -> Defect:
    steps = (1 << 17) + int(rng.integers(100000))
    quant = settings(populations={"a": {"scale_v": 64.0 * steps}})
    return Defect("neuron.threshold", "a", steps, network(rng), quant=quant)


def threshold_vanishes(rng: Random, folder: Path) -> Defect:
    quant = settings(populations={"b": {"scale_v": float(rng.uniform(0.01, 30))}})
    return Defect("neuron.threshold_vanishes", "b", 0, network(rng), quant=quant)


def reset(rng: Random, folder: Path) -> Defect:
    far = int(rng.integers(20, 60))
    net = network(rng, a={"v_reset": -float(far)}, conventions={"reset": "v_reset"})
    quant = settings(populations={"a": {"scale_v": 64.0 * 16384}})
    return Defect("neuron.reset", "a", -far * 16384, net, quant=quant)


def bias(rng: Random, folder: Path) -> Defect:
    far = float(rng.integers(1000, 9000))
    net = one(rng, lambda b: b.cuba_lif("a", 3, tau_syn=0.01, tau_mem=0.02, v_leak=-far))
    return Defect(
        "neuron.bias", "a", -far / 20 * 64000, net, quant=settings(populations={"a": {"scale_v": 64000.0}})
    )


def step(rng: Random, folder: Path) -> Defect:
    ratio = float(rng.integers(2, 20))
    return Defect("neuron.step", "b", ratio, network(rng, b={"tau": 1e-3 / ratio}))


def register(rng: Random, folder: Path) -> Defect:
    net = one(rng, lambda b: b.threshold("a", 3, 0.5))
    return Defect("neuron.register", "a", 4096, net, "loihi1")


# --- synapses ---


def input_bound(rng: Random, folder: Path) -> Defect:
    sources = int(rng.integers(30, 60))
    net = network(rng, inputs=sources)
    weights = np.full((5, sources), 126).tolist()
    quant = settings(projections={"w1": {"exponent": 7, "weights": weights, "sign_mode": "mixed"}})
    return Defect("synapse.input_bound", "a", sources * 126 * 128, net, quant=quant)


# --- cores ---


def input_axons(rng: Random, folder: Path) -> Defect:
    sources = int(rng.integers(20, 40))
    mine = chip(folder, input_axons_per_core=sources - int(rng.integers(1, 10)))
    return Defect("core.input_axons", "a", sources, network(rng, inputs=sources), mine)


def synapse_words(rng: Random, folder: Path) -> Defect:
    sources = int(rng.integers(20, 40))
    mine = chip(folder, synapse_words_per_core=sources - int(rng.integers(1, 10)))
    return Defect("core.synapse_words", "a", sources, network(rng, inputs=sources), mine)


def formats(rng: Random, folder: Path) -> Defect:
    b = rb.Builder(dt=1e-3)
    b.lif("a", 3, tau=0.02, r=20.0)
    several = int(rng.integers(2, 5))
    for k in range(several):
        b.input(f"in{k}", 2)
        b.connect(f"in{k}", "a", matrix(rng, 3, 2))
    return Defect("core.formats", "a", several, b.build(), chip(folder, formats_per_core=several - 1))


def state_words(rng: Random, folder: Path) -> Defect:
    net = one(rng, lambda b: b.cuba_lif("a", 3, tau_syn=0.01, tau_mem=0.02, r=20.0))
    return Defect("core.state_words", "a", 2, net, chip(folder, state_words_per_core=1))


def delay_slots(rng: Random, folder: Path) -> Defect:
    delay = int(rng.integers(20, 60))
    slots = 1 << math.ceil(math.log2(delay + 2))
    net = one(rng, lambda b: b.lif("a", 3, tau=0.02, r=20.0), delay=delay)
    return Defect("core.delay_slots", "a", slots, net, chip(folder, delay_slots_per_core=slots - 1))


def constants(rng: Random, folder: Path) -> Defect:
    net = one(rng, lambda b: b.exact("a", 3, "atrlif"), weight=np.ones((3, 4)))
    return Defect("core.constants", "a", None, net, chip(folder, constants_per_core=1))


def compartments(rng: Random, folder: Path) -> Defect:
    net = one(rng, lambda b: b.exact("a", 3, "prod_neuron"), weight=np.ones((6, 4)))
    return Defect("core.neurons", "a", 2, net, chip(folder, neurons_per_core=1))


def output_routes(rng: Random, folder: Path) -> Defect:
    cores = int(rng.integers(2, 5))
    mine = chip(folder, neurons_per_core=4, output_axons_per_core=cores - 1)
    return Defect("core.output_routes", "a", cores, network(rng, first=2, second=4 * cores), mine)


# --- chips ---


def cores(rng: Random, folder: Path) -> Defect:
    first, second = int(rng.integers(20, 40)), int(rng.integers(4, 10))
    needed = math.ceil((first + second) / 8)
    mine = chip(folder, neurons_per_core=8, cores=needed - int(rng.integers(1, 3)))
    return Defect("chip.cores", "a", needed, network(rng, first=first, second=second), mine)


def extension(rng: Random, folder: Path) -> Defect:
    mine = chip(folder, extensions=[])
    return Defect("chip.extension", "", net=network(rng, conventions={"reset": "subtract"}), chip=mine)


def counterpart(rng: Random, folder: Path) -> Defect:
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    for name in ("left", "right"):
        b.integrate_and_fire(name, 2)
        b.connect("in", name, matrix(rng, 2, 2))
    b.output("out", "left")
    b.connect("right", "out")
    return Defect("chip.counterpart", "out", net=b.build())


# --- routes ---


def delay(rng: Random, folder: Path) -> Defect:
    steps = int(rng.integers(10, 60))
    mine = chip(folder, max_delay=steps - int(rng.integers(1, 9)))
    return Defect("route.delay", "w2", steps, network(rng, w2={"delay": steps}), mine)


def loop(rng: Random, folder: Path) -> Defect:
    b = rb.Builder(dt=1e-3)
    b.input("in", 3)
    names = [f"p{k}" for k in range(int(rng.integers(2, 5)))]
    for name in names:
        b.lif(name, 3, tau=0.02, r=20.0)
    b.connect("in", "p0", matrix(rng, 3, 3))
    for source, target in zip(names, [*names[1:], names[0]]):
        b.connect(source, target, matrix(rng, 3, 3))
    b.output("out", "p0")
    rounds = tuple(" -> ".join([*names[k:], *names[:k], names[k]]) for k in range(len(names)))
    return Defect("route.loop", rounds, len(names), b.build())


# --- files ---


def _changed(rule: str, where: str, **changes) -> Defect:
    return Defect(rule, where, file={**good(), **changes})


def file_defect(rng: Random, folder: Path) -> Defect:
    """One dataset of a NIR file changed."""
    nodes, neuron = "/node/nodes/", int(rng.integers(3))
    name = str(rng.choice(["tau", "r", "v_leak", "v_threshold", "v_reset"]))
    values = good()[f"{nodes}lif/{name}"].copy()
    kind = rng.choice(["finite", "range", "shape", "missing", "text", "kind", "edge", "twice"])
    if kind == "finite":
        values[neuron] = rng.choice([np.nan, np.inf, -np.inf])
        return _changed("file.finite", "lif", **{f"{nodes}lif/{name}": values})
    if kind == "range":
        values = good()[f"{nodes}lif/tau"].copy()
        values[neuron] = -rng.uniform(0, 1)
        return _changed("file.parameter_range", "lif", **{f"{nodes}lif/tau": values})
    if kind == "shape":
        return _changed("file.shapes", "lif", **{f"{nodes}lif/{name}": values[:2]})
    if kind == "text":
        return _changed("file.numbers", f"lif/{name}", **{f"{nodes}lif/{name}": "fast"})
    if kind == "kind":
        return _changed("file.node_kind", "lif", **{f"{nodes}lif/type": f"LIF{rng.integers(9)}"})
    edges = [list(edge) for edge in good()["/node/edges"]]
    if kind == "edge":
        return _changed(
            "file.edge_ends", "/node/edges", **{"/node/edges": [*edges, ["lif", f"out{rng.integers(9)}"]]}
        )
    if kind == "twice":
        return _changed("file.edge_once", "/node/edges", **{"/node/edges": [*edges, edges[rng.integers(3)]]})
    defect = _changed("file.parameters", "lif")
    del defect.file[f"{nodes}lif/{name}"]
    return defect


DEFECTS = (
    names, pinned_register, pinned_bits, pinned_exponent, conventions, exact, threshold, threshold_vanishes, reset, bias,
    step, register, input_bound, input_axons, synapse_words, formats, state_words, delay_slots, constants, compartments,
    output_routes, cores, extension, counterpart, delay, loop, file_defect, file_defect, file_defect,
)  # fmt: skip


def draw(seed: int, folder: Path) -> Defect:
    """Kinds take turns, so that every one is among any 29 neighbours; the seed draws the rest."""
    return DEFECTS[seed % len(DEFECTS)](np.random.default_rng(seed), folder)
