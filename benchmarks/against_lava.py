"""Time for a step against Lava's full runtime, on a recurrent network of 700, 256 and 20 neurons.

Runs alternate, ours and Lava's, on one core. Lava runs the exported image, whose spikes and states are first proven
equal to the image's on all 100 steps of the input; its start and compilation are not counted. Ours is `Image.run` with
Python and the check of the data, on the same input repeated.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 1000.0  # Lava's time for a step in ours
STEPS, REPEATS = 100, 200


def network():
    import numpy as np
    import rheobase as rb

    rng = np.random.default_rng(7)
    b = rb.Builder(dt=1e-3, reset="zero", name="speed")
    b.input("in", 700)
    b.cuba_lif("hidden", 256, tau_syn=5e-3, tau_mem=2e-2, r=20, w_in=5, v_threshold=2.0)
    b.lif("readout", 20, tau=2e-2, r=20, v_threshold=1.0)
    b.connect("in", "hidden", rng.normal(0.0012, 0.007, (256, 700)))
    b.connect("hidden", "hidden", rng.normal(0, 0.03, (256, 256)))
    b.connect("hidden", "readout", rng.normal(0.02, 0.06, (20, 256)))
    x = (np.random.default_rng(8).random((STEPS, 700)) < 0.03).astype(np.uint8)
    return b.build(), x


def lava_command(python: Path, *arguments) -> list[str]:
    return [str(part) for part in (python, ROOT / "tests/oracle/with_lava.py", *arguments)]


def prove(image, x, python: Path, folder: Path) -> dict:
    """Spikes and states of both sides, all steps: how many were compared. Raises AssertionError."""
    import numpy as np

    out = folder / "out.npz"
    command = lava_command(python, folder / "lava/network.py", folder / "x.npz", "-o", out)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    theirs = dict(np.load(out))
    ours = image.run(x, engine="golden", probes=image.probes())
    series = {**{f"{n}.spikes": v for n, v in ours.spikes.items()}, **ours.states}
    assert all(np.array_equal(theirs[name], values) for name, values in series.items()), "Lava differs"
    return {
        "values": int(sum(values.size for values in series.values())),
        "hidden_activity": float(ours.spikes["hidden"].mean()),
    }


def measure(python: Path, rounds: int) -> dict:
    import numpy as np
    import rheobase as rb

    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    net, x = network()
    image = rb.compile(net)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rb.export(image, "lava", folder / "lava")
        np.savez(folder / "x.npz", x=x)
        equal = prove(image, x, python, folder)
        command = lava_command(
            python, ROOT / "benchmarks/lava_peer.py", folder / "lava", folder / "x.npz", STEPS
        )
        peer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert peer.stdout.readline() == "ready\n", "Lava did not start"
        long = np.tile(x, (REPEATS, 1))
        image.run(long, threads=1, spikes=False)
        ours, theirs = [], []
        for _ in range(rounds):
            begin = time.perf_counter()
            image.run(long, threads=1, spikes=False)
            ours.append((time.perf_counter() - begin) / len(long))
            print("run", file=peer.stdin, flush=True)
            theirs.append(float(peer.stdout.readline()) / STEPS)
        peer.communicate("end\n", timeout=60)
    ratios = [t / o for o, t in zip(ours, theirs)]
    quarter, median, three_quarters = statistics.quantiles(ratios, n=4, method="inclusive")
    return {
        "rounds": rounds,
        "limit": LIMIT,
        **equal,
        "seconds": {"image": ours, "lava": theirs},
        "ratio": {
            "median": median,
            "quartiles": [quarter, three_quarters],
            "min": min(ratios),
            "max": max(ratios),
            "values": ratios,
        },
    }


def text(result: dict) -> str:
    r, seconds = result["ratio"], result["seconds"]
    met = "met" if r["median"] >= result["limit"] else "MISSED"
    return (
        f"against Lava   700 -> 256 recurrent -> 20, {100 * result['hidden_activity']:.1f} % of the hidden neurons spike, "
        f"one core\n"
        f"  equal         {result['values']} spikes and states of {STEPS} steps, bit for bit\n"
        f"  a step        ours median {1e6 * statistics.median(seconds['image']):.2f} us, Lava's full runtime "
        f"{1e6 * statistics.median(seconds['lava']):.0f} us\n"
        f"  ratio         median {r['median']:.0f}, quartiles {r['quartiles'][0]:.0f} and {r['quartiles'][1]:.0f}, from "
        f"{r['min']:.0f} to {r['max']:.0f} in {result['rounds']} pairs; at least {result['limit']:.0f}: {met}"
    )


if __name__ == "__main__":
    print(text(measure(Path(sys.argv[1]), 9)))
