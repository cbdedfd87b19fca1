"""Which neurons a core holds, said shortly: a tile of a feature map is a run of neurons for each of its rows."""

from __future__ import annotations

_MOST_RUNS = 3  # of one population; more are counted


def neurons_held(slices: list[dict]) -> dict[str, int]:
    """Neurons of each population in the slices of a core, as `Image.info` describes them."""
    held: dict[str, int] = {}
    for s in slices:
        held[s["population"]] = held.get(s["population"], 0) + s["count"]
    return held


def held_texts(slices: list[dict]) -> list[str]:
    """A text for each population: "fc[0:10]", or "conv: 3,840 neurons in 256 runs, 0:15 to 4080:4095"."""
    texts = []
    for name, neurons in neurons_held(slices).items():
        runs = [
            f"{s['first_neuron']}:{s['first_neuron'] + s['count']}" for s in slices if s["population"] == name
        ]
        if len(runs) > _MOST_RUNS:
            texts.append(f"{name}: {neurons:,} neurons in {len(runs):,} runs, {runs[0]} to {runs[-1]}")
        else:
            texts += [f"{name}[{run}]" for run in runs]
    return texts
