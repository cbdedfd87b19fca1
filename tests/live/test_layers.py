"""Single layers: options that would give other numbers are refused; what lies exactly at a threshold; where a membrane starts."""

from environment import torch

import norse.torch as norse
import numpy as np
import pytest
import rheobase as rb
import sinabs.activation as sa
import sinabs.layers as sl
import snntorch as snn
from comparing import Case, Tally, compare
from spikingjelly.activation_based import layer, neuron, surrogate
from torch import nn


def why(read, *layers, shape=(2, 3)) -> str:
    """The first line of the refusal."""
    with pytest.raises(rb.FormatError) as error:
        read(nn.Sequential(*layers).eval(), torch.zeros(shape))
    return error.value.diagnostics[0].message


def snntorch_why(kind="Leaky", **options) -> str:
    return why(rb.from_snntorch, getattr(snn, kind)(beta=0.5, init_hidden=True, **options))


def test_snntorch_options():
    with pytest.warns(UserWarning, match="unstable"):
        assert "one neuron of a layer fire at a time" in snntorch_why(inhibition=True)
    assert "state_quant rounds" in snntorch_why(state_quant=torch.round)
    assert "does not send 1 above" in snntorch_why(spike_grad=lambda x: (x > 0) + 0.1 * (x <= 0))
    assert "a threshold is below 0" in snntorch_why(threshold=-0.5, reset_mechanism="zero")
    assert "the forward fails" in snntorch_why("RSynaptic", alpha=0.5, linear_features=3, reset_delay=False)
    changed = snn.Leaky(beta=0.5, init_hidden=True)
    changed.reset_mechanism = "zero"
    assert "its reset was 'subtract' when it was made" in why(rb.from_snntorch, changed)
    assert "its memory ends" in why(
        rb.from_snntorch, snn.StateLeaky(0.5, 3, kernel_truncation_steps=4), shape=(2, 2, 3)
    )
    with pytest.raises(rb.FormatError, match="graded_spikes_factor is 0"):
        rb.from_snntorch(snn.Leaky(beta=0.5, init_hidden=True, graded_spikes_factor=0.0), torch.zeros(2, 3))


def test_dt():
    module = snn.Leaky(beta=0.5, init_hidden=True, reset_mechanism="zero")
    net = rb.from_snntorch(module, torch.zeros(2, 3), dt=1e-3)
    assert net.dt == 1e-3 and net.nodes["leaky"].parameters["tau"].tolist() == [2e-3] * 3
    for wrong in (None, 0, "1"):
        with pytest.raises(rb.OptionError, match="dt cannot be"):
            rb.from_snntorch(module, torch.zeros(2, 3), dt=wrong)


def test_snntorch_resets_that_differ():
    first = snn.Leaky(beta=0.5, init_hidden=True, reset_mechanism="zero")
    second = snn.Leaky(beta=0.5, init_hidden=True, reset_mechanism="subtract", reset_delay=False)
    message = why(rb.from_snntorch, first, second)
    assert message == "'0' (Leaky) needs reset=zero, '1' (Leaky) reset=subtract-late: a network has one"


def test_conventions_that_are_given():
    module = nn.Sequential(nn.Linear(3, 4), snn.Leaky(beta=0.5, init_hidden=True))
    net = rb.from_snntorch(module, torch.zeros(2, 3))
    assert net.conventions["reset"] == "subtract-next"
    with pytest.raises(rb.CompileError, match="one step after the spike"):
        rb.compile(net, chip="loihi2")
    net = rb.from_snntorch(module, torch.zeros(2, 3), reset="subtract")
    assert net.conventions["reset"] == "subtract" and rb.compile(net, chip="loihi2")
    with pytest.raises(rb.OptionError, match="reset cannot be 'never'"):
        rb.from_snntorch(module, torch.zeros(2, 3), reset="never")
    with pytest.raises(rb.OptionError, match="convention cannot be 'resets'"):
        rb.from_snntorch(module, torch.zeros(2, 3), resets="zero")


