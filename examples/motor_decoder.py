"""A motor decoder of the tiny kind that Zenke's group trained for brain implants (fmi-basel/neural-decoding-RSNN) as a
network, and on to the chip: 96 electrodes -> 64 recurrent LIF -> 2 leaky readouts, the velocities of a hand.

    python examples/motor_decoder.py indy01_tinyRSNN-1.npz -o decoder.nir

writes a NIR file. NIR holds neither the time step nor that the equations were discretized exactly, so say both:

    rheobase compile decoder.nir -o decoder.rheo --chip loihi2 --dt 4e-3 --discretization exponential --reset zero
    rheobase verify decoder.nir decoder.rheo --data recordings.npz

What the training computed in a step of 4 ms, with a = exp(-dt / tau) in each neuron:

    I <- a_syn I + W x                     reset to zero and spike where v > 1
    v <- a_mem v + (1 - a_mem) I           with the new I
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import rheobase as rb

DT = 4e-3  # seconds
MEMBRANE, READOUT, SYNAPSE = 20e-3, 50e-3, 10e-3  # seconds that softplus(parameter) counts in


def softplus(x) -> np.ndarray:
    return np.log1p(np.exp(np.asarray(x, np.float64)))


def time_constants(arrays) -> dict[str, np.ndarray]:
    """Seconds, one for each neuron."""
    return {
        "hidden_mem": MEMBRANE * softplus(arrays["group2.mem_param"]),
        "hidden_syn": SYNAPSE * softplus(arrays["group2.syn_param"]),
        "velocity_mem": READOUT * softplus(arrays["group3.mem_param_readout"]),
        "velocity_syn": SYNAPSE * softplus(arrays["group3.syn_param_readout"]),
    }


def network(arrays, recurrent: bool = True) -> rb.Network:
    """The network of one file's arrays, every neuron with time constants of its own. Without its recurrence the spikes
    of the step before are a second input, "before"."""
    tau = time_constants(arrays)
    w_in, w_rec, w_out = (np.asarray(arrays[f"con{k}.op.weight"], np.float64) for k in (1, 2, 3))

    def synapse(which: str) -> dict:
        # NIR's current takes the share 1 - a of w_in W x; here it takes all of W x.
        return {"tau_syn": tau[which], "w_in": 1 / (1 - np.exp(-DT / tau[which]))}

    b = rb.Builder(dt=DT, discretization="exponential", reset="zero", name="motor_decoder")
    b.input("electrodes", w_in.shape[1])
    b.cuba_lif("hidden", w_in.shape[0], tau_mem=tau["hidden_mem"], **synapse("hidden_syn"))
    b.cuba_li("velocity", w_out.shape[0], tau_mem=tau["velocity_mem"], **synapse("velocity_syn"))
    b.connect("electrodes", "hidden", w_in)
    b.connect("hidden" if recurrent else b.input("before", w_in.shape[0]), "hidden", w_rec)
    b.connect("hidden", "velocity", w_out)
    return b.build()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    o = parser.parse_args()
    with np.load(o.file) as arrays:
        rb.export(network(arrays), "nir", o.output)
    print(f"{o.output}: written")


if __name__ == "__main__":
    main()
