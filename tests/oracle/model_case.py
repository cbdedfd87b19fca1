"""Run in Lava's environment: every neuron model against Lava's process model, states and messages, bit for bit.

python with_lava.py model_case.py SEED [MODEL...]: prints, for each model, its name and how many neuron-steps were equal.
Each population draws its parameters, its input and the size of both anew; each is driven for STEPS steps.
"""

import sys
from pathlib import Path

import numpy as np
import rheobase as rb
from lava.proc.atrlif.process import ATRLIF
from lava.proc.graded.process import GradedReluVec, GradedVec, InvSqrt, NormVecDelay
from lava.proc.lif.process import LIF, LIFRefractory, LIFReset, TernaryLIF
from lava.proc.prodneuron.process import ProdNeuron
from lava.proc.resfire.process import RFZero
from lava.proc.rf.process import RF
from lava.proc.rf_iz.process import RF_IZ
from lava.proc.sdn.process import ActivationMode, Delta, Sigma, SigmaDelta
from rheobase import arithmetic

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "support")]
from direct import Driven  # noqa: E402
from lava_vectors import LavaVector, compared_states  # noqa: E402

NEURONS, STEPS, POPULATIONS = 32, 160, 24
LARGEST = 1 << 17  # of an input message: SPEC W8


def _edgy(rng, least: int, most: int) -> int:
    """Mostly anything, now and then an end of the range or beside it."""
    if rng.random() < 0.15:
        return int(rng.choice([least, most, min(least + 1, most), max(most - 1, least)]))
    return int(rng.integers(least, most + 1))


def _membrane(rng, size: int):
    """Decays and biases of a LIF: Lava's arguments, and the integers of the step."""
    du, dv = _edgy(rng, 0, 4095), _edgy(rng, 0, int(rng.choice([300, 4096])))
    mantissa = rng.integers(-300, 300, size) * int(rng.integers(0, 2))
    exponent = int(rng.integers(0, 8))
    return (
        dict(du=du, dv=dv, bias_mant=mantissa, bias_exp=exponent),
        dict(decay_u=du + 1, decay_v=dv, bias=mantissa << exponent),
    )


def lif(rng, size: int):
    lava, ours = _membrane(rng, size)
    vth = _edgy(rng, 0, int(rng.choice([300, 131071])))
    return LIF(shape=(size,), vth=vth, **lava), "cuba_lif", {**ours, "threshold": vth * 64}, {}


def lif_reset(rng, size: int):
    lava, ours = _membrane(rng, size)
    vth, interval, offset = _edgy(rng, 0, 3000), int(rng.integers(1, 40)), int(rng.integers(0, 90))
    process = LIFReset(shape=(size,), vth=vth, reset_interval=interval, reset_offset=offset, **lava)
    reset = {"reset_interval": interval, "reset_phase": (offset - 1) % interval}
    return process, "cuba_lif_reset", {**ours, "threshold": vth * 64, **reset}, {}


def ternary_lif(rng, size: int):
    lava, ours = _membrane(rng, size)
    high, low = _edgy(rng, 0, 3000), -_edgy(rng, 0, 3000)
    process = TernaryLIF(shape=(size,), vth_hi=high, vth_lo=low, **lava)
    return process, "ternary_lif", {**ours, "threshold_high": high * 64, "threshold_low": low * 64}, {}


def atrlif(rng, size: int):
    """Decays are k / 4096, which Lava multiplies by 4096 again without rounding."""
    i, v, theta, r = (_edgy(rng, 0, 4095) for _ in range(4))
    theta_0, step = _edgy(rng, 1, 4095), _edgy(rng, 0, 4095)
    mantissa, exponent = rng.integers(-100, 100, size), int(rng.integers(0, 7))
    process = ATRLIF(
        shape=(size,),
        delta_i=i / 4096,
        delta_v=v / 4096,
        delta_theta=theta / 4096,
        delta_r=r / 4096,
        theta_0=theta_0,
        theta_step=step,
        bias_mant=mantissa,
        bias_exp=exponent,
    )
    ours = dict(decay_u=i + 1, decay_v=v, decay_theta=theta, decay_r=r, bias=mantissa << exponent)
    ours.update(theta_0=theta_0 * 64, theta_step=step * 64)
    return process, "atrlif", ours, {"adaptation": lambda d: d.state("theta") - theta_0 * 64}


def refractory(rng, size: int):
    """Lava has it in floating point only: with whole numbers and decays of all or nothing nothing is rounded."""
    du = 1.0  # a current that is kept would grow beyond 24 bits
    dv, period = float(rng.integers(0, 2)), int(rng.integers(1, 12))
    vth, bias = int(rng.integers(0, 2000)), rng.integers(-100, 100, size)
    process = LIFRefractory(shape=(size,), du=du, dv=dv, vth=vth, bias_mant=bias, refractory_period=period)
    ours = dict(decay_u=4096, decay_v=int(dv * 4096), threshold=vth * 64, bias=bias * 64)
    scaled = {s: lambda d, s=s: (d.state(s) * 64).astype(np.int64) for s in ("u", "v")}
    return process, "cuba_lif_refractory", {**ours, "refractory_steps": period}, scaled


