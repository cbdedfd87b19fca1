"""Chip images in Python: load, run, stream."""

from __future__ import annotations

import os
from typing import Callable, Optional

import numpy as np

from . import _core
from .data import as_payloads, check_numbers, with_batch
from .errors import data_error
from .recording import Recording, from_core, unknown_name

ENGINES = ("auto", "golden", "vector")


class Image:
    """What a chip would be loaded with. Example: rb.Image.load("net.rheo").run(x).output"""

    def __init__(self, core: _core.Image):
        self._core = core
        self._program = None
        self._engines: dict = {}
        self.info: dict = core.describe()  # the header: populations, inputs, outputs, cores, ranges, limits

    @classmethod
    def load(cls, path) -> Image:
        """Reads and verifies a file. Raises FormatError: damaged, truncated, of another major or newer version."""
        return cls(_core.Image.load(os.fspath(path)))

    @classmethod
    def from_bytes(cls, content: bytes, name: str = "image") -> Image:
        return cls(_core.Image.parse(content, name))

    def to_bytes(self) -> bytes:
        return self._core.bytes()

    def save(self, path) -> None:
        """Writes the file beside its target and renames it."""
        self._core.save(os.fspath(path))

    @property
    def chip(self) -> str:
        return self.info["chip"]

    @property
    def assumptions(self) -> list[dict]:
        """[{what, value, why, how_to_change, warning}]"""
        return self.info["assumptions"]

    @property
    def program(self):
        """The decoded image; decoding checks every word."""
        if self._program is None:
            self._program = self._core.decode()
        return self._program

    @property
    def lag(self) -> int:
        """L: a run of T steps executes T + L."""
        return self.program.lag

    @property
    def scale(self) -> dict[str, np.ndarray]:
        """ "hidden.v" -> one float unit in integer units, a number or one per neuron."""
        return {
            f"{p['name']}.{state}": values[0] if len(values) == 1 else values
            for p in self.info["populations"]
            for state, values in p["scale"].items()
        }

    def probes(self) -> list[str]:
        """Every state that can be probed: "hidden.u", "hidden.v"."""
        shown = {p["name"] for p in self.info["populations"] if not p["hidden"]}
        return [
            f"{name}.{state}"
            for name, states in self.program.states().items()
            if name in shown
            for state in states
        ]

    def engine(self, name: str = "auto"):
        """The engine of that name, made ready once. All engines give the same bits."""
        if name not in ENGINES:
            raise unknown_name("engine", name, ENGINES)
        if name not in self._engines:
            self._engines[name] = _make_engine(name, self.program)
        return self._engines[name]

    def _inputs(self, x, file: str = "") -> tuple[list[np.ndarray], int, bool]:
        inputs = self.info["inputs"]
        if isinstance(x, dict):
            for name in x:
                if name not in {i["name"] for i in inputs}:
                    raise unknown_name("input", name, [i["name"] for i in inputs])
        elif len(inputs) == 1:
            x = {inputs[0]["name"]: x}
        else:
            raise data_error("R0258", f"the image has {len(inputs)} inputs: give a dictionary by name", file)
        arrays, steps, batched = [], None, True
        for info in inputs:
            if info["name"] not in x:
                raise data_error("R0258", f"there is no data for input '{info['name']}'", file, info["name"])
            array, batched = with_batch(
                check_numbers(x[info["name"]], file, info["name"]), info["shape"], file, info["name"]
            )
            arrays.append(as_payloads(array, info, file))
            if arrays[0].shape[:2] != array.shape[:2]:
                raise data_error(
                    "R0251",
                    f"input '{info['name']}' has {list(array.shape[:2])} samples and steps, input "
                    f"'{inputs[0]['name']}' has {list(arrays[0].shape[:2])}",
                    file,
                    info["name"],
                )
            steps = array.shape[1]
        return arrays, steps, batched

    def run(
        self,
        x,
        engine: str = "auto",
        probes: Optional[list] = None,
        threads: Optional[int] = None,
        spikes: bool = True,
        hidden: bool = False,
        progress: Optional[Callable] = None,
    ) -> Recording:
        """Runs T + L steps of every sample; input is zero in the extra ones.

        x: integers [T, *input_shape] or [B, T, *input_shape], a dictionary by name for several inputs; 0 or 1 for a
        binary input. probes: states such as "hidden.v". threads: None for all cores. spikes=False records outputs
        and probes only; hidden=True also records populations that the compiler made. Raises DataError.

        Example: out = image.run(x, probes=["hidden.v"]); out.aligned("hidden")
        """
        arrays, steps, batched = self._inputs(x)
        known = self.probes()
        for probe in probes or []:
            if probe not in known:
                raise unknown_name("state", probe, known)
        raw = self.engine(engine).run(
            arrays,
            probes=list(probes or []),
            spikes=spikes,
            hidden=hidden,
            threads=threads or 0,
            progress=progress,
        )
        shapes = {o["name"]: o["shape"] for o in self.info["outputs"]}
        return from_core(raw, steps, batched, shapes, self.scale)

    def stream(self, engine: str = "auto") -> Stream:
        """A closed loop: one step at a time, the state carried along."""
        return Stream(self, engine)

    def __repr__(self) -> str:
        info = self.info
        return f"<rheobase.Image of '{info['network']}' for {info['chip']}, {len(info['cores'])} cores>"


def _make_engine(name: str, program):
    return _core.golden(program) if name == "golden" else _core.vector(program)


class Stream:
    """One sample, one step at a time. Example: s = image.stream(); y = s.step(x_t)"""

    def __init__(self, image: Image, engine: str = "auto"):
        self._image = image
        self._session = image.engine(engine).open()
        self._populations = [p["name"] for p in image.info["populations"]]
        self._states = image.program.states()

    def step(self, x) -> np.ndarray:
        """One step. x: integers of the input's shape (a dictionary by name for several inputs).

        Returns what the output node receives in this step, int32 in the output's shape (a dictionary by name for
        several outputs). It lags behind the float network by the output's lag.
        """
        x = {k: np.asarray(v)[None] for k, v in x.items()} if isinstance(x, dict) else np.asarray(x)[None]
        arrays, _, _ = self._image._inputs(x)
        self._session.step([array[0, 0].astype(np.int32) for array in arrays])
        outputs = {}
        for output in self._image.info["outputs"]:
            parts = [self._part(part) for part in output["parts"]]
            outputs[output["name"]] = np.concatenate(parts).reshape(output["shape"])
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    def _part(self, part: dict) -> np.ndarray:
        index = self._populations.index(part["population"])
        if not part["state"]:
            return self._session.spikes(index)
        return self._session.read(index, self._states[part["population"]].index(part["state"]))

    def spikes(self, population: str) -> np.ndarray:
        """Payloads sent in the last step, [n]."""
        if population not in self._populations:
            raise unknown_name("population", population, self._populations)
        return self._session.spikes(self._populations.index(population))

    def reset(self) -> None:
        """Back to the state before the first step."""
        self._session.reset()

    @property
    def state(self) -> dict:
        """Everything that decides what comes next: every state, and the spikes under way."""
        states = {
            f"{name}.{state}": self._session.read(p, s)
            for p, name in enumerate(self._populations)
            for s, state in enumerate(self._states[name])
        }
        return {"states": states, "under_way": self._session.save()}

    @state.setter
    def state(self, saved: dict) -> None:
        self._session.restore(saved["under_way"])
        for p, name in enumerate(self._populations):
            for s, state in enumerate(self._states[name]):
                self._session.write(p, s, np.ascontiguousarray(saved["states"][f"{name}.{state}"], np.int32))
