"""Train a feed-forward spiking network on rate-coded Fashion-MNIST and write it as NIR.

Network: 784 input spike channels -> Linear -> LIF -> Linear -> LI (10 leaky integrators).
The class is the argmax of the readout membrane summed over all steps.

Trained by back-propagation through time with a surrogate gradient in the place of the
derivative of the spike (Neftci, Mostafa & Zenke 2019, IEEE Signal Process. Mag. 36(6):51-63;
the fast-sigmoid surrogate is that of Zenke & Ganguli 2018, Neural Comput. 30(6):1514-1541).

    python train.py --seed 0                  train, write fashion_mnist.nir and train_log.json
    python train.py --check fashion_mnist.nir measure a file again (numpy only, no torch)
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import time
from pathlib import Path

import nir
import numpy as np

HERE = Path(__file__).resolve().parent
DT = 1e-4  # s, length of one step
STEPS = 20  # steps per image
HIDDEN = 512  # LIF neurons
K_HIDDEN = 1 / 8  # dt / tau of the hidden layer
K_READOUT = 1 / 8  # dt / tau of the readout: reaches 93 % of its final value within an image
# Weights are stored as multiples of this. All sums of weights are then exact in float32, so
# that every simulator finds the same input currents in whichever order it adds them up.
GRID = 2.0**-12
W_MAX = 0.5  # clip of the hidden weights: an outlier would widen the 8-bit step of all others
# A membrane has 24 bits on the chip. The proof that they suffice must hold for any input, also
# for the worst one, in which all synapses of one sign spike in every step and drive v to
# (sum of their weights) / (dt / tau). So training limits these sums, neuron by neuron.
# Hidden: v stays above -50 * 8 = -400 thresholds, so that a threshold can be some 250 integer
# steps of the synaptic sum (64 units each). Upwards the reset is the limit.
INHIBITION = 50.0
# Readout: |v| stays within 4.5 * 8 = 36. Cross-entropy wants it near 10 for clear images, and as
# weights cannot grow, the neurons that speak for a class learn to fire more instead. The worst
# case is then about 3 times what images reach; without a limit it is 15 times, and the bits
# reserved for it are lost to the signal.
DRIVE = 4.5
VALIDATION = 5000  # training images held out, the last ones of the training file


# ---------------------------------------------------------------------------------------
# Data


def read_idx(path: Path) -> np.ndarray:
    """Read one gzip-compressed IDX file of unsigned bytes.

    Source: the format section of http://yann.lecun.com/exdb/mnist/ (big-endian header: two
    zero bytes, type code 8, number of dimensions, one uint32 per dimension).

    Returns
    -------
    uint8 array with the shape in the header, [N, 28, 28] for images, [N] for labels.
    """
    raw = gzip.decompress(path.read_bytes())
    if raw[:3] != b"\x00\x00\x08":
        raise ValueError(f"{path}: not an IDX file of unsigned bytes")
    shape = np.frombuffer(raw, ">u4", count=raw[3], offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def load(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Load Fashion-MNIST (Xiao, Rasul & Vollgraf 2017, arXiv:1708.07747).

    Parameters
    ----------
    folder: where the four ``*-ubyte.gz`` files lie.
    part: ``"train"`` (60,000 images) or ``"t10k"`` (10,000 images).

    Returns
    -------
    images, uint8 [N, 28, 28], 0..255; labels, int64 [N], 0..9.
    """
    images = read_idx(folder / f"{part}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz")
    return images, labels.astype(np.int64)


def encode(images: np.ndarray, steps: int, rng: np.random.Generator) -> np.ndarray:
    """Rate-code images: in each step pixel x spikes with probability x / 255, independently.

    Parameters
    ----------
    images: uint8 [B, 28, 28] or [B, 784], 0..255.
    steps: number of steps T.

    Returns
    -------
    spikes, float32 [T, B, 784], 0 or 1.
    """
    p = images.reshape(len(images), -1).astype(np.float32) / np.float32(255)
    return (rng.random((steps, *p.shape), dtype=np.float32) < p).astype(np.float32)


