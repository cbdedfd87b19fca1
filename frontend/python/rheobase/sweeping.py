"""Accuracy and agreement against precision: uniform, layer by layer, mixed under a memory budget; resumable."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable, Optional

import numpy as np

from . import compiler, pinning
from .arguments import callback, thread_count
from .arithmetic import MOST_WEIGHT_BITS
from .data import DataSet, Samples, of_arrays
from .errors import CompileError, DataError, option_error, unknown_name
from .files import check_folder, filling, write_text
from .foretelling import flags, foretold, front, in_loops, mixtures
from .image import ENGINES, Image
from .limits import core_uses
from .network import Network
from .plain import as_json
from .precisions import WORD_BYTES, check_bits, parse_budget, shown_bits
from .sweep_judging import Measuring, judged, score_name, score_of
from .sweep_store import Store
from .verdict import Verdict

SCHEMA = "rheobase.sweep/1"
COLLAPSE = 0.1  # points of accuracy, as a share, that confirm a collapse
MOST_MIXED = 4  # mixed settings that are run: some of all, and as many that meet the budget
MOST_TRIED = 32  # mixed settings that are compiled to find those


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
        (bytes) and flagged_B of B bits everywhere, the same with _mixed of what meets the budget, on the samples that it was
        not chosen on. Shares from 0 to 1."""
        found = {}
        named = [(str(s["bits"]), s) for s in self.data["uniform"]]
        if self.data.get("mixed"):
            named.append(("mixed", judged(self.data["mixed"])))
        for name, s in named:
            found[f"flagged_{name}"] = len(s["flags"])
            found.update({f"{what}_{name}": value for what, value in figures_of(s).items()})
        return found

    def save(self, folder) -> None:
        """Writes sweep.json, sweep.txt and sweep.html, all or none. Raises DataError."""
        from .sweep_page import page

        with filling(folder) as staging:
            write_text(staging / "sweep.json", as_json(self.data))
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


def figure_names(bits: list[int], labels: bool, mixed: bool) -> list[str]:
    """Names that a sweep over these bits may have as figures. labels: whether data have some; mixed: whether there is a
    budget."""
    answers = ("accuracy", "accuracy_drop", "same_answer") if labels else ()
    return [
        f"{what}_{which}"
        for which in (*bits, *(["mixed"] if mixed else []))
        for what in (*answers, "agreement", "error", "memory", "flagged")
    ]


def check_budget(budget, bits: list[int], sensitivity: bool) -> Optional[int]:
    """The budget in bytes. Raises OptionError, R0694 where there is nothing to mix."""
    wanted = parse_budget(budget)
    if wanted is not None and (not sensitivity or len(bits) == 1):
        why = "of a single precision" if sensitivity else "without the layers alone (--no-layers)"
        raise option_error(
            f"a budget is for mixed precision, and {why} there is none to choose",
            "leave the budget out, or give several numbers of bits and let every layer be run alone",
            pinning.CODE,
        )
    return wanted