def sigma(rng, size: int):
    return Sigma(shape=(size,)), "sigma", {}, {}


def _encoder(rng):
    spike, state = int(rng.integers(0, 5)), int(rng.integers(0, 7))
    vth, cumulative = _edgy(rng, 0, 60), bool(rng.integers(0, 2))
    lava = dict(vth=vth, spike_exp=spike, state_exp=state, cum_error=cumulative)
    return lava, dict(threshold=vth << (spike + state), state_exponent=state, cumulative=int(cumulative))


def delta(rng, size: int):
    lava, ours = _encoder(rng)
    shift = lava["spike_exp"] + lava["state_exp"]
    return Delta(shape=(size,), **lava), "delta", {**ours, "input_shift": shift}, {}


def sigma_delta(rng, size: int):
    lava, ours = _encoder(rng)
    relu, bias = bool(rng.integers(0, 2)), rng.integers(-50, 50, size)
    mode = ActivationMode.RELU if relu else ActivationMode.UNIT
    process = SigmaDelta(shape=(size,), bias=bias, act_mode=mode, **lava)
    scaled = bias << (lava["spike_exp"] + lava["state_exp"])
    return process, "sigma_delta", {**ours, "bias": scaled, "rectified": int(relu)}, {}


class _Corrected(Driven):
    """The variant on Lava's main branch, which the release lacks: Lava's sum and activation, and what differs."""

    def step(self, a_in) -> dict:
        m = self.model
        m.sigma = m.sigma_dynamics(a_in)
        change = m.activation_dynamics(m.sigma) - m.act
        sent = np.where(np.abs(change) >= m.vth, change, 0) >> m.state_exp
        m.act = m.act + (sent << m.state_exp)
        return {"s_out": sent}


def sigma_delta_corrected(rng, size: int):
    process, _, ours, _ = sigma_delta(rng, size)
    del ours["cumulative"]
    return _Corrected(process), "sigma_delta_corrected", ours, {}


def graded_vec(rng, size: int):
    vth = _edgy(rng, 0, 1000)
    return GradedVec(shape=(size,), vth=vth), "graded_vec", {"threshold": vth}, {}


def graded_relu_vec(rng, size: int):
    vth = _edgy(rng, 0, 1000)
    return GradedReluVec(shape=(size,), vth=vth), "graded_relu_vec", {"threshold": vth}, {}


def _rf(rng, size: int, process):
    """Factors of few and many bits, turns of half a step to nearly none, with and without a loss."""
    period = float(rng.choice([1.0, 2.0, 3.0, 4.0, 1e9, *rng.uniform(2, 60, 5)]))
    alpha = float(rng.choice([0.0, 1.0, 2.0, *rng.uniform(0, 1, 2), *rng.uniform(0, 0.1, 5)]))
    bits, exponent = int(rng.choice([1, 6, 12, 12, 15])), int(rng.choice([0, 3, 6, 6, 12, 31]))
    vth = _edgy(rng, 0, int(rng.choice([30, 3000, 1 << 22]))) >> exponent
    rf = process(shape=(size,), period=period, alpha=alpha, state_exp=exponent, decay_bits=bits, vth=vth)
    factors = {
        name: int(np.ravel(getattr(rf, f"{short}_decay").init)[0]) << (15 - bits)
        for name, short in (("cosine", "cos"), ("sine", "sin"))
    }
    return rf, {**factors, "input_shift": exponent, "threshold": int(np.ravel(rf.vth.init)[0])}


def rf(rng, size: int):
    process, ours = _rf(rng, size, RF)
    return process, "resonate_and_fire", ours, {}


def rf_iz(rng, size: int):
    process, ours = _rf(rng, size, RF_IZ)
    return process, "resonate_and_fire_izhikevich", ours, {}


def rf_zero(rng, size: int):
    tau = rng.choice([1e-9, 1e-3, 0.05, 1.0, 1e9], size) * rng.uniform(0.5, 2, size)
    uth = _edgy(rng, 0, int(rng.choice([10, 3000, 1 << 20])))
    process = RFZero(shape=(size,), freqs=rng.uniform(-500, 500, size), decay_tau=tau, uth=uth)
    ours = dict(cosine=process.lct.init, sine=process.lst.init, threshold=uth)
    return process, "resonate_and_fire_zero", ours, {}


def norm_vec_delay(rng, size: int):
    vth = _edgy(rng, 0, 1000)
    return NormVecDelay(shape=(size,), vth=vth), "norm_vec_delay", {"threshold": vth}, {}


