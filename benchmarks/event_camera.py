"""The NIR paper's convolutional network on recordings of an event camera: accuracy, and throughput against PyTorch.

Every recording is judged by the float network and by the image; both alternate with PyTorch's dense form of the network
on the same cores. PyTorch runs step by step or layer by layer, in either memory layout and with several sizes of
batches; the fastest on a few recordings is measured, and the fastest that torch.compile makes of it beside it.

    python benchmarks/event_camera.py DATA --threads N [--rounds N]      prints one JSON object
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

import numpy as np
from throughput import confine, interleaved, ratios, timed

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))

BATCHES = (32, 128)
TIMED, GOLDEN = 256, 8  # recordings
LIMITS = {"ratio": 10, "points": 1}


class Peer:
    """The same layers in PyTorch, float32, no gradient: spikes of the last layer in every step."""

    def __init__(self, net):
        import torch

        self.torch = torch
        nodes = [net.nodes[name] for name in sorted(net.nodes, key=lambda n: int(n) if n.isdigit() else -1)]
        self.layers: list[list] = [[]]  # what leads to each layer of neurons
        for node in nodes:
            if node.kind == "IF":
                if any(
                    np.any(node.parameters[p] != v) for p, v in (("r", 1), ("v_threshold", 1), ("v_reset", 0))
                ):
                    raise ValueError("the peer knows neurons of threshold 1, r 1 and reset to 0")
                self.layers.append([])
            elif node.kind not in ("Input", "Output"):
                self.layers[-1].append(self._stage(node))
        self.layers.pop()

    def _stage(self, node):
        torch, functional = self.torch, self.torch.nn.functional
        p = node.parameters
        pair = lambda name: tuple(int(v) for v in np.broadcast_to(p[name], 2))  # noqa: E731
        if np.any(p.get("bias", 0)):
            raise ValueError(f"the peer knows no bias, '{node.name}' has one")
        if node.kind == "Flatten":
            return lambda x, weight: x.flatten(1), None
        if node.kind == "SumPool2d":
            window = (pair("kernel_size"), pair("stride"), pair("padding"))
            return lambda x, weight: functional.avg_pool2d(x, *window, divisor_override=1), None
        weight = torch.from_numpy(np.array(p["weight"], np.float32))
        if node.kind == "Conv2d":
            stride, padding = pair("stride"), pair("padding")
            return lambda x, weight: functional.conv2d(x, weight, stride=stride, padding=padding), weight
        return lambda x, weight: functional.linear(x, weight), weight

    def _current(self, stages, x):
        for stage, weight in stages:
            x = stage(x, weight)
        return x

    def prepared(self, x: np.ndarray, batch: int, channels_last: bool) -> list:
        """Batches [T * B, ...] of float32 in the layout that needs no conversion while the clock runs; sets the weights'."""
        torch = self.torch
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.layers = [
            [
                (s, w.contiguous(memory_format=layout) if w is not None and w.ndim == 4 else w)
                for s, w in stages
            ]
            for stages in self.layers
        ]
        torch._dynamo.reset()
        self._compiled = torch.compile(self.step)
        parts = [torch.from_numpy(x[k : k + batch]).transpose(0, 1) for k in range(0, len(x), batch)]
        return [(p.shape[0], p.flatten(0, 1).float().contiguous(memory_format=layout)) for p in parts]

    def step(self, x, v: list):
        """The spikes of the last layer, and the potentials after them."""
        after = []
        for stages, potential in zip(self.layers, v):
            potential = potential + self._current(stages, x)
            spikes = potential > 1
            after.append(potential.masked_fill(spikes, 0))
            x = spikes.float()
        return x, after

    def _rest(self, x) -> list:
        rest = []
        for stages in self.layers:
            x = self._current(stages, x)
            rest.append(self.torch.zeros_like(x))
        return rest

    def stepwise(self, batches, step=None):
        """[recordings, T, classes]."""
        outputs = []
        with self.torch.inference_mode():
            for steps, x in batches:
                frames = x.view(steps, -1, *x.shape[1:]) if x.is_contiguous() else x.unflatten(0, (steps, -1))
                v, sent = self._rest(frames[0]), []
                for frame in frames:
                    spikes, v = (step or self.step)(frame, v)
                    sent.append(spikes)
                outputs.append(self.torch.stack(sent, 1))
        return self.torch.cat(outputs)

    def compiled(self, batches):
        """As stepwise, the step made into one piece of machine code."""
        return self.stepwise(batches, self._compiled)

    def layerwise(self, batches):
        """As stepwise, each layer's currents of all steps at once."""
        outputs = []
        with self.torch.inference_mode():
            for steps, x in batches:
                for stages in self.layers:
                    current = self._current(stages, x)
                    by_step = current.unflatten(0, (steps, -1))
                    v = self.torch.zeros_like(by_step[0])
                    for row in by_step:
                        v += row
                        spikes = v > 1
                        v.masked_fill_(spikes, 0)
                        row.copy_(spikes)
                    x = current
                outputs.append(x.unflatten(0, (steps, -1)).transpose(0, 1))
        return self.torch.cat(outputs)

    def tried(self, x: np.ndarray) -> list[dict]:
        """{form, batch, channels_last, seconds of a recording}, the fastest first."""
        tried = []
        for channels_last in (False, True):
            for batch in BATCHES:
                given = self.prepared(x[:batch], batch, channels_last)
                for form in ("stepwise", "layerwise", "compiled"):
                    run = getattr(self, form)
                    run(given)  # what is made once is made
                    seconds = min(timed(lambda run=run: run(given))[0] for _ in range(2)) / batch
                    tried.append(
                        {"form": form, "batch": batch, "channels_last": channels_last, "seconds": seconds}
                    )
        return sorted(tried, key=lambda t: t["seconds"])


