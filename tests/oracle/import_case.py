"""Run in Lava's environment: random Lava networks, run there and here, compared. Prints the number of spikes.

python with_lava.py import_case.py SEED COUNT
"""

import sys

import numpy as np
import rheobase as rb
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.conv.process import Conv
from lava.proc.dense.process import Dense, DelayDense
from lava.proc.io.sink import RingBuffer as Sink
from lava.proc.io.source import RingBuffer as Source
from lava.proc.lif.process import LIF
from lava.proc.sparse.process import Sparse
from lava.utils.weightutils import SignMode
from scipy.sparse import csr_matrix

STEPS = 40


def dense(rng, targets: int, sources: int):
    bits = int(rng.integers(3, 9))
    sign = rng.choice(["MIXED", "EXCITATORY", "INHIBITORY", "NULL", "none"], p=[0.5, 0.15, 0.1, 0.05, 0.2])
    weights = rng.integers(-300, 300, (targets, sources))
    options = {} if sign == "none" else {"sign_mode": SignMode[sign]}
    kind = Dense
    if rng.random() < 0.2:
        kind, weights = Sparse, csr_matrix(weights * (rng.random(weights.shape) < 0.4))
        if weights.nnz == 0:
            weights[0, 0] = 2
    if kind is Dense and rng.random() < 0.25:
        kind, options["delays"] = DelayDense, rng.integers(0, 6, weights.shape)
    return kind(weights=weights, weight_exp=int(rng.integers(-4, 5)), num_weight_bits=bits, **options)


def lif(rng, name: str, size: int, shape=None) -> LIF:
    return LIF(
        name=name,
        shape=shape or (size,),
        du=int(rng.choice([4095, 2000, 400, 0])),
        dv=int(rng.choice([0, 100, 1000, 4000])),
        vth=int(rng.integers(1, 400)),
        bias_mant=rng.integers(-60, 90, shape or size),
        bias_exp=int(rng.integers(0, 7)),
    )


def run(seed: int) -> int:
    rng = np.random.default_rng(seed)
    sizes = [int(n) for n in rng.integers(2, 12, int(rng.integers(2, 5)))]
    x = rng.integers(0, 2, (sizes[0], STEPS))
    source = Source(data=x)
    layers, before, kept = [], source, []
    for number, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        neurons, synapses = lif(rng, f"layer{number}", outputs), dense(rng, outputs, inputs)
        before.s_out.connect(synapses.s_in)
        synapses.a_out.connect(neurons.a_in)
        if rng.integers(3) == 0:  # a second way between the same two
            second = dense(rng, outputs, inputs)
            before.s_out.connect(second.s_in)
            second.a_out.connect(neurons.a_in)
            kept.append(second)
        if rng.integers(3) == 0:  # one Dense for two populations
            twin = lif(rng, f"twin{number}", outputs)
            synapses.a_out.connect(twin.a_in)
            layers.append(twin)
        if rng.integers(2):
            loop = dense(rng, outputs, outputs)
            neurons.s_out.connect(loop.s_in)
            loop.a_out.connect(neurons.a_in)
            kept.append(loop)
        if number and rng.integers(3) == 0:  # past the layers between
            skip = dense(rng, outputs, sizes[0])
            source.s_out.connect(skip.s_in)
            skip.a_out.connect(neurons.a_in)
            kept.append(skip)
        layers.append(neurons)
        kept.append(synapses)
        before = neurons
    if len(sizes) > 2 and rng.integers(3) == 0:  # from the last layer back to the first
        back = dense(rng, sizes[1], sizes[-1])
        before.s_out.connect(back.s_in)
        back.a_out.connect(next(layer for layer in layers if layer.name == "layer0").a_in)
        kept.append(back)
    return compare(seed, layers, x)


def convolution(rng, shape: tuple) -> Conv:
    """A kernel that fits a feature map [columns, rows, channels]."""
    groups = int(shape[2]) if rng.random() < 0.3 else 1
    pairs = {
        name: tuple(int(n) for n in rng.integers(*ends, 2))
        for name, ends in {"stride": (1, 3), "padding": (0, 2), "dilation": (1, 3)}.items()
    }
    size = [
        int(rng.integers(1, min(3, (extent + 2 * p - 1) // d + 1) + 1))
        for extent, p, d in zip(shape, pairs["padding"], pairs["dilation"])
    ]
    weight = 2 * rng.integers(-60, 80, (groups * int(rng.integers(1, 4)), *size, shape[2] // groups))
    weight.reshape(-1)[:1] = 2  # some weight that no exponent makes smaller
    return Conv(weight=weight, input_shape=shape, groups=groups, weight_exp=int(rng.integers(0, 3)), **pairs)


def run_maps(seed: int) -> int:
    """One or two convolutions, then a matrix: Lava's feature maps lie the other way round than ours."""
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in (*rng.integers(3, 9, 2), rng.integers(1, 4)))
    x = rng.integers(0, 2, (*shape, STEPS))
    before, layers, kept = Source(data=x), [], []
    for number in range(int(rng.integers(1, 3))):
        synapses = convolution(rng, shape)
        shape = tuple(int(n) for n in synapses.output_shape)
        neurons = lif(rng, f"map{number}", int(np.prod(shape)), shape)
        before.s_out.connect(synapses.s_in)
        synapses.a_out.connect(neurons.a_in)
        layers.append(neurons)
        kept.append(synapses)
        before = neurons
        if rng.random() < 0.4:  # each with each, whatever the map's shape
            size = (int(np.prod(shape)),)
            loop = dense(rng, *size, *size)
            neurons.s_out.reshape(size).connect(loop.s_in)
            loop.a_out.reshape(shape).connect(neurons.a_in)
            kept.append(loop)
    synapses, neurons = dense(rng, 5, int(np.prod(shape))), lif(rng, "last", 5)
    before.s_out.reshape((int(np.prod(shape)),)).connect(synapses.s_in)
    synapses.a_out.connect(neurons.a_in)
    return compare(seed, [*layers, neurons], x)


def compare(seed: int, layers: list, x: np.ndarray) -> int:
    """x [..., steps] in Lava's order. How many spikes there were; -1 where the network is refused."""
    net = rb.from_lava(layers[-1], f"case{seed}")
    try:
        image = rb.compile(net)
    except rb.CompileError as refused:  # Lava lets sums wrap that the chip's bound (SPEC W8) does not allow
        assert {d.code for d in refused.diagnostics if d.severity == "error"} <= {
            "R0312",
            "R0421",
        }, refused
        return -1
    ours = image.run(x.T, engine="golden")
    sinks = [Sink(shape=layer.s_out.shape, buffer=STEPS) for layer in layers]
    for layer, sink in zip(layers, sinks):
        layer.s_out.connect(sink.a_in)
    layers[-1].run(condition=RunSteps(num_steps=STEPS), run_cfg=Loihi2SimCfg(select_tag="fixed_pt"))
    spikes = 0
    for layer, sink in zip(layers, sinks):
        theirs = sink.data.get().T.astype(np.int32)
        found = ours.spikes[layer.name][:STEPS].reshape(theirs.shape)
        assert np.array_equal(theirs, found), f"seed {seed}: '{layer.name}' differs"
        spikes += int(theirs.sum())
    layers[-1].stop()
    return spikes


if __name__ == "__main__":
    first, count = int(sys.argv[1]), int(sys.argv[2])
    found = [case(seed) for seed in range(first, first + count) for case in (run, run_maps)]
    print("spikes", sum(n for n in found if n > 0), "networks", sum(n >= 0 for n in found))
