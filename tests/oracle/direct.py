"""Lava's process models one at a time, without its runtime: messages in, messages out, states to look at.

Run in Lava's environment. A model is built as Lava's runtime builds it; its ports hold arrays instead of channels.
"""

import numpy as np
from lava.magma.compiler.builders.py_builder import PyProcessBuilder
from lava.magma.compiler.compiler_graphs import ProcGroupDiGraphs
from lava.magma.compiler.utils import VarInitializer
from lava.magma.core.run_configs import Loihi2SimCfg


class _Inbox:
    """An in-port: receives the zeros of its type plus what was sent, as a connected port does."""

    def __init__(self, shape, dtype):
        self._zeros, self.message = np.zeros(shape, dtype), None

    def recv(self):
        return self._zeros.copy() if self.message is None else self._zeros + self.message


class _Outbox:
    """An out-port: keeps the last message, cast to the port's type."""

    def __init__(self, shape, dtype):
        self._shape, self._dtype, self.message = shape, dtype, None

    def send(self, data):
        assert data.shape == self._shape
        self.message = np.empty(self._shape, self._dtype)
        self.message[:] = data


class Driven:
    """A process model that steps when told to: Driven(LIF(shape=(4,), du=7)).step(a_in=x)["s_out"]."""

    def __init__(self, process, tag: str = "fixed_pt"):
        candidates = ProcGroupDiGraphs._find_proc_models(process)
        chosen = Loihi2SimCfg(select_tag=tag).select(process, candidates)
        builder = PyProcessBuilder(chosen, 0, process.proc_params)
        builder.set_variables([VarInitializer(v.name, v.shape, v.init, v.id) for v in process.vars])
        self.model = builder.build()
        self._inboxes = {p.name: _Inbox(p.shape, getattr(chosen, p.name).d_type) for p in process.in_ports}
        self._outboxes = {p.name: _Outbox(p.shape, getattr(chosen, p.name).d_type) for p in process.out_ports}
        for name, box in (*self._inboxes.items(), *self._outboxes.items()):
            setattr(self.model, name, box)

    def step(self, **messages) -> dict:
        """One step; an in-port that is not named receives nothing. Returns out-port -> message."""
        for name, box in self._inboxes.items():
            box.message = np.asarray(messages[name], np.int32) if name in messages else None
        self.model.time_step += 1
        self.model.run_spk()
        return {name: box.message for name, box in self._outboxes.items()}

    def state(self, name: str) -> np.ndarray:
        return np.asarray(getattr(self.model, name)).copy()