def sweep(
    net: Network,
    bits: Iterable[int] = range(2, MOST_WEIGHT_BITS + 1),
    x=None,
    y=None,
    chip="loihi2",
    profile: Optional[str] = None,
    scales: str = "auto",
    exponents: str = "projection",
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
    or none. chip, profile, scales, exponents, calibrate, quant and further options (split_fan_in, ...): as `rb.compile` takes them.
    budget: bytes of synapse memory ("5000 words", "40 kB") that a mixed precision is to fit. sensitivity: also every layer
    alone at every precision, and all but it at the coarsest that is not flagged; without it there is no mixed precision,
    and a budget is an error (R0694). Mixed precisions are foretold from the layers alone, whose losses are taken to add up,
    over all combinations; the best few that fit the budget are run, and what loses least on the even-numbered samples
    is chosen and judged on the odd ones. Where ``quant`` pins bits or weights of a layer, the layer stays as it is and the
    result says so; where it pins all of them, that is an error (R0694).
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
    if engine not in ENGINES:
        raise unknown_name("engine", engine, ENGINES)
    if "weight_bits" in options:
        raise option_error("a sweep has no option 'weight_bits'", "'bits' says the precisions")
    compiler.check_further("sweep", options, compiler.known_options("weight_bits", "dump_stages", "witness"))
    said = callback(tell, "tell", "one text")
    shown_progress = callback(progress)
    precisions = check_bits(bits)
    limit = check_budget(budget, precisions, bool(sensitivity))
    data = x if isinstance(x, DataSet) else of_arrays(x, y, net.input_shapes)
    wanted = dict(
        chip=chip, profile=profile, scales=scales, exponents=exponents, calibrate=calibrate, **options
    )
    run = _Sweeper(net, data, precisions, wanted, quant, limit)
    run.measuring = Measuring(net, data, engine, threads)
    run.progress, run.tell = shown_progress or (lambda done, total: None), said or (lambda line: None)
    if folder is not None:
        check_folder(folder)
        run.folder = Path(folder)
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
        self.given = quant
        self.sizes = {n.name: n.size for n in net.populations}
        self.loops = in_loops(net.edges)
        self.compiled: dict[str, _Compiled] = {}
        self.done, self.total = 0, len(bits)
        self.folder: Optional[Path] = None

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
            _hash_samples(hashed, chunk)
        hashed.update(b"" if self.data.y is None else np.ascontiguousarray(self.data.y).tobytes())
        if self.options["calibrate"] is not None:
            for chunk in compiler._chunks(self.net, self.options["calibrate"]):
                _hash_samples(hashed, chunk)
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
        quant = {**self.quant, "weight_bits": self.finest, "projections": dict(self.quant["projections"])}
        for layer, bits in setting.layers:
            for name in self.layers[layer]:
                quant["projections"][name] = {**quant["projections"].get(name, {}), "bits": bits}
        try:
            result = compiler.run_compiler(self.net, quant=quant, examine=True, **self.options)
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
            except (
                CompileError,
                DataError,
            ) as error:  # DataError: more bits than a synapse of the chip holds
                if b == self.bits[-1]:
                    raise
                self.too_fine[b] = error.diagnostics[0].message

    def _find_layers(self) -> None:
        """Layer -> those of its projections that the settings do not pin: weights, and the biases that belong to them."""
        # The compiler reads the settings first, and says what is wrong with them. Scales do not change which parts there are.
        plain = {**self.options, "scales": "auto", "calibrate": None}
        result = compiler.run_compiler(self.net, quant=self.given, to_stage="quant", **plain)
        text, file = compiler._settings(self.given)
        self.quant = {"schema": pinning.SCHEMA} if text is None else json.loads(text)
        self.quant.setdefault("projections", {})
        names = json.loads(result["quantization"])["projections"]
        self.pinned = {name: names[name]["bits"] for name in names if name in pinning.pinned_bits(self.quant)}
        self.layers: dict[str, list[str]] = {}
        for name in names:
            base = name[: -len(".bias")] if name.endswith(".bias") else name
            base = base if base in names else name
            if name not in self.pinned and base not in self.pinned:
                self.layers.setdefault(base, []).append(name)
        for made in [
            n for n in self.layers if n.endswith((".leak", ".threshold")) and n not in self.net.nodes
        ]:
            del self.layers[made]  # constants of neurons, not of the weights that were trained
        if self.pinned and not self.layers:
            first = next(iter(self.pinned))
            raise option_error(
                f"the settings pin the bits of every layer, '{first}' has {shown_bits(self.pinned[first])}: nothing is left to "
                "vary",
                "remove 'bits' and 'weights' from the settings where they are to vary, or leave the settings out",
                pinning.CODE,
                file=file,
                where=f"projections.{first}.bits",
            )

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
        measured = self.store.get(setting.key)
        if measured is None:
            measured = self.measuring.measure(compiled.image)
            self.store.put(setting.key, measured)
        entry.update(memory_bytes=compiled.memory, cores=len(compiled.image.info["cores"]), **measured)
        if flagged:
            entry["confirmed"] = self._collapsed(measured)
        return entry

    def _flags(self, compiled: _Compiled) -> list[str]:
        return flags(compiled.told, self.best.told, self.sizes, self.loops)

    def _collapsed(self, measured: dict) -> bool:
        if measured.get("accuracy_drop"):
            return measured["accuracy_drop"]["value"] > COLLAPSE
        return measured["loss"] > COLLAPSE

    # -- The whole -------------------------------------------------------------------------------------------------

    def result(self, sensitivity: bool) -> dict:
        from . import __version__

        self._find_layers()
        self._find_finest()
        self.store = Store(self.folder, self._identity(), self.tell)
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
            "exponents": self.options["exponents"],
            "data": Path(self.data.file).name,
            "samples": self.data.samples,
            "steps": self.data.steps,
            "bits": self.bits,
            "layers": self.layers,
            "pinned": self.pinned,
            "score": score_name(uniform[len(self.too_fine)]),
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
            mixed, search = self._mixed(only)
            everything += only + but + mixed
            result["way"] = mixed
            result["search"] = search
        if self.budget is not None:
            result["budget_bytes"] = self.budget
            result["mixed"] = self._chosen(everything)
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

    def _mixed(self, only: list[dict]) -> tuple[list[dict], dict]:
        """Mixed settings that no other is foretold to beat, from the finest down, and the best of them within the budget;
        and how they were looked for."""
        best = self.run(self._uniform(self.finest))
        gains: dict[str, dict[int, float]] = {}
        costs: dict[str, dict[int, float]] = {}
        for s in only:
            if s["refused"]:
                continue
            gains.setdefault(s["layer"], {})[s["bits"]] = best["memory_bytes"] - s["memory_bytes"]
            costs.setdefault(s["layer"], {})[s["bits"]] = _loss(s) - _loss(best)
        steps, exact = mixtures(gains, costs)
        mixed = steps[1:]
        chosen = mixed[:: max(1, -(-len(mixed) // MOST_MIXED))][:MOST_MIXED]
        if self.budget is not None:
            room = [step for step in mixed if best["memory_bytes"] - _sum(gains, step) <= self.budget]
            chosen += self._within(room or mixed[-1:], chosen)
        combinations = math.prod(1 + len(ways) for ways in gains.values())
        return [self.run(self._at(step)) for step in chosen], {"combinations": combinations, "exact": exact}

    def _within(self, steps: list[dict[str, int]], known: list) -> list[dict[str, int]]:
        """The first settings whose images are within the budget, but those that are known: memory does not quite add up."""
        found: list[dict[str, int]] = []
        for step in [*steps[: MOST_TRIED - 1], *steps[MOST_TRIED - 1 :][-1:]]:
            compiled = self.compile(self._at(step))
            if compiled.image is not None and compiled.memory <= self.budget:
                found.append(step)
            if len(found) == MOST_MIXED:
                break
        return [step for step in found if step not in known]

    def _chosen(self, everything: list[dict]) -> Optional[dict]:
        """What loses least, on the samples to choose on, of all that was run and is within the budget."""
        met = [s for s in everything if not s["refused"] and s["memory_bytes"] <= self.budget]
        return min(met, key=lambda s: (_loss(s), s["memory_bytes"])) if met else None

    def _at(self, step: dict[str, int]) -> Setting:
        if step.keys() == self.layers.keys() and len(set(step.values())) == 1:
            return self._uniform(next(iter(step.values())))
        return Setting("mixed", _named(step), tuple(sorted(step.items())))

    def _front(self, everything: list[dict]) -> list[dict]:
        ran = [s for s in everything if not s["refused"]]
        points = [(s["memory_bytes"], score_of(s)) for s in ran]
        return [
            {
                "name": ran[i]["name"],
                "kind": ran[i]["kind"],
                "memory_bytes": points[i][0],
                "score": points[i][1],
            }
            for i in front(points)
        ]


def _hash_samples(hashed, x: Samples) -> None:
    for array in x.values() if isinstance(x, dict) else (x,):
        hashed.update(np.ascontiguousarray(array).tobytes())


def _loss(s: dict) -> float:
    """What settings are chosen by: on the first half of the samples, so that the other half can judge."""
    return s["halves"][0]["loss"] if "halves" in s else s["loss"]


def _sum(gains: dict[str, dict[int, float]], step: dict[str, int]) -> float:
    return sum(gains[layer][bits] for layer, bits in step.items())


def _named(step: dict[str, int]) -> str:
    return "mixed " + ", ".join(f"{layer} {bits}" for layer, bits in sorted(step.items()))
