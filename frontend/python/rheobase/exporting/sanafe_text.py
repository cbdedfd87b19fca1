"""The words of an exported SANA-FE folder: its program and its page."""

from __future__ import annotations


def net_head(words: dict) -> str:
    mode = "every neuron replays its spikes" if words["replay"] else "SANA-FE computes the neurons"
    return f"# '{words['network']}' for {words['chip']}, mapped as in its image; {mode}. Written by {words['generator']}.\n"


def program(words: dict) -> str:
    populations = ",\n".join(f"    {group!r}: {name!r}" for group, name in words["populations"].items())
    return _PROGRAM.format(populations=populations, static_power=words["static_power"], chip=words["chip"])


def readme(words: dict) -> str:
    lost = "".join(f"- {message}.\n" for message in words["lost"]) or "- Nothing that changes a spike.\n"
    how = _REPLAYED if words["replay"] else _COMPUTED
    inferred = _INFERRED if words["inferred"] else ""
    return _README.format(how=how, lost=lost, inferred=inferred, network=words["network"], chip=words["chip"])


_PROGRAM = '''\
"""Runs this folder's network in SANA-FE and prints spikes, energy and latency of every inference.

    pip install sanafe==2.2.9
    python run.py [--samples N] [--timing detailed] [-o OUT.json] [--raster OUT.csv]

spikes.json holds the spikes of the inputs, in a replay those of every neuron: sample -> group -> neuron -> steps.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import sanafe

HERE = Path(__file__).resolve().parent
POPULATIONS = {{  # SANA-FE's group -> the node
{populations},
}}
STATIC_POWER = {static_power}  # W of a chip '{chip}', whatever it does


def run(arch, net, sample, steps, timing):
    """One inference from rest: what it takes, and (node, neuron, step) of every spike."""
    chip = sanafe.SpikingChip(arch)
    chip.load(net)
    for group, neurons in sample.items():
        for neuron, when in neurons.items():
            when = set(when)
            train = [step in when for step in range(steps)]
            chip.mapped_neuron_groups[group][int(neuron)].set_attributes(model_attributes={{"spikes": train}})
    result = chip.sim(steps, timing_model=timing, spike_trace=True)
    raster = [
        (POPULATIONS[spike.group_name], spike.neuron_offset, step)
        for step, spikes in enumerate(result["spike_trace"])
        for spike in spikes
    ]
    counts = Counter(name for name, _, _ in raster)
    energy, seconds = result["energy"], result["sim_time"]
    return {{
        "spikes": {{name: counts[name] for name in POPULATIONS.values()}},
        "energy_J": {{**energy, "static": STATIC_POWER * seconds}},
        "latency_s": seconds,
        "steps": steps,
        "messages": result["packets_sent"],
        "synaptic_operations": result["spikes"],
        "active_neurons": result["neurons_updated"],  # with the inputs that spike
    }}, raster


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, help="the first N of spikes.json")
    parser.add_argument("--timing", default="detailed", choices=("simple", "detailed", "cycle"))
    parser.add_argument("-o", "--output", type=Path, help="JSON of what is printed")
    parser.add_argument("--raster", type=Path, help="CSV of every spike: sample, node, neuron, step")
    given = parser.parse_args()
    data = json.loads((HERE / "spikes.json").read_text())
    if not data["samples"]:
        parser.error("spikes.json holds no samples: export again with --input DATA")
    arch = sanafe.load_arch(str(HERE / "arch.yaml"))
    net = sanafe.load_net(str(HERE / "net.yaml"), arch)
    inferences, rasters = [], []
    for number, sample in enumerate(data["samples"][: given.samples]):
        one, raster = run(arch, net, sample, data["steps"], given.timing)
        inferences.append(one)
        rasters += [(number, *spike) for spike in raster]
        print(f"sample {{number}}: {{one['latency_s'] * 1e6:.3f}} us, {{one['energy_J']['total'] * 1e6:.4f}} uJ dynamic,"
              f" {{one['energy_J']['static'] * 1e6:.4f}} uJ static; spikes {{one['spikes']}}")
    if given.output:
        given.output.write_text(json.dumps({{"schema": "rheobase.sanafe/1", "samples": inferences}}, indent=1))
    if given.raster:
        lines = [",".join(map(json.dumps, row)) for row in rasters]
        given.raster.write_text("\\n".join(["sample,node,neuron,step", *lines]) + "\\n")


if __name__ == "__main__":
    main()
'''

_README = """\
# '{network}' for {chip}, in SANA-FE

SANA-FE (GPL-3) simulates time and energy of a neuromorphic chip. It is no part of this folder:

```sh
pip install sanafe==2.2.9
python run.py -o energy.json
```

| file | what |
|---|---|
| `arch.yaml` | the chip: tiles, cores, what each operation costs and who says so |
| `net.yaml` | the network: neurons, synapses, and the core of each neuron, as the image places them |
| `spikes.json` | what the inputs send, sample by sample, where the export was given data |
| `run.py` | runs an inference after another: spikes of each node, energy (J), latency (s) |

{how}

What SANA-FE does not follow:

{lost}
Assumptions, in `arch.yaml` to be changed: the host's inputs enter at the first tile and cost nothing but their messages; a
message costs a within-tile message in its last tile and its hops; what a message to two axons of one core costs is counted
once; barriers grow with the number of tiles in use. {inferred}A step of SANA-FE is a step of the image: `run.py` counts
from 0. SANA-FE takes about 2 KB of memory for each synapse. Where many inputs spike at once, `--timing detailed` tells up to
twice the latency of `simple` and of `cycle`, which simulates the mesh.
"""
_INFERRED = "No figure of this chip is published: those of another stand in, as `arch.yaml` says. "
_COMPUTED = """\
Every neuron is SANA-FE's `leaky_integrate_fire`. Its potential counts 64 of the chip's, so that the truncation to 1/64 is the
chip's rounding toward zero."""
_REPLAYED = """\
Every neuron is a spike train: it spikes when the chip's does in `spikes.json`, and weights are 0. The counts are the chip's;
messages, time and energy are SANA-FE's."""