# ---------------------------------------------------------------------------------------
# The network in numpy, from the file alone


def simulate(graph: nir.NIRGraph, spikes: np.ndarray) -> tuple[np.ndarray, np.ndarray, dict]:
    """Run a network of this example, step by step, in float32.

    Forward Euler, k = dt / tau: ``v += k * ((v_leak - v) + r * i)``, a spike where
    ``v > v_threshold``, then ``v = v_reset``. No edge has a delay: the current of a step is
    made of the spikes of the same step. The readout is the same without spikes.

    Parameters
    ----------
    graph: nodes fc1, hidden, fc2 and readout as written by ``to_nir``.
    spikes: float32 [T, B, 784].

    Returns
    -------
    score, float32 [B, 10]: readout membrane summed over the steps;
    hidden spikes, bool [T, B, HIDDEN];
    largest |v| after a step, of each layer.
    """
    fc1, fc2 = graph.nodes["fc1"].weight, graph.nodes["fc2"].weight
    hid, out = graph.nodes["hidden"], graph.nodes["readout"]
    dt = np.float32(DT)
    k_hid, k_out = dt / hid.tau, dt / out.tau
    v = np.zeros((spikes.shape[1], fc1.shape[0]), np.float32)
    u = np.zeros((spikes.shape[1], fc2.shape[0]), np.float32)
    score = np.zeros_like(u)
    raster = np.zeros((len(spikes), *v.shape), bool)
    seen = {"hidden": 0.0, "readout": 0.0}
    for t, x in enumerate(spikes):
        v = v + k_hid * ((hid.v_leak - v) + hid.r * (x @ fc1.T))
        raster[t] = v > hid.v_threshold
        v = np.where(raster[t], hid.v_reset, v)
        u = u + k_out * ((out.v_leak - u) + out.r * (raster[t].astype(np.float32) @ fc2.T))
        score += u
        for name, state in (("hidden", v), ("readout", u)):
            seen[name] = max(seen[name], float(np.abs(state).max()))
    return score, raster, seen


def worst_case(graph: nir.NIRGraph) -> dict:
    """Bound |v| of each layer for any input: all synapses of one sign spike in every step."""
    down, up = (
        {n: np.maximum(sign * graph.nodes[n].weight, 0).sum(1).max() for n in ("fc1", "fc2")}
        for sign in (-1, 1)
    )
    return {
        "hidden": float(max(down["fc1"] / K_HIDDEN, graph.nodes["hidden"].v_threshold.max())),
        "readout": float(max(down["fc2"], up["fc2"]) / K_READOUT),
    }


def quantized(graph: nir.NIRGraph, bits: int = 8) -> nir.NIRGraph:
    """Round weights to ``bits`` bits: symmetric, one scale per layer from the largest weight."""
    nodes = dict(graph.nodes)
    top = 2 ** (bits - 1) - 1
    for name in ("fc1", "fc2"):
        w = graph.nodes[name].weight
        scale = np.abs(w).max() / top
        nodes[name] = nir.Linear((np.rint(w / scale) * scale).astype(np.float32))
    return nir.NIRGraph(nodes=nodes, edges=graph.edges)


def measure(graph: nir.NIRGraph, images: np.ndarray, labels: np.ndarray, seed: int) -> dict:
    """Accuracy and activity over a set of images.

    Parameters
    ----------
    images: uint8 [N, 28, 28].
    labels: int64 [N].
    seed: of the encoder.

    Returns
    -------
    accuracy: per cent; activity: spikes per hidden neuron and step, also that of the busiest
    neuron; neurons that never fire; spikes per image, of the input and of the hidden layer;
    largest |v| of each layer.
    """
    rng = np.random.default_rng(seed)
    right = n_in = 0
    fired = np.zeros(HIDDEN)
    seen = {"hidden": 0.0, "readout": 0.0}
    for i in range(0, len(images), 500):
        x = encode(images[i : i + 500], STEPS, rng)
        score, raster, reached = simulate(graph, x)
        right += int((score.argmax(1) == labels[i : i + 500]).sum())
        n_in += int(x.sum(dtype=np.float64))
        fired += raster.sum((0, 1))
        seen = {name: max(seen[name], reached[name]) for name in seen}
    n = len(images)
    return {
        "accuracy": round(100 * right / n, 2),
        "activity": round(fired.mean() / (n * STEPS), 4),
        "busiest": round(fired.max() / (n * STEPS), 4),
        "silent": int((fired == 0).sum()),
        "input_spikes_per_image": round(n_in / n, 1),
        "hidden_spikes_per_image": round(fired.sum() / n, 1),
        "largest_v": {name: round(value, 2) for name, value in seen.items()},
    }


