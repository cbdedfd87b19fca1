"""The trained pairs of `pairs.npz`: networks whose neurons have time constants of their own, and networks of equal neurons.

    python pairs.py --unpack FOLDER    write them as NIR files, own_1.nir, shared_1.nir and so on
    python pairs.py --pack FOLDER      make pairs.npz and pairs_log.json of what train.py wrote there

Weights are multiples of 2^-16 (`train.GRID`) and kept as integers of 16 bits, exactly, in a third of the room.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import train

if TYPE_CHECKING:
    import nir

HERE = Path(__file__).resolve().parent
FILE = HERE / "pairs.npz"
KINDS = ("own", "shared")  # time constants of each neuron; one tau_mem and one tau_syn for all
WEIGHTS = ("w_in", "w_rec", "w_out")
TIMES = ("tau_mem", "tau_syn")


@dataclass(frozen=True)
class Pair:
    """Two networks trained from one seed. parameters: kind -> the arguments of `train.to_nir`, float32."""

    seed: int
    parameters: dict[str, dict[str, np.ndarray]]

    def graph(self, kind: str) -> nir.NIRGraph:
        """The NIR graph of one of the two, as `train.py` wrote it. kind: "own" or "shared"."""
        return train.to_nir(**self.parameters[kind])


def load(file: Path = FILE) -> list[Pair]:
    """Reads what `pack` wrote.

    Example: net = rb.load(pairs.load()[0].graph("shared"))
    """
    with np.load(file) as stored:
        arrays = {name: stored[name] for name in stored.files}
    for name in WEIGHTS:
        arrays[name] = arrays[name].astype(np.float32) * np.float32(train.GRID)
    return [
        Pair(
            int(seed),
            {kind: {name: arrays[name][p, k] for name in (*WEIGHTS, *TIMES)} for k, kind in enumerate(KINDS)},
        )
        for p, seed in enumerate(arrays["seeds"])
    ]


def pack(folder: Path, file: Path = FILE) -> None:
    """Makes one file of the pairs that are complete in a folder (own_N.nir, shared_N.nir, and their .json logs)."""
    import nir

    seeds = sorted(
        int(path.stem.split("_")[1])
        for path in folder.glob("own_*.nir")
        if path.with_name(path.name.replace("own", "shared")).exists()
    )
    if not seeds:
        raise SystemExit(f"no pair in '{folder}': train own_N.nir and shared_N.nir with train.py first")
    graphs = [[nir.read(folder / f"{kind}_{seed}.nir") for kind in KINDS] for seed in seeds]
    arrays: dict[str, np.ndarray] = {"seeds": np.array(seeds, np.int32)}
    for name in WEIGHTS:
        whole = np.array([[g.nodes[name].weight for g in pair] for pair in graphs], float) / train.GRID
        arrays[name] = whole.astype(np.int16)
        if not (arrays[name] == whole).all():
            raise SystemExit(f"'{name}' holds weights that are no multiples of 2^-16 below 0.5")
    for name in TIMES:
        arrays[name] = np.array([[getattr(g.nodes["hidden"], name) for g in pair] for pair in graphs])
    np.savez_compressed(file, **arrays)
    logs = {
        f"{kind}_{seed}": json.loads((folder / f"{kind}_{seed}.json").read_text())
        for seed in seeds
        for kind in KINDS
    }
    lines = ",\n".join(f' "{name}": {json.dumps(log)}' for name, log in logs.items())
    file.with_name("pairs_log.json").write_text("{\n" + lines + "\n}\n")


def unpack(folder: Path, file: Path = FILE) -> None:
    """Writes every network as a NIR file."""
    import nir

    folder.mkdir(parents=True, exist_ok=True)
    for pair in load(file):
        for kind in KINDS:
            nir.write(folder / f"{kind}_{pair.seed}.nir", pair.graph(kind))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--pack", type=Path, metavar="FOLDER", help="make pairs.npz of trained networks")
    parser.add_argument("--unpack", type=Path, metavar="FOLDER", help="write NIR files")
    args = parser.parse_args()
    if args.pack:
        pack(args.pack)
    elif args.unpack:
        unpack(args.unpack)
    else:
        parser.error("give --pack or --unpack")


if __name__ == "__main__":
    main()
