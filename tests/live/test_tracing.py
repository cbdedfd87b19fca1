"""How forwards are followed, and what is refused, with the place and a way out."""

from environment import torch

import importlib.metadata

import numpy as np
import pytest
import rheobase as rb
import snntorch as snn
from spikingjelly.activation_based import layer, neuron
from torch import nn


def leaky(**options):
    return snn.Leaky(beta=0.5, init_hidden=True, reset_mechanism="zero", **options)


def refused(module, sample=(2, 3), read=rb.from_snntorch) -> rb.Diagnostic:
    with pytest.raises(rb.FormatError) as error:
        read(module, torch.zeros(sample))
    return error.value.diagnostics[0]


class Written(nn.Module):
    """A forward given as a function of (self, x)."""

    def __init__(self, forward, **layers):
        super().__init__()
        for name, part in layers.items():
            self.add_module(name, part)
        self.written = forward

    def forward(self, x):
        return self.written(self, x)


def written(forward, **layers):
    return Written(forward, fc=nn.Linear(3, 3), lif=leaky(), **layers)


def test_operations_between_layers():
    found = refused(written(lambda self, x: self.lif(torch.sin(self.fc(x)))))
    assert found.code == "R0120" and found.where == "lif" and "'sin' (test_tracing.py:" in found.message
    assert "give the operation a layer" in found.remedy
    assert "'mul'" in refused(written(lambda self, x: self.lif(2 * self.fc(x)))).message
    assert "'cat'" in refused(written(lambda self, x: self.lif(torch.cat([x, self.fc(x)], 1)))).message
    assert (
        "is given the result of 'add'" in refused(written(lambda self, x: self.lif(self.fc(x) + 1.0))).message
    )
    assert "'fc' is twice" in refused(written(lambda self, x: self.lif((y := self.fc(x)) + y))).message
    twice = written(lambda self, x: self.lif(self.fc(x) + self.same(self.fc(x).clone())), same=nn.Identity())
    assert "'fc' is twice" in refused(twice).message


def test_what_a_forward_returns():
    assert (
        "returns the result of 'sum'" in refused(written(lambda self, x: self.lif(self.fc(x)).sum(0))).message
    )
    assert "returns nothing" in refused(written(lambda self, x: torch.zeros(3))).message
    handed = Written(lambda self, x: self.lif(x)[1], lif=snn.Leaky(beta=0.5))
    found = refused(handed)
    assert "returns its membrane, which its spikes reset" in found.message and "in a readout" in found.remedy
    current = Written(lambda self, x: self.lif(x)[1], lif=snn.Synaptic(alpha=0.5, beta=0.5))
    found = refused(current)
    assert "returns a state of 'lif' and no spikes" in found.message and "probes" in found.remedy
    both = Written(
        lambda self, x: (y := self.lif(x), self.fc(y[0]))[0][1], lif=snn.Leaky(beta=0.5), fc=nn.Linear(3, 3)
    )
    assert "its spikes and its membrane are read" in refused(both).message
    net = rb.from_snntorch(written(lambda self, x: (y := self.fc(x), self.lif(y))), torch.zeros(2, 3))
    assert sorted(n.name for n in net.outputs) == ["output_fc", "output_lif"]


def test_a_forward_that_looks_at_its_numbers():
    found = refused(written(lambda self, x: self.lif(self.fc(x)) if x.sum() > 0 else x))
    assert "looks at the numbers" in found.message and "test_tracing.py:" in found.message


def test_states():
    def feed(self, x):
        spikes, mem = self.a(x)
        return self.b(mem)[0]

    found = refused(Written(feed, a=snn.Leaky(beta=0.5), b=snn.Leaky(beta=0.5)))
    assert found.where == "b" and "given a state of 'a'" in found.message
    swapped = Written(
        lambda self, x: self.b(x, self.a(x)[1])[0], a=snn.Leaky(beta=0.5), b=snn.Leaky(beta=0.5)
    )
    assert "another state than its own" in refused(swapped).message
    started = Written(lambda self, x: self.a(x, torch.ones(2, 3))[0], a=snn.Leaky(beta=0.5))
    assert "another state than its own" in refused(started).message
    shared = written(lambda self, x: self.lif(self.fc(self.lif(x))))
    assert "called twice, with inputs from different layers" in refused(shared).message


def test_loops_over_time():
    def loop(order):
        def forward(self, x):
            return torch.stack([self.lif(self.fc(x[t])) for t in order(x.shape[0])])

        return written(forward)

    net = rb.from_snntorch(loop(range), torch.zeros(4, 2, 3))
    assert list(net.nodes) == ["input", "fc", "lif", "output"] and net.inputs[0].shape == (3,)
    assert "'__getitem__'" in refused(loop(lambda steps: range(steps - 1, -1, -1)), (4, 2, 3)).message
    assert "'__getitem__'" in refused(loop(lambda steps: range(0, steps, 2)), (4, 2, 3)).message
    fed_back = written(
        lambda self, x: [y := torch.zeros(2, 3), *(y := self.lif(self.fc(x[t]) + y) for t in range(4))][-1]
    )
    assert "called twice" in refused(fed_back, (4, 2, 3)).message


