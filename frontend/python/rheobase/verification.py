"""Float against chip on data: accuracy, spikes, the first difference and its cause, ranges, utilisation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable, Optional

import numpy as np

from . import condition
from .arguments import thread_count
from .data import DataSet, check_numbers, check_targets, with_batch
from .errors import DataError, data_error, in_file, option_error
from .files import filling, write_text
from .image import Image
from .limits import utilisation
from .network import Network
from .statistics import Error2, bits_of, proportion

SCHEMA = "rheobase.report/1"
CHUNK_BYTES = 64 << 20  # of recordings held at a time


FIGURES = (
    "samples",
    "agreement",
    "overflows",
    "headroom_bits",
    "accuracy_float",
    "accuracy_chip",
    "accuracy_drop",
    "same_answer",
    *(f"{what}_{side}" for what in ("r2", "error") for side in ("chip_to_float", "float", "chip")),
)


class Report:
    """The verdict. ``data`` is what report.json holds (schema rheobase.report/1); ``text()`` is for people.

    Example: report.data["accuracy"]["chip"]["value"]; report.fails("accuracy_drop > 0.005 or overflows > 0")
    """

    def __init__(self, data: dict):
        self.data = data

    def text(self) -> str:
        """What report.txt holds."""
        from .report_text import text

        return text(self.data)

    def __str__(self) -> str:
        return self.text()

    def figures(self) -> dict[str, float]:
        """The names that `fails` understands, with their values: shares from 0 to 1, counts, network units,
        bits.

        All of them are in `FIGURES`; which ones there are depends on the data (labels, targets or none).
        """
        data = self.data
        figures = {
            "samples": data["samples"],
            "agreement": min((p["agreement"] for p in data["spikes"].values()), default=1.0),
            "overflows": sum(o["wraps"] + o["saturations"] for o in data["overflows"].values()),
        }
        accuracy = data.get("accuracy")
        if accuracy:
            figures.update(
                accuracy_float=accuracy["float"]["value"],
                accuracy_chip=accuracy["chip"]["value"],
                accuracy_drop=accuracy["float"]["value"] - accuracy["chip"]["value"],
                same_answer=accuracy["same_answer"]["value"],
            )
        for side, error in (data.get("error") or {}).items():
            figures[f"r2_{side}"] = float("nan") if error["r2"] is None else error["r2"]
            figures[f"error_{side}"] = error["mean_absolute"]
        if data["ranges"]:
            figures["headroom_bits"] = min(24 - r["proven_bits"] for r in data["ranges"])
        return figures

    def fails(self, expression: str) -> bool:
        """Whether a condition such as "accuracy_drop > 0.005 or overflows > 0" holds. Raises OptionError."""
        return condition.holds(expression, self.figures())

    def save(self, folder) -> None:
        """Writes report.json and report.txt, both or neither. Raises DataError."""
        with filling(folder) as staging:
            write_text(
                staging / "report.json", json.dumps(_plain(self.data), indent=2, allow_nan=False) + "\n"
            )
            write_text(staging / "report.txt", self.text() + "\n")


def _plain(value):
    """Plain Python values; a number that is not finite is null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    return None if isinstance(value, float) and not np.isfinite(value) else value


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

    x: spikes [B, T, *input_shape] (or a data set of `rheobase.data`); y: labels [B] (the answer is the output
    with the largest sum over time), targets [B, T, outputs] in the network's units, or None. Data are run in
    chunks, so that memory stays small. engine, threads, progress: as in `Image.run`.

    Raises DataError where the data do not fit, or the image was made from another network. Ctrl-C ends it.

    Example: print(rb.verify(net, image, x, y))
    """
    if not isinstance(net, Network) or not isinstance(image, Image):
        raise option_error("verify needs a Network and its Image", "rb.verify(net, rb.compile(net), x, y)")
    thread_count(threads)
    image.engine(engine)
    _check_pair(net, image)
    data = x if isinstance(x, DataSet) else _data_set(net, x, y)
    judge = _Judge(net, image, data)
    for first, chunk in data.chunks(judge.chunk_size()):
        try:
            ref = net.run(chunk, threads=threads)
            out = image.run(chunk, engine=engine, threads=threads, probes=judge.probes)
        except DataError as error:
            raise in_file(error, data.file) from None
        judge.add(first, ref, out, None if data.y is None else data.y[first : first + len(chunk)])
        if progress:
            progress(first + len(chunk), data.samples)
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


def _data_set(net: Network, x, y) -> DataSet:
    if len(net.inputs) != 1:
        raise data_error(
            "R0258", f"verification takes networks with one input, this one has {len(net.inputs)}"
        )
    x, batched = with_batch(check_numbers(x), net.inputs[0].shape)
    data = DataSet(x.shape[0], x.shape[1], lambda first, count: x[first : first + count], None, batched)
    data.y = check_targets(y, data)
    return data


class _Judge:
    """Collects, chunk by chunk, what the report says."""

    def __init__(self, net, image, data: DataSet):
        self.net, self.image, self.data = net, image, data
        known = {p["name"]: p for p in image.info["populations"]}
        self.lag = {name: p["lag"] for name, p in known.items()}
        self.populations = sorted(
            (n.name for n in net.populations if n.spiking and n.name in known),
            key=lambda name: (self.lag[name], name),
        )
        self.probes = image.probes()
        self.counts = {name: dict(float=0, chip=0, both=0, equal=0, cells=0) for name in self.populations}
        self.seen: dict[str, list[int]] = {}
        self.first: Optional[dict] = None
        self.overflows: dict[str, dict] = {}
        self.right = dict(float=0, chip=0, both=0, same=0)
        y = data.y
        self.task = "none" if y is None else "classification" if y.ndim == 1 else "regression"
        self.errors = {
            "chip_to_float": Error2(),
            **({"float": Error2(), "chip": Error2()} if self.task == "regression" else {}),
        }
        self.units = {o["name"]: self._units(o) for o in image.info["outputs"]}
        if self.task != "none" and len(net.outputs) != 1:
            raise data_error("R0255", f"'y' belongs to one output, the network has {len(net.outputs)}")
        if self.task == "classification" and (y.min() < 0 or y.max() >= net.outputs[0].size):
            raise data_error(
                "R0255",
                f"labels run from {y.min()} to {y.max()}, the network has {net.outputs[0].size} " "outputs",
                data.file,
                "y",
            )
        if self.task == "regression" and y.reshape(y.shape[0], y.shape[1], -1).shape[1:] != (
            data.steps,
            net.outputs[0].size,
        ):
            raise data_error(
                "R0255",
                f"'y' has shape {list(y.shape)}, needed is [{data.samples}, {data.steps}, "
                f"{net.outputs[0].size}]",
                data.file,
                "y",
            )

    def chunk_size(self) -> int:
        width = sum(p["size"] for p in self.image.info["populations"]) + sum(n.size for n in self.net.inputs)
        per_sample = 16 * width * (self.data.steps + self.image.lag)
        return int(np.clip(CHUNK_BYTES // per_sample, 1, self.data.samples))

    def _units(self, output: dict):
        """(scale, offset) by which the chip's integers become the network's units: x / scale + offset."""
        scales, offsets = [], []
        for part in output["parts"]:
            node = self.net.nodes[part["population"]]
            key = f"{part['population']}.{part['state']}"
            graded = bool(part["state"])
            scales.append(np.broadcast_to(self.image.scale[key] if graded else 1.0, (node.size,)))
            leak = node.parameters.get("v_leak", 0.0) if graded else 0.0
            offsets.append(
                np.broadcast_to(
                    np.ravel(leak) if np.size(leak) > 1 else np.float64(np.ravel(leak)[0]), (node.size,)
                )
            )
        return np.concatenate(scales), np.concatenate(offsets)

    def _output(self, out, name: str) -> np.ndarray:
        scale, offset = self.units[name]
        values = out.aligned(name)
        return values.reshape(*values.shape[:2], -1) / scale + offset

    def add(self, first: int, ref, out, y) -> None:
        for name in self.populations:
            self._add_spikes(first, name, ref.spikes[name] != 0, out.aligned(name) != 0)
        for probe in self.probes:
            low, high = int(out.states[probe].min()), int(out.states[probe].max())
            seen = self.seen.setdefault(probe, [low, high])
            seen[:] = [min(seen[0], low), max(seen[1], high)]
        for name, count in out.overflows.items():
            total = self.overflows.setdefault(name, {"wraps": 0, "saturations": 0})
            for kind in total:
                total[kind] += int(np.sum(count[kind]))
        for name, wanted in ref.outputs.items():
            if name in self.units:
                self._add_output(wanted.reshape(*wanted.shape[:2], -1), self._output(out, name), y)

    def _add_output(self, wanted: np.ndarray, actual: np.ndarray, y) -> None:
        self.errors["chip_to_float"].add(wanted, actual)
        if self.task == "classification":
            # float64, so that the sum over steps does not depend on its order.
            a, b = (v.sum(axis=1, dtype=np.float64).argmax(axis=1) for v in (wanted, actual))
            self.right["float"] += int((a == y).sum())
            self.right["chip"] += int((b == y).sum())
            self.right["both"] += int(((a == y) & (b == y)).sum())
            self.right["same"] += int((a == b).sum())
        elif self.task == "regression":
            self.errors["float"].add(y, wanted)
            self.errors["chip"].add(y, actual)

    def _add_spikes(self, first: int, name: str, a: np.ndarray, b: np.ndarray) -> None:
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
        }
        if self.task == "classification":
            right = self.right
            report["accuracy"] = {
                "float": proportion(right["float"], n),
                "chip": proportion(right["chip"], n),
                "same_answer": proportion(right["same"], n),
                "only_float_right": right["float"] - right["both"],
                "only_chip_right": right["chip"] - right["both"],
            }
        report["error"] = {side: error.result() for side, error in self.errors.items() if error.count}
        report["spikes"] = {}
        for name, c in self.counts.items():
            spikes = c["float"] + c["chip"]
            report["spikes"][name] = {
                **c,
                "lag": self.lag[name],
                "agreement": c["equal"] / c["cells"],
                "coincidence": 2 * c["both"] / spikes if spikes else 1.0,
            }
        report["first_difference"] = self._explain(threads)
        report["overflows"] = self.overflows
        report["ranges"] = self._ranges()
        report["cores"] = utilisation(self.image)
        report["assumptions"] = self.net.assumptions + [
            a for a in info["assumptions"] if a not in self.net.assumptions
        ]
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

    def _explain(self, threads: Optional[int]) -> Optional[dict]:
        """The first difference with the potentials of both sides in that step, and its cause."""
        if self.first is None:
            return None
        found = {key: value for key, value in self.first.items() if key != "rank"}
        name, step, neuron = found["population"], found["step"], found["neuron"]
        node = self.net.nodes[name]
        probe = f"{name}.v"
        sample = self.data.slice(found["sample"], 1)
        ref = self.net.run(sample, probes=[probe], threads=threads)
        out = self.image.run(sample, probes=[probe], threads=threads)
        pick = lambda value: float(np.ravel(value)[neuron if np.size(value) > 1 else 0])  # noqa: E731
        leak = pick(node.parameters["v_leak"]) if "v_leak" in node.parameters else 0.0
        scale = pick(self.image.scale[probe])
        found["float_v"] = float(ref.states[probe][0, step, neuron])
        found["chip_v"] = float(out.aligned(probe)[0, step, neuron]) / scale + leak
        found["threshold"] = pick(node.parameters["v_threshold"])
        silent = "chip" if found["float"] else "float"
        short = found["threshold"] - found[f"{silent}_v"]
        relative = abs(short) / max(abs(found["threshold"] - leak), 1e-30)
        if name in out.overflows and sum(int(np.ravel(v)[neuron]) for v in out.overflows[name].values()):
            found["cause"] = "overflow: a state of this neuron wrapped or saturated on the chip"
        else:
            found["cause"] = (
                f"rounding: without the spike the potential is {100 * relative:.2g} % of the threshold "
                f"away from it"
            )
        return found
