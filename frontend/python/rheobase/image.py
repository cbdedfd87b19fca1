"""Chip images in Python: load, run, stream."""

from __future__ import annotations

import os
from typing import Callable, Optional

import numpy as np

from . import _core
from .arguments import callback, gather, neuron_rates, probe_names, thread_count
from .data import as_payloads
from .errors import data_error, option_error, path_of, unknown_name
from .files import write_bytes
from .recording import Recording, from_core
from .room import check_room

ENGINES = ("auto", "golden", "vector", "jit")


class Image:
    """What a chip would be loaded with: memory words, registers, routes, and what was proven about them.

    info: the header as a dictionary: populations, inputs, outputs, cores, ranges, limits, layouts,
    assumptions. Images are never changed; several threads may run one at the same time.

    Example: rb.Image.load("net.rheo").run(x).output
    """

    def __init__(self, core: _core.Image, file: str = ""):
        self._core = core
        self._program = None
        self._engines: dict = {}
        self.file = file
        self.notes: list = []  # what the compiler reported besides, where it made this image
        self.placement: Optional[dict] = (
            None  # figures of the placements that it tried, where it made this image
        )
        self.info: dict = core.describe()

    @classmethod
    def load(cls, path) -> Image:
        """Reads and verifies a file. Raises FormatError: damaged, truncated, of another major or a newer
        minor version.

        Example: image = rb.Image.load("net.rheo")
        """
        file = path_of(path)
        return cls(_core.Image.load(os.fsencode(file)), file)

    @classmethod
    def from_bytes(cls, content: bytes, name: str = "image") -> Image:
        """As `load`, from the content of a file; ``name`` is for messages."""
        if not isinstance(content, (bytes, bytearray, memoryview)):
            raise option_error(f"the content of an image is bytes, not {type(content).__name__}")
        return cls(_core.Image.parse(bytes(content), name), name)

    def to_bytes(self) -> bytes:
        """The content of the file that `save` writes."""
        return self._core.bytes()

    def save(self, path) -> None:
        """Writes the file beside its target and renames it. Raises DataError where it cannot be written."""
        write_bytes(path, self.to_bytes())

    @property
    def chip(self) -> str:
        """The chip's name, e.g. "loihi2"."""
        return self.info["chip"]

    @property
    def assumptions(self) -> list[dict]:
        """[{what, value, why, how_to_change, warning}], those of the network and those of the compiler."""
        return self.info["assumptions"]

    @property
    def program(self):
        """The decoded image; decoding checks every word. Raises FormatError."""
        if self._program is None:
            self._program = self._core.decode()
        return self._program

    @property
    def grid(self) -> dict:
        """Where cores lie: {columns, rows, chips, chip_columns, tile_columns, tile_rows, cores_per_tile, cores_per_chip,
        chip_link_hops, usable_cores, places: {core: (column, row)}, dead_cores, dead_links, detours}.

        Columns and rows count tiles over all chips (SPEC I12).
        """
        return self.program.grid()

    def traffic(self, rates: Optional[dict] = None) -> dict:
        """What the spikes of the network cost on their way between cores, per step.

        rates: {"hidden": spikes per step, a number or one per neuron [n]}, such as the mean of a recording's
        spikes; 1 for what is left out. The host's spikes are not counted.

        Returns {hops: links crossed, the messages of one spike sharing what their ways have in common, and a
        link between chips counted as the chip's record weighs it; hops_at_least: a bound that no arrangement
        of these cores goes below; chip_crossings; largest_load: of one link; links: [((column, row),
        direction, load)]}. Raises OptionError for unknown populations, DataError for wrong sizes.

        Example: image.traffic({"hidden": out.spikes["hidden"].mean(axis=(0, 1))})["hops"]
        """
        return self.program.traffic(self._rates(rates))

    def _rates(self, rates: Optional[dict]) -> list:
        if rates is None:
            return []
        size = {p["name"]: p["size"] for p in self.info["populations"]}
        if not isinstance(rates, dict):
            raise option_error(f"rates cannot be {type(rates).__name__}", "give a dictionary by population")
        for name in rates:
            if name not in size:
                raise unknown_name("population", name, size)
        return [neuron_rates(name, rates.get(name, 1.0), count) for name, count in size.items()]

    @property
    def lag(self) -> int:
        """L: a run of T steps executes T + L."""
        return self.program.lag

    @property
    def scale(self) -> dict[str, np.ndarray]:
        """ "hidden.v" -> one float unit in integer units, a number or one per neuron [n]."""
        return {
            f"{p['name']}.{state}": values[0] if len(values) == 1 else values
            for p in self.info["populations"]
            for state, values in p["scale"].items()
        }

    def output_scale(self, name: str, spike: float = 1.0) -> np.ndarray:
        """By which an output's integers are divided to be in the network's units, for each of its values.

        spike: one spike in the network's units. Raises OptionError for an unknown output.

        Example: image.run(x).outputs["out"] / image.output_scale("out")
        """
        outputs = {output["name"]: output for output in self.info["outputs"]}
        if not isinstance(name, str) or name not in outputs:
            raise unknown_name("output", name, outputs)
        size = {p["name"]: p["size"] for p in self.info["populations"]}
        parts = outputs[name]["parts"]
        scales = [self.scale[f"{p['population']}.{p['state']}"] if p["state"] else spike for p in parts]
        return np.concatenate(
            [np.broadcast_to(s, (size[p["population"]],)) for s, p in zip(scales, parts)] or [np.zeros(0)]
        )

    def probes(self, hidden: bool = False) -> list[str]:
        """Every state that can be probed: "hidden.u" (the current), "hidden.v"; hidden=True: also those of populations
        that the compiler made."""
        shown = {p["name"] for p in self.info["populations"] if hidden or not p["hidden"]}
        return [
            f"{name}.{state}"
            for name, states in self.program.states().items()
            if name in shown
            for state in states
        ]

    def engine(self, name: str = "auto"):
        """The engine of that name, made ready once. All engines give the same bits.

        "golden" follows the image word by word, "vector" is fast at once, "jit" compiles this image with LLVM
        first; "auto" is "vector". Raises OptionError for an unknown name, or where this installation lacks
        the engine.
        """
        if not isinstance(name, str) or name not in ENGINES:
            raise unknown_name("engine", name, ENGINES)
        name = "vector" if name == "auto" else name
        if name not in self._engines:
            self._engines[name] = getattr(_core, name)(self.program)
        return self._engines[name]

    @property
    def input_shapes(self) -> dict[str, tuple]:
        """Of every input, by name, in the image's order."""
        return {i["name"]: tuple(i["shape"]) for i in self.info["inputs"]}

    def _inputs(self, x, file: str = "") -> tuple[list[np.ndarray], int, int, bool]:
        known = {i["name"]: i for i in self.info["inputs"]}
        return gather(x, self.input_shapes, lambda array, name: as_payloads(array, known[name], file), file)

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
        """Runs T + L steps of every sample; input is zero in the L extra ones.

        x: integers [T, *input_shape] or [B, T, *input_shape], C order, time before neurons; a dictionary by
        name for several inputs; 0 or 1 for a binary input. engine: "auto", "golden", "vector" or "jit".
        probes: states such as "hidden.v", see `probes`. threads: None for all cores; the result does not
        depend on it. spikes=False records outputs and probes only; hidden=True also records populations that
        the compiler made. progress: called with (done, total) samples.

        Returns a Recording of int32 arrays [T + L, n] or [B, T + L, n]. Raises DataError for data that the
        image does not take, OptionError for names that do not exist. Runs without the GIL; Ctrl-C ends it.

        Example: out = image.run(x, probes=["hidden.v"]); out.aligned("hidden")
        """
        names = probe_names(probes, self.probes(bool(hidden)))
        count = thread_count(threads)
        chosen = self.engine(engine)
        arrays, samples, steps, batched = self._inputs(x)
        check_room(samples, steps + self.lag, self._recorded_width(names, spikes), 4)
        raw = chosen.run(
            arrays,
            probes=names,
            spikes=bool(spikes),
            hidden=bool(hidden),
            threads=count,
            progress=callback(progress),
        )
        shapes = {o["name"]: o["shape"] for o in self.info["outputs"]}
        return from_core(raw, steps, batched, shapes, self.info["dt"], self.scale)

    def _recorded_width(self, probes: list[str], spikes: bool) -> int:
        """Values of a recording in one step of one sample."""
        size = {p["name"]: p["size"] for p in self.info["populations"]}
        width = sum(size[part["population"]] for o in self.info["outputs"] for part in o["parts"])
        width += sum(size[p.rsplit(".", 1)[0]] for p in probes)
        return width + (sum(size.values()) if spikes else 0)

    def stream(self, engine: str = "auto") -> Stream:
        """A closed loop: one step at a time, the state carried along.

        Example: y = image.stream().step(x_t)
        """
        return Stream(self, engine)

    def __repr__(self) -> str:
        info = self.info
        return f"<rheobase.Image of '{info['network']}' for {info['chip']}, {len(info['cores'])} cores>"


