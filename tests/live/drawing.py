"""Random parameters and weights, from a numpy generator so that they are the same everywhere."""

import numpy as np
import torch


class Draw:
    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)

    def one(self, *choices):
        return choices[self.rng.integers(len(choices))]

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def size(self, low: int = 3, high: int = 10) -> int:
        return int(self.rng.integers(low, high + 1))

    def number(self, low: float, high: float) -> float:
        return float(np.float32(self.rng.uniform(low, high)))

    def value(self, low: float, high: float, shape=None) -> torch.Tensor:
        """One for all, or one for each of a shape."""
        shape = () if shape is None or self.chance(0.5) else shape
        return torch.as_tensor(self.rng.uniform(low, high, shape), dtype=torch.float32)

    def nothing(self) -> list:
        """Layers that act in training alone, or never."""
        return [self.one(torch.nn.Identity(), torch.nn.Dropout(0.2))] if self.chance(0.2) else []

    def norm(self, norm: torch.nn.Module) -> torch.nn.Module:
        """A normalization that has seen data."""
        self.weights(norm)
        norm.weight.data += 1
        size = norm.num_features
        norm.running_mean = torch.as_tensor(self.rng.normal(0, 0.2, size), dtype=torch.float32)
        norm.running_var = torch.as_tensor(self.rng.uniform(0.5, 2, size), dtype=torch.float32)
        return norm

    def weights(self, module: torch.nn.Module, gain: float = 1.0) -> torch.nn.Module:
        """Gives every parameter of a torch layer new values, of inputs that sum to about `gain`."""
        for name, parameter in module.named_parameters():
            fan_in = parameter[0].numel() if parameter.ndim > 1 else 1
            scale = gain * 1.5 / np.sqrt(fan_in) if parameter.ndim > 1 else 0.1
            drawn = self.rng.normal(
                0.3 * scale if parameter.ndim > 1 else 0.05, scale, tuple(parameter.shape)
            )
            parameter.data = torch.as_tensor(drawn, dtype=torch.float32)
        return module
