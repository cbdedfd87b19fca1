"""The words of an exported Lava program."""

import keyword

# What a node's variable may not be called: Python's words, and what build() uses.
TAKEN = {*keyword.kwlist, "np", "x", "arrays"}

INPUT = "{variable} = Source(data=x[{name!r}])"
POPULATION = "{variable} = {process}(name={name!r}, shape=({size},), {arguments}){what}"
SYNAPSES = """{variable} = {process}(weights=arrays["{variable}"], weight_exp={exponent}, sign_mode=SignMode.{mode}, \
num_message_bits={bits}{delays})
{source}.s_out.connect({variable}.s_in)
{variable}.a_out.connect({target}.a_in)"""

RESETTING = '''
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.lif.models import AbstractPyLifModelFixed


class ResettingLIF(LIF):
    """LIF whose potential keeps `keep` (all of it, -1, or nothing, 0) at a spike and then loses `amount`."""

    def __init__(self, *, shape, keep, amount, **rest):
        super().__init__(shape=shape, keep=keep, amount=amount, **rest)
        self.keep = Var(shape=shape, init=keep)
        self.amount = Var(shape=shape, init=amount)


@implements(proc=ResettingLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyResettingLif(AbstractPyLifModelFixed):
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    vth: int = LavaPyType(int, np.int32)
    keep: np.ndarray = LavaPyType(np.ndarray, np.int32)
    amount: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def scale_threshold(self):
        self.effective_vth = np.left_shift(self.vth, self.vth_shift)
        self.isthrscaled = True

    def spiking_activation(self):
        return self.v > self.effective_vth

    def reset_voltage(self, spike_vector):
        self.v[spike_vector] = ((self.v & self.keep) - self.amount)[spike_vector]
'''

PROGRAM = '''"""The network '{network}' as Lava processes, from its image for {chip}; written by {generator}.

    python network.py INPUT.npz -o OUT.npz      INPUT: x [T, channels], or one array for each input by name

OUT holds "<population>.spikes", "<population>.u" and "<population>.v" [T + {lag}, neurons], as `rheobase run` writes
them: `rheobase diff` compares the two. Lava 0.10 (lava-nc), fixed point.
"""

import argparse
from pathlib import Path

import numpy as np
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.magma.core.run_conditions import RunSteps
from lava.proc.dense.process import Dense, DelayDense
from lava.proc.io.sink import RingBuffer as Sink
from lava.proc.io.source import RingBuffer as Source
from lava.proc.lif.process import LIF
from lava.proc.monitor.process import Monitor
from lava.utils.weightutils import SignMode

INPUTS = {{{inputs}}}  # channels
LAG = {lag}  # steps by which the last population runs behind the input
arrays = dict(np.load(Path(__file__).with_name("arrays.npz")))
{resetting}

def build(x):
    """x: input -> int32 [channels, steps]. Returns population -> process; all processes are connected."""
{lines}
    return {{{populations}}}


def run(x):
    """x: input -> integers [T, channels]. Returns "<population>.spikes", ".u" and ".v", int32 [T + LAG, neurons]."""
    x = {{name: np.pad(np.asarray(x[name], np.int32), ((0, LAG), (0, 0))).T for name in INPUTS}}
    steps = next(iter(x.values())).shape[1]
    populations = build(x)
    sinks, monitors, started = {{}}, {{}}, []
    for name, process in populations.items():
        sinks[name] = Sink(shape=process.s_out.shape, buffer=steps)
        process.s_out.connect(sinks[name].a_in)
        for state in ("u", "v"):
            monitors[name, state] = Monitor()
            monitors[name, state].probe(getattr(process, state), steps)
    try:
        for process in populations.values():
            if process.runtime is None:  # Lava runs what is connected to a process, and nothing else
                started.append(process)
                process.run(condition=RunSteps(num_steps=steps), run_cfg=Loihi2SimCfg(select_tag="fixed_pt"))
        out = {{f"{{name}}.spikes": sink.data.get().T.astype(np.int32) for name, sink in sinks.items()}}
        for (name, state), monitor in monitors.items():
            values = monitor.get_data()[populations[name].name][state]
            out[f"{{name}}.{{state}}"] = np.asarray(values).reshape(steps, -1).astype(np.int32)
        return out
    finally:
        for process in started:
            process.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    data = dict(np.load(given.input))
    x = {{next(iter(INPUTS)): data["x"]}} if "x" in data and "x" not in INPUTS else data
    np.savez(given.output, **run(x))
'''
