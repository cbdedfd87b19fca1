"""The words of an exported Lava program."""

from __future__ import annotations

import keyword
from typing import Iterable

# What a node's variable may not be called: Python's words, and what build() uses.
TAKEN = {*keyword.kwlist, "np", "x", "arrays", "named", "sparse"}

# Where Lava's processes lie.
MODULES = {
    "Dense": "dense",
    "DelayDense": "dense",
    "Sparse": "sparse",
    "LIF": "lif",
    "LIFReset": "lif",
    "TernaryLIF": "lif",
    "ATRLIF": "atrlif",
    "Sigma": "sdn",
    "Delta": "sdn",
    "SigmaDelta": "sdn",
    "ActivationMode": "sdn",
    "GradedVec": "graded",
    "GradedReluVec": "graded",
    "NormVecDelay": "graded",
    "ProdNeuron": "prodneuron",
    "RF": "rf",
    "RF_IZ": "rf_iz",
    "RFZero": "resfire",
}
# Those of the processes whose constructors take a name.
TAKE_NAMES = ("LIF", "LIFReset", "ResettingLIF", "WaitingLIF", "ATRLIF", "SigmaDelta", "InverseRoots")

INPUT = "{variable} = Source(data=x[{name!r}])"
POPULATION = "{variable} = {process}(name={name!r}, {arguments}){what}"
NAMED_POPULATION = "{variable} = named({name!r}, {process}({arguments}){variables})"
SYNAPSES = """{variable} = {process}(weights={weights}, weight_exp={exponent}, sign_mode=SignMode.{mode}, \
num_message_bits={bits}{delay})
{source}.s_out.connect({variable}.s_in)
{variable}.a_out.connect({target}.{port})"""

NAMED = '''
def named(name, process, **variables):
    """A process with its name, and variables as given, each a number or one for each neuron."""
    process.name = name
    for variable, values in variables.items():
        var = getattr(process, variable)
        var.shape = process.s_out.shape
        var.init = np.broadcast_to(np.asarray(values, np.int32), var.shape).copy()
    return process
'''

SPARSE = '''
def sparse(name, shape):
    """A matrix of which arrays.npz holds the values, row by row, their columns, and where each row starts."""
    return csr_matrix(tuple(arrays[f"{name}.{part}"] for part in ("data", "indices", "indptr")), shape=shape)
'''

ADAPTATION = '''
            if state == "theta":  # rheobase knows what it has risen by
                values, state = values - np.int32(64 * populations[name].theta_0.init), "adaptation"'''

PROGRAM = '''"""The network '{network}' as Lava processes, from its image for {chip}; written by {generator}.

    python network.py INPUT.npz -o OUT.npz      INPUT: x [T, channels], or one array for each input by name

OUT holds "<population>.spikes", what its neurons sent, and its states, such as "<population>.v" [T + {lag}, neurons], as
`rheobase run` writes them: `rheobase diff` compares the two. Lava 0.10 (lava-nc), fixed point.
"""

import argparse
from pathlib import Path

import numpy as np
{imports}

INPUTS = {{{inputs}}}  # channels
STATES = {{{states}}}
LAG = {lag}  # steps by which the last population runs behind the input
arrays = dict(np.load(Path(__file__).with_name("arrays.npz")))
{parts}

def build(x):
    """x: input -> int32 [channels, steps]. Returns population -> process; all processes are connected."""
{lines}
    return {{{populations}}}


def run(x, states=STATES):
    """x: input -> integers [T, channels]; states: population -> those to read, which takes Lava most of the time.
    Returns "<population>.spikes" and "<population>.<state>", int32 [T + LAG, neurons]."""
    x = {{name: np.pad(np.asarray(x[name], np.int32), ((0, LAG), (0, 0))).T for name in INPUTS}}
    steps = next(iter(x.values())).shape[1]
    populations = build(x)
    sinks, monitors, started = {{}}, {{}}, []
    for name, process in populations.items():
        sinks[name] = Sink(shape=process.s_out.shape, buffer=steps)
        process.s_out.connect(sinks[name].a_in)
        for state in states.get(name, ()):
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
            values = np.asarray(values).reshape(steps, -1).astype(np.int32){adaptation}
            out[f"{{name}}.{{state}}"] = values
        return out
    finally:
        for process in started:
            process.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--spikes-only", action="store_true", help="without states: far sooner for many neurons")
    given = parser.parse_args()
    data = dict(np.load(given.input))
    x = {{next(iter(INPUTS)): data["x"]}} if "x" in data and "x" not in INPUTS else data
    np.savez(given.output, **run(x, {{}} if given.spikes_only else STATES))
'''

_ALWAYS = """\
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.io.sink import RingBuffer as Sink
from lava.proc.io.source import RingBuffer as Source
from lava.proc.monitor.process import Monitor
from lava.utils.weightutils import SignMode"""


def imports_of(used: Iterable[str]) -> set[str]:
    """The import lines of what a program uses of Lava."""
    processes = {f"from lava.proc.{MODULES[name]}.process import {name}" for name in used if name in MODULES}
    matrices = {"from scipy.sparse import csr_matrix"} if "sparse" in used else set()
    return {*_ALWAYS.splitlines(), *processes, *matrices}