class _Each:
    """Lava's InvSqrt is one neuron: one for all, as it remembers nothing. What it cannot take is left to ours."""

    def __init__(self):
        self._one = Driven(InvSqrt(shape=(1,)))

    def step(self, a_in) -> dict:
        sent = [int(self._one.step(a_in=[a])["s_out"][0]) if a > 0 else 0 for a in a_in]
        return {"s_out": np.array(sent, np.int32)}


def inv_sqrt(rng, size: int):
    return _Each(), "inv_sqrt", {}, {}


def prod_neuron(rng, size: int):
    vth, exponent = _edgy(rng, 0, 1000), int(rng.choice([0, 3, 9, 31]))
    return (
        ProdNeuron(shape=(size,), vth=vth, exp=exponent),
        "prod_neuron",
        dict(threshold=vth, exponent=exponent),
        {},
    )


_ALL = (
    lif,
    lif_reset,
    ternary_lif,
    atrlif,
    refractory,
    sigma,
    delta,
    sigma_delta,
    sigma_delta_corrected,
    graded_vec,
    graded_relu_vec,
    prod_neuron,
    rf,
    rf_iz,
    rf_zero,
    norm_vec_delay,
    inv_sqrt,
)
MODELS = {make.__name__: make for make in _ALL}
ALONE = {"inv_sqrt", "sigma_delta_corrected"}  # no populations in Lava
FLOATING = {"refractory": "floating_pt"}
LAVA_PORTS = {  # of the others: a_in
    "prod_neuron": ("a_in1", "a_in2"),
    "norm_vec_delay": ("a_in1", "a_in2"),
    "resonate_and_fire": ("a_real_in", "a_imag_in"),
    "resonate_and_fire_izhikevich": ("a_real_in", "a_imag_in"),
    "resonate_and_fire_zero": ("u_in", "v_in"),
}


def by_port(model: str, sums: np.ndarray) -> dict:
    """Sums [neurons * ports], neuron by neuron, under the names of Lava's ports."""
    names = LAVA_PORTS.get(model, ("a_in",))
    return {name: sums[k :: len(names)] for k, name in enumerate(names)}


def messages(rng, steps: int, width: int) -> np.ndarray:
    """Messages [steps, width] of one size, from spikes to the largest; sparse, steady or swinging."""
    size = int(rng.choice([2, 20, 300, 5000, LARGEST]))
    x = rng.integers(-size, size + 1, (steps, width))
    kind = rng.integers(0, 4)
    if kind == 0:
        x *= rng.random(x.shape) < 0.1
    if kind == 1:
        x = np.abs(x)
    if kind == 2:
        x = np.where(np.arange(steps)[:, None] // 20 % 2, size, -size) * np.ones_like(x)
    return x.astype(np.int32)


class Said:
    """What one population said in every step: messages and states, under the names of a recording's series."""

    def __init__(self, name: str, model: str, special: dict):
        """special: state -> what it is of the driven model, where it is not Lava's variable of that name."""
        self._name, self._states, self._special = name, compared_states(model), special
        self._steps: dict = {f"{name}.{series}": [] for series in ("spikes", *self._states)}

    def keep(self, driven, sent: np.ndarray) -> None:
        self._steps[f"{self._name}.spikes"].append(sent)
        for state in self._states:
            special = self._special.get(state)
            value = driven.state(state) if special is None else special(driven)
            self._steps[f"{self._name}.{state}"].append(value)

    def series(self) -> dict:
        return {key: np.array(values) for key, values in self._steps.items()}


def drive(name: str, number: int, rng, neurons: int, steps: int) -> LavaVector:
    """The next population of a model in Lava: parameters, input and what Lava said; the input alone leads to it."""
    process, model, integers, special = MODELS[name](rng, neurons)
    x = messages(rng, steps, neurons * len(arithmetic.MODELS[model]["ports"]))
    if name in FLOATING:  # nothing may saturate there
        x = np.clip(x, -200, 200)
    driven = process if name in ALONE else Driven(process, FLOATING.get(name, "fixed_pt"))
    said = Said(name, model, special)
    for at in range(steps):  # our hop from the input takes a step, SPEC T2
        given = by_port(model, x[at - 1] if at else 0 * x[0])
        said.keep(driven, driven.step(**given)["s_out"].astype(np.int32))
    return LavaVector(
        name=f"{name}_{number}",
        payload=LARGEST,
        x=x.reshape(steps, neurons, -1),  # ports are the last dimension
        populations=[dict(name=name, model=model, size=neurons, integers=integers)],
        connections=[dict(source="in", target=name)],
        said=said.series(),
    )


def compare(vector: LavaVector) -> None:
    image = rb.compile(vector.build(), chip="loihi2")
    difference = vector.difference(image.run(vector.x, engine="golden", probes=image.probes()))
    assert difference is None, difference


if __name__ == "__main__":
    for name in sys.argv[2:] or MODELS:
        rng = np.random.default_rng([int(sys.argv[1]), *name.encode()])
        for number in range(POPULATIONS):
            compare(drive(name, number, rng, NEURONS, STEPS))
        print(name, POPULATIONS * NEURONS * STEPS)
