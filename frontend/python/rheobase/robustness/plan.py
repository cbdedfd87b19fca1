"""What a campaign will do: which kinds are visited exhaustively, which are drawn, and in which blocks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Callable, Iterator, Optional, Tuple

import numpy as np

from .. import _core
from ..data import DataSet
from ..errors import data_error, option_error, unknown_name
from ..image import Image

METHOD = (
    2  # counts up whenever equal arguments would give other figures: states of older ones are not resumed
)
# Kinds with so few pairs of fault and sample are visited exhaustively without being asked. SPEC B20.
FEW_PAIRS = 200_000
# Most faults of an exhaustive visit: their counts are held in memory.
MOST_SITES = 20_000_000
FIRST_DRAWS = 500  # of a stratum, at its first look; each look doubles them. SPEC B21.
MOST_DRAWS = FIRST_DRAWS << 13  # at its last look
# The error of a look is halved so often that beyond this doubles can no longer tell it from none.
MOST_CONFIDENCE = 1 - 1e-6
RANDOM = ("message loss", "input", "device")  # what kinds are about that have realisations instead of places


def is_random(name: str) -> bool:
    """Whether a kind, with or without an amount, has realisations instead of places: the list of all its faults does not
    exist, and of no realisation can be said that it is the worst."""
    kind = name.partition(":")[0]
    return any(known["name"] == kind and known["about"] in RANDOM for known in _core.fault_kinds())


@dataclass
class Plan:
    """Everything that decides the result; two campaigns of equal plans end with the same bytes."""

    image: str  # hash
    data: str  # hash
    faults: list[str]
    exhaustive: list[str] = field(default_factory=list)  # those of them that are visited
    seed: int = 0
    samples: int = 0
    steps: int = 0
    instances: int = 1000
    confidence: float = 0.95
    width: float = 0.02
    output: int = -1
    scale: list[float] = field(default_factory=list)
    tolerance: Optional[float] = None

    def fingerprint(self) -> str:
        content = {"method": METHOD, **asdict(self)}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def wanted(self, looks: int) -> int:
        """Draws of a stratum at its next look."""
        return FIRST_DRAWS << looks

    def open(self, image: Image, exhaustive: bool) -> Optional[_core.Campaign]:
        """The core's campaign over one part of the kinds; None where that part is empty."""
        chosen = [name for name in self.faults if (name in self.exhaustive) == exhaustive]
        if not chosen:
            return None
        return open_core(image, chosen, self)


Request = Tuple[int, int, int]  # stratum, first draw, draws


def draw_blocks(wanted: dict[int, tuple[int, int]], size: Callable[[], int]) -> Iterator[list[Request]]:
    """Draws of strata, {stratum: (first, count)}, in blocks of at most so many: those of a block share intact runs."""
    block: list[Request] = []
    room = size()
    for stratum, (first, count) in wanted.items():
        while count > 0:
            part = min(count, room)
            block.append((stratum, first, part))
            first, count, room = first + part, count - part, room - part
            if room == 0:
                yield block
                block, room = [], size()
    if block:
        yield block


def open_core(image: Image, faults: list[str], plan: Plan) -> _core.Campaign:
    return _core.Campaign(
        image._core,
        faults,
        plan.output,
        plan.scale or scale_of(image, plan.output),
        float("inf") if plan.tolerance is None else plan.tolerance,
        plan.steps,
        plan.instances,
        plan.seed,
    )


def hash_of(*parts) -> str:
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            part = np.ascontiguousarray(part).data
        digest.update(part if isinstance(part, (bytes, memoryview)) else str(part).encode())
    return digest.hexdigest()


def scale_of(image: Image, output: int) -> list[float]:
    """Integers of the chip for one float unit, for each value of the output at this index."""
    return image.output_scale(image.info["outputs"][output]["name"]).tolist()


def deciding_output(image: Image, data: DataSet, name: Optional[str]) -> int:
    """Index of the output that gives the answer."""
    outputs = image.info["outputs"]
    names = [output["name"] for output in outputs]
    if name is not None:
        if name not in names:
            raise unknown_name("output", name, names)
        return names.index(name)
    if len(outputs) == 1:
        return 0
    y = data.y
    if y is not None and y.ndim == 1:
        fits = [k for k, o in enumerate(outputs) if y.max() < np.prod(o["shape"])]
        if len(fits) == 1:
            return fits[0]
    raise option_error(
        f"the image has {len(outputs)} outputs: {', '.join(names)}",
        "say which one answers, with --output-node",
    )


def hash_of_data(arrays: list[np.ndarray], labels: Optional[np.ndarray]) -> str:
    """Of the samples as the image takes them, and their labels."""
    return hash_of(*arrays, np.zeros(0) if labels is None else labels)


def rule_of(data: DataSet, tolerance: Optional[float]) -> tuple[str, str]:
    """How the answer is read, and why so."""
    if tolerance is None:
        why = "y holds labels" if data.y is not None else "no --tolerance is given; for a classifier"
        return "largest sum over time", why
    why = "--tolerance is given"
    if data.y is not None and data.y.ndim == 1:
        why += "; the labels in y are not used: no value is right or wrong"
    return "every value, its mean distance over time within a tolerance", why


def check_labels(image: Image, data: DataSet, output: int) -> Optional[np.ndarray]:
    """Labels [samples] int32, or None where the data have none. Raises DataError where they, or targets, do not fit."""
    y = data.y
    if y is None:
        return None
    size = int(np.prod(image.info["outputs"][output]["shape"]))
    if y.ndim != 1:
        if y.ndim < 3 or y.shape[:2] != (data.samples, data.steps) or np.prod(y.shape[2:]) != size:
            raise data_error(
                "R0255",
                f"'y' has shape {list(y.shape)}: neither labels [{data.samples}] nor targets "
                f"[{data.samples}, {data.steps}, {size}]",
                data.file,
                "y",
                "make it one integer for each sample, for example by y.reshape(-1), or leave it out",
            )
        return None
    if len(y) != data.samples or (len(y) and (y.min() < 0 or y.max() >= size)):
        raise data_error(
            "R0255",
            f"labels run from {y.min()} to {y.max()}, the output has {size} values",
            data.file,
            "y",
            "give labels that belong to this output, or leave them out",
        )
    return y.astype(np.int32)
