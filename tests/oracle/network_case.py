"""Run in Lava's environment: random networks of every neuron model, run there and here, messages and states compared.

python with_lava.py network_case.py SEED COUNT: prints how many networks were compared and how many messages were sent.
The processes are connected, which is what from_lava reads; they are then driven one by one, as the runtime would.
"""

import sys
from pathlib import Path

import numpy as np
import rheobase as rb
from lava.proc.dense.process import Dense, DelayDense
from lava.proc.io.source import RingBuffer as Source
from lava.utils.weightutils import SignMode
from rheobase.arithmetic import MODELS
from rheobase.lava_synapses import delays_of, matrix_of

sys.path.insert(0, str(Path(__file__).parent))
import model_case  # noqa: E402
from direct import Driven  # noqa: E402
from lava_vectors import LavaVector  # noqa: E402

STEPS = 100
GRADED = {name for name, model in MODELS.items() if model["graded"]}
KINDS = [k for k in model_case.MODELS if k not in model_case.FLOATING and k not in model_case.ALONE]


class Layer:
    def __init__(self, rng, name: str, size: int):
        kind = str(rng.choice(KINDS))
        self.process, self.model, self.integers, special = model_case.MODELS[kind](rng, size)
        self.process.name, self.name, self.size = name, name, size
        self.ports = model_case.LAVA_PORTS.get(self.model, ("a_in",))
        self.driven, self.said = Driven(self.process), model_case.Said(name, self.model, special)
        self.sent = np.zeros(size, np.int32)


def synapses(rng, source, sends_payloads: bool, sources: int, target: Layer, port: str) -> Dense:
    sign = SignMode[str(rng.choice(["MIXED", "EXCITATORY", "INHIBITORY"], p=[0.6, 0.2, 0.2]))]
    weights = rng.integers(-260, 260, (target.size, sources)) * (rng.random((target.size, sources)) < 0.7)
    delayed = rng.random() < 0.25
    process = (DelayDense if delayed else Dense)(
        weights=weights,
        **({"delays": rng.integers(0, 5, weights.shape)} if delayed else {}),
        weight_exp=int(rng.integers(-6, 3)),
        num_weight_bits=int(rng.integers(3, 9)),
        sign_mode=sign,
        num_message_bits=24 if sends_payloads or rng.random() < 0.3 else 0,
    )
    source.s_out.connect(process.s_in)
    process.a_out.connect(getattr(target.process, port))
    return process


def loops(layer: Layer) -> bool:
    """Whether it may lie in a loop: payloads of the other models would only grow there."""
    return layer.model == "ternary_lif" or layer.model not in GRADED