def test_samples():
    net = nn.Sequential(nn.Linear(3, 4), leaky())
    found = refused(net, (3,))
    assert "the sample has shape [3]" in found.message and "[batch, *shape] of one step" in found.remedy
    assert "the forward fails on a sample of shape [2, 5]: RuntimeError" in refused(net, (2, 5)).message
    with pytest.raises(rb.OptionError, match="a torch.nn.Module is needed, not 'int'"):
        rb.from_snntorch(3, torch.zeros(2, 3))
    with pytest.raises(rb.OptionError, match="the sample is 'dict'"):
        rb.from_snntorch(net, {})
    assert rb.from_snntorch(net, np.zeros((2, 3), np.float32)).inputs[0].shape == (3,)


def test_the_module_stays_as_it_was():
    module = nn.Sequential(nn.Linear(3, 4), leaky())
    module(torch.rand(5, 3)).sum().backward()  # leaves a state with a graph
    state, before = module[1].mem, {k: v.clone() for k, v in module.state_dict().items()}
    drawn = torch.random.get_rng_state()
    rb.from_snntorch(module, torch.zeros(2, 3))
    assert module[1].mem is state and not module[1]._forward_hooks and not module[0]._forward_pre_hooks
    assert all(torch.equal(v, before[k]) for k, v in module.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), drawn)
    assert (
        module.training
        and refused(nn.Sequential(*module, nn.ReLU())).where == "2"
        and not module[1]._forward_hooks
    )


def test_lists_stay_as_they_were():
    module = nn.Sequential(layer.Delay(2), neuron.IFNode())
    module(torch.ones(2, 3))
    queue = module[0].queue
    before = list(queue)
    rb.from_spikingjelly(module, torch.zeros(2, 3))
    assert module[0].queue is queue and list(map(id, queue)) == list(map(id, before)) and len(queue) == 1


def test_layers_of_torch():
    def behind(*layers):
        return refused(nn.Sequential(*layers, leaky()), (2, 2, 6, 6)).message

    conv = nn.Conv2d(2, 2, 3)
    assert "'0' (MaxPool2d) cannot be taken over: NIR has no node that takes a maximum" in behind(
        nn.MaxPool2d(2)
    )
    assert "'1' (BatchNorm2d) cannot be taken over: it normalizes by the batch" in behind(
        conv, nn.BatchNorm2d(2)
    )
    assert "it follows no layer with weights" in behind(nn.BatchNorm2d(2).eval(), conv)
    assert "it drops at random while training" in behind(nn.Dropout(0.1))
    assert "its padding_mode is 'circular'" in behind(nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular"))
    assert "'same' pads one side more" in behind(nn.Conv2d(2, 2, 2, padding="same"))
    assert "ceil_mode" in behind(nn.AvgPool2d(4, ceil_mode=True))
    assert "another number than its window's size" in behind(nn.AvgPool2d(2, divisor_override=3))
    assert "another number than its window's size" in behind(
        nn.AvgPool2d(2, padding=1, count_include_pad=False)
    )
    assert "output_padding" in behind(nn.ConvTranspose2d(2, 2, 3, stride=2, output_padding=1))
    assert "'0' (Softsign) cannot be taken over: it is not known here" in behind(nn.Softsign())
    both = nn.Sequential(nn.ReLU(), leaky(), nn.Softmax(1))
    with pytest.raises(rb.FormatError) as error:
        rb.from_snntorch(both, torch.zeros(2, 3))
    assert [d.where for d in error.value.diagnostics] == ["0", "2"]


def test_shapes_between_layers():
    conv = nn.Conv2d(1, 2, 2)
    found = refused(nn.Sequential(leaky(), nn.Unflatten(1, (1, 3, 3)), conv, leaky()), (2, 9))
    assert "'2' takes [1, 3, 3], '0' sends [9]: NIR has no node that unflattens" in found.message
    behind_a_matrix = nn.Sequential(
        nn.Linear(4, 9), nn.Unflatten(1, (1, 3, 3)), leaky(), conv, nn.Flatten(), leaky()
    )
    net = rb.from_snntorch(behind_a_matrix, torch.zeros(2, 4))
    assert net.nodes["2"].shape == (1, 3, 3) and net.nodes["5"].shape == (8,)


def test_a_normalization_whose_weights_are_read_elsewhere():
    def forward(self, x):
        y = self.fc(x)
        return self.lif(self.norm(y) + y)

    module = written(forward, norm=nn.BatchNorm1d(3)).eval()
    assert "it follows no layer with weights" in refused(module).message


def test_a_changed_layer():
    class Mine(snn.Leaky):
        pass

    assert (
        "it changes a layer of snnTorch" in refused(nn.Sequential(Mine(beta=0.5, init_hidden=True))).message
    )


def test_versions(monkeypatch):
    net = nn.Sequential(nn.Linear(3, 4), leaky())
    first = rb.from_snntorch(net, torch.zeros(2, 3)).assumptions[0]
    assert first["what"] == "framework" and first["value"] == "snnTorch 1.0.0" and not first["warning"]
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.1.3")
    other = rb.from_snntorch(net, torch.zeros(2, 3)).assumptions[0]
    assert other["warning"] and "not among those that were compared" in other["why"]
    assert other["how_to_change"] == "pip install 'snntorch>=1.0,<1.1'"

    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(rb.UsageError, match=r"pip install 'rheobase\[snntorch\]'"):
        rb.from_snntorch(net, torch.zeros(2, 3))
