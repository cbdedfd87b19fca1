"""From float to 4 bits: compile, measure, fine-tune the integers that the chip computes with, compile again, measure.

    python fine_tune.py                     # 4 bits, 6,000 training images, a minute
    python fine_tune.py --bits 2 --rate 0.5 --most-lost 1.5

The forward pass is the chip's own, integer by integer (`rb.torch_module`); gradients pass straight through rounding
(Bengio, Leonard & Courville 2013, arXiv:1308.3432). What is trained are the weights alone: time constants, thresholds
and scales stay. Prints a line for the float network and for both images; ends with status 1 where more than
--most-lost points are lost after it. Needs PyTorch: pip install torch==2.13.0
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import rheobase as rb
from rheobase import data
from rheobase.statistics import proportion

HERE = Path(__file__).resolve().parent
IMAGES = Path("/usr/share/datasets/fashion-mnist")
STEPS = 20  # of an image
READOUT = "readout.v"


def load(folder: Path, part: str, seed: int, first: int, count: int) -> data.DataSet:
    """Images as spikes: in each step a pixel of brightness x spikes with probability x / 255. The samples from ``first``
    on; every seed draws other spikes."""
    whole = data.load(folder / f"{part}-images-idx3-ubyte.gz", (784,), f"rate:{STEPS},{seed}")
    y = whole.y[first : first + count]
    return data.DataSet(len(y), STEPS, lambda at, n: whole.slice(first + at, n), y)


def right(target, images: data.DataSet) -> dict:
    """How many images a network or an image answers rightly, with a 95 % interval."""
    count = 0
    for first, x in images.chunks(1000):
        score = target.run(x, spikes=False).aligned("output").astype(np.float64).sum(axis=1)
        count += int((score.argmax(axis=1) == images.y[first : first + len(x)]).sum())
    return proportion(count, images.samples)


def fine_tune(net, module, images: data.DataSet, batch: int, rate: float, seed: int) -> None:
    """One pass over the images, Adam, a learning rate that falls to nothing. The float network is the teacher (Hinton,
    Vinyals & Dean 2015, arXiv:1503.02531): its mean readout on the same spikes says how likely each class is; labels are
    not looked at."""
    import torch

    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(module.parameters(), lr=rate)
    batches = images.samples // batch
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, batches)
    scale = torch.as_tensor(module.scale[READOUT], dtype=torch.float64)
    for number in range(batches):
        x = images.slice(number * batch, batch)
        teacher = torch.from_numpy(net.run(x, spikes=False).aligned("output")).double().mean(1)
        logits = module(torch.from_numpy(x)).aligned(READOUT).mean(1) / scale
        loss = torch.nn.functional.cross_entropy(logits, teacher.softmax(1)) - entropy(teacher)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if number % 20 == 0 or number == batches - 1:
            print(f"  batch {number} of {batches}: divergence {loss.item():.4f}", flush=True)


def entropy(logits) -> float:
    """Of the classes that they say, mean over the batch: what cross-entropy cannot go below."""
    said = logits.softmax(1)
    return float(-(said * said.log()).sum(1).mean())


def told(name: str, p: dict, base: dict | None = None) -> None:
    drop = "" if base is None else f", {100 * (p['value'] - base['value']):+.2f} points"
    print(
        f"{name:28} {100 * p['value']:.2f} % right [{100 * p['low']:.2f}, {100 * p['high']:.2f}]{drop}",
        flush=True,
    )


def main() -> int:
    """Measure, fine-tune, measure; 0 where at most --most-lost points are lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bits", type=int, default=4, help="of every weight (4)")
    parser.add_argument("--images", type=int, default=6000, help="training images (6000)")
    parser.add_argument("--test-images", type=int, default=10000, help="of the test set (10000)")
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument(
        "--rate", type=float, default=0.2, help="learning rate, in stored units of a weight (0.2)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most-lost", type=float, default=0.5, help="points (0.5)")
    parser.add_argument("--folder", type=Path, default=IMAGES, help="where the four IDX files lie")
    parser.add_argument("-o", "--output", type=Path, help="an image to write")
    o = parser.parse_args()

    net = rb.load(HERE / "fashion_mnist.nir", dt=1e-4)
    test = load(o.folder, "t10k", 0, 0, o.test_images)
    base = right(net, test)
    told("float network", base)
    told(f"{o.bits} bits, rounded", right(rb.compile(net, weight_bits=o.bits), test), base)

    module = rb.torch_module(net, weight_bits=o.bits)
    fine_tune(net, module, load(o.folder, "train", o.seed + 1, 0, o.images), o.batch, o.rate, o.seed)
    image = rb.compile(net, quant=module.settings())
    after = right(image, test)
    told(f"{o.bits} bits, fine-tuned", after, base)
    if o.output is not None:
        image.save(o.output)
    return 0 if 100 * (base["value"] - after["value"]) <= o.most_lost else 1


if __name__ == "__main__":
    sys.exit(main())
