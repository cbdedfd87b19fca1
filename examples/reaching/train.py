"""Train a recurrent spiking network on a centre-out reaching task and write it as NIR.

Task (after Georgopoulos et al. 1982, J. Neurosci. 2(11):1527-1537): a target appears in some
direction, a go cue follows, and the hand moves from the centre to the target. The network sees
the two cues as spikes and answers with the velocity of the hand, which is that of a
minimum-jerk movement (Flash & Hogan 1985, J. Neurosci. 5(7):1688-1703).

Network: 40 input channels -> 128 recurrent CubaLIF neurons -> 2 leaky integrators. Both time
constants of each neuron are trained (Perez-Nieves et al. 2021, Nat. Commun. 12:5791), with a
surrogate gradient (Neftci, Mostafa & Zenke 2019, IEEE Signal Process. Mag. 36(6):51-63).

    python train.py --seed 0                        train, write reaching.nir, train_log.json
    python train.py --time-constants shared --out FILE.nir    the same with equal neurons
    python train.py --check reaching.nir            measure a file again (no torch)
    python train.py --make-data OUT.npz --trials N --seed S    write trials (numpy alone)
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import nir

HERE = Path(__file__).resolve().parent
DT = 1e-3  # s, length of one step
STEPS = 320  # steps per trial

TUNED, GO = 32, 8  # input channels: target direction, go cue
PEAK_RATE, BASE_RATE = 120.0, 4.0  # Hz, of a tuned channel
WIDTH = 2.0  # concentration (kappa) of the tuning curves
GO_RATE, GO_BASE, GO_LENGTH = 200.0, 2.0, 60  # Hz, Hz, steps
TARGET_ON = (10, 40)  # step at which the target appears: drawn from this range, ends included
GO_ON = (90, 130)  # step of the go cue
REACTION, MOVEMENT = 40, 150  # steps from go cue to movement onset, steps of movement
DISTANCE = 0.08  # m, from centre to target; the peak speed is then 1.0 m/s

HIDDEN = 128
TAU_MEM = (5e-3, 80e-3)  # s, limits of the trained membrane time constants
TAU_SYN = (3e-3, 30e-3)  # s, limits of the trained synaptic time constants
TAU_OUT = 20e-3  # s, of the readout
W_MAX = 0.25  # clip of input and recurrent weights: an outlier would widen all 8-bit steps
# Weights are stored as multiples of this. All sums of weights are then exact in float32. In a
# recurrent network one differing bit would otherwise grow into different spike trains.
GRID = 2.0**-16


# ---------------------------------------------------------------------------------------
# The task: numpy alone


def minimum_jerk_speed(steps: int) -> np.ndarray:
    """Speed of a minimum-jerk movement over DISTANCE (Flash & Hogan 1985).

    Parameters
    ----------
    steps: length of the movement, in steps of DT.

    Returns
    -------
    float64 [steps], m/s: ``DISTANCE / duration * (30 s^2 - 60 s^3 + 30 s^4)``, s in 0..1, at
    the middle of each step.
    """
    s = (np.arange(steps) + 0.5) / steps
    return DISTANCE / (steps * DT) * 30 * s**2 * (1 - s) ** 2


def make_trials(
    trials: int, rng: np.random.Generator, directions: int = 8
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw trials of the centre-out task.

    Tuned channels fire as Poisson processes with a von Mises tuning curve around their
    preferred direction from the onset of the target to the end of the trial; go channels fire
    for GO_LENGTH steps after the go cue. A channel spikes at most once in a step.

    Parameters
    ----------
    trials: number of trials N.
    directions: number of targets on the circle, used in turn; 0 draws any direction.

    Returns
    -------
    x, uint8 [N, STEPS, 40], spikes (0 or 1); y, float32 [N, STEPS, 2], velocity in m/s;
    angle, float64 [N], direction of the target in rad.
    """
    if directions:
        angle = 2 * np.pi * (np.arange(trials) % directions) / directions
    else:
        angle = rng.uniform(0, 2 * np.pi, trials)
    target_on = rng.integers(TARGET_ON[0], TARGET_ON[1] + 1, (trials, 1))
    go_on = rng.integers(GO_ON[0], GO_ON[1] + 1, (trials, 1))
    step = np.arange(STEPS)

    preferred = 2 * np.pi * np.arange(TUNED) / TUNED
    tuning = PEAK_RATE * np.exp(WIDTH * (np.cos(angle[:, None] - preferred) - 1))  # [N, TUNED]
    shown = step >= target_on  # [N, STEPS]
    going = (step >= go_on) & (step < go_on + GO_LENGTH)
    rate = np.empty((trials, STEPS, TUNED + GO))  # Hz
    rate[:, :, :TUNED] = BASE_RATE + shown[:, :, None] * tuning[:, None, :]
    rate[:, :, TUNED:] = GO_BASE + GO_RATE * going[:, :, None]
    x = (rng.random(rate.shape) < rate * DT).astype(np.uint8)

    profile = np.concatenate([[0.0], minimum_jerk_speed(MOVEMENT), [0.0]])
    phase = np.clip(step - (go_on + REACTION) + 1, 0, MOVEMENT + 1)  # [N, STEPS]
    heading = np.stack([np.cos(angle), np.sin(angle)], axis=1)  # [N, 2]
    y = profile[phase][:, :, None] * heading[:, None, :]
    return x, y.astype(np.float32), angle


