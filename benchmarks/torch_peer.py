"""The peer: the same float network in PyTorch, in batches of 256, without autograd.

Two forms: one matrix product per step, as a user writes it, and the first layer's product fused over all steps. Each
returns the readout's potential in every step, as the chip's output does.
"""

from __future__ import annotations

import numpy as np
import torch

BATCH = 256


class Peer:
    """A LIF layer and a leaky readout, forward Euler, reset to zero: what examples/fashion_mnist describes."""

    def __init__(self, net):
        self.first, self.second = (
            torch.from_numpy(np.array(net.nodes[name].parameters["weight"], np.float32))
            for name in ("fc1", "fc2")
        )
        self.keep, gain = self._leak(net, "hidden")
        self.keep_out, gain_out = self._leak(net, "readout")
        self.first *= gain
        self.second *= gain_out
        self.threshold = self._one(net.nodes["hidden"].parameters["v_threshold"])
        self.spikes = None  # a list to count in, or None

    @staticmethod
    def _one(values) -> float:
        """The value that all neurons share: numbers are what PyTorch multiplies by fastest."""
        values = np.unique(values)
        if len(values) != 1:
            raise ValueError("the peer knows layers whose neurons share their parameters")
        return float(values[0])

    @classmethod
    def _leak(cls, net, name: str) -> tuple[float, float]:
        """What a step keeps of the potential, and what it takes of the input; v_leak and v_reset are 0."""
        parameters = net.nodes[name].parameters
        if any(np.any(parameters[p]) for p in ("v_leak", "v_reset") if p in parameters):
            raise ValueError(
                f"'{name}' leaks or resets to something else than 0, which the peer does not know"
            )
        rate = net.dt / cls._one(parameters["tau"])
        return 1 - rate, rate * cls._one(parameters["r"])

    def _steps(self, current, batch: int, count: int) -> torch.Tensor:
        v = torch.zeros(batch, self.first.shape[0])
        readout = torch.zeros(batch, self.second.shape[0])
        output = torch.empty(batch, count, self.second.shape[0])
        for step in range(count):
            v.mul_(self.keep).add_(current(step))
            fired = v > self.threshold
            v.masked_fill_(fired, 0)
            readout.mul_(self.keep_out).add_(torch.nn.functional.linear(fired.float(), self.second))
            output[:, step] = readout
            if self.spikes is not None:
                self.spikes.append(int(fired.sum()))
        return output

    def stepwise(self, x: torch.Tensor) -> torch.Tensor:
        """x: float [T, B, n]."""
        return self._steps(lambda t: torch.nn.functional.linear(x[t], self.first), x.shape[1], x.shape[0])

    def fused(self, x: torch.Tensor) -> torch.Tensor:
        """x: float [T, B, n]."""
        current = torch.nn.functional.linear(x.flatten(0, 1), self.first).view(*x.shape[:2], -1)
        return self._steps(lambda t: current[t], x.shape[1], x.shape[0])

    def run(self, form, batches: list[torch.Tensor]) -> torch.Tensor:
        """Output [B, T, 10] of all batches."""
        with torch.inference_mode():
            return torch.cat([form(x) for x in batches])

    def counted(self, form, batches: list[torch.Tensor]) -> tuple[np.ndarray, int]:
        """As run, and how many spikes the hidden layer sent."""
        self.spikes = []
        output = self.run(form, batches).numpy()
        count, self.spikes = sum(self.spikes), None
        return output, count


def prepared(spikes: np.ndarray) -> list[torch.Tensor]:
    """Batches of float32 [T, 256, n], the layout that needs no conversion while the clock runs."""
    return [
        torch.from_numpy(np.ascontiguousarray(spikes[k : k + BATCH].swapaxes(0, 1), np.float32))
        for k in range(0, len(spikes), BATCH)
    ]
