"""lava-dl's convolutional networks compiled for a Loihi 2 and emulated: every recorded spike and state, 0 wrong."""

import netx_traces
import numpy as np
import pytest
import rheobase as rb
from recordings import recorded
from rheobase import compiler

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)

ENGINES = ("vector", "jit")


def image_of(name: str, **options) -> rb.Image:
    return rb.compile(rb.load(recorded(f"netx/{name}.net")), chip="loihi2", **options)


@pytest.mark.parametrize("engine", ("golden", *ENGINES))
def test_i10_n12_tinynet(engine):
    """1,633 spikes of layer 1 and 92 of the output."""
    traces = netx_traces.tinynet()
    out = image_of("tiny").run(traces["input"], engine=engine)
    assert [int(traces[f"layer{k}"].sum()) for k in (1, 2)] == [1633, 92]
    for layer in ("layer0", "layer1", "layer2"):
        assert np.array_equal(out.aligned(layer).reshape(traces[layer].shape), traces[layer]), layer


@pytest.fixture(scope="module")
def pilotnet() -> rb.Image:
    """Every layer forgets after 17 steps, each in its own phase."""
    return image_of("pilotnet_lif/network", reset_interval=netx_traces.WINDOW)


@pytest.mark.parametrize("engine", ENGINES)
def test_i10_n20_pilotnet_of_spikes(pilotnet, engine):
    """u, v and spikes of the encoder and of the first three convolutions, over all 24 recorded steps."""
    steps = 24
    x = np.repeat(netx_traces.from_lava("pilotnet_lif/image")[None], steps, 0)
    probes = [f"layer{k}.{state}" for k in (2, 3) for state in ("u", "v")]
    out = pilotnet.run(x, engine=engine, probes=probes)
    arrived = slice(1, 1 + steps)  # the host's hop, which the recording does not have
    for k, name in enumerate(("input", "conv-0", "conv-1", "conv-2")):
        spikes = netx_traces.from_lava(f"pilotnet_lif/{name}")
        assert np.array_equal(out.spikes[f"layer{k}"][arrived].reshape(spikes.shape), spikes), name
        assert spikes.any()
        if k < 2:
            continue
        for state in ("u", "v"):
            recorded_state = netx_traces.from_lava(f"pilotnet_lif/{name}-{state}")
            if state == "v":
                assert (recorded_state[spikes] == 128).all()  # SPEC T6
                recorded_state = np.where(spikes, 0, recorded_state)
            found = out.states[f"layer{k}.{state}"][arrived].reshape(spikes.shape)
            assert np.array_equal(found, recorded_state), f"{state} of {name}"


def test_i10_golden_is_vector_on_pilotnet(pilotnet):
    """Ten steps of every layer, half of a million synapses in the middle of them."""
    x = np.repeat(netx_traces.from_lava("pilotnet_lif/image")[None], 3, 0)
    golden, vector = (pilotnet.run(x, engine=engine) for engine in ("golden", "vector"))
    assert rb.first_difference(golden, vector) is None


def test_i10_pilotnet_takes_few_cores(pilotnet):
    """Shared kernels: 47 cores for the layers behind the encoder, where lava-dl's tables show 74 for the whole."""
    assert len(pilotnet.info["cores"]) <= 60


@pytest.mark.parametrize("engine", ENGINES)
def test_n25_n26_pilotnet_of_changes(engine):
    traces = netx_traces.pilotnet_sdnn()
    out = image_of("pilotnet_sdnn/network").run(traces["input"], engine=engine, probes=["layer1.sigma"])
    assert np.array_equal(out.aligned("layer0").reshape(traces["layer0"].shape), traces["layer0"])
    sigma = out.aligned("layer1.sigma").reshape(traces["layer1.sigma"].shape)
    assert np.array_equal(sigma, traces["layer1.sigma"]) and sigma.any()