def to_nir(w1: np.ndarray, w2: np.ndarray) -> nir.NIRGraph:
    """Make the NIR graph (Pedersen et al. 2024, Nat. Commun. 15:8122).

    Parameters
    ----------
    w1: [HIDDEN, 784], w2: [10, HIDDEN]; in units of the hidden threshold (1) per spike.

    Returns
    -------
    graph: tau in seconds; r = tau / dt, so that a weight is the jump of v in one step.
    """

    def full(n: int, value: float) -> np.ndarray:
        return np.full(n, value, np.float32)

    def grid(w: np.ndarray) -> np.ndarray:
        return (np.rint(w / GRID) * GRID).astype(np.float32)

    n_hid, n_in = w1.shape
    n_out = len(w2)
    nodes = {
        "input": nir.Input(np.array([n_in])),
        "fc1": nir.Linear(grid(w1)),
        "hidden": nir.LIF(
            tau=full(n_hid, DT / K_HIDDEN),
            r=full(n_hid, 1 / K_HIDDEN),
            v_leak=full(n_hid, 0),
            v_threshold=full(n_hid, 1),
            v_reset=full(n_hid, 0),
        ),
        "fc2": nir.Linear(grid(w2)),
        "readout": nir.LI(
            tau=full(n_out, DT / K_READOUT), r=full(n_out, 1 / K_READOUT), v_leak=full(n_out, 0)
        ),
        "output": nir.Output(np.array([n_out])),
    }
    names = list(nodes)
    return nir.NIRGraph(nodes=nodes, edges=list(itertools.pairwise(names)))


# ---------------------------------------------------------------------------------------
# Training


def make_model(seed: int):
    """Build the torch model: the equations of ``simulate`` with a surrogate gradient.

    Its forward takes spikes, float32 [T, B, 784], and gives the mean readout membrane [B, 10]
    and the hidden spikes [T, B, HIDDEN].
    """
    import torch

    class Spike(torch.autograd.Function):
        """Step function; backward the derivative of a fast sigmoid of slope 5."""

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return (x > 0).to(x.dtype)

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return grad / (1 + 5 * x.abs()).square()

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = torch.nn.Linear(784, HIDDEN, bias=False)
            self.fc2 = torch.nn.Linear(HIDDEN, 10, bias=False)
            dt = torch.tensor(DT, dtype=torch.float32)
            self.r_hid, self.r_out = 1 / K_HIDDEN, 1 / K_READOUT
            self.k_hid = dt / torch.tensor(DT / K_HIDDEN, dtype=torch.float32)
            self.k_out = dt / torch.tensor(DT / K_READOUT, dtype=torch.float32)

        def forward(self, spikes, drop=0.0):
            n_steps, batch, _ = spikes.shape
            # The one large product: bfloat16 takes a third of the time, and training bears the
            # rounding. The file is measured in float32.
            with torch.autocast("cpu", torch.bfloat16, enabled=self.training):
                current = self.fc1(spikes.reshape(n_steps * batch, -1)).view(n_steps, batch, -1)
            current = current.float()
            v = torch.zeros(batch, HIDDEN)
            raster = []
            for i in current.unbind(0):
                v = v + self.k_hid * (self.r_hid * i - v)
                s = Spike.apply(v - 1)
                # The reset is left out of the gradient (Zenke & Vogels 2021): through it the
                # surrogate errors of all steps would add up.
                v = v * (1 - s.detach())
                raster.append(s)
            raster = torch.stack(raster)
            used = raster
            if drop > 0:
                # One mask for all steps: a fresh one in each step would average out.
                used = raster * (torch.rand(batch, HIDDEN) >= drop) / (1 - drop)
            current = self.fc2(used)
            u = torch.zeros(batch, 10)
            total = torch.zeros(batch, 10)
            for i in current.unbind(0):
                u = u + self.k_out * (self.r_out * i - u)
                total = total + u
            return total / n_steps, raster

    torch.manual_seed(seed)
    return Net()


