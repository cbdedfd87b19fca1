"""A NIR file as a framework's own reader runs it, against `as_=` that framework: the same spikes."""

from environment import torch

import nir
import norse
import numpy as np
import pytest
import rheobase as rb
from sinabs.nir import from_nir as sinabs_from_nir
from snntorch.import_nir import import_from_nir as snntorch_from_nir
from spikingjelly.activation_based.nir_exchange import import_from_nir as spikingjelly_from_nir

DT = 1e-4
STEPS, CHANNELS, NEURONS = 100, 6, 8


def neurons(kind: str, random, framework: str) -> nir.NIRNode:
    """As the framework takes them: what it refuses is chosen so that it does not."""
    one = np.ones(NEURONS, np.float32)
    tau = one * np.float32(random.uniform(1e-3, 4e-3))
    threshold = one * np.float32(random.uniform(0.5, 1.5))
    if kind == "IF":
        r = {"spikingjelly": 1 / DT, "norse": 3.0, "sinabs": 3.0}.get(framework, 1.0)
        return nir.IF(one * np.float32(r), threshold, 0 * one)
    if kind == "LIF":
        if framework == "sinabs":
            return nir.LIF(tau * 2000, one * 7, 0 * one, threshold, 0 * one)
        if framework == "norse":
            threshold = threshold / 20
        return nir.LIF(tau, tau / np.float32(DT), 0 * one, threshold, 0 * one)
    return nir.CubaLIF(
        tau_mem=tau,
        tau_syn=tau / 2,
        r=tau / np.float32(DT),
        w_in=tau / np.float32(2 * DT),
        v_leak=0 * one,
        v_threshold=threshold * 4,
        v_reset=0 * one,
    )


def graph(kind: str, seed: int, framework: str) -> nir.NIRGraph:
    random = np.random.default_rng(seed)
    nodes = {
        "input": nir.Input({"input": np.array([CHANNELS])}),
        "fc": nir.Affine(
            random.normal(0.15, 0.5, (NEURONS, CHANNELS)).astype(np.float32),
            random.normal(0, 0.05, NEURONS).astype(np.float32),
        ),
        "neurons": neurons(kind, random, framework),
        "output": nir.Output({"output": np.array([NEURONS])}),
    }
    return nir.NIRGraph(nodes, [("input", "fc"), ("fc", "neurons"), ("neurons", "output")])


def first(value):
    return value[0] if isinstance(value, tuple) else value


def stepwise(module, x: np.ndarray) -> np.ndarray:
    state, rows = None, []
    for row in x:
        sent = module(torch.tensor(row[None]), state)
        state = sent[1] if isinstance(sent, tuple) else None
        rows.append(first(first(sent)).detach().numpy()[0])
    return np.array(rows)


RUNS = {
    "norse": lambda g, x: stepwise(norse.torch.from_nir(g, dt=DT), x),
    "snntorch": lambda g, x: stepwise(snntorch_from_nir(g), x),
    "sinabs": lambda g, x: first(sinabs_from_nir(g, batch_size=1)(torch.tensor(x))).detach().numpy(),
    "spikingjelly": lambda g, x: stepwise(spikingjelly_from_nir(g, dt=DT), x),
}
CASES = [
    (name, kind)
    for name in RUNS
    for kind in ("LIF", "CubaLIF", "IF")
    if (name, kind) != ("sinabs", "CubaLIF")
]


@pytest.mark.parametrize("framework, kind", CASES)
def test_every_spike_of_its_reader(framework, kind):
    spikes = 0
    for seed in range(8):
        x = (np.random.default_rng([seed, 1]).random((STEPS, CHANNELS)) < 0.4).astype(np.float32)
        recorded = RUNS[framework](graph(kind, seed, framework), x)
        net = rb.from_nir(graph(kind, seed, framework), dt=DT)
        assert np.array_equal(net.under(as_=framework, dt=DT).run(x).output, recorded), seed
        found = rb.fit_conventions(net, x, {"output": recorded}, dt=DT)
        assert found.exact, seed
        spikes += int(recorded.sum())
    assert spikes > 200


def test_what_a_reader_changes_is_told():
    told = {
        (name, kind): [
            a["value"]
            for a in rb.from_nir(graph(kind, 0, name), dt=DT, as_=name).assumptions
            if a["what"] == "reading"
        ]
        for name, kind in CASES
    }
    assert "'r' of 'neurons' is taken for 1" in told["norse", "LIF"]
    assert "number of steps" in " ".join(told["sinabs", "LIF"])
    assert "keep 0.9 of their potential" in told["snntorch", "IF"][0]
    assert not told["spikingjelly", "LIF"] and not told["snntorch", "CubaLIF"]


def test_nodes_that_a_reader_refuses_are_told():
    net = rb.from_nir(graph("CubaLIF", 0, "norse"), dt=DT)
    told = {
        name: [a for a in net.under(as_=name).assumptions if a["what"] == "not readable"]
        for name in ("norse", "snntorch", "sinabs", "spikingjelly")
    }
    assert [name for name, found in told.items() if found] == ["sinabs"]
    assert told["sinabs"][0]["value"] == "'neurons' (CubaLIF)" and told["sinabs"][0]["warning"]
