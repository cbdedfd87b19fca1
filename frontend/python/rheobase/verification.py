"""Float against chip on data: accuracy, spikes, the first difference and its cause, ranges, utilisation."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Callable, Optional

import numpy as np

from .agreement import Layer, Margin
from .arguments import thread_count
from .conventions import CHOICES, FLAGS
from .data import DataSet, of_arrays, samples_in
from .errors import DataError, Diagnostic, data_error, in_file, option_error
from .explaining import explained
from .files import filling, write_text
from .image import Image
from .limits import utilisation
from .network import Network
from .plain import as_json
from .statistics import Error2, bits_of, proportion
from .verdict import Verdict

SCHEMA = "rheobase.report/1"
CHUNK_BYTES = 64 << 20  # of recordings held at a time

FIGURES = (
    "samples",
    "agreement",
    "overflows",
    "headroom_bits",
    "victor_purpura",
    "van_rossum",
    "spike_distance",
    "rate_distance",
    "near_threshold",
    "accuracy_float",
    "accuracy_chip",
    "accuracy_drop",
    "same_answer",
    *(f"{what}_{side}" for what in ("r2", "error") for side in ("chip_to_float", "float", "chip")),
)


class Report(Verdict):
    """The verdict. ``data`` is what report.json holds (schema rheobase.report/1); ``text()`` is for people.

    Example: report.data["accuracy"]["chip"]["value"]; report.fails("accuracy_drop > 0.005 or overflows > 0")
    """

    def text(self) -> str:
        """What report.txt holds."""
        from .report_text import text

        return text(self.data)

    def figures(self) -> dict[str, float]:
        """The names that `fails` understands, with their values: shares from 0 to 1, counts, network units,
        bits, Hz; distances of spike trains are the largest of all populations' means.

        All of them are in `FIGURES`; which ones there are depends on the data (labels, targets or none). Of
        several outputs the worst one counts.
        """
        data = self.data
        figures = {
            "samples": data["samples"],
            "agreement": min((p["agreement"] for p in data["spikes"].values()), default=1.0),
            "overflows": sum(o["wraps"] + o["saturations"] for o in data["overflows"].values()),
        }
        for name in ("victor_purpura", "van_rossum", "spike_distance"):
            means = (p["measures"][name]["mean"] for p in data["spikes"].values())
            figures[name] = max(means, default=0.0)
        figures["rate_distance"] = max(
            (p["rates"]["earth_mover"] for p in data["spikes"].values()), default=0.0
        )
        margins = [p["margin"]["within_one_step"] for p in data["spikes"].values() if p["margin"]]
        figures["near_threshold"] = max((share for share in margins if share is not None), default=0.0)
        accuracy = data.get("accuracy")
        if accuracy:
            figures.update(
                accuracy_float=accuracy["float"]["value"],
                accuracy_chip=accuracy["chip"]["value"],
                accuracy_drop=accuracy["float"]["value"] - accuracy["chip"]["value"],
                same_answer=accuracy["same_answer"]["value"],
            )
        for side in ("chip_to_float", "float", "chip"):
            errors = [output[side] for output in data["errors"].values() if side in output]
            if errors:
                defined = [error["r2"] for error in errors if error["r2"] is not None]
                figures[f"r2_{side}"] = min(defined, default=float("nan"))
                figures[f"error_{side}"] = max(error["mean_absolute"] for error in errors)
        if data["ranges"]:
            figures["headroom_bits"] = min(24 - r["proven_bits"] for r in data["ranges"])
        return figures

    def save(self, folder) -> None:
        """Writes report.json and report.txt, both or neither. Raises DataError."""
        with filling(folder) as staging:
            write_text(staging / "report.json", as_json(self.data))
            write_text(staging / "report.txt", self.text() + "\n")


def verify(
    net: Network,
    image: Image,
    x,
    y=None,
    engine: str = "auto",
    threads: Optional[int] = None,
    progress: Optional[Callable] = None,
) -> Report:
    """Runs the float network and the chip image on the same data and compares.

    x: spikes [B, T, *input_shape], a dictionary by name for several inputs, or a data set of `rheobase.data`; y: labels
    [B] (the answer is the output with the largest sum over time), targets [B, T, outputs] in the network's units, or
    None; of several outputs they belong to the only one that they fit. Data are run in chunks, so that memory stays
    small. engine, threads, progress: as in `Image.run`.

    Raises DataError where the data do not fit, or the image's nodes are not the network's. An image made under
    other conventions is compared all the same, with a warning in the report. Ctrl-C ends it.

    Example: print(rb.verify(net, image, x, y))
    """
    if not isinstance(net, Network) or not isinstance(image, Image):
        raise option_error("verify needs a Network and its Image", "rb.verify(net, rb.compile(net), x, y)")
    engine = image.engine(engine).name
    _check_pair(net, image)
    data = x if isinstance(x, DataSet) else of_arrays(x, y, net.input_shapes)
    judge = Judge(net, image, data, True, threads)
    for first, chunk in data.chunks(judge.chunk_size()):
        try:
            ref = net.run(chunk, threads=threads)
            out = image.run(chunk, engine=engine, threads=threads, probes=judge.probes)
        except DataError as error:
            raise in_file(error, data.file) from None
        done = first + samples_in(chunk)
        judge.add(first, ref, out, None if data.y is None else data.y[first:done])
        if progress:
            progress(done, data.samples)
    return Report(judge.report(engine, threads))


def _check_pair(net: Network, image: Image) -> None:
    """Raises DataError where the image was made from another network."""
    info = image.info
    wanted = [("input", i["name"], tuple(i["shape"])) for i in info["inputs"]]
    wanted += [("population", p["name"], tuple(p["shape"])) for p in info["populations"] if not p["hidden"]]
    wanted += [("output", o["name"], tuple(o["shape"])) for o in info["outputs"]]
    for kind, name, shape in wanted:
        node = net.nodes.get(name)
        if node is None or tuple(node.shape) != shape:
            has = "no such node" if node is None else f"shape {list(node.shape)}"
            raise data_error(
                "R0261",
                f"the image's {kind} '{name}' has shape {list(shape)}, the network '{net.name}' has {has}",
                image.file,
                name,
                remedy=f"the image was made from '{info['network']}': compile this network, or leave the image out",
            )


def _other_conventions(net: Network, image: Image) -> dict[str, tuple]:
    """Convention -> its values (image, network), where these differ."""
    other = {}
    if not math.isclose(image.info["dt"], net.dt, rel_tol=1e-9):
        other["dt"] = (f"{image.info['dt']!r} s", f"{net.dt!r} s")
    held = {a["what"]: a["value"] for a in image.assumptions}
    names = {choice.title: name for name, choice in CHOICES.items()}
    for a in net.assumptions:
        what = a["what"]
        if what in names and held.get(what, a["value"]) != a["value"]:
            other[names[what]] = (held[what], a["value"])
    return other


def _warnings(net: Network, image: Image, conventions: dict[str, tuple]) -> list[Diagnostic]:
    """What tells that the image was made from something else than this network, or rounds more than it."""
    again = "compile this network, or leave the image out"
    found = [
        Diagnostic(
            "R0665",
            "warning",
            f"the image was made with '{what}' = {theirs}, the network runs with {ours}",
            image.file,
            what,
            remedy=f"give the network the image's {what} ({FLAGS[what]}), or {again}",
        )
        for what, (theirs, ours) in conventions.items()
    ]
    found += [
        Diagnostic(
            "R0346", "warning", f"{a['value']}: {a['why']}", image.file, a["what"], remedy=a["how_to_change"]
        )
        for a in image.assumptions
        if a["what"].startswith("relays of ")
    ]
    made_from = image.info["network"]
    if made_from != net.name:
        message = f"the image was made from the network '{made_from}', this one is '{net.name}'"
        remedy = f"{again}, unless '{net.name}' is the same network under another name"
        found.append(Diagnostic("R0665", "warning", message, image.file, remedy=remedy))
    return found


def _assumptions(net: Network, image: Image) -> list[dict]:
    """Those of both sides; ``side`` says whose an assumption is where the other side holds another value."""
    merged = []
    for side, own, other in (
        ("network", net.assumptions, image.assumptions),
        ("image", image.assumptions, net.assumptions),
    ):
        values = {(a["what"], a["value"]) for a in other}
        names = {what for what, _ in values}
        for a in own:
            same = (a["what"], a["value"]) in values
            if side == "network" or not same:
                merged.append({**a, "side": side if a["what"] in names and not same else None})
    return merged


class Judge:
    """Collects, chunk by chunk, what the report says."""

    def __init__(self, net, image, data: DataSet, layers: bool = False, threads: Optional[int] = None):
        """layers: whether the trains of each layer and their distance to the threshold are looked at, too; a report needs
        it. threads: for that."""
        count = thread_count(threads)
        self.net, self.image, self.data = net, image, data
        known = {p["name"]: p for p in image.info["populations"]}
        self.lag = {name: p["lag"] for name, p in known.items()}
        self.populations = sorted(
            (n.name for n in net.populations if n.spiking and n.name in known),
            key=lambda name: (self.lag[name], name),
        )
        self.probes = image.probes()
        self.counts = {name: dict(float=0, chip=0, both=0, equal=0, cells=0) for name in self.populations}
        looked_at = self.populations if layers else []
        self.layers = {name: Layer(net.nodes[name].size, data.steps, net.dt, count) for name in looked_at}
        self.margins = {name: Margin(image, name, count) for name in looked_at if Margin.known(known[name])}
        self.seen: dict[str, list[int]] = {}
        self.first: Optional[dict] = None
        self.overflows: dict[str, dict] = {}
        self.right = dict(float=0, chip=0, both=0, same=0)
        y = data.y
        self.task = "none" if y is None else "classification" if y.ndim == 1 else "regression"
        spike = net.conventions["dt"] if net.conventions["spikes"] == "dirac" else 1.0  # SPEC F11
        self.scales = {o["name"]: image.output_scale(o["name"], spike) for o in image.info["outputs"]}
        self.target = None if y is None else self._target(y)
        self.errors = {
            o.name: {
                side: Error2()
                for side in ("chip_to_float", "float", "chip")
                if side == "chip_to_float" or (self.task == "regression" and o.name == self.target)
            }
            for o in net.outputs
            if o.name in self.scales
        }

    def _target(self, y) -> str:
        """The output that labels or targets belong to: the only one that they fit."""
        data = self.data
        known = [o for o in self.net.outputs if o.name in self.scales]
        if self.task == "classification":
            fits = [o.name for o in known if y.min() >= 0 and y.max() < o.size]
            given = f"labels run from {y.min()} to {y.max()}"
        else:
            shape = y.reshape(y.shape[0], y.shape[1], -1).shape[1:]
            fits = [o.name for o in known if shape == (data.steps, o.size)]
            given = f"'y' has shape {list(y.shape)}"
        if len(fits) == 1:
            return fits[0]
        sizes = ", ".join(f"'{o.name}' with {o.size} neurons" for o in known)
        if fits:
            message = f"{given} and may belong to several outputs: {sizes}"
        elif len(known) != 1:
            message = f"{given} and fit none of the network's outputs: {sizes}"
        elif self.task == "classification":
            message = f"{given}, the network has {known[0].size} outputs"
        else:
            message = f"{given}, needed is [{data.samples}, {data.steps}, {known[0].size}]"
        remedy = "" if len(known) == 1 else "leave 'y' out, or verify a network that has one fitting output"
        raise data_error("R0255", message, data.file, "y", remedy)

    def chunk_size(self) -> int:
        width = sum(p["size"] for p in self.image.info["populations"]) + sum(n.size for n in self.net.inputs)
        per_sample = 16 * width * (self.data.steps + self.image.lag)
        return int(np.clip(CHUNK_BYTES // per_sample, 1, self.data.samples))

    def _output(self, out, name: str) -> np.ndarray:
        values = out.aligned(name)
        return values.reshape(*values.shape[:2], -1) / self.scales[name]

    def add(self, first: int, ref, out, y) -> None:
        for name in self.populations:
            self._add_spikes(first, name, ref.spikes[name] != 0, out.aligned(name) != 0)
        for margin in self.margins.values():
            margin.add(out)
        for probe in self.probes:
            low, high = int(out.states[probe].min()), int(out.states[probe].max())
            seen = self.seen.setdefault(probe, [low, high])
            seen[:] = [min(seen[0], low), max(seen[1], high)]
        for name, count in out.overflows.items():
            total = self.overflows.setdefault(name, {"wraps": 0, "saturations": 0})
            for kind in total:
                total[kind] += int(np.sum(count[kind]))
        for name, wanted in ref.outputs.items():
            if name in self.scales:
                self._add_output(name, wanted.reshape(*wanted.shape[:2], -1), self._output(out, name), y)

    def _add_output(self, name: str, wanted: np.ndarray, actual: np.ndarray, y) -> None:
        self.errors[name]["chip_to_float"].add(wanted, actual)
        if name != self.target:
            return
        if self.task == "classification":
            # float64, so that the sum over steps does not depend on its order.
            a, b = (v.sum(axis=1, dtype=np.float64).argmax(axis=1) for v in (wanted, actual))
            self.right["float"] += int((a == y).sum())
            self.right["chip"] += int((b == y).sum())
            self.right["both"] += int(((a == y) & (b == y)).sum())
            self.right["same"] += int((a == b).sum())
        elif self.task == "regression":
            self.errors[name]["float"].add(y, wanted)
            self.errors[name]["chip"].add(y, actual)

    def _add_spikes(self, first: int, name: str, a: np.ndarray, b: np.ndarray) -> None:
        if name in self.layers:
            self.layers[name].add(first, a, b)
        count = self.counts[name]
        count["float"] += int(a.sum())
        count["chip"] += int(b.sum())
        count["both"] += int((a & b).sum())
        unequal = a != b
        differing = int(unequal.sum())
        count["cells"] += a.size
        count["equal"] += a.size - differing
        if not differing:
            return
        step = int(np.argmax(unequal.any(axis=(0, 2))))
        rank = (step, self.lag[name], name)
        if self.first is None or rank < self.first["rank"]:
            sample, neuron = (int(v) for v in np.argwhere(unequal[:, step])[0])
            self.first = {
                "rank": rank,
                "population": name,
                "sample": first + sample,
                "step": step,
                "neuron": neuron,
                "float": bool(a[sample, step, neuron]),
                "chip": bool(b[sample, step, neuron]),
            }

    def report(self, engine: str, threads: Optional[int]) -> dict:
        from . import __version__

        info, n = self.image.info, self.data.samples
        conventions = _other_conventions(self.net, self.image)
        report = {
            "schema": SCHEMA,
            "rheobase": __version__,
            "network": info["network"],
            "chip": info["chip"],
            "profile": info["profile"],
            "dt": info["dt"],
            "engine": engine,
            "data": Path(self.data.file).name,
            "samples": n,
            "steps": self.data.steps,
            "lag": self.image.lag,
            "task": self.task,
            "warnings": [d.as_dict() for d in _warnings(self.net, self.image, conventions)],
        }
        if self.task == "classification":
            right = self.right
            report["accuracy"] = {
                "output": self.target,
                "float": proportion(right["float"], n),
                "chip": proportion(right["chip"], n),
                "same_answer": proportion(right["same"], n),
                "only_float_right": right["float"] - right["both"],
                "only_chip_right": right["chip"] - right["both"],
            }
        errors = {
            name: {side: error.result() for side, error in sides.items() if error.count}
            for name, sides in self.errors.items()
        }
        report["errors"] = errors
        report["error"] = next(iter(errors.values())) if len(errors) == 1 else {}
        report["spikes"] = {}
        for name, c in self.counts.items():
            spikes = c["float"] + c["chip"]
            report["spikes"][name] = {
                **c,
                "lag": self.lag[name],
                "agreement": c["equal"] / c["cells"],
                "coincidence": 2 * c["both"] / spikes if spikes else 1.0,
                **self.layers[name].result(),
                "margin": self.margins[name].result() if name in self.margins else None,
            }
        report["first_difference"] = self._explain(engine, threads, conventions)
        report["overflows"] = self.overflows
        report["ranges"] = self._ranges()
        report["cores"] = utilisation(self.image)
        report["assumptions"] = _assumptions(self.net, self.image)
        return report

    def _ranges(self) -> list[dict]:
        ranges = []
        for r in self.image.info["ranges"]:
            probe = f"{r['population']}.{r['state']}"
            seen = self.seen.get(probe)
            if seen is None:
                continue
            bits, seen_bits = bits_of(r["minimum"], r["maximum"]), bits_of(*seen)
            ranges.append(
                {
                    "state": probe,
                    "proven": r["proven"],
                    "minimum": r["minimum"],
                    "maximum": r["maximum"],
                    "proven_bits": bits,
                    "seen_minimum": seen[0],
                    "seen_maximum": seen[1],
                    "seen_bits": seen_bits,
                    "slack_bits": bits - seen_bits,
                    "note": r["note"],
                    "violated": bool(r["proven"] and not r["minimum"] <= seen[0] <= seen[1] <= r["maximum"]),
                }
            )
        return ranges

    def _explain(self, engine: str, threads: Optional[int], conventions: dict) -> Optional[dict]:
        """The first difference with the potentials of both sides in that step, and its cause."""
        if self.first is None:
            return None
        found = {key: value for key, value in self.first.items() if key != "rank"}
        sample = self.data.slice(found["sample"], 1)
        return explained(self.net, self.image, found, sample, engine, threads, conventions)