def test_norse_options():
    def norse_why(kind, p, **options):
        return why(rb.from_norse, kind(p=p, **options), shape=(2, 3))

    leak = torch.tensor(0.5)
    assert "its output starts at v_leak" in norse_why(norse.LICell, norse.LIParameters(v_leak=leak))
    subtract = norse.LIFBoxParameters(v_leak=leak, reset_method=norse.reset_subtract)
    assert "v_leak is not 0" in norse_why(norse.LIFBoxCell, subtract)
    mine = norse.LIFBoxParameters(reset_method=lambda z, v, reset, threshold: v)
    assert "its reset_method is not one of Norse's" in norse_why(norse.LIFBoxCell, mine)
    cells = norse.SequentialState(norse.LIFCell(dt=1e-3), norse.LIFCell(dt=1e-4))
    with pytest.raises(rb.FormatError, match="'0' .LIFCell. needs dt=0.001, '1' .LIFCell. dt=0.0001"):
        rb.from_norse(cells, torch.zeros(2, 3))

    with pytest.raises(rb.FormatError, match="the last axis of .4, 3. alone"):
        rb.from_norse(norse.LIFRecurrentCell(3, 3), torch.zeros(2, 4, 3))

    class Anew(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = norse.LIFCell()

        def forward(self, x):
            return torch.stack([self.cell(step)[0] for step in x])

    with pytest.raises(rb.FormatError, match="called again without the state"):
        rb.from_norse(Anew(), torch.zeros(4, 2, 3))


def test_sinabs_options():
    def sinabs_why(kind="IAF", **options):
        return why(rb.from_sinabs, getattr(sl, kind)(**options), shape=(2, 2, 3))

    assert "neither MultiSpike nor SingleSpike" in sinabs_why(spike_fn=sa.MaxSpike(2))
    assert "subtracts something else" in sinabs_why(reset_fn=sa.MembraneSubtract(0.5))
    assert "adds reset_value in every step" in sinabs_why(reset_fn=sa.MembraneReset(0.1))
    assert "not minus the threshold" in sinabs_why(min_v_mem=-0.5)
    assert "not minus the threshold" in sinabs_why("LIF", tau_mem=5.0, min_v_mem=-1.0)
    assert "lower bound" in sinabs_why("ExpLeak", tau_mem=5.0, min_v_mem=-1.0)
    assert "does not act in the first step" in sinabs_why("IAFRecurrent", rec_connect=nn.Linear(3, 3))
    assert "no Linear and no Conv2d" in sinabs_why("IAFRecurrent", rec_connect=nn.Identity())
    assert "a threshold is not above 0" in sinabs_why(spike_threshold=torch.tensor(0.0))


def test_spikingjelly_options():
    def jelly_why(*layers):
        return why(rb.from_spikingjelly, *layers)

    soft = surrogate.Sigmoid(spiking=False)
    assert "does not send 1 from the threshold on" in jelly_why(neuron.IFNode(surrogate_function=soft))
    inner = neuron.IFNode()
    assert "does not add" in jelly_why(layer.ElementWiseRecurrentContainer(inner, lambda y, x: y * x))
    assert "no spiking layer" in jelly_why(layer.LinearRecurrentContainer(nn.Identity(), 3, 3))
    decoding = neuron.NonSpikingIFNode(decode="mean-mem")
    assert "it decodes over time" in why(rb.from_spikingjelly, decoding, shape=(4, 2, 3))
    hard, none = neuron.IFNode(v_reset=0.0), neuron.IFNode(v_reset=None)
    assert jelly_why(hard, none).startswith("'0' (IFNode) needs reset=v_reset, '1' (IFNode) reset=subtract")
    assert "starts at half its threshold" in jelly_why(neuron.HalfThresholdIFNode())


AT_THE_THRESHOLD = {
    "Norse": (rb.from_norse, lambda: norse.SequentialState(norse.IAFCell()), "steps", [0, 0, 1]),
    "snnTorch": (
        rb.from_snntorch,
        lambda: nn.Sequential(snn.Leaky(beta=1.0, init_hidden=True, reset_mechanism="zero")),
        "steps",
        [0, 0, 1],
    ),
    "Sinabs": (rb.from_sinabs, lambda: nn.Sequential(sl.IAF()), "batch first", [0, 1, 0]),
    "SpikingJelly": (rb.from_spikingjelly, lambda: nn.Sequential(neuron.IFNode()), "steps", [0, 1, 0]),
}


@pytest.mark.parametrize("framework", AT_THE_THRESHOLD)
def test_f11_a_membrane_at_its_threshold(framework):
    read, module, layout, spikes = AT_THE_THRESHOLD[framework]
    x = np.full((1, 3, 1), 0.5, np.float32)
    sample = torch.zeros(2, 1) if layout == "steps" else torch.zeros(2, 2, 1)
    ours = read(module(), sample).run(x).spikes["0"].reshape(-1)
    made = module()
    with torch.no_grad():
        if layout == "steps":
            steps = [made(torch.as_tensor(x[:, t])) for t in range(3)]
            theirs = torch.stack([s[0] if isinstance(s, tuple) else s for s in steps]).reshape(-1)
        else:
            theirs = made(torch.as_tensor(x)).reshape(-1)
    if framework == "Norse":  # no state is handed on here: one step at a time
        state, theirs = None, []
        for t in range(3):
            z, state = made(torch.as_tensor(x[:, t]), state)
            theirs.append(float(z))
    assert list(map(int, theirs)) == list(map(int, ours)) == spikes


def test_f11_several_spikes_of_a_step():
    x = np.array([[0.5, 2.0, 3.25, -4.0, 4.0, 1.0]], np.float32)[..., None]
    module = nn.Sequential(sl.IAF(min_v_mem=-1.0))
    ours = rb.from_sinabs(module, torch.zeros(2, 2, 1)).run(x).spikes["0"].reshape(-1)
    with torch.no_grad():
        assert ours.tolist() == module(torch.as_tensor(x)).reshape(-1).tolist() == [0, 2, 3, 0, 3, 1]


def test_norse_resets_by_subtraction():
    tallies: dict[str, Tally] = {}
    rng = np.random.default_rng(1)
    for _ in range(10):
        p = norse.LIFBoxParameters(v_th=torch.tensor(0.4), reset_method=norse.reset_subtract)
        linear = nn.Linear(6, 6)
        linear.weight.data = torch.as_tensor(rng.normal(1, 3, (6, 6)), dtype=torch.float32)
        linear.bias.data.zero_()
        compare(
            Case(norse.SequentialState(linear, norse.LIFBoxCell(p)), (6,), "steps"),
            rb.from_norse,
            rng,
            tallies,
        )
    assert tallies["float32"].spikes > 100 and tallies["float32"].wrong == tallies["float64"].wrong == 0


def test_a_network_goes_to_a_chip():
    torch.manual_seed(1)
    module = norse.SequentialState(
        nn.Linear(8, 16, bias=False), norse.LIF(), nn.Linear(16, 4, bias=False), norse.LI()
    )
    module[0].weight.data *= 4
    net = rb.from_norse(module, torch.zeros(2, 2, 8))
    x = (np.random.default_rng(1).random((4, 30, 8)) < 0.3).astype(np.uint8)
    image = rb.compile(net, chip="loihi2")
    assert net.run(x).spikes["1"].sum() > 50 and image.run(x).spikes["1"].sum() > 50
