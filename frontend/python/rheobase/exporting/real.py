"""Exact nodes as NIR's: real parameters whose Euler step is the integers' step over the reals. SPEC F2, F11, F14.

With k = dt/tau: tau = 4096 dt / decay makes a state lose decay/4096 in a step; a gain of 4096/decay undoes the k that
NIR puts before an input, and v_leak = bias 4096/decay the one before a bias. The 64 of SPEC N2 goes into the weights,
so that states and thresholds keep their units and every gain is 1, by which readers recognise dt.
"""

from __future__ import annotations

import numpy as np

from ..arithmetic import ALIGN, DECAY_ONE, MODELS
from ..errors import Diagnostic
from ..network import Network, Node

ALMOST_NOTHING = 2.0**-12  # the decay, of 4096, that stands for none: compiling makes it 0 again
KINDS = {name: model["nir"] for name, model in MODELS.items() if model["nir"]}


def not_kept(
    net: Network, where: str, message: str, remedy: str = "", severity: str = "warning"
) -> Diagnostic:
    return Diagnostic("R0671", severity, message, net.file, where, remedy=remedy)


def weights_in_units(values: np.ndarray) -> np.ndarray:
    """Integer weights or biases times 64, as float32 where that holds them."""
    scaled = np.asarray(values, np.float64) * ALIGN
    single = scaled.astype(np.float32)
    return single if np.array_equal(single, scaled) else scaled


class Real:
    """What the exact nodes of a network become.

    nodes: name -> (kind, parameters). scaled: the matrices whose weights are to be times 64. reset: the rule that the
    file needs. lost: what NIR does not keep.
    """

    def __init__(self, net: Network):
        self.net = net
        self.nodes: dict[str, tuple[str, dict[str, np.ndarray]]] = {}
        self.lost: list[Diagnostic] = []
        exact = [n for n in net.populations if n.kind in KINDS]
        self.scaled = self._matrices({n.name for n in exact})
        self.reset = self._reset(exact)
        for node in exact:
            self.nodes[node.name] = self._node(node)
        if exact:
            names = ", ".join(f"'{n.name}'" for n in exact)
            self._lose(
                "note",
                "",
                f"the integers' rounding, wrap and saturation are not kept: {names} become real-valued",
                "compile the file to get integers again",
            )

    def _lose(self, severity: str, where: str, message: str, remedy: str = "") -> None:
        self.lost.append(not_kept(self.net, where, message, remedy, severity))

    def _matrices(self, exact: set[str]) -> set[str]:
        """All that lead into exact nodes; none where one of them leads elsewhere too, or where there is none between."""
        before = {source for source, target, _ in self.net.edges if target in exact}
        for source, target, _ in self.net.edges:
            if source in before and (target not in exact or self.net.nodes[source].stateful):
                return set()
        matrices = {name for name in before if self.net.nodes[name].kind in ("Linear", "Affine")}
        return matrices if matrices == before else set()

    def _reset(self, exact: list[Node]) -> str:
        """One rule for the whole file: that of the float nodes where there are some."""
        if any(n.spiking and n.kind not in KINDS for n in self.net.populations):
            return self.net.conventions["reset"]
        subtracting = any(n.spiking and n.parameters["reset_keep"].any() for n in exact)
        return "subtract" if subtracting else "v_reset"

    def _node(self, node: Node) -> tuple[str, dict[str, np.ndarray]]:
        values = {k: np.asarray(v, np.float64) for k, v in node.parameters.items()}
        kind = KINDS[node.kind]
        current = values.get("decay_u", np.full(node.shape, DECAY_ONE))
        potential = values.get("decay_v", np.zeros(node.shape))
        bias = values["bias"]
        keeps_current = (current != DECAY_ONE).any()
        if not potential.any() and not bias.any() and not keeps_current:  # whatever its name
            kind = "IF" if node.spiking else "I"
        elif kind in ("IF", "I"):
            kind = "LIF" if node.spiking else "LI"
        leaks = kind not in ("IF", "I")
        if leaks:
            potential = self._leaking(node, "potential", potential)
        gain = 1 if self.scaled else ALIGN
        parameters: dict[str, np.ndarray] = {}
        dt = self.net.dt
        if kind.startswith("Cuba"):
            current = self._leaking(node, "current", current)
            parameters["tau_syn"] = dt * DECAY_ONE / current
            parameters["w_in"] = gain * DECAY_ONE / current
            parameters["tau_mem"] = dt * DECAY_ONE / potential
            parameters["r"] = DECAY_ONE / potential
        elif leaks:
            parameters["tau"] = dt * DECAY_ONE / potential
            parameters["r"] = gain * DECAY_ONE / potential
        else:
            parameters["r"] = np.full(node.shape, float(gain))
        if leaks:
            parameters["v_leak"] = bias * DECAY_ONE / potential
        if node.spiking:
            parameters["v_threshold"] = values["threshold"]
            parameters["v_reset"] = self._v_reset(node, values)
        return kind, {k: np.ascontiguousarray(v, np.float64) for k, v in parameters.items()}

    def _leaking(self, node: Node, what: str, decay: np.ndarray) -> np.ndarray:
        none = int((decay == 0).sum())
        if none:
            self._lose(
                "warning",
                node.name,
                f"the {what} of {none} of {node.size} neurons of '{node.name}' keeps all of itself; NIR's loses a share "
                "in every step, written as 2^-24",
                "compile the file: so small a share becomes 0",
            )
        return np.where(decay == 0, ALMOST_NOTHING, decay)

    def _v_reset(self, node: Node, values: dict[str, np.ndarray]) -> np.ndarray:
        keep, amount = values["reset_keep"] != 0, values["reset_amount"]
        subtracts = self.reset in ("subtract", "subtract-late")
        odd = keep & (amount != values["threshold"])
        if odd.any():
            at = int(np.argmax(odd.ravel()))
            self._lose(
                "warning",
                node.name,
                f"neuron {at} of '{node.name}' loses {amount.ravel()[at]:g} at a spike, NIR's at most its threshold, "
                f"{values['threshold'].ravel()[at]:g}",
            )
        if (keep != subtracts).any():
            rule = "by subtraction" if keep.any() else "to a value"
            self._lose(
                "warning",
                node.name,
                f"'{node.name}' resets {rule}, others do not; a NIR file is read with one rule, here '{self.reset}'",
            )
        return np.where(keep, 0.0, 0.0 - amount)
