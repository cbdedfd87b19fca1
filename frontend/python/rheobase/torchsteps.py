"""Steps of a quantized network in PyTorch: integers forwards, gradients that pass through rounding. SPEC N, W.

States are whole numbers held as float64, whose products with a decay are exact; sums of weights are exact in float32
below 2^24, which SPEC W8 sees to where their exponent is not negative.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Optional

import numpy as np
import torch

from .arguments import gather
from .arithmetic import ALIGN, DECAY_ONE, HALF_PERIOD
from .data import as_payloads, check_numbers, payload_range
from .errors import data_error, unknown_name
from .torchmodule import Plan
from .trainedweights import TrainedProjection, WeightFormat

_STATE_END = float(HALF_PERIOD)


class _Spike(torch.autograd.Function):
    """1 where v is above the threshold; backwards the derivative of a fast sigmoid."""

    @staticmethod
    def forward(ctx, v, threshold, slope):
        ctx.save_for_backward(v, threshold)
        ctx.slope = slope
        return (v > threshold).to(v.dtype)

    @staticmethod
    def backward(ctx, grad):
        v, threshold = ctx.saved_tensors
        unit = threshold.clamp(min=float(ALIGN))
        return grad / (unit * (1 + ctx.slope * ((v - threshold) / unit).abs()) ** 2), None, None


def _tensor(values, name: str) -> torch.Tensor:
    """Real numbers as a tensor. Raises DataError."""
    if isinstance(values, torch.Tensor):
        if values.is_complex():
            check_numbers(values.detach().cpu().numpy(), "", name)
        return values
    array = check_numbers(values, "", name)
    wide = np.float64 if array.dtype.kind == "f" and array.itemsize > 8 else np.int64
    usual = array.dtype.kind != "u" and array.itemsize <= 8 or array.dtype == np.uint8
    return torch.as_tensor(np.require(array, None if usual else wide, ["C", "W"]))


def _check_payloads(values: torch.Tensor, info: dict) -> None:
    """Raises DataError for what the image's input does not take."""
    values = values.detach()
    least, most = payload_range(info)
    good = (values >= least) & (values <= most)
    if values.is_floating_point():
        good &= values == values.trunc()
    if not bool(good.all()):  # NaN is in no range
        array = (values.double() if values.is_floating_point() else values).cpu().numpy()
        as_payloads(check_numbers(array, "", info["name"]), info)


def _through(exact: torch.Tensor, smooth: torch.Tensor) -> torch.Tensor:
    """Forwards `exact`, backwards `smooth`."""
    return smooth + (exact - smooth).detach()


def _decayed(x: torch.Tensor, decay: torch.Tensor) -> torch.Tensor:
    """SPEC N1."""
    smooth = x * ((DECAY_ONE - decay) / DECAY_ONE)
    return _through(torch.trunc(smooth), smooth)


@dataclass
class TorchRecording:
    """What a forward pass leaves: spikes and states [B, T + lag, n] by name, as the chip has them, and outputs.

    Example: module(x).aligned("readout.v") / module.scale["readout.v"]
    """

    spikes: dict
    states: dict
    outputs: dict
    lag: dict
    steps: int
    extra: dict = field(default_factory=dict, repr=False)

    @property
    def output(self):
        return next(iter(self.outputs.values())) if len(self.outputs) == 1 else self.outputs

    def aligned(self, name: str) -> torch.Tensor:
        """Spikes, a state or an output in the network's own time: T steps. Raises OptionError."""
        for table in (self.outputs, self.spikes, self.states):
            if name in table:
                lag = self.lag.get(name, self.lag.get(name.rsplit(".", 1)[0], 0))
                return table[name][:, lag : lag + self.steps]
        raise unknown_name("series", name, [*self.spikes, *self.states, *self.outputs])


def _is_matrix(p: TrainedProjection, sources: int, rows: int) -> bool:
    """Whether the weights are a matrix [rows, sources] as they stand, without delays of their own."""
    return not p.kernel and not p.delays.size and p.blocks == rows and p.weights.size == rows * sources


def _apart(weights: torch.Tensor, own: WeightFormat) -> list[torch.Tensor]:
    """Those of either sign, where they lie in lists of their own and these are floored by themselves. SPEC W10"""
    if not own.both_signs or own.exponent >= 0:
        return [weights]
    zero = torch.zeros_like(weights)
    return [torch.where(weights > 0, weights, zero), torch.where(weights > 0, zero, weights)]


