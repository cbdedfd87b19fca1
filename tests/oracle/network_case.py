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
from rheobase import _core

sys.path.insert(0, str(Path(__file__).parent))
import model_case  # noqa: E402
from direct import Driven  # noqa: E402

STEPS = 100
GRADED = {m["name"] for m in _core.models() if m["graded"]}
KINDS = [k for k in model_case.MODELS if k not in model_case.FLOATING and k not in model_case.ALONE]


class Layer:
    def __init__(self, rng, name: str, size: int):
        kind = str(rng.choice(KINDS))
        self.process, self.model, _, self.special = model_case.MODELS[kind](rng, size)
        self.process.name, self.name, self.size = name, name, size
        self.ports = model_case.LAVA_PORTS.get(self.model, ("a_in",))
        self.driven = Driven(self.process)
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


def run(seed: int) -> int:
    rng = np.random.default_rng(seed)
    channels, graded = int(rng.integers(2, 8)), bool(rng.integers(0, 2))
    x = rng.integers(-40, 41, (STEPS, channels)) if graded else rng.integers(0, 2, (STEPS, channels))
    source = Source(data=x.T)
    layers = [Layer(rng, f"layer{k}", int(rng.integers(2, 9))) for k in range(int(rng.integers(1, 5)))]
    edges, skips = [], False  # (source layer or -1, target layer, its port, driven Dense)
    for k, layer in enumerate(layers):
        before = -1 if k == 0 else k - 1
        loops = layer.model == "ternary_lif" or layer.model not in GRADED  # other payloads would only grow
        wanted = [before]
        if loops and rng.random() < 0.4:
            wanted.append(k)
        if k > 0 and rng.random() < 0.05:
            wanted.append(-1)
        skips |= k > 0 and -1 in wanted
        for sender in wanted:
            process = source if sender < 0 else layers[sender].process
            payloads = graded if sender < 0 else layers[sender].model in GRADED
            size = channels if sender < 0 else layers[sender].size
            for number, port in enumerate(layer.ports):
                if number == 0 or rng.random() < 0.8:
                    dense = synapses(rng, process, payloads, size, layer, port)
                    edges.append((sender, k, number, Driven(dense)))
    try:
        image = rb.compile(rb.from_lava(source, f"case{seed}"))
    except rb.CompileError as refused:
        codes = {d.code for d in refused.diagnostics if d.severity == "error"}
        assert codes <= {"R0312", "R0510"}, refused  # weights of two exponents; sums beyond SPEC W8
        return -1
    except rb.FormatError as refused:
        assert skips and all("hops" in d.message for d in refused.diagnostics), refused
        return -1
    probes = [f"{layer.name}.{state}" for layer in layers for state in model_case.STATES[layer.model]]
    ours = image.run(x, engine=("golden", "vector")[seed % 2], probes=probes)
    for step in range(STEPS):
        arriving = [np.zeros((layer.size, len(layer.ports)), np.int32) for layer in layers]
        for _, target, port, dense in edges:
            due = np.asarray(dense.model.a_buff, np.int32).reshape(layers[target].size, -1)[
                :, 0
            ]  # of all delays
            arriving[target][:, port] += due
        for layer, sums in zip(layers, arriving):
            given = model_case.by_port(layer.model, sums.reshape(-1))
            layer.sent = layer.driven.step(**given)["s_out"].astype(np.int32)
            theirs = ours.spikes[layer.name][step]
            assert np.array_equal(
                layer.sent, theirs
            ), f"seed {seed}: {layer.name} ({layer.model}), step {step}"
            model_case.assert_equal_states(layer.driven, layer.special, layer.model, ours, layer.name, step)
        for sender, _, _, dense in edges:
            sent = x[step] if sender < 0 else layers[sender].sent
            # Where a sum leaves 32 bits before its shift, bits depend on how Lava split a weight into number and
            # exponent, which an image does not keep.
            largest = np.abs(dense.model.weights.astype(np.int64)) @ np.abs(sent.astype(np.int64))
            if (largest >= 1 << 31).any():
                return -1
            dense.step(s_in=sent)
    return sum(int((ours.spikes[layer.name] != 0).sum()) for layer in layers)


if __name__ == "__main__":
    first, count = int(sys.argv[1]), int(sys.argv[2])
    found = [run(seed) for seed in range(first, first + count)]
    print("networks", sum(n >= 0 for n in found), "messages", sum(n for n in found if n > 0))
