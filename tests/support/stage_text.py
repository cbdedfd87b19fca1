"""Reads the text of a dumped legal stage: weights by projection, and a whole ChipNet where the user's terms are not at hand."""

from __future__ import annotations

import json
import re

import numpy as np
from chip_simulator import BIAS, ChipNet, Population, Projection
from convolutions import unfold_attribute

WIDTH = {"i8": np.int8, "i16": np.int16, "i32": np.int32}
TENSOR = r"dense(_resource)?<(.*?)> : tensor<([\dx]+)x(i\d+)>"
ELEMENTS = r"#spk\.elements<" + TENSOR + r", !spk\.fixed<\d+, (-?\d+), \w+>>"


class StageText:
    """The operations of one spk.network, by name."""

    def __init__(self, text: str):
        self.profile = re.search(r'profile = "(\w+)"', text)[1]
        self._blobs = dict(re.findall(r'^\s*"?([^\s":{}]+)"?: "0x([0-9A-Fa-f]*)"', text, re.M))
        self.inputs: dict[str, int] = {}
        self.populations: dict[str, Population] = {}
        self._owner: dict[str, str] = {}  # SSA value -> name
        self._synapses: list[tuple[str, str, str, str]] = []  # value, name, source, attributes
        self._targets: dict[str, str] = {}  # value of a synapse -> population
        for line in text.splitlines():
            self._read(line)

    def _read(self, line: str) -> None:
        found = re.match(r'\s*(%\w+) = spk\.(\w+) "((?:[^"\\]|\\.)*)"\s*(.*)$', line)
        if not found:
            return
        value, operation, name, rest = found.groups()
        name = re.sub(r"\\([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), name)
        if operation == "synapse":
            source, attributes = re.match(r"(%\w+) (.*)", rest).groups()
            self._synapses.append((value, name, source, attributes))
            return
        self._owner[value] = name
        size = int(re.search(r"!spk\.(?:spikes|potential)<(\d+)>(?: loc\(.*\))?$", rest)[1])
        if operation == "input":
            self.inputs[name] = size
        elif " hidden," in rest:
            self._owner[value] = BIAS
        else:
            for operand in re.findall(r"%\w+", re.match(r"\(([^)]*)\)", rest)[1]):
                self._targets[operand] = name
            self.populations[name] = Population(name, size, operation, self._registers(rest))

    def _elements(self, text: str, attribute: str) -> tuple[np.ndarray, int] | None:
        found = re.search(r"\b" + attribute + " = " + ELEMENTS, text)
        return found and (self._tensor(*found.groups()[:-1]), int(found[5]))

    def _tensor(self, resource: str | None, body: str, shape: str, kind: str) -> np.ndarray:
        shape = [int(n) for n in shape.split("x")]
        if resource:  # four bytes of alignment, then the integers
            values = np.frombuffer(bytes.fromhex(self._blobs[body.strip('"')])[4:], WIDTH[kind])
        elif body.startswith('"0x'):
            values = np.frombuffer(bytes.fromhex(body[3:-1]), WIDTH[kind])
        else:
            values = np.array(json.loads(body))
        values = values.reshape(shape) if values.size > 1 else np.broadcast_to(values.reshape(-1)[:1], shape)
        return values.astype(np.int64)

    def _unlist(self, weights: np.ndarray, attributes: str) -> np.ndarray:
        """[targets, sources] of weights that have places."""
        sources, targets = re.search(r"!spk\.spikes<(\d+)>\) -> !spk\.current<(\d+)>", attributes).groups()
        matrix = np.zeros((int(targets), int(sources)), np.int64)
        places = self._tensor(*re.search(r"\bplaces = " + TENSOR, attributes).groups())
        matrix[places[:, 0], places[:, 1]] = weights
        return matrix

    def _registers(self, text: str) -> dict:
        def parameter(name: str) -> np.ndarray:
            found = self._elements(text, name)
            return np.zeros(1, np.int64) if found is None else found[0]

        registers = {
            "du": parameter("decay_u") - 1,
            "dv": parameter("decay_v"),
            "bias_mantissa": parameter("bias"),
        }
        registers["vth"] = parameter("threshold") >> 6
        keep, amount = parameter("reset_keep"), parameter("reset_amount")
        registers["reset_mode"] = "subtract" if keep.any() else "value" if amount.any() else "zero"
        registers["reset_value"] = -amount >> 6
        return registers

    def projections(self) -> list[Projection]:
        result = []
        for value, name, source, attributes in self._synapses:
            weights, exponent = self._elements(attributes, "weight")
            if convolution := re.search(r"#spk\.convolution<\[.*? -> .*?groups \d+>", attributes):
                weights = unfold_attribute(weights, convolution[0])
            elif "places = " in attributes:
                weights = self._unlist(weights, attributes)
            delay = int((re.search(r"float_delay = (\d+)", attributes) or [0, 0])[1])
            result.append(
                Projection(name, self._owner[source], self._targets[value], delay, weights, exponent)
            )
        return result

    def weights(self) -> dict[str, np.ndarray]:
        return {p.name: p.weights for p in self.projections()}

    def chip_net(self) -> ChipNet:
        return ChipNet(self.profile, self.inputs, list(self.populations.values()), self.projections())
