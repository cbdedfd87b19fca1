"""Random networks around one neuron model each, for the tests of what is written for Lava."""

import numpy as np
import rheobase as rb
from rheobase.arithmetic import DECAY_ONE, MODELS, MOST_DELAY, TURN_BITS

NEURONS, CHANNELS = 24, 10
TURN_ONE = 1 << TURN_BITS
LARGEST = 1000  # of an input's payload


def ends(rng, low: int, high: int, *more: int) -> np.ndarray:
    """For each neuron anything in a range; or, for half of them, one of its ends or one of ``more``."""
    anything = rng.integers(low, high, NEURONS, endpoint=True)
    return np.where(rng.random(NEURONS) < 0.5, anything, rng.choice([low, high, *more], NEURONS))


def membrane(rng) -> dict:
    decays = {"decay_u": ends(rng, 1, DECAY_ONE, 400), "decay_v": ends(rng, 0, DECAY_ONE, 100)}
    return {**decays, "bias": rng.integers(-30, 60, NEURONS) << int(rng.integers(0, 6))}


def spiking(rng) -> dict:
    return {**membrane(rng), "threshold": 64 * ends(rng, 0, 900, 40)}


def encoder(rng) -> dict:
    exponent = rng.integers(0, 7, NEURONS)
    return {
        "threshold": ends(rng, 0, 4000, 1),
        "state_exponent": exponent,
        "cumulative": int(rng.integers(2)),
    }


def resonator(rng) -> dict:
    angle, kept = rng.uniform(0.05, 3, NEURONS), rng.choice([1, 0.99, 0.6], NEURONS)
    turn = {"cosine": TURN_ONE * kept * np.cos(angle), "sine": TURN_ONE * kept * np.sin(angle)}
    return {name: np.fix(value).astype(int) for name, value in turn.items()}


def adapting(rng) -> dict:
    decays = {"decay_theta": ends(rng, 0, DECAY_ONE, 300), "decay_r": ends(rng, 0, DECAY_ONE, 900)}
    thresholds = {"theta_0": ends(rng, -100, 9000, 1), "theta_step": ends(rng, 0, 3000)}
    return {**decays, **thresholds, "input_shift": ends(rng, 0, 9)}


PARAMETERS = {
    "cuba_lif_reset": lambda rng: {
        **spiking(rng),
        "reset_interval": (interval := int(rng.integers(2, 12))),
        "reset_phase": int(rng.integers(0, interval)),
    },
    "cuba_lif_refractory": lambda rng: {**spiking(rng), "refractory_steps": ends(rng, 0, 9, 1)},
    "ternary_lif": lambda rng: {
        **membrane(rng),
        "threshold_high": 64 * ends(rng, -3, 600),
        "threshold_low": 64 * ends(rng, -600, 3),
    },
    "atrlif": lambda rng: {
        **membrane(rng),
        "decay_u": ends(rng, 0, DECAY_ONE, 400),
        "decay_theta": ends(rng, 0, DECAY_ONE, 300),
        "decay_r": ends(rng, 0, DECAY_ONE, 900),
        "theta_0": ends(rng, -100, 20000, 1),
        "theta_step": int(rng.integers(0, 9000)),
    },
    "sigma": lambda rng: {},
    "delta": lambda rng: {**encoder(rng), "input_shift": ends(rng, 0, 12, 31)},
    "sigma_delta": lambda rng: {
        **encoder(rng),
        "bias": ends(rng, -4000, 4000, 1 << 30),
        "rectified": int(rng.integers(2)),
    },
    "sigma_delta_corrected": lambda rng: {
        **{name: values for name, values in encoder(rng).items() if name != "cumulative"},
        "bias": ends(rng, -4000, 4000, 1 << 30),
        "rectified": int(rng.integers(2)),
    },
    "graded_vec": lambda rng: {"threshold": ends(rng, 0, 5000, -1)},
    "graded_relu_vec": lambda rng: {"threshold": ends(rng, -500, 5000, -1)},
    "prod_neuron": lambda rng: {"threshold": ends(rng, 0, 5000), "exponent": ends(rng, 0, 12, 31)},
    "resonate_and_fire": lambda rng: {
        **resonator(rng),
        "input_shift": ends(rng, 0, 9),
        "threshold": ends(rng, -50, 9000, 1),
    },
    "resonate_and_fire_izhikevich": lambda rng: {
        **resonator(rng),
        "input_shift": ends(rng, 0, 9),
        "threshold": ends(rng, 1, 9000, 1 << 22),
    },
    "resonate_and_fire_zero": lambda rng: {**resonator(rng), "threshold": ends(rng, 0, 900, -1)},
    "adaptive_resonate_and_fire": lambda rng: {**resonator(rng), **adapting(rng)},
    "adaptive_resonate_and_fire_izhikevich": lambda rng: {**resonator(rng), **adapting(rng)},
    "norm_vec_delay": lambda rng: {"threshold": ends(rng, 0, 5000)},
    "inv_sqrt": lambda rng: {},
}


def even(rng, rows: int, columns: int, most: int = 30) -> np.ndarray:
    """Weights that every sign mode's format holds, a third of them 0."""
    weights = 2 * rng.integers(-most, most, (rows, columns), endpoint=True)
    return weights * (rng.random((rows, columns)) < 0.7)


def network(model: str, seed: int) -> rb.Network:
    """A graded input, neurons of the model under test, with themselves where what they send stays small, and two
    readers behind: one that takes payloads as they are, one that is a LIF."""
    rng = np.random.default_rng([seed, *model.encode()])
    ports = MODELS[model]["ports"]
    b = rb.Builder(name=model)
    b.input("in", CHANNELS, LARGEST)
    b.exact("tested", NEURONS, model, **PARAMETERS[model](rng))
    for port in ports:
        shifted = 2.0 ** int(rng.integers(-2, 2))
        b.connect(
            "in", "tested", shifted * even(rng, NEURONS, CHANNELS, 5), port=port if len(ports) > 1 else None
        )
    if not MODELS[model]["graded"] or model == "ternary_lif":
        loop = even(rng, NEURONS, NEURONS)
        b.connect(
            "tested",
            "tested",
            loop,
            delay=rng.choice([0, 1, 3], loop.shape),
            port=ports[-1] if len(ports) > 1 else None,
        )
    b.exact("payloads", 6, "graded_vec", threshold=rng.integers(0, 9, 6))
    b.exact("spikes", 5, "cuba_lif", decay_u=500, decay_v=200, threshold=64 * 300)
    delays = rng.choice([0, 2, MOST_DELAY - 40], (6, NEURONS))
    b.connect("tested", "payloads", even(rng, 6, NEURONS) / 8, delay=delays)
    b.connect("tested", "spikes", even(rng, 5, NEURONS))
    return b.build()


def stimulus(seed: int, steps: int) -> np.ndarray:
    """Graded messages, sparse and of all sizes."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-LARGEST, LARGEST, (steps, CHANNELS), endpoint=True) >> rng.integers(0, 9, CHANNELS)
    return x * (rng.random(x.shape) < 0.5)
