"""The peer: the same float network in PyTorch, in batches of 256, without autograd.

Two forms: one matrix product per step, as a user writes it, and the first layer's product fused over all steps. Each
gives the readout's potential in every step, as the chip's output does, and the hidden spikes where they are wanted.
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

    def _steps(self, current, output: torch.Tensor, spikes: torch.Tensor | None) -> None:
        v = torch.zeros(len(output), self.first.shape[0])
        readout = torch.zeros(len(output), self.second.shape[0])
        for step in range(output.shape[1]):
            v.mul_(self.keep).add_(current(step))
            fired = v > self.threshold
            v.masked_fill_(fired, 0)
            sent = fired.float()
            readout.mul_(self.keep_out).add_(torch.nn.functional.linear(sent, self.second))
            output[:, step] = readout
            if spikes is not None:
                spikes[:, step] = sent

    def stepwise(self, x: torch.Tensor, output: torch.Tensor, spikes: torch.Tensor | None) -> None:
        """x [T, B, n], output [B, T, 10] and spikes [B, T, hidden], all float32."""
        self._steps(lambda t: torch.nn.functional.linear(x[t], self.first), output, spikes)

    def fused(self, x: torch.Tensor, output: torch.Tensor, spikes: torch.Tensor | None) -> None:
        """As stepwise."""
        current = torch.nn.functional.linear(x.flatten(0, 1), self.first).view(*x.shape[:2], -1)
        self._steps(lambda t: current[t], output, spikes)

    def run(
        self, form, batches: list[torch.Tensor], record: bool
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """(output [B, T, 10], spikes [B, T, hidden] if they are recorded) of all batches."""
        samples, steps = sum(x.shape[1] for x in batches), batches[0].shape[0]
        with torch.inference_mode():
            output = torch.empty(samples, steps, self.second.shape[0])
            spikes = torch.empty(samples, steps, self.first.shape[0]) if record else None
            for k, x in enumerate(batches):
                rows = slice(k * BATCH, k * BATCH + x.shape[1])
                form(x, output[rows], None if spikes is None else spikes[rows])
        return output, spikes


def prepared(spikes: np.ndarray) -> list[torch.Tensor]:
    """Batches of float32 [T, 256, n], the layout that needs no conversion while the clock runs."""
    return [
        torch.from_numpy(np.ascontiguousarray(spikes[k : k + BATCH].swapaxes(0, 1), np.float32))
        for k in range(0, len(spikes), BATCH)
    ]
