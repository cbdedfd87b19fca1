"""python measures_case.py TRAINS.npz VALUES.npz: what pyspike, elephant and scipy say of pairs of spike trains.

TRAINS holds, for sides a and b, times and offsets [pairs + 1]; window [2], q and tau [pairs]. VALUES gets [pairs] for each
measure, and rates: the Wasserstein distance of both sides' times.
"""

import site
import sys
import types
from pathlib import Path

import numpy as np
import pyspike
import quantities as pq
from neo import SpikeTrain
from scipy.stats import wasserstein_distance


def distances():
    """elephant.spike_train_dissimilarity, without what the package's other files import."""
    package = types.ModuleType("elephant")
    package.__path__ = [str(Path(folder) / "elephant") for folder in site.getsitepackages()]
    sys.modules["elephant"] = package
    import elephant.spike_train_dissimilarity as module

    return module


def main(source: str, target: str) -> None:
    elephant = distances()
    with np.load(source) as data:
        given = dict(data)
    start, end = (float(v) for v in given["window"])
    values = {
        name: []
        for name in (
            "victor_purpura",
            "van_rossum",
            "isi_distance",
            "spike_distance",
            "spike_synchronisation",
            "earth_mover",
        )
    }
    for i, (q, tau) in enumerate(zip(given["q"], given["tau"])):
        pair = [
            given[f"{side}_times"][given[f"{side}_offsets"][i] : given[f"{side}_offsets"][i + 1]]
            for side in "ab"
        ]
        neo = [SpikeTrain(train, units="s", t_start=start, t_stop=end) for train in pair]
        spikes = [pyspike.SpikeTrain(train, [start, end]) for train in pair]
        values["victor_purpura"].append(elephant.victor_purpura_distance(neo, q * pq.Hz)[0, 1])
        values["van_rossum"].append(elephant.van_rossum_distance(neo, tau * pq.s)[0, 1])
        values["isi_distance"].append(pyspike.isi_distance(*spikes))
        values["spike_distance"].append(pyspike.spike_distance(*spikes))
        values["spike_synchronisation"].append(pyspike.spike_sync(*spikes))
        both = all(train.size for train in pair)
        values["earth_mover"].append(wasserstein_distance(*pair) if both else np.nan)
    np.savez(target, **{name: np.array(found, float) for name, found in values.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
