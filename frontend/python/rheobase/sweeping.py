"""Accuracy and agreement against precision: uniform, layer by layer, mixed under a memory budget; resumable."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable, Optional

import numpy as np

from . import compiler
from .arguments import thread_count
from .arithmetic import MOST_WEIGHT_BITS
from .data import DataSet
from .errors import CompileError, DataError, in_file, option_error
from .files import check_folder, filling, write_text
from .foretelling import cheapest, flags, foretold, front, in_loops, raised
from .image import Image
from .limits import core_uses
from .network import Network
from .precisions import WORD_BYTES, check_bits, parse_budget
from .statistics import Z95, proportion
from .verdict import Verdict
from .verification import _Judge, _plain, data_set

SCHEMA = "rheobase.sweep/1"
PARTS = "finished"  # folder of what a sweep that goes on need not run again
CACHE_BYTES = 1 << 30  # of the float network's recordings, kept while settings are run
COLLAPSE = 0.1  # points of accuracy, as a share, that confirm a collapse
MOST_MIXED = 4  # settings of the way down that are run beside the one that meets the budget


@dataclass(frozen=True)
class Setting:
    """One precision: ``kind`` is "uniform", "only" (this layer at so many bits, the others at the finest), "but" (all but
    this layer) or "mixed"; ``layers`` is {layer: bits} of those that are not at the finest."""

    kind: str
    name: str
    layers: tuple = ()

    @property
    def key(self) -> str:
        return hashlib.sha256(repr(sorted(self.layers)).encode()).hexdigest()[:16]


class Sweep(Verdict):
    """What a sweep found. ``data`` is what sweep.json holds (schema rheobase.sweep/1); ``text()`` is for people.

    Example: s = rb.sweep(net, bits=range(2, 9), x=x, y=y); print(s); s.data["uniform"][0]["accuracy"]["value"]
    """

    def text(self) -> str:
        """What sweep.txt holds."""
        from .sweep_text import text

        return text(self.data)

    def figures(self) -> dict[str, float]:
        """The names that `fails` understands: accuracy_B, accuracy_drop_B, same_answer_B, agreement_B, error_B, memory_B
        (bytes) and flagged_B of B bits everywhere, the same with _mixed of what meets the budget. Shares from 0 to 1."""
        found = {}
        named = [(str(s["bits"]), s) for s in self.data["uniform"]]
        if self.data.get("mixed"):
            named.append(("mixed", self.data["mixed"]))
        for name, s in named:
            found[f"flagged_{name}"] = len(s["flags"])
            found.update({f"{what}_{name}": value for what, value in figures_of(s).items()})
        return found

    def save(self, folder) -> None:
        """Writes sweep.json, sweep.txt and sweep.html, all or none. Raises DataError."""
        from .sweep_page import page

        with filling(folder) as staging:
            text = json.dumps(_plain(self.data), indent=2, allow_nan=False) + "\n"
            write_text(staging / "sweep.json", text)
            write_text(staging / "sweep.txt", self.text() + "\n")
            write_text(staging / "sweep.html", page(self.data))


def figures_of(s: dict) -> dict[str, float]:
    """A setting's figures by the names of `Sweep.figures`; none where it was refused."""
    if s["refused"]:
        return {}
    found = {"memory": s["memory_bytes"], "agreement": s["agreement"]}
    if s.get("accuracy"):
        found.update(
            accuracy=s["accuracy"]["value"],
            accuracy_drop=s["accuracy_drop"]["value"],
            same_answer=s["same_answer"]["value"],
        )
    if s.get("error") is not None:
        found["error"] = s["error"]
    return found


FIGURES = tuple(
    f"{what}_{which}"
    for what in ("accuracy", "accuracy_drop", "same_answer", "agreement", "error", "memory", "flagged")
    for which in (*range(1, MOST_WEIGHT_BITS + 1), "mixed")
)