class Case:
    """The network of a seed: processes that are connected, and their models, not yet driven."""

    def __init__(self, seed: int):
        rng = np.random.default_rng(seed)
        self.name = f"case{seed}"
        channels, self.graded = int(rng.integers(2, 8)), bool(rng.integers(0, 2))
        least, most = (-40, 41) if self.graded else (0, 2)
        self.x = rng.integers(least, most, (STEPS, channels))
        self.source = Source(data=self.x.T)
        self.layers = [
            Layer(rng, f"layer{k}", int(rng.integers(2, 9))) for k in range(int(rng.integers(1, 5)))
        ]
        self.edges: list[tuple] = []  # source layer or -1, target layer, its port, Dense
        for k, layer in enumerate(self.layers):
            wanted = [k - 1]
            if loops(layer) and rng.random() < 0.4:
                wanted.append(k)
            if k > 0 and rng.random() < 0.25:  # the input or an earlier layer past those between
                wanted.append(int(rng.integers(-1, k - 1)))
            if k + 1 < len(self.layers) and rng.random() < 0.25:  # back from a later one
                sender = int(rng.integers(k + 1, len(self.layers)))
                if all(map(loops, self.layers[k : sender + 1])):
                    wanted.append(sender)
            for sender in wanted:
                process = self.source if sender < 0 else self.layers[sender].process
                payloads = self.graded if sender < 0 else self.layers[sender].model in GRADED
                size = channels if sender < 0 else self.layers[sender].size
                for port in range(len(layer.ports)):
                    if port == 0 or rng.random() < 0.8:
                        dense = synapses(rng, process, payloads, size, layer, layer.ports[port])
                        self.edges.append((sender, k, port, dense))

    def compile(self):
        """The image; None where a rule of ours refuses the network."""
        try:
            return rb.compile(rb.from_lava(self.source, self.name))
        except rb.CompileError as refused:
            codes = {d.code for d in refused.diagnostics if d.severity == "error"}
            assert codes <= {"R0312", "R0510"}, refused  # weights of two exponents; sums beyond SPEC W8
        return None

    def drive(self) -> LavaVector:
        """What Lava says in every step; in fewer steps where a sum leaves 32 bits before its shift: from there on bits
        depend on how Lava split a weight into number and exponent, which an image does not keep."""
        driven = [Driven(dense) for *_, dense in self.edges]
        for step in range(STEPS):
            arriving = [np.zeros((layer.size, len(layer.ports)), np.int32) for layer in self.layers]
            for (_, target, port, _), dense in zip(self.edges, driven):
                due = np.asarray(dense.model.a_buff, np.int32).reshape(self.layers[target].size, -1)
                arriving[target][:, port] += due[:, 0]  # of all delays
            for layer, sums in zip(self.layers, arriving):
                given = model_case.by_port(layer.model, sums.reshape(-1))
                layer.sent = layer.driven.step(**given)["s_out"].astype(np.int32)
                layer.said.keep(layer.driven, layer.sent)
            if not self._pass_on(driven, step):
                break
        said = {key: values for layer in self.layers for key, values in layer.said.series().items()}
        return LavaVector(
            name=self.name,
            payload=int(np.abs(self.x).max()) if self.graded else None,
            x=self.x,
            populations=[
                dict(name=layer.name, model=layer.model, size=layer.size, integers=layer.integers)
                for layer in self.layers
            ],
            connections=[self._connection(*edge) for edge in self.edges],
            said=said,
        )

    def _pass_on(self, driven: list, step: int) -> bool:
        """Messages enter the synapses; False where a sum leaves 32 bits."""
        for (sender, *_), dense in zip(self.edges, driven):
            sent = self.x[step] if sender < 0 else self.layers[sender].sent
            largest = np.abs(dense.model.weights.astype(np.int64)) @ np.abs(sent.astype(np.int64))
            if (largest >= 1 << 31).any():
                return False
            dense.step(s_in=sent)
        return True

    def _connection(self, sender: int, target: int, port: int, dense) -> dict:
        to = self.layers[target]
        return dict(
            source="in" if sender < 0 else self.layers[sender].name,
            target=to.name,
            weight=matrix_of(dense),
            delay=delays_of(dense),
            port=MODELS[to.model]["ports"][port] if len(to.ports) > 1 else None,
        )


def messages_in(vector: LavaVector) -> int:
    return sum(int((values != 0).sum()) for key, values in vector.said.items() if key.endswith(".spikes"))


def run(seed: int) -> int:
    """How many messages were compared; -1 where the network was refused or its end could not be compared."""
    case = Case(seed)
    image = case.compile()
    if image is None:
        return -1
    vector = case.drive()
    ours = image.run(vector.x, engine=("golden", "vector")[seed % 2], probes=image.probes())
    difference = vector.difference(ours)
    assert difference is None, difference
    return messages_in(vector) if len(next(iter(vector.said.values()))) == STEPS else -1


if __name__ == "__main__":
    first, count = int(sys.argv[1]), int(sys.argv[2])
    found = [run(seed) for seed in range(first, first + count)]
    print("networks", sum(n >= 0 for n in found), "messages", sum(n for n in found if n > 0))
