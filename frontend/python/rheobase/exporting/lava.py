"""Images as Lava programs: neuron and synapse processes that compute the same integers. SPEC profile `lava`.

lava_populations.py tells what neurons become, lava_sums.py what synapses become, lava_processes.py what the program brings
along. Lava counts steps from 1, the image from 0.
"""

from __future__ import annotations

import io
import re
from functools import partial

import numpy as np

from ..arithmetic import MODELS
from ..errors import CompileError, Diagnostic
from ..image import Image
from . import lava_processes, lava_sums
from . import lava_text as text
from .lava_populations import Neurons, ports_of, process_of, states_of
from .sums import Sum, other_arithmetic, parameters_of, sums_of


def files(image: Image) -> dict[str, bytes]:
    """{"network.py", "arrays.npz"}. Raises CompileError."""
    program = _Program(image)
    if program.refused:
        raise CompileError(program.refused)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **program.arrays)
    return {"network.py": program.text().encode(), "arrays.npz": buffer.getvalue()}


class _Program:
    """Collects lines and arrays, and what Lava cannot express."""

    def __init__(self, image: Image):
        self.image = image
        self.arrays: dict[str, np.ndarray] = {}
        self.refused: list[Diagnostic] = []
        self.names: dict[str, str] = {}
        self.taken = set(text.TAKEN)
        self.lines: list[str] = []
        self.used: set[str] = set()  # classes and functions
        if (other := other_arithmetic(image)) is not None:
            self._refuse("", *other)
            return
        self.models = {p["name"]: p["model"] for p in image.info["populations"]}
        self.graded = {i["name"] for i in image.info["inputs"] if i["encoding"] != "Binary"}
        self.graded |= {name for name, model in self.models.items() if MODELS[model]["graded"]}
        for entry in image.info["inputs"]:
            self.lines.append(text.INPUT.format(variable=self._name(entry["name"]), name=entry["name"]))
        for entry in image.info["populations"]:
            if not entry["clone_of"]:
                self._population(entry)
        for number, found in enumerate(sums_of(image, lava_sums.MOST_LISTED)):
            self._sum(number, found)

    def _refuse(self, where: str, message: str, remedy: str) -> None:
        self.refused.append(Diagnostic("R0670", "error", message, self.image.file, where, remedy=remedy))

    def _name(self, name: str) -> str:
        """A Python name for a node, told apart where two nodes would share one."""
        plain = re.sub(r"\W", "_", name, flags=re.ASCII).lower()
        self.names[name] = self._variable(plain if plain[:1].isalpha() else f"n_{plain}")
        return self.names[name]

    def _variable(self, wanted: str) -> str:
        while wanted in self.taken:
            wanted += "_"
        self.taken.add(wanted)
        return wanted

    def _store(self, variable: str, key: str, values: np.ndarray) -> str:
        """The expression that reads an array; a plain number where all values agree."""
        if (values == values[0]).all():
            return str(int(values[0]))
        self.arrays[f"{variable}.{key}"] = values.astype(np.int32)
        return f'arrays["{variable}.{key}"]'

    def _population(self, entry: dict) -> None:
        name, variable = entry["name"], self._name(entry["name"])
        values = parameters_of(self.image, name)
        store, refuse = partial(self._store, variable), partial(self._refuse, name)
        process = process_of(Neurons(name, entry["model"], entry["size"], values, store, refuse))
        plain = process.kind in text.TAKE_NAMES and not process.variables
        self.used |= {process.kind} if plain else {process.kind, "named"}
        if "act_mode" in process.arguments:
            self.used.add("ActivationMode")
        form = text.POPULATION if plain else text.NAMED_POPULATION
        self.lines.append(
            form.format(
                variable=variable,
                process=process.kind,
                name=name,
                arguments=_listed({"shape": f"({entry['size']},)", **process.arguments}),
                variables="".join(f", {key}={value}" for key, value in process.variables.items()),
                what="  # never spikes: its potential is read" if process.silent else "",
            )
        )

    def _sum(self, number: int, found: Sum) -> None:
        graded = found.source in self.graded
        made = lava_sums.processes_of(found, ports_of(self.models[found.target]), graded)
        if made is None:
            self._refuse(
                found.target,
                f"the weights from '{found.source}' to '{found.target}' mix signs in a way that Dense cannot hold",
                "pin sign_mode to 'mixed' in the quantization settings",
            )
            return
        for synapses in made:
            variable = self._variable("_".join([f"w{number}", *synapses.told_apart]))
            sparse = synapses.process.endswith("Sparse")
            self.used |= {synapses.process, "sparse"} if sparse else {synapses.process}
            self.arrays |= {f"{variable}{end}": a.astype(np.int32) for end, a in synapses.arrays.items()}
            delay = {"LateSparse": "delay", "DelayDense": "delays"}.get(synapses.process)
            self.lines.append(
                text.SYNAPSES.format(
                    variable=variable,
                    process=synapses.process,
                    weights=f'sparse("{variable}", {synapses.shape})' if sparse else f'arrays["{variable}"]',
                    exponent=found.exponent,
                    mode=synapses.mode,
                    # Spikes are payloads of 1. Sparse multiplies payloads far sooner than it picks columns of spikes.
                    bits=lava_sums.MESSAGE_BITS if graded or sparse else 0,
                    delay=f", {delay}={found.delay}" if delay else "",
                    source=self.names[found.source],
                    target=self.names[found.target],
                    port=synapses.port,
                )
            )

    def text(self) -> str:
        info = self.image.info
        shown = {p["name"]: p["model"] for p in info["populations"] if not p["hidden"]}
        states = {name: states_of(model) for name, model in shown.items()}
        functions = {"named": text.NAMED, "sparse": text.SPARSE}
        parts = [part for name, part in functions.items() if name in self.used]
        parts += lava_processes.texts_of(self.used)
        return text.PROGRAM.format(
            network=_plain(info["network"]),
            chip=_plain(info["chip"]),
            generator=_plain(info["generator"]),
            imports="\n".join(sorted(text.imports_of(self.used) | lava_processes.imports_of(self.used))),
            inputs=", ".join(f"{i['name']!r}: {i['size']}" for i in info["inputs"]),
            states=_listed({repr(name): f"{each}" for name, each in states.items()}, ": "),
            lag=self.image.lag,
            parts="".join(f"\n\n{part.strip()}\n" for part in parts),
            lines="\n".join(f"    {line}" for part in self.lines for line in part.split("\n")),
            populations=", ".join(f"{name!r}: {self.names[name]}" for name in shown),
            adaptation=text.ADAPTATION if "atrlif" in shown.values() else "",
        )


def _listed(entries: dict[str, str], between: str = "=") -> str:
    return ", ".join(f"{key}{between}{value}" for key, value in entries.items())


def _plain(words: str) -> str:
    """What can stand in a docstring, whatever an image from elsewhere holds."""
    return re.sub(r"[^\w .:+-]", "_", words)