def judged(output: np.ndarray, y: np.ndarray) -> dict:
    from rheobase.statistics import proportion

    return proportion(int((np.asarray(output).sum(1).argmax(1) == y).sum()), len(y))


def measure(folder: Path, threads: int, rounds: int) -> dict:
    import equality
    import nmnist
    import rheobase as rb

    files, y = nmnist.listed(folder / "nmnist" / "train", folder / "nmnist" / "train1K.txt")
    x = nmnist.frames(files)
    net = rb.load(folder / "nir" / "cnn_sinabs.nir")
    image = rb.compile(net, chip="loihi2", weight_bits=8)
    float_output = np.concatenate(
        [net.run(x[k : k + 100], spikes=False).output for k in range(0, len(x), 100)]
    )
    ours = image.run(x, threads=threads, spikes=False).output
    proof = equality.prove(image, x[:GOLDEN], 0)
    some = image.run(x[:100], threads=threads)
    import torch

    torch.set_num_threads(threads)
    some_x = x[:TIMED]
    tried = Peer(net).tried(some_x)
    sides, torch_sides = {"image": lambda: image.run(some_x, threads=threads, spikes=False)}, {}
    for side in ("as written", "compiled"):  # each with what suits it best
        best = next(t for t in tried if (t["form"] == "compiled") == (side == "compiled"))
        peer = Peer(net)
        batches = peer.prepared(some_x, best["batch"], best["channels_last"])
        sides[side] = lambda form=getattr(peer, best["form"]), batches=batches: form(batches)
        theirs = sides[side]().numpy()
        torch_sides[side] = {**best, "accuracy": judged(theirs, y[: len(theirs)])}
    seconds = interleaved(sides, rounds)
    return {
        "recordings": len(x),
        "timed": len(some_x),
        "steps": x.shape[1],
        "threads": threads,
        "rounds": rounds,
        "input_events": float(x.mean()),
        "activity": {name: float(np.count_nonzero(s) / s.size) for name, s in some.spikes.items()},
        "synapses": sum(core["synapses"] for core in image.program.counts()),
        "words": sum(
            m["words"] for c in image.info["cores"] for m in c["memories"] if m["name"] == "synapse"
        ),
        "cores": len(image.info["cores"]),
        "accuracy": {"float": judged(float_output, y), "image": judged(ours, y)},
        "equality": proof,
        "torch": {"version": torch.__version__, "tried": tried, **torch_sides},
        "accuracy_timed": judged(ours[:TIMED], y[:TIMED]),
        "seconds": seconds,
        "ratio": ratios(seconds["image"], seconds["as written"]),
        "ratio_compiled": ratios(seconds["image"], seconds["compiled"]),
        "limits": LIMITS,
    }


def lost(result: dict) -> float:
    """Points of accuracy that the image has less than the float network."""
    float_network, image = result["accuracy"]["float"], result["accuracy"]["image"]
    return 100 * (float_network["value"] - image["value"])


def text(result: dict) -> str:
    def share(p: dict) -> str:
        return f"{100 * p['value']:.1f} % ({100 * p['low']:.1f} to {100 * p['high']:.1f})"

    torch, rate = result["torch"], result["timed"]
    medians = {side: statistics.median(seconds) for side, seconds in result["seconds"].items()}
    activity = ", ".join(f"'{name}' {100 * a:.2f}" for name, a in result["activity"].items())
    met = "met" if result["ratio"]["median"] >= result["limits"]["ratio"] else "MISSED"

    def peer(side: str, r: dict) -> str:
        how = torch[side]
        layout = "channels last" if how["channels_last"] else "channels first"
        return (
            f"  {side.ljust(12)} PyTorch {torch['version']} {rate / medians[side]:.0f} recordings/s ({how['form']}, batch "
            f"{how['batch']}, {layout}; {share(how['accuracy'])} right): ratio {r['median']:.2f}, quartiles "
            f"{r['quartiles'][0]:.2f} and {r['quartiles'][1]:.2f}"
        )

    return "\n".join(
        [
            f"N-MNIST        {result['recordings']:,} recordings of {result['steps']} steps; {result['synapses']:,} synapses "
            f"in {result['words']:,} words on {result['cores']} cores",
            f"  accuracy     float {share(result['accuracy']['float'])}, image {share(result['accuracy']['image'])}; "
            f"{lost(result):+.1f} points lost (at most {result['limits']['points']})",
            f"  activity     input {100 * result['input_events']:.2f} % of the channels in a step; {activity} % of the neurons",
            f"  {equality_text(result)}",
            f"  image        {rate / medians['image']:.0f} recordings/s with {result['threads']} thread(s), {rate} recordings, "
            f"{share(result['accuracy_timed'])} right, {result['rounds']} rounds",
            peer("as written", result["ratio"]) + f"; at least {result['limits']['ratio']}: {met}",
            peer("compiled", result["ratio_compiled"]),
        ]
    )


def equality_text(result: dict) -> str:
    import equality

    return equality.text(result["equality"]).replace("images", "recordings")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    confine(options.threads)
    json.dump(measure(options.data, options.threads, options.rounds), sys.stdout)