class QuantizedNetwork(torch.nn.Module):
    """Made by `rb.torch_module`. ``weights``: a ParameterDict by projection, in stored units, before rounding."""

    def __init__(self, plan: Plan, slope: float):
        super().__init__()
        self.plan, self.slope = plan, slope
        self.scale = plan.scale
        self.names = [f"w{k}" for k in range(len(plan.projections))]  # a parameter's name may hold no dot
        self.weights = torch.nn.ParameterDict(
            {
                name: torch.nn.Parameter(torch.tensor(real, dtype=torch.float32))
                for name, real in zip(self.names, plan.real)
            }
        )
        self.projections = {p.name: self.weights[name] for p, name in zip(plan.projections, self.names)}
        for k, node in enumerate(plan.nodes):
            for parameter, values in node.parameters.items():
                self.register_buffer(f"n{k}_{parameter}", torch.tensor(values, dtype=torch.float64))
        for k, p in enumerate(plan.projections):
            for name, values in (("rows", p.rows), ("columns", p.columns), ("which", p.which)):
                self.register_buffer(f"p{k}_{name}", torch.tensor(np.array(values), dtype=torch.int64), False)
            least, most = p.bounds()
            for name, values in (("step", p.of_each(lambda f: f.step)), ("least", least), ("most", most)):
                self.register_buffer(f"p{k}_{name}", torch.tensor(values, dtype=torch.float32), False)

    # -- Weights -------------------------------------------------------------------------------------------------

    def stored(self, k: int) -> torch.Tensor:
        """A projection's integers, in stored units. SPEC W1 to W4"""
        step, least, most = (getattr(self, f"p{k}_{name}") for name in ("step", "least", "most"))
        smooth = self.weights[self.names[k]].clamp(least, most)
        return _through(torch.round(smooth / step) * step, smooth)

    def _check_weights(self) -> None:
        """Raises DataError for weights that are no numbers any more."""
        finite = [weights.detach().isfinite().all() for weights in self.weights.values()]
        if not finite or bool(torch.stack(finite).all()):
            return
        k = next(k for k, good in enumerate(finite) if not good)
        weights, name = self.weights[self.names[k]].detach(), self.plan.projections[k].name
        at = int((~weights.isfinite()).nonzero()[0, 0])
        raise data_error(
            "R0253",
            f"the weights of '{name}' hold {float(weights[at])} at [{at}]",
            where=name,
            remedy="training has diverged: go back to weights from before, and take smaller steps",
        )

    def integers(self) -> dict[str, np.ndarray]:
        """Projection -> its stored integers as they are now, int64 [values]. Raises DataError."""
        self._check_weights()
        with torch.no_grad():
            return {
                p.name: self.stored(k).round().to(torch.int64).cpu().numpy()
                for k, p in enumerate(self.plan.projections)
            }

    def settings(self) -> dict:
        """Quantization settings that pin everything: ``rb.compile(net, quant=module.settings())`` makes the image whose
        integers this module computes with now."""
        found = {**self.plan.settings, "projections": dict(self.plan.settings["projections"])}
        integers = self.integers()
        for p in self.plan.projections:
            rows = p.row_lists(integers[p.name])
            found["projections"][p.name] = {**found["projections"][p.name], "weights": rows}
        return found

    def _matrices(self, k: int) -> list[tuple[int, int, torch.Tensor]]:
        """(steps of its own, exponent, [sources, rows]) for each sum that is shifted by itself. SPEC W5, W7, W10"""
        p = self.plan.projections[k]
        weights = self.stored(k)
        if self.plan.profile == "loihi1":  # SPEC W6
            smooth = weights.double() * torch.as_tensor(
                2.0 ** p.of_each(lambda f: f.exponent), device=weights.device
            )
            return self._by_delay(k, 0, _through(torch.floor(smooth), smooth).float())
        return [
            part for exponent, mine in self._sums(p, weights) for part in self._by_delay(k, exponent, mine)
        ]

    @staticmethod
    def _sums(p: TrainedProjection, weights: torch.Tensor) -> list[tuple[int, torch.Tensor]]:
        """(exponent, weights) of each sum that is floored by itself, which is exact in float64; those that lose nothing are
        one, which is exact in float32 (SPEC W8)."""
        exact, floored = [], []
        for index, own in enumerate(p.formats):
            mine = weights
            if len(p.formats) > 1:
                there = torch.as_tensor(p.format_of == index, dtype=weights.dtype, device=weights.device)
                mine = weights * there
            if own.exponent >= 0:
                exact.append(mine * 2.0**own.exponent)
            else:
                floored += [(own.exponent, signed.double()) for signed in _apart(mine, own)]
        whole = [(0, sum(exact))] if exact else []
        return whole + floored

    def _by_delay(self, k: int, exponent: int, weights: torch.Tensor) -> list[tuple[int, int, torch.Tensor]]:
        """Matrices of `_matrices`, one for each delay that weights have."""
        p = self.plan.projections[k]
        sources = self.plan.nodes[p.source].size
        rows_all = self.plan.nodes[p.target].size
        if _is_matrix(p, sources, rows_all):
            return [(0, exponent, weights.reshape(rows_all, sources).T)]
        rows, columns, which = (getattr(self, f"p{k}_{f}") for f in ("rows", "columns", "which"))
        classes = np.unique(p.delays) if p.delays.size else [0]
        found = []
        for delay in classes:
            if p.delays.size:
                mine = torch.as_tensor(p.delays == delay, device=weights.device)[which]
                at = (columns[mine], rows[mine])
                values = weights[which[mine]]
            else:
                at, values = (columns, rows), weights[which]
            empty = torch.zeros(sources, rows_all, dtype=weights.dtype, device=weights.device)
            found.append((int(delay), exponent, empty.index_put(at, values)))
        return found

    @staticmethod
    def _sum(exponent: int, spikes: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
        """What a sum adds, shifted by its exponent. SPEC W5"""
        arriving = (spikes.to(matrix.dtype) @ matrix).double()
        if exponent >= 0:
            return arriving
        smooth = arriving * 2.0**exponent
        return _through(torch.floor(smooth), smooth)

    # -- Steps ---------------------------------------------------------------------------------------------------

    def forward(self, x) -> TorchRecording:
        """x: [B, T, *input_shape], 0 or 1, counts or payloads as the image's inputs take them; a dictionary by name for
        several inputs. Raises DataError, as `Image.run` does, and R0253 for weights that are not finite."""
        sent, steps = self._given(x)
        self._check_weights()
        total = steps + self.plan.lag
        matrices = [self._matrices(k) for k in range(len(self.plan.projections))]
        batch = next(iter(sent.values())).shape[0]
        states: dict[str, torch.Tensor] = {}
        left = [k for k, node in enumerate(self.plan.nodes) if node.model]
        sources = {t: {p.source for p in self.plan.projections if p.target == t} for t in left}
        done = {k for k, node in enumerate(self.plan.nodes) if not node.model}
        while left:
            ready = [k for k in left if sources[k] - {k} <= done]
            group = ready[:1] or left
            self._run(group, sent, states, matrices, batch, total)
            done |= set(group)
            left = [k for k in left if k not in done]
        return self._recording(sent, states, steps)

    def _given(self, x) -> tuple[dict, int]:
        known = {node.name: k for k, node in enumerate(self.plan.nodes) if not node.model}
        infos = {info["name"]: info for info in self.plan.inputs}
        shapes = {name: tuple(info["shape"]) for name, info in infos.items()}
        given = x if isinstance(x, dict) or len(shapes) != 1 else {next(iter(shapes)): x}
        tensors: dict[str, torch.Tensor] = {}
        lengths: object = np.zeros(())  # one array for several inputs
        if isinstance(given, dict):
            # Names and shapes have to be those that the image takes: arrays of the tensors' shapes stand for them.
            tensors = {n: _tensor(v, str(n)) for n, v in given.items()}
            lengths = {n: np.broadcast_to(np.uint8(0), tuple(v.shape)) for n, v in tensors.items()}
        _, batch, steps, batched = gather(lengths, shapes, lambda array, name: array)
        if not batched:
            raise data_error("R0251", "the samples have no batch axis", remedy="give x [B, T, *input_shape]")
        sent: dict[int, torch.Tensor] = {}
        for name, info in infos.items():
            values = tensors[name].reshape(batch, steps, *shapes[name])
            _check_payloads(values, info)
            values = values.reshape(batch, steps, -1).to(self._device, torch.float32)
            sent[known[name]] = torch.cat(
                [values, values.new_zeros(batch, self.plan.lag, values.shape[2])], 1
            )
        return sent, steps

    @property
    def _device(self) -> torch.device:
        return next(itertools.chain(self.parameters(), self.buffers())).device

    def _waits(self, k: int, own: int) -> int:
        """Steps from a spike to the step that it acts in. SPEC T2, T4"""
        p = self.plan.projections[k]
        return p.delay_steps + own + self.plan.lags[p.target] - self.plan.lags[p.source]

    def _run(self, group: list[int], sent, states, matrices, batch: int, total: int) -> None:
        """Populations that depend on each other, step by step; what comes from others is summed over all steps at once."""
        before: dict[int, torch.Tensor] = {}
        inside: list[tuple[int, int, int, torch.Tensor]] = []
        for k, p in enumerate(self.plan.projections):
            if p.target not in group:
                continue
            for own, exponent, matrix in matrices[k]:
                if p.source in group:
                    inside.append((k, self._waits(k, own), exponent, matrix))
                    continue
                arriving = self._sum(exponent, sent[p.source], matrix)
                wait = self._waits(k, own)
                arriving = torch.cat([arriving.new_zeros(batch, wait, arriving.shape[2]), arriving], 1)[
                    :, :total
                ]
                before[p.target] = before[p.target] + arriving if p.target in before else arriving
        device = self._device
        zero = {
            n: torch.zeros(batch, self.plan.nodes[n].size, dtype=torch.float64, device=device) for n in group
        }
        now = {n: {"u": zero[n], "v": zero[n]} for n in group}
        told: dict[int, list] = {n: [] for n in group}
        kept: dict[tuple[int, str], list] = {(n, s): [] for n in group for s in ("u", "v")}
        given = {n: before[n].unbind(1) if n in before else [zero[n]] * total for n in group}
        for t in range(total):
            arriving = {n: given[n][t] for n in group}
            for k, wait, exponent, matrix in inside:
                p = self.plan.projections[k]
                if t >= wait:
                    added = self._sum(exponent, told[p.source][t - wait], matrix)
                    arriving[p.target] = arriving[p.target] + added
            for n in group:
                told[n].append(self._step(n, now[n], arriving[n]))
                for s in ("u", "v"):
                    kept[n, s].append(now[n][s])
        for n in group:
            node = self.plan.nodes[n]
            sent[n] = torch.stack(told[n], 1)
            states[f"{node.name}.v"] = torch.stack(kept[n, "v"], 1)
            if "decay_u" in node.parameters:
                states[f"{node.name}.u"] = torch.stack(kept[n, "u"], 1)

    def _step(self, n: int, now: dict, arriving: torch.Tensor) -> torch.Tensor:
        """One step of a population: its spikes; `now` becomes the states after it. SPEC N3 to N16"""
        has = self.plan.nodes[n].parameters
        get = lambda name: getattr(self, f"n{n}_{name}")  # noqa: E731
        u = float(ALIGN) * arriving
        if "decay_u" in has:
            u = _decayed(now["u"], get("decay_u")) + u
        now["u"] = u = self._wrapped(u)
        v = _decayed(now["v"], get("decay_v")) if "decay_v" in has else now["v"]
        v = (v + u + get("bias")).clamp(-_STATE_END + 1, _STATE_END - 1)
        if "threshold" not in has:
            now["v"] = v
            return torch.zeros_like(v)
        spike = _Spike.apply(v, get("threshold"), self.slope)
        after = torch.where(get("reset_keep") != 0, v, torch.zeros_like(v)) - get("reset_amount")
        now["v"] = torch.where(spike.detach() > 0, after, v)
        return spike

    def _wrapped(self, u: torch.Tensor) -> torch.Tensor:
        """SPEC N4, N5."""
        turn = 2 * _STATE_END
        if self.plan.profile == "loihi1":
            high, low = u >= _STATE_END, u < -_STATE_END
        else:
            high, low = u > _STATE_END, u <= -_STATE_END
        return u - turn * high.to(u.dtype) + turn * low.to(u.dtype)

    def _recording(self, sent, states, steps: int) -> TorchRecording:
        nodes = self.plan.nodes
        spikes = {
            node.name: sent[k]
            for k, node in enumerate(nodes)
            if node.model and "threshold" in node.parameters
        }
        lag = {node.name: self.plan.lags[k] for k, node in enumerate(nodes)}
        outputs = {}
        for output in self.plan.outputs:
            parts = [
                states[f"{part['population']}.{part['state']}"]
                if part["state"]
                else spikes[part["population"]]
                for part in output["parts"]
            ]
            outputs[output["name"]] = torch.cat(parts, 2)
            lag[output["name"]] = lag[output["parts"][0]["population"]]
        return TorchRecording(spikes, states, outputs, lag, steps)


__all__: Optional[list] = ["QuantizedNetwork", "TorchRecording"]