def make_data(path: Path, trials: int, seed: int, directions: int = 8) -> None:
    """Write trials as ``x`` uint8 [N, STEPS, 40] and ``y`` float32 [N, STEPS, 2] (m/s)."""
    x, y, _ = make_trials(trials, np.random.default_rng(seed), directions)
    np.savez_compressed(path, x=x, y=y)


# ---------------------------------------------------------------------------------------
# The network in numpy, from the file alone


def simulate(graph: nir.NIRGraph, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Run a network of this example, step by step, in float32.

    Forward Euler. ``I += dt/tau_syn * (-I + w_in * input)``, then with the new I
    ``v += dt/tau_mem * ((v_leak - v) + r * I)``, a spike where ``v > v_threshold``, then
    ``v = v_reset``. The input is made of the input spikes of the same step and the hidden
    spikes of the step before; the readout takes the hidden spikes of the same step.

    Parameters
    ----------
    graph: nodes w_in, hidden, w_rec, w_out and velocity as written by ``to_nir``.
    x: spikes [N, T, 40].

    Returns
    -------
    velocity, float32 [N, T, 2], m/s; hidden spikes, bool [N, T, HIDDEN].
    """
    w_in, w_rec, w_out = (graph.nodes[n].weight for n in ("w_in", "w_rec", "w_out"))
    hid, out = graph.nodes["hidden"], graph.nodes["velocity"]
    dt = np.float32(DT)
    k_syn, k_mem, k_out = dt / hid.tau_syn, dt / hid.tau_mem, dt / out.tau
    n, steps, _ = x.shape
    i = np.zeros((n, len(w_rec)), np.float32)
    v = np.zeros_like(i)
    s = np.zeros_like(i)
    u = np.zeros((n, len(w_out)), np.float32)
    velocity = np.zeros((n, steps, len(w_out)), np.float32)
    raster = np.zeros((n, steps, len(w_rec)), bool)
    for t in range(steps):
        total = x[:, t].astype(np.float32) @ w_in.T + s @ w_rec.T
        i = i + k_syn * (-i + hid.w_in * total)
        v = v + k_mem * ((hid.v_leak - v) + hid.r * i)
        raster[:, t] = v > hid.v_threshold
        v = np.where(raster[:, t], hid.v_reset, v)
        s = raster[:, t].astype(np.float32)
        u = u + k_out * ((out.v_leak - u) + out.r * (s @ w_out.T))
        velocity[:, t] = u
    return velocity, raster


def quantized(graph: nir.NIRGraph, bits: int = 8) -> nir.NIRGraph:
    """Round weights to ``bits`` bits: symmetric, one scale per matrix from the largest weight."""
    import nir

    nodes = dict(graph.nodes)
    top = 2 ** (bits - 1) - 1
    for name in ("w_in", "w_rec", "w_out"):
        w = graph.nodes[name].weight
        scale = np.abs(w).max() / top
        nodes[name] = nir.Linear((np.rint(w / scale) * scale).astype(np.float32))
    return nir.NIRGraph(nodes=nodes, edges=graph.edges)


def r_squared(y: np.ndarray, found: np.ndarray) -> float:
    """Share of the variance of y that is explained, both components pooled.

    Parameters
    ----------
    y, found: [N, T, 2], m/s.
    """
    rest = np.square(y.astype(np.float64) - found).sum()
    return float(1 - rest / np.square(y - y.mean((0, 1), dtype=np.float64)).sum())


def measure(graph: nir.NIRGraph, seed: int, trials: int = 512, directions: int = 8) -> dict:
    """Velocity and endpoint errors and activity over freshly drawn trials.

    Returns
    -------
    r2: of the velocity; endpoint_error_mm: mean distance between target and the position that
    the velocity adds up to; activity: spikes per hidden neuron and step; spikes per trial.
    """
    x, y, angle = make_trials(trials, np.random.default_rng(seed), directions)
    velocity, raster = simulate(graph, x)
    target = DISTANCE * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    end = velocity.sum(1, dtype=np.float64) * DT
    rates = raster.mean((0, 1))
    return {
        "directions": directions or "any",
        "data_seed": seed,
        "r2": round(r_squared(y, velocity), 4),
        "endpoint_error_mm": round(1e3 * float(np.linalg.norm(end - target, axis=1).mean()), 2),
        "activity": round(float(rates.mean()), 4),
        "busiest_neuron": round(float(rates.max()), 4),
        "silent_neurons": int((rates == 0).sum()),
        "input_spikes_per_trial": round(float(x.sum()) / trials, 1),
        "hidden_spikes_per_trial": round(float(raster.sum()) / trials, 1),
    }


def to_nir(
    w_in: np.ndarray,
    w_rec: np.ndarray,
    w_out: np.ndarray,
    tau_mem: np.ndarray,
    tau_syn: np.ndarray,
) -> nir.NIRGraph:
    """Make the NIR graph (Pedersen et al. 2024, Nat. Commun. 15:8122).

    Parameters
    ----------
    w_in: [HIDDEN, 40], w_rec: [HIDDEN, HIDDEN], in units of the threshold (1) per step and
    spike; w_out: [2, HIDDEN], m/s per spike; tau_mem, tau_syn: [HIDDEN], s.

    Returns
    -------
    graph: with w_in = tau_syn / dt, r = tau_mem / dt in the neurons, so that a weight is the
    jump of the synaptic current, and that current the jump of v, in one step.
    """
    import nir

    def grid(w: np.ndarray) -> np.ndarray:
        return (np.rint(w / GRID) * GRID).astype(np.float32)

    dt = np.float32(DT)
    tau_mem, tau_syn = tau_mem.astype(np.float32), tau_syn.astype(np.float32)
    zero = np.zeros(len(tau_mem), np.float32)
    tau_out = np.full(len(w_out), TAU_OUT, np.float32)
    nodes = {
        "input": nir.Input(np.array([w_in.shape[1]])),
        "w_in": nir.Linear(grid(w_in)),
        "hidden": nir.CubaLIF(
            tau_mem=tau_mem,
            tau_syn=tau_syn,
            r=tau_mem / dt,
            v_leak=zero,
            v_threshold=zero + 1,
            v_reset=zero,
            w_in=tau_syn / dt,
        ),
        "w_rec": nir.Linear(grid(w_rec)),
        "w_out": nir.Linear(grid(w_out)),
        "velocity": nir.LI(tau=tau_out, r=tau_out / dt, v_leak=np.zeros_like(tau_out)),
        "output": nir.Output(np.array([len(w_out)])),
    }
    edges = [
        ("input", "w_in"),
        ("w_in", "hidden"),
        ("hidden", "w_rec"),
        ("w_rec", "hidden"),
        ("hidden", "w_out"),
        ("w_out", "velocity"),
        ("velocity", "output"),
    ]
    return nir.NIRGraph(nodes=nodes, edges=edges)


# ---------------------------------------------------------------------------------------
# Training


def make_model(seed: int, shared: bool = False):
    """Build the torch model: the equations of ``simulate`` with a surrogate gradient.

    With ``shared`` all neurons have one membrane and one synaptic time constant, trained from
    the geometric mean of the range that the others are drawn from. Whatever else is drawn is
    the same for both kinds: their weights start from the same normal deviates.

    Its forward takes spikes, float32 [N, T, 40], and gives the velocity [N, T, 2] in m/s and
    the hidden spikes [N, T, HIDDEN].
    """
    import torch

    class Spike(torch.autograd.Function):
        """Step function; backward the derivative of a fast sigmoid of slope 4."""

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return (x > 0).to(x.dtype)

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return grad / (1 + 4 * x.abs()).square()

    def draw_tau(low: float, high: float) -> torch.Tensor:
        place = torch.rand(HIDDEN)  # drawn in both cases: the weights' draws come after it
        return low * (high / low) ** (torch.full((1,), 0.5) if shared else place)

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            tau_mem, tau_syn = draw_tau(8e-3, 50e-3), draw_tau(4e-3, 16e-3)
            # Weights are trained relative to a scale per neuron that gives membranes of all
            # time constants about the same variance; exp * exp kernels have the energy below.
            mem, syn = tau_mem / DT, tau_syn / DT
            energy = (mem * syn).square() / (2 * (mem + syn))
            self.scale = energy.rsqrt()[:, None]
            self.w_in = torch.nn.Parameter(torch.randn(HIDDEN, TUNED + GO))
            self.w_rec = torch.nn.Parameter(0.3 * torch.randn(HIDDEN, HIDDEN))
            self.w_out = torch.nn.Parameter(0.01 * torch.randn(2, HIDDEN))
            self.mem = torch.nn.Parameter(self.to_free(tau_mem, TAU_MEM))
            self.syn = torch.nn.Parameter(self.to_free(tau_syn, TAU_SYN))

        @staticmethod
        def to_free(tau, limits):
            place = (tau / limits[0]).log() / np.log(limits[1] / limits[0])
            return torch.logit(place)

        @staticmethod
        def to_tau(free, limits):
            return limits[0] * (limits[1] / limits[0]) ** torch.sigmoid(free)

        def export(self) -> dict:
            """Parameters in the units of the equations, the arguments of ``to_nir``."""
            return {
                "w_in": (self.scale * self.w_in).clamp(-W_MAX, W_MAX),
                "w_rec": (self.scale * self.w_rec).clamp(-W_MAX, W_MAX),
                "w_out": self.w_out,
                "tau_mem": self.to_tau(self.mem, TAU_MEM).expand(HIDDEN),
                "tau_syn": self.to_tau(self.syn, TAU_SYN).expand(HIDDEN),
            }

        def forward(self, x, p=None):
            p = p or self.export()
            dt = torch.tensor(DT, dtype=torch.float32)
            k_syn, k_mem = dt / p["tau_syn"], dt / p["tau_mem"]
            g_syn, g_mem = p["tau_syn"] / dt, p["tau_mem"] / dt
            n, steps, _ = x.shape
            w_rec = p["w_rec"].T
            i = v = s = torch.zeros(n, HIDDEN)
            raster = []
            for current in (x @ p["w_in"].T).unbind(1):
                i = i + k_syn * (g_syn * (current + s @ w_rec) - i)
                v = v + k_mem * (g_mem * i - v)
                s = Spike.apply(v - 1)
                # The reset is left out of the gradient (Zenke & Vogels 2021, Neural Comput.
                # 33(4):899-925): it would carry surrogate errors through all steps.
                v = v * (1 - s.detach())
                raster.append(s)
            raster = torch.stack(raster, 1)
            # The readout is linear: all its steps are one product with its impulse response.
            age = torch.arange(steps)[:, None] - torch.arange(steps)
            response = torch.where(age >= 0, (1 - DT / TAU_OUT) ** age.clamp(min=0), 0.0)
            return response @ (raster @ p["w_out"].T), raster

    torch.manual_seed(seed)
    return Net()


def train(args: argparse.Namespace) -> None:
    """Train, write the .nir file, read it back and measure it; see the options in ``main``."""
    import nir
    import torch

    torch.set_num_threads(1)  # with more threads sums change their order and the result its bits
    started = time.perf_counter()
    model = make_model(args.seed, shared=args.time_constants == "shared")
    rng = np.random.default_rng([args.seed, 1])
    optimizer = torch.optim.Adam(
        [
            {"params": [model.w_in, model.w_rec], "lr": args.lr},
            {"params": [model.mem, model.syn], "lr": args.lr},
            {"params": [model.w_out], "lr": args.lr / 20},
        ]
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        [args.lr, args.lr, args.lr / 20],
        total_steps=args.updates,
        pct_start=0.1,
    )
    history = []
    for update in range(1, args.updates + 1):
        x, y, _ = make_trials(args.batch, rng, directions=0)
        y = torch.from_numpy(y)
        velocity, raster = model(torch.from_numpy(x).float())
        loss = (velocity - y).square().mean() / y.square().mean()
        rate = raster.mean((0, 1))  # spikes per neuron and step
        high = torch.relu(rate - args.rate).square().mean()
        cost = loss + args.sparse * high
        optimizer.zero_grad()
        cost.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if update % 100 == 0 or update == args.updates:
            history.append(
                {
                    "update": update,
                    "r2": round(1 - loss.item(), 4),
                    "activity": round(rate.mean().item(), 4),
                }
            )
            print(json.dumps(history[-1]), f"{time.perf_counter() - started:.0f} s", flush=True)
    seconds = round(time.perf_counter() - started)
    with torch.no_grad():
        graph = to_nir(**{k: p.numpy() for k, p in model.export().items()})
    nir.write(args.out, graph)
    result = check(args.out)
    result["file_against_torch"] = compare(model, args.out)
    names = ("seed", "time_constants", "updates", "batch", "lr", "rate", "sparse")
    options = {k: getattr(args, k) for k in names}
    log = {
        "torch": torch.__version__,
        "numpy": np.__version__,
        "steps": STEPS,
        "options": options,
        "training_seconds": seconds,
        "history": history,
        **result,
    }
    path = args.log or args.out.with_name("train_log.json")
    path.write_text(json.dumps(log, indent=1) + "\n")


def compare(model, path: Path) -> dict:
    """Run 128 trials through the file (numpy) and through the torch model."""
    import nir
    import torch

    graph = nir.read(path)
    x, y, _ = make_trials(128, np.random.default_rng(1000))
    velocity, raster = simulate(graph, x)
    with torch.no_grad():
        p = model.export()
        for name in ("w_in", "w_rec", "w_out"):
            p[name] = torch.from_numpy(graph.nodes[name].weight)
        torch_velocity, torch_raster = model(torch.from_numpy(x).float(), p)
    result = {
        "trials": 128,
        "r2": round(r_squared(y, velocity), 4),
        "torch_r2": round(r_squared(y, torch_velocity.numpy()), 4),
        "hidden_spikes": int(raster.sum()),
        "hidden_spikes_that_differ": int((raster != torch_raster.numpy().astype(bool)).sum()),
        "largest_velocity_difference": float(np.abs(velocity - torch_velocity.numpy()).max()),
    }
    print(json.dumps(result), flush=True)
    return result


def check(path: Path) -> dict:
    """Measure a .nir file on trials that training has not seen."""
    import nir

    graph = nir.read(path)
    result: dict = {"held_out": [], "held_out_8_bit_weights": []}
    for seed, directions in ((1000, 8), (1001, 8), (1002, 0)):
        for key, net in (("held_out", graph), ("held_out_8_bit_weights", quantized(graph))):
            found = measure(net, seed, directions=directions)
            print(key, json.dumps(found), flush=True)
            result[key].append(found)
    result["weights"] = {}
    for name in ("w_in", "w_rec", "w_out"):
        w = graph.nodes[name].weight
        result["weights"][name] = {
            "min": float(w.min()),
            "max": float(w.max()),
            "std": round(float(w.std()), 5),
        }
    result["tau_ms"] = {}
    for name in ("tau_mem", "tau_syn"):
        tau = 1e3 * getattr(graph.nodes["hidden"], name)
        points = np.percentile(tau, [0, 5, 50, 95, 100])
        result["tau_ms"][name] = dict(
            zip(("min", "5%", "median", "95%", "max"), points.round(2).tolist(), strict=True)
        )
    print(json.dumps(result["weights"]), json.dumps(result["tau_ms"]), flush=True)
    return result


def main() -> None:
    """Train, measure a file with ``--check``, or write trials with ``--make-data``."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--updates", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=64, help="trials per update, drawn anew")
    parser.add_argument("--lr", type=float, default=2e-2, help="peak learning rate")
    parser.add_argument("--rate", type=float, default=0.04, help="free spikes per neuron and step")
    parser.add_argument("--sparse", type=float, default=50.0, help="weight of the rate penalty")
    parser.add_argument("--out", type=Path, default=HERE / "reaching.nir")
    parser.add_argument(
        "--time-constants",
        choices=("own", "shared"),
        default="own",
        help="each neuron its own (default), or one tau_mem and one tau_syn for all",
    )
    parser.add_argument("--log", type=Path, help="default: train_log.json beside --out")
    parser.add_argument("--check", type=Path, metavar="NIR", help="measure this file and stop")
    parser.add_argument("--make-data", type=Path, metavar="NPZ", help="write trials and stop")
    parser.add_argument("--trials", type=int, default=32, help="with --make-data")
    parser.add_argument(
        "--directions", type=int, default=8, help="with --make-data: targets, 0 for any direction"
    )
    args = parser.parse_args()
    if args.make_data:
        make_data(args.make_data, args.trials, args.seed, args.directions)
    elif args.check:
        check(args.check)
    else:
        train(args)


if __name__ == "__main__":
    main()
