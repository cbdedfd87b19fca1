"""Run in Lava's environment: what Lava says of small random cases, for machines without it.

python with_lava.py record_vectors.py: writes tests/conformance/lava/, which test_lava_vectors.py reads: MODEL.npz of
model_case.py, and networks.npz of network_case.py. Which populations are kept depends on whether an engine that is slightly
wrong would differ from them; what is stored is Lava's word alone.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import model_case  # noqa: E402
import network_case  # noqa: E402
from lava_vectors import LavaVector, slight_changes, tells, write  # noqa: E402

FOLDER = Path(__file__).parents[1] / "conformance/lava"
SEED, POPULATIONS, NEURONS, STEPS = 1, 3, 8, 80
MOST_DRAWN = 1000
NETWORKS = {1: 2, 2: 3, 3: 4, 4: 4}  # layers -> how many


def spikes(vector: LavaVector) -> list:
    return [values for series, values in vector.said.items() if series.endswith(".spikes")]


def populations(name: str) -> list:
    """Those that tell of a slight change of an integer which those before do not tell of, and some that send."""
    rng = np.random.default_rng([SEED, *name.encode()])
    found, untold = [], None
    for _ in range(MOST_DRAWN):
        vector = model_case.drive(name, len(found), rng, NEURONS, STEPS)
        untold = slight_changes(vector) if untold is None else untold
        told = {change for change in untold if tells(vector, *change)}
        if told or (not untold and spikes(vector)[0].any()):
            found.append(vector)
        untold -= told
        if not untold and len(found) >= POPULATIONS:
            return found
    raise SystemExit(f"{name}: no case tells of {untold}")


def turns(vector: LavaVector) -> bool:
    """Whether ways of different length meet, or a loop leads over several layers."""
    order = {"in": -1} | {p["name"]: k for k, p in enumerate(vector.populations)}
    steps = [order[c["target"]] - order[c["source"]] for c in vector.connections]
    return any(step not in (0, 1) for step in steps)


def networks() -> list:
    """The first that can be compared to their end and in which every layer sends something; of three layers and more, the first
    that do not simply follow each other."""
    wanted, found, seed = dict(NETWORKS), [], 0
    while any(wanted.values()):
        seed += 1
        case = network_case.Case(seed)
        if not wanted[len(case.layers)] or case.compile() is None:
            continue
        vector = case.drive()
        if len(case.layers) > 2 and not turns(vector):
            continue
        if len(spikes(vector)[0]) == network_case.STEPS and all(sent.any() for sent in spikes(vector)):
            wanted[len(case.layers)] -= 1
            found.append(vector)
    return found


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in model_case.MODELS:
        write(FOLDER / f"{name}.npz", populations(name))
    write(FOLDER / "networks.npz", networks())


if __name__ == "__main__":
    main()
