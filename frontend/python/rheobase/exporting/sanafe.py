"""Images as mapped networks of SANA-FE, a simulator of a chip's time and energy: two YAML texts, and a program that runs them.

sanafe_arch.py tells what the chip becomes, sanafe_neurons.py and sanafe_net.py what the network becomes, sanafe_text.py what
comes along. SANA-FE is a program of its own (GPL-3): it reads these files, and nothing of it is here.
"""

from __future__ import annotations

import json
import re
from typing import Optional

import numpy as np

from ..costs import Costs, chip_of
from ..errors import CompileError, Diagnostic, option_error
from ..grid import grid_of
from ..image import Image
from . import sanafe_arch, sanafe_net, sanafe_neurons
from . import sanafe_text as text
from .sums import parameters_of


def files(image: Image, x=None, replay: bool = False, chip=None) -> tuple[dict[str, bytes], list[Diagnostic]]:
    """{"arch.yaml", "net.yaml", "spikes.json", "run.py", "README.md"}, and what is lost.

    Raises CompileError, OptionError, DataError.
    """
    if replay and x is None:
        raise option_error("a replay needs the spikes of a run", "give --input DATA, in Python x=")
    spec = chip_of(image, chip)
    exported = _Export(image, Costs(spec, grid_of(spec)), replay)
    return exported.contents(x), exported.lost


class _Export:
    """Collects what SANA-FE cannot express, and what it does not follow."""

    def __init__(self, image: Image, costs: Costs, replay: bool):
        self.image = image
        self.costs = costs
        self.replay = replay
        self.inputs = {i["name"]: i["size"] for i in image.info["inputs"]}
        self.sizes = {**self.inputs, **{p["name"]: p["size"] for p in image.info["populations"]}}
        self.names = _names(self.sizes)
        self.refused: list[Diagnostic] = []
        self.lost: list[Diagnostic] = []

    def contents(self, x) -> dict[str, bytes]:
        self._check()
        info, grid = self.image.info, self.costs.grid
        parts = {
            "groups": sanafe_net.groups(self.names, self.sizes, self._attributes()),
            "edges": list(sanafe_net.edges(self.image, self.names, self.replay, self._refuse, self._lose)),
            "mappings": sanafe_net.mappings(self.image, self.names, grid, self.replay),
        }
        if self.refused:
            raise CompileError(self.refused)
        held = {core["id"]: sum(part["count"] for part in core["slices"]) for core in info["cores"]}
        arch = sanafe_arch.architecture(self.costs, held, sum(self.inputs.values()), self.replay)
        # Without data, too: another network's may lie in the folder.
        spikes = {"steps": 0, "samples": []} if x is None else self._spikes(x)
        words = {
            "network": _on_one_line(info["network"]),
            "chip": _on_one_line(self.costs.chip.name),
            "generator": info["generator"],
            "populations": {group: name for name, group in self.names.items()},
            "static_power": self.costs["static_power"],
            "inferred": all(cost.inferred for cost in self.costs.chip.costs.values()),
            "replay": self.replay,
            "lost": [d.message for d in self.lost],
        }
        return {
            "arch.yaml": arch.encode(),
            "net.yaml": (text.net_head(words) + sanafe_net.text("network", parts)).encode(),
            "run.py": text.program(words).encode(),
            "README.md": text.readme(words).encode(),
            "spikes.json": json.dumps(spikes).encode(),
        }

    def _spikes(self, x) -> dict:
        """The steps in which each channel spikes, and in a replay each neuron, of every sample."""
        recording = self.image.run(x, spikes=self.replay, hidden=self.replay)
        arrays, samples, steps, _ = self.image._inputs(x)
        sent = {
            name: np.asarray(array).reshape(samples, steps, -1) for name, array in zip(self.inputs, arrays)
        }
        if self.replay:
            sent |= {name: np.reshape(s, (samples, -1, s.shape[-1])) for name, s in recording.spikes.items()}
        for name, counted in {} if self.replay else recording.overflows.items():
            subtracts = parameters_of(self.image, name).get("reset_keep", np.zeros(1)).any()
            if counted["wraps"].any() or (subtracts and counted["saturations"].any()):
                self._lose(
                    name,
                    f"states of '{name}' overflow on the chip in this run, in SANA-FE they have no bounds",
                    sanafe_neurons.REPLAY,
                )
        listed = [
            {
                self.names[name]: {
                    str(n): np.flatnonzero(values[b, :, n]).tolist()
                    for n in np.flatnonzero(values[b].any(axis=0)).tolist()
                }
                for name, values in sent.items()
            }
            for b in range(samples)
        ]
        return {"steps": steps + self.image.lag, "samples": listed}

    def _check(self) -> None:
        if self.replay:
            self._lose(
                "",
                "SANA-FE's spike trains know no inactive neurons: every neuron counts as active in every step",
                "",
            )
            return
        for entry in self.image.info["inputs"]:
            if entry["encoding"] != "Binary":
                self._refuse(
                    entry["name"],
                    f"the input '{entry['name']}' sends numbers, SANA-FE's spikes carry none",
                    sanafe_neurons.REPLAY,
                )
        for p in self.image.info["populations"]:
            registers = parameters_of(self.image, p["name"])
            sanafe_neurons.check(p["name"], p["model"], p["size"], registers, self._refuse, self._lose)

    def _attributes(self) -> dict[str, list[str]]:
        if self.replay or self.refused:
            return {}
        return {
            self.names[p["name"]]: sanafe_neurons.attributes_of(
                parameters_of(self.image, p["name"]), p["size"]
            )
            for p in self.image.info["populations"]
        }

    def _refuse(self, where: str, message: str, remedy: str) -> None:
        self.refused.append(Diagnostic("R0670", "error", message, self.image.file, where, remedy=remedy))

    def _lose(self, where: str, message: str, remedy: str, neurons: Optional[int] = None) -> None:
        value = None if neurons is None else float(neurons)
        self.lost.append(
            Diagnostic("R0671", "warning", message, self.image.file, where, value, remedy=remedy)
        )


def _names(sizes: dict[str, int]) -> dict[str, str]:
    """Population or input -> a name that means nothing else in an address such as `group.0..9 -> group`."""
    names, taken = {}, set()
    for name in sizes:
        plain = "g_" + re.sub(r"[^A-Za-z0-9_]", "_", name)
        while plain in taken:
            plain += "_"
        taken.add(plain)
        names[name] = plain
    return names


def _on_one_line(name: str) -> str:
    return " ".join(name.split()) or "network"