def mirror_half(images, generator):
    """Mirror a random half of the images, left to right.

    Shifts as well would cost accuracy: a net of this size has no capacity for them.

    Parameters
    ----------
    images: torch uint8 [B, 28, 28].

    Returns
    -------
    torch uint8 [B, 28, 28].
    """
    import torch

    mirrored = torch.rand(len(images), 1, 1, generator=generator) < 0.5
    return torch.where(mirrored, images.flip(2), images)


def limit_sums(weight, down, up):
    """Scale the weights of each row so that the negative ones sum to at most ``down`` and the
    positive ones to at most ``up``, in place.

    Parameters
    ----------
    weight: torch float32 [N, M].
    """
    for sign, most in ((-1, down), (1, up)):
        total = (sign * weight).clamp(min=0).sum(1, keepdim=True)
        factor = (most / total).clamp(max=1)
        weight.copy_(weight.where(sign * weight <= 0, weight * factor))


def train(args: argparse.Namespace) -> None:
    """Train, write the .nir file, read it back and measure it; see the options in ``main``."""
    import torch

    torch.set_num_threads(1)  # with more threads sums change their order and the result its bits
    started = time.perf_counter()
    images, labels = load(args.data, "train")
    x_all = torch.from_numpy(images[:-VALIDATION].copy())
    y_all = torch.from_numpy(labels[:-VALIDATION].copy())
    model = make_model(args.seed)
    generator = torch.Generator().manual_seed(args.seed + 1)
    noise = np.random.default_rng(args.seed + 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=args.weight_decay)
    per_epoch = len(x_all) // args.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, args.lr, total_steps=args.epochs * per_epoch, pct_start=0.15
    )
    epochs = []
    for epoch in range(args.epochs):
        order = torch.randperm(len(x_all), generator=generator)
        loss_sum = right = activity = 0.0
        for b in range(per_epoch):
            pick = order[b * args.batch : (b + 1) * args.batch]
            x = mirror_half(x_all[pick], generator).reshape(len(pick), -1)
            # As ``encode``, only faster: of the 255 bytes from 0 to 254, x lie below x.
            drawn = noise.integers(0, 255, (STEPS, *x.shape), np.uint8)
            spikes = (torch.from_numpy(drawn) < x).float()
            logits, raster = model(spikes, args.drop)
            rate = raster.mean((0, 1))  # spikes per neuron and step
            loss = torch.nn.functional.cross_entropy(logits, y_all[pick], label_smoothing=args.smooth)
            # Only the excess is punished: a quiet neuron is free to find a use.
            cost = loss + args.sparse * torch.relu(rate - args.rate).square().mean()
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                model.fc1.weight.clamp_(-W_MAX, W_MAX)
                limit_sums(model.fc1.weight, INHIBITION, float("inf"))
                limit_sums(model.fc2.weight, DRIVE, DRIVE)
            loss_sum += loss.item()
            right += (logits.argmax(1) == y_all[pick]).sum().item()
            activity += rate.mean().item()
        graph = to_nir(model.fc1.weight.detach().numpy(), model.fc2.weight.detach().numpy())
        valid = measure(graph, images[-VALIDATION:], labels[-VALIDATION:], seed=0)
        epochs.append(
            {
                "epoch": epoch + 1,
                "loss": round(loss_sum / per_epoch, 4),
                "train_accuracy": round(100 * right / (per_epoch * args.batch), 2),
                "train_activity": round(activity / per_epoch, 4),
                "validation_accuracy": valid["accuracy"],
                "worst_case_to_seen": {
                    name: round(worst / valid["largest_v"][name], 2)
                    for name, worst in worst_case(graph).items()
                },
            }
        )
        print(json.dumps(epochs[-1]), f"{time.perf_counter() - started:.0f} s", flush=True)
    seconds = round(time.perf_counter() - started)
    nir.write(args.out, graph)
    with torch.no_grad():
        model.fc1.weight.copy_(torch.from_numpy(graph.nodes["fc1"].weight))
        model.fc2.weight.copy_(torch.from_numpy(graph.nodes["fc2"].weight))
    result = check(args.out, args.data)
    result["file_against_torch"] = compare(model, args.out, args.data)
    options = {k: v for k, v in vars(args).items() if k not in ("data", "out", "check")}
    log = {
        "torch": torch.__version__,
        "numpy": np.__version__,
        "steps": STEPS,
        "options": options,
        "training_seconds": seconds,
        "epochs": epochs,
        **result,
    }
    args.out.with_name("train_log.json").write_text(json.dumps(log, indent=1) + "\n")