def sweep(
    net: Network,
    bits: Iterable[int] = range(2, MOST_WEIGHT_BITS + 1),
    x=None,
    y=None,
    chip="loihi2",
    profile: Optional[str] = None,
    scales: str = "auto",
    calibrate=None,
    quant=None,
    budget=None,
    sensitivity: bool = True,
    folder=None,
    engine: str = "auto",
    threads: Optional[int] = None,
    progress: Optional[Callable] = None,
    tell: Optional[Callable] = None,
    **options,
) -> Sweep:
    """What so many bits for each weight do to a network on data.

    bits: precisions; the finest is what single layers are compared with. x, y: as `rb.verify` takes them, labels, targets
    or none. chip, profile, scales, calibrate, quant and further options (split_fan_in, ...): as `rb.compile` takes them.
    budget: bytes of synapse memory ("5000 words", "40 kB") that a mixed precision is to fit. sensitivity: also every layer
    alone at every precision, and all but it at the coarsest that is not flagged; without it there is no mixed precision.
    folder: where finished settings are kept, so that the same sweep goes on where it was interrupted; `Sweep.save` writes
    the result. progress: called with (done, total) settings; tell: with a line for people, predictions first.

    Before data are run, every precision is compiled, and those expected to collapse are flagged: weights whose error
    carries more than a quarter of what they carry, or neurons proven never to fire. A precision that does not fit the chip
    is told as refused. Raises what `rb.compile` raises where none fits, DataError where data do not fit.

    Example: s = rb.sweep(net, bits=range(2, 9), x=x, y=y, budget="40 kB"); print(s); s.save("report")
    """
    if not isinstance(net, Network):
        raise option_error(f"a network is needed, not {type(net).__name__}", "rb.load makes networks")
    if x is None:
        raise option_error("a sweep needs data", "give x, and y where there are labels or targets")
    thread_count(threads)
    data = x if isinstance(x, DataSet) else data_set(net, x, y)
    wanted = dict(chip=chip, profile=profile, scales=scales, calibrate=calibrate, **options)
    run = _Sweeper(net, data, check_bits(bits), wanted, quant, parse_budget(budget))
    run.engine, run.threads = engine, threads
    run.progress, run.tell = progress or (lambda done, total: None), tell or (lambda line: None)
    run.keep_in(folder)
    return Sweep(run.result(bool(sensitivity)))


@dataclass
class _Compiled:
    image: Optional[Image]
    told: dict
    refused: str = ""
    layers: dict = field(default_factory=dict)  # layer -> bits

    @property
    def memory(self) -> int:
        return (
            0
            if self.image is None
            else sum(u["synapse_words_per_core"] for u in core_uses(self.image)) * WORD_BYTES
        )


