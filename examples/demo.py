"""The road from a trained network to a verdict: Fashion-MNIST on a Loihi 2.

Compiles examples/fashion_mnist/fashion_mnist.nir, encodes the 10,000 test images as spikes, runs the float network
and the chip on them, and prints the verdict. Data: Debian's package dataset-fashion-mnist.

    python examples/demo.py [--samples N] [--chip loihi2] [-o DIR]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import rheobase as rb
from rheobase import data
from rheobase.cli.common import progress

HERE = Path(__file__).parent
NETWORK = HERE / "fashion_mnist" / "fashion_mnist.nir"
IMAGES = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=None, help="the first N test images only")
    parser.add_argument("--chip", default="loihi2")
    parser.add_argument("--images", type=Path, default=IMAGES, help="an IDX file with its labels beside it")
    parser.add_argument(
        "-o", "--output", type=Path, default=None, help="write image and report to this folder"
    )
    arguments = parser.parse_args()

    net = rb.load(NETWORK, dt=1e-4)
    print(
        f"1 import    {NETWORK.name}: {', '.join(f'{n.name} {n.size} {n.kind}' for n in net.nodes.values())}"
    )
    images = data.load(arguments.images, net.inputs[0].shape, "rate:20,0").limited(arguments.samples)

    start = time.perf_counter()
    image = rb.compile(net, chip=arguments.chip)
    proven = [f"{r['population']}.{r['state']}" for r in image.info["ranges"] if r["proven"]]
    print(
        f"2 compile   for {image.chip}: {len(image.info['cores'])} cores, lag {image.lag}, "
        f"{len(image.to_bytes()):,} bytes, in {time.perf_counter() - start:.2f} s"
    )
    print(f"3 prove     no overflow for any input: {', '.join(proven) or 'nothing proven'}")
    for r in image.info["ranges"]:
        if not r["proven"]:
            print(f"            not proven for {r['population']}.{r['state']}: {r['note']}")

    start = time.perf_counter()
    with progress("4 run       float network and chip") as advance:
        report = rb.verify(net, image, images, progress=advance)
    print(
        f"4 run       {images.samples:,} images of {images.steps} steps in float and on the chip, "
        f"{time.perf_counter() - start:.1f} s"
    )
    print("5 verdict")
    print("\n".join(f"  {line}" if line else "" for line in report.text().splitlines()))
    if arguments.output is not None:
        report.save(arguments.output)
        image.save(arguments.output / "fashion_mnist.rheo")
        print(f"\nwritten to {arguments.output}: report.json, report.txt, fashion_mnist.rheo")
    return 1 if report.fails("accuracy_drop > 0.005 or overflows > 0") else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except rb.Error as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        sys.exit(130)