class Stream:
    """One sample, one step at a time; T steps give what `Image.run` gives in its first T.

    Made by `Image.stream`. A stream belongs to one thread at a time.

    Example::

        s = image.stream()
        y = s.step(x_t)            # what the output node receives in this step
        saved = s.state            # everything that decides what comes next
        s.state = saved            # go on from there, also in another stream or engine
        s.reset()
    """

    def __init__(self, image: Image, engine: str = "auto"):
        self._image = image
        self._session = image.engine(engine).open()
        self._size = {p["name"]: p["size"] for p in image.info["populations"]}
        self._index = {name: p for p, name in enumerate(self._size)}
        self._states = image.program.states()

    def step(self, x) -> np.ndarray:
        """One step. x: integers of the input's shape (a dictionary by name for several inputs).

        Returns what the output node receives in this step, int32 in the output's shape (a dictionary by name
        for several outputs). It lags behind the float network by the output's lag. Raises DataError.
        """
        one = lambda value: np.asarray(value)[None]  # noqa: E731
        try:
            x = {name: one(value) for name, value in x.items()} if isinstance(x, dict) else one(x)
        except ValueError:
            raise data_error("R0252", "is not a rectangular array of numbers", where="x") from None
        arrays, samples, steps, _ = self._image._inputs(x)
        if samples != 1 or steps != 1:
            raise data_error(
                "R0251",
                f"a stream takes one step at a time, x has {samples} samples of {steps} steps",
                where="x",
                remedy="give an array of the input's shape; whole recordings go to Image.run",
            )
        self._session.step([array[0, 0].astype(np.int32) for array in arrays])
        outputs = {}
        for output in self._image.info["outputs"]:
            parts = [self._part(part) for part in output["parts"]]
            outputs[output["name"]] = np.concatenate(parts).reshape(output["shape"])
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    def _part(self, part: dict) -> np.ndarray:
        index = self._index[part["population"]]
        if not part["state"]:
            return self._session.spikes(index)
        return self._session.read(index, self._states[part["population"]].index(part["state"]))

    def spikes(self, population: str) -> np.ndarray:
        """Payloads that a population sent in the last step, int32 [n]."""
        if not isinstance(population, str) or population not in self._index:
            raise unknown_name("population", population, self._index)
        return self._session.spikes(self._index[population])

    def reset(self) -> None:
        """Back to the state before the first step."""
        self._session.reset()

    @property
    def state(self) -> dict:
        """Everything that decides what comes next: {"states": {"hidden.v": int32 [n]}, "under_way": bytes}.

        Assigning it continues bit for bit, in any engine of the same image. Raises DataError where it does
        not fit.
        """
        states = {
            f"{name}.{state}": self._session.read(p, s)
            for name, p in self._index.items()
            for s, state in enumerate(self._states[name])
        }
        return {"states": states, "under_way": self._session.save()}

    @state.setter
    def state(self, saved: dict) -> None:
        new = self._checked(saved)
        self._session.restore(saved["under_way"])
        for (p, s), values in new.items():
            self._session.write(p, s, values)

    def _checked(self, saved) -> dict:
        """{(population, state): int32 [n]} of a saved state, all of it looked at before anything changes."""
        what = "a saved state is what `Stream.state` gave, for the same image"
        if not isinstance(saved, dict) or not isinstance(saved.get("under_way"), bytes):
            raise data_error("R0605", "this is not a saved state", remedy=what)
        wanted = {
            f"{name}.{state}": (p, s, self._size[name])
            for name, p in self._index.items()
            for s, state in enumerate(self._states[name])
        }
        states = saved.get("states")
        if not isinstance(states, dict) or states.keys() != wanted.keys():
            raise data_error("R0605", "the saved state has other populations than this image", remedy=what)
        new = {}
        for key, (p, s, size) in wanted.items():
            values = np.asarray(states[key])
            low, high = (
                (values.min(), values.max()) if values.size and values.dtype.kind in "iu" else (0, 1 << 40)
            )
            if values.shape != (size,) or low < -(1 << 31) or high >= 1 << 31:
                raise data_error(
                    "R0605", f"'{key}' is not {size} integers of 32 bits", where=key, remedy=what
                )
            new[p, s] = np.ascontiguousarray(values, np.int32)
        return new


__all__ = ["ENGINES", "Image", "Stream"]
