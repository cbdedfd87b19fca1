"""N-MNIST recordings (Orchard et al. 2015, Front. Neurosci. 9:437) as data for a network: events of a camera that saw
handwritten digits, 34 x 34 pixels of two polarities.

    python examples/nmnist.py FOLDER -o nmnist.npz                    # FOLDER/<digit>/<recording>, as the set comes
    python examples/nmnist.py FOLDER --labels labels.txt -o nmnist.npz  # lines of a recording's name and its digit

writes event form with labels, which every command takes:

    rheobase verify my_network.nir my_network.rheo --data nmnist.npz

A recording is five bytes for each event: x, y, then a bit of polarity and 23 of the time in microseconds, big endian.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

SHAPE = (2, 34, 34)  # polarity, y, x
STEPS, STEP_US = 300, 1000


def events(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Step and index (of an input of SHAPE, in C order) of every event of the first STEPS steps, each pair once."""
    raw = np.fromfile(file, np.uint8)
    if raw.size % 5:
        raise SystemExit(f"{file}: {raw.size} bytes are no whole number of events of 5 bytes")
    x, y, high, middle, low = raw.reshape(-1, 5).T.astype(np.int64)
    step = ((high & 127) << 16 | middle << 8 | low) // STEP_US
    if raw.size and (x.max() >= SHAPE[2] or y.max() >= SHAPE[1]):
        raise SystemExit(
            f"{file}: an event at x {x.max()}, y {y.max()}, outside of {SHAPE[2]} x {SHAPE[1]} pixels"
        )
    index = np.ravel_multi_index((high >> 7, y, x), SHAPE)
    width = int(np.prod(SHAPE))
    cells = np.unique((step * width + index)[step < STEPS])
    return cells // width, cells % width


def frames(files: list[Path]) -> np.ndarray:
    """uint8 [recordings, STEPS, *SHAPE], 1 where there was an event."""
    x = np.zeros((len(files), STEPS, int(np.prod(SHAPE))), np.uint8)
    for sample, file in enumerate(files):
        x[(sample, *events(file))] = 1
    return x.reshape(len(files), STEPS, *SHAPE)


def listed(folder: Path, labels: Path) -> tuple[list[Path], np.ndarray]:
    """The files that a list names, whatever their suffix, and their digits."""
    known = {file.stem: file for file in sorted(folder.iterdir())}
    lines = [line.split()[:2] for line in labels.read_text().splitlines()]
    pairs = [line for line in lines if len(line) == 2 and line[0] in known and line[1].isdigit()]
    return [known[name] for name, _ in pairs], np.array([int(digit) for _, digit in pairs])


def in_folders(folder: Path) -> tuple[list[Path], np.ndarray]:
    """The files of folders that are named by their digit."""
    files = sorted(folder.glob("[0-9]/*"))
    return files, np.array([int(file.parent.name) for file in files])


def write(files: list[Path], y: np.ndarray, target: Path) -> None:
    parts = [events(file) for file in files]
    np.savez_compressed(
        target,
        sample=np.repeat(np.arange(len(files), dtype=np.int32), [len(step) for step, _ in parts]),
        step=np.concatenate([step for step, _ in parts]).astype(np.int16),
        index=np.concatenate([index for _, index in parts]).astype(np.int16),
        shape=np.array([len(files), STEPS, *SHAPE]),
        y=y,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--labels", type=Path, help="a list of recordings and digits")
    parser.add_argument("-n", "--recordings", type=int, help="the first N alone")
    parser.add_argument("-o", "--output", type=Path, required=True)
    o = parser.parse_args()
    for given in filter(None, (o.folder, o.labels)):
        if not given.exists():
            parser.error(f"there is no {given}")
    if o.recordings is not None and o.recordings < 1:
        parser.error("--recordings is 1 or more")
    files, y = listed(o.folder, o.labels) if o.labels else in_folders(o.folder)
    if not files:
        parser.error(f"no recordings found under {o.folder}")
    files, y = files[: o.recordings], y[: o.recordings]
    write(files, y, o.output)
    print(f"{o.output}: {len(files)} recordings of {STEPS} steps")


if __name__ == "__main__":
    main()