class _Sweeper:
    def __init__(
        self, net: Network, data: DataSet, bits: list[int], options: dict, quant, budget: Optional[int]
    ):
        self.net, self.data, self.bits, self.budget = net, data, bits, budget
        self.finest = bits[0]
        self.too_fine: dict[int, str] = {}
        self.options = options
        text, _ = compiler._settings(quant)
        self.quant = {"schema": "rheobase.quantization/1"} if text is None else json.loads(text)
        self.sizes = {n.name: n.size for n in net.populations}
        self.loops = in_loops(net.edges)
        self.compiled: dict[str, _Compiled] = {}
        self.found: dict[str, dict] = {}
        self.floats: list = []
        self.done, self.total = 0, len(bits)
        self.kept_in: Optional[Path] = None
        self.folder: Optional[Path] = None

    # -- What is kept ----------------------------------------------------------------------------------------------

    def keep_in(self, folder) -> None:
        if folder is not None:
            check_folder(folder)
            self.kept_in = Path(folder)

    def _look_for_finished(self) -> None:
        if self.kept_in is None:
            return
        self.folder = self.kept_in / PARTS / self._identity()
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(self.folder.glob("*.json")):
            try:
                self.found[file.stem] = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue  # it is run again
        if self.found:
            self.tell(f"{self.kept_in}: {len(self.found)} settings are finished already")

    def _identity(self) -> str:
        """Of network, data, options and version: what was finished under another one is not taken."""
        from . import __version__

        hashed = hashlib.sha256(self.best.image.to_bytes())  # tells the chip, whose file may have changed
        record = {k: repr(v) for k, v in sorted(self.options.items()) if k != "calibrate"}
        hashed.update(repr((SCHEMA, __version__, self.finest, record, self.quant)).encode())
        hashed.update(repr((self.net.edges, sorted(self.net.conventions.items()))).encode())
        for node in self.net.nodes.values():
            hashed.update(repr((node.name, node.kind, node.input_shape, node.output_shape)).encode())
            for name, values in sorted(node.parameters.items()):
                hashed.update(name.encode() + np.ascontiguousarray(values).tobytes())
        for _, chunk in self.data.chunks(256):
            hashed.update(np.ascontiguousarray(chunk).tobytes())
        hashed.update(b"" if self.data.y is None else np.ascontiguousarray(self.data.y).tobytes())
        if self.options["calibrate"] is not None:
            for chunk in compiler._chunks(self.net, self.options["calibrate"]):
                for array in chunk.values() if isinstance(chunk, dict) else (chunk,):
                    hashed.update(np.ascontiguousarray(array).tobytes())
        return hashed.hexdigest()[:16]

    # -- Settings --------------------------------------------------------------------------------------------------

    def _uniform(self, bits: int) -> Setting:
        return Setting(
            "uniform", str(bits), tuple((layer, bits) for layer in self.layers if bits != self.finest)
        )

    def compile(self, setting: Setting) -> _Compiled:
        """Once for each setting; what does not fit the chip is kept as refused."""
        if setting.key in self.compiled:
            return self.compiled[setting.key]
        quant = json.loads(json.dumps(self.quant))
        projections = quant.setdefault("projections", {})
        for layer, bits in setting.layers:
            for name in self.layers[layer]:
                projections.setdefault(name, {}).setdefault("bits", bits)
        try:
            result = compiler.run_compiler(
                self.net, quant=quant, weight_bits=self.finest, examine=True, **self.options
            )
            compiled = _Compiled(
                Image.from_bytes(result["image"], self.net.name), foretold(result, self.sizes)
            )
        except (
            CompileError,
            DataError,
        ) as error:  # DataError: so few bits that weights of both signs have none
            if not setting.layers:
                raise
            compiled = _Compiled(None, {"projections": {}, "silent": {}}, error.diagnostics[0].message)
        self.compiled[setting.key] = compiled
        return compiled

    def _find_finest(self) -> None:
        """The finest precision that fits the chip; finer ones are told as refused. Raises what the coarsest raises."""
        for b in self.bits:
            self.finest = b
            try:
                self.best = self.compile(Setting("uniform", str(b)))
                return
            except CompileError as error:
                if b == self.bits[-1]:
                    raise
                self.too_fine[b] = error.diagnostics[0].message

    def _find_layers(self) -> None:
        """Layer -> its projections: weights, and the biases that belong to them."""
        self.layers: dict[str, list[str]] = {}
        names = json.loads(self._settings_text())["projections"]
        for name in names:
            base = (
                name[: -len(".bias")] if name.endswith(".bias") and name[: -len(".bias")] in names else name
            )
            self.layers.setdefault(base, []).append(name)
        for made in [
            n for n in self.layers if n.endswith((".leak", ".threshold")) and n not in self.net.nodes
        ]:
            del self.layers[made]  # constants of neurons, not of the weights that were trained

    def _settings_text(self) -> str:
        return compiler.run_compiler(
            self.net,
            quant=self.quant or None,
            weight_bits=self.finest,
            to_stage="quant",
            **self._plain_options(),
        )["quantization"]

    def _plain_options(self) -> dict:
        """Scales do not change which projections there are."""
        return {**self.options, "scales": "auto", "calibrate": None}

    # -- Running ---------------------------------------------------------------------------------------------------

    def run(self, setting: Setting) -> dict:
        """What a setting does to the data, from the folder where it is finished."""
        self.done += 1
        self.progress(self.done, max(self.total, self.done))
        compiled = self.compile(setting)
        flagged = self._flags(compiled)
        entry = {
            "kind": setting.kind,
            "name": setting.name,
            "layers": dict(setting.layers),
            "foretold": compiled.told,
            "flags": flagged,
            "refused": compiled.refused,
        }
        if compiled.refused:
            return entry
        measured = self.found.get(setting.key)
        if measured is None:
            measured = self._measure(compiled)
            self.found[setting.key] = measured
            if self.folder is not None:
                write_text(self.folder / f"{setting.key}.json", json.dumps(_plain(measured)) + "\n")
        entry.update(measured)
        if flagged:
            entry["confirmed"] = self._collapsed(measured)
        return entry

    def _flags(self, compiled: _Compiled) -> list[str]:
        return flags(compiled.told, self.best.told, self.sizes, self.loops)

    def _collapsed(self, measured: dict) -> bool:
        if measured.get("accuracy_drop"):
            return measured["accuracy_drop"]["value"] > COLLAPSE
        return measured["loss"] > COLLAPSE

    def _measure(self, compiled: _Compiled) -> dict:
        judge = _Judge(self.net, compiled.image, self.data)
        judge.probes = []
        for first, chunk, ref in self._float_chunks(judge):
            try:
                out = compiled.image.run(chunk, engine=self.engine, threads=self.threads)
            except DataError as error:
                raise in_file(error, self.data.file) from None
            judge.add(
                first, ref, out, None if self.data.y is None else self.data.y[first : first + len(chunk)]
            )
        compiled.image._engines.clear()  # of many images they would take room
        n, right = self.data.samples, judge.right
        cells = sum(c["cells"] for c in judge.counts.values())
        spikes = {
            name: {"agreement": c["equal"] / c["cells"], "float": c["float"], "chip": c["chip"]}
            for name, c in judge.counts.items()
        }
        error = [e["chip_to_float"].result() for e in judge.errors.values()]
        measured = {
            "memory_bytes": compiled.memory,
            "cores": len(compiled.image.info["cores"]),
            "agreement": sum(c["equal"] for c in judge.counts.values()) / cells if cells else 1.0,
            "spikes": spikes,
            "overflows": sum(sum(o.values()) for o in judge.overflows.values()),
            "error": max((e["mean_absolute"] for e in error), default=None),
            "r2": min((e["r2"] for e in error if e["r2"] is not None), default=None),
        }
        if judge.task == "classification":
            only_float, only_chip = right["float"] - right["both"], right["chip"] - right["both"]
            measured.update(
                float_accuracy=proportion(right["float"], n),
                accuracy=proportion(right["chip"], n),
                same_answer=proportion(right["same"], n),
                accuracy_drop=difference(only_float, only_chip, n),
            )
            measured["loss"] = 1 - right["same"] / n
        elif judge.task == "regression":
            sides = judge.errors[judge.target]
            measured["float_r2"], measured["chip_r2"] = (sides[s].result()["r2"] for s in ("float", "chip"))
        if "loss" not in measured:
            measured["loss"] = 1.0 - (measured["r2"] if measured["r2"] is not None else measured["agreement"])
        return measured

    def _float_chunks(self, judge: _Judge):
        """(first sample, samples, the float network's recording); recordings are kept while there is room."""
        if not self.floats:
            held = 0
            for first, chunk in self.data.chunks(judge.chunk_size()):
                ref = self.net.run(chunk, threads=self.threads)
                kept = _Kept(ref)
                held += kept.bytes
                yield first, chunk, ref
                self.floats.append((first, len(chunk), kept if held < CACHE_BYTES else None))
            return
        for first, count, kept in self.floats:
            chunk = self.data.slice(first, count)
            yield first, chunk, self.net.run(chunk, threads=self.threads) if kept is None else kept

    # -- The whole -------------------------------------------------------------------------------------------------

    def result(self, sensitivity: bool) -> dict:
        from . import __version__

        self._find_finest()
        self._look_for_finished()
        self._find_layers()
        self.total = len(self.bits)
        if sensitivity:
            self.total += len(self.bits) * len(self.layers) + MOST_MIXED
        self._foretell()
        uniform = [self._refused(b, message) for b, message in self.too_fine.items()]
        fitting = [b for b in self.bits if b <= self.finest]
        uniform += [{**self.run(self._uniform(b)), "bits": b} for b in fitting]
        result = {
            "schema": SCHEMA,
            "rheobase": __version__,
            "network": self.net.name,
            "chip": self.best.image.chip,
            "profile": self.best.image.info["profile"],
            "scales": self.options["scales"],
            "data": Path(self.data.file).name,
            "samples": self.data.samples,
            "steps": self.data.steps,
            "bits": self.bits,
            "layers": self.layers,
            "float_accuracy": uniform[len(self.too_fine)].get("float_accuracy"),
            "float_r2": uniform[len(self.too_fine)].get("float_r2"),
            "uniform": uniform,
        }
        everything = list(uniform)
        if sensitivity and len(fitting) > 1:
            coarse = self._coarse(uniform)
            only = self._layer_by_layer()
            but = [self._but(layer, coarse) for layer in self.layers] if len(self.layers) > 1 else []
            result["sensitivity"] = {"only": only, "all_but": but, "all_but_bits": coarse}
            mixed = self._mixed(only)
            everything += only + but + mixed
            result["way"] = mixed
            result["budget_bytes"] = self.budget
            met = [
                m for m in [*uniform, *mixed] if not m["refused"] and m["memory_bytes"] <= (self.budget or 0)
            ]
            result["mixed"] = min(met, key=lambda m: (m["loss"], m["memory_bytes"])) if met else None
        result["front"] = self._front(everything)
        return result

    def _foretell(self) -> None:
        """Every precision compiled and looked at, before any data run."""
        for b, message in self.too_fine.items():
            self.tell(f"{b} bits: refused: {message}")
        for b in (b for b in self.bits if b <= self.finest):
            compiled = self.compile(self._uniform(b))
            found = self._flags(compiled)
            if compiled.refused:
                self.tell(f"{b} bits: refused: {compiled.refused}")
            elif found:
                self.tell(f"{b} bits: expected to collapse, before any data: {found[0]}")

    def _coarse(self, uniform: list[dict]) -> int:
        """The coarsest precision that is not expected to collapse, or the next to the finest."""
        coarser = [s for s in uniform if s["bits"] < self.finest]
        good = [s["bits"] for s in coarser if not s["flags"] and not s["refused"]]
        return min(good, default=coarser[0]["bits"])

    @staticmethod
    def _refused(bits: int, message: str) -> dict:
        entry = {
            "kind": "uniform",
            "name": str(bits),
            "layers": {},
            "flags": [],
            "refused": message,
            "bits": bits,
        }
        return {**entry, "foretold": {"projections": {}, "silent": {}}}

    def _layer_by_layer(self) -> list[dict]:
        found = []
        for layer in self.layers:
            for b in (b for b in self.bits if b < self.finest):
                entry = self.run(Setting("only", f"{layer} at {b}", ((layer, b),)))
                found.append({**entry, "layer": layer, "bits": b})
        return found

    def _but(self, layer: str, bits: int) -> dict:
        others = tuple((name, bits) for name in self.layers if name != layer)
        return {
            **self.run(Setting("but", f"all but {layer} at {bits}", others)),
            "layer": layer,
            "bits": bits,
        }

    def _mixed(self, only: list[dict]) -> list[dict]:
        """The way down in precision that loses least, and where it meets the budget."""
        best = self.run(self._uniform(self.finest))
        gains: dict[str, dict[int, float]] = {}
        costs: dict[str, dict[int, float]] = {}
        for s in only:
            if s["refused"]:
                continue
            gains.setdefault(s["layer"], {})[s["bits"]] = best["memory_bytes"] - s["memory_bytes"]
            costs.setdefault(s["layer"], {})[s["bits"]] = s["loss"] - best["loss"]
        way = cheapest(gains, costs, 0.5 / self.data.samples)
        settings = [self._at(step) for step in way]
        chosen = settings[:: max(1, len(settings) // MOST_MIXED)][:MOST_MIXED]
        step = next((step for step in way if self._fits(step)), None)
        if step is not None:
            met = self._at(raised(step, costs, self.finest, self._fits))
            chosen += [met] if met not in chosen else []
        return [self.run(s) for s in chosen]

    @staticmethod
    def _at(step: dict[str, int]) -> Setting:
        return Setting("mixed", _named(step), tuple(sorted(step.items())))

    def _fits(self, step: dict[str, int]) -> bool:
        """Whether there is a budget, and the step is within it."""
        compiled = self.compile(self._at(step)) if self.budget is not None else None
        return compiled is not None and compiled.image is not None and compiled.memory <= self.budget

    def _front(self, everything: list[dict]) -> list[dict]:
        ran = [s for s in everything if not s["refused"]]
        points = [(s["memory_bytes"], self._score(s)) for s in ran]
        return [
            {
                "name": ran[i]["name"],
                "kind": ran[i]["kind"],
                "memory_bytes": points[i][0],
                "score": points[i][1],
            }
            for i in front(points)
        ]

    @staticmethod
    def _score(s: dict) -> float:
        return s["accuracy"]["value"] if s.get("accuracy") else 1 - s["loss"]


def _named(step: dict[str, int]) -> str:
    named = ", ".join(f"{layer} {bits}" for layer, bits in sorted(step.items()))
    return f"mixed {named}" if step else "mixed: all at the finest"


def difference(only_first: int, only_second: int, trials: int) -> dict:
    """First minus second of two proportions on the same trials, with a 95 % interval: the normal approximation on the
    trials where they differ (McNemar 1947, Psychometrika 12:153).

    Example: difference(5, 2, 100)["value"]  # 0.03
    """
    value = (only_first - only_second) / trials
    half = (
        Z95 * (max(only_first + only_second - (only_first - only_second) ** 2 / trials, 0.0)) ** 0.5 / trials
    )
    return {"value": value, "low": value - half, "high": value + half}


class _Kept:
    """A float recording in little room: spikes as bits."""

    def __init__(self, ref):
        self._packed = {name: (s.shape, np.packbits(s != 0)) for name, s in ref.spikes.items()}
        self.outputs = ref.outputs
        self.bytes = sum(p.nbytes for _, p in self._packed.values()) + sum(
            o.nbytes for o in self.outputs.values()
        )

    @property
    def spikes(self) -> dict:
        return {
            name: np.unpackbits(packed, count=int(np.prod(shape))).reshape(shape)
            for name, (shape, packed) in self._packed.items()
        }