def compare(model, path: Path, data: Path) -> dict:
    """Run the first 1,000 test images through the file (numpy) and the torch model."""
    import torch

    images, labels = load(data, "t10k")
    x = encode(images[:1000], STEPS, np.random.default_rng(0))
    score, raster, _ = simulate(nir.read(path), x)
    model.eval()
    with torch.no_grad():
        torch_score, torch_raster = model(torch.from_numpy(x))
    result = {
        "images": 1000,
        "accuracy": 100 * float((score.argmax(1) == labels[:1000]).mean()),
        "torch_accuracy": 100 * float((torch_score.numpy().argmax(1) == labels[:1000]).mean()),
        "hidden_spikes": int(raster.sum()),
        "hidden_spikes_that_differ": int((raster != torch_raster.numpy().astype(bool)).sum()),
    }
    print(json.dumps(result), flush=True)
    return result


def check(path: Path, data: Path) -> dict:
    """Measure a .nir file on the 10,000 test images, with three encoder seeds."""
    graph = nir.read(path)
    images, labels = load(data, "t10k")
    result: dict = {"test": [], "test_8_bit_weights": []}
    for seed in range(3):
        for key, net in (("test", graph), ("test_8_bit_weights", quantized(graph))):
            found = {"encoder_seed": seed, **measure(net, images, labels, seed)}
            print(key, json.dumps(found), flush=True)
            result[key].append(found)
    result["weights"] = {}
    for name in ("fc1", "fc2"):
        w = graph.nodes[name].weight
        result["weights"][name] = {
            "min": float(w.min()),
            "max": float(w.max()),
            "std": round(float(w.std()), 5),
        }
    result["largest_v_for_any_input"] = {k: round(v, 2) for k, v in worst_case(graph).items()}
    print(json.dumps(result["weights"]), json.dumps(result["largest_v_for_any_input"]), flush=True)
    return result


def main() -> None:
    """Train, or measure a file with ``--check``."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=28)
    parser.add_argument("--batch", type=int, default=128, help="images per update")
    parser.add_argument("--lr", type=float, default=2e-3, help="peak learning rate")
    parser.add_argument("--weight-decay", type=float, default=1e-2)
    parser.add_argument("--drop", type=float, default=0.1, help="dropout of hidden neurons")
    parser.add_argument("--smooth", type=float, default=0.05, help="label smoothing")
    parser.add_argument("--rate", type=float, default=0.25, help="free spikes per neuron and step")
    parser.add_argument("--sparse", type=float, default=10.0, help="weight of the rate penalty")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("/usr/share/datasets/fashion-mnist"),
        help="folder of the four IDX files (default: that of Debian's dataset-fashion-mnist)",
    )
    parser.add_argument("--out", type=Path, default=HERE / "fashion_mnist.nir")
    parser.add_argument("--check", type=Path, metavar="NIR", help="measure this file and stop")
    args = parser.parse_args()
    if args.check:
        check(args.check, args.data)
    else:
        train(args)


if __name__ == "__main__":
    main()
