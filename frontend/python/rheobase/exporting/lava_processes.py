"""Lava processes that an exported program brings along, where Lava has none in fixed point that does the same."""

from __future__ import annotations

from typing import Iterable

_IMPORTS = """\
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.variable import Var
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol"""

_FIXED_LIF = '''
class PyFixedLif(AbstractPyLifModelFixed):
    """What Lava's LIF in fixed point adds to the common part: thresholds 6 bits up, spikes strictly above them."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    vth: int = LavaPyType(int, np.int32)

    def scale_threshold(self):
        self.effective_vth = np.left_shift(self.vth, self.vth_shift)
        self.isthrscaled = True

    def spiking_activation(self):
        return self.v > self.effective_vth
'''
_RESETTING = '''
class ResettingLIF(LIF):
    """LIF whose potential keeps `keep` (all of it, -1, or nothing, 0) at a spike and then loses `amount`."""

    def __init__(self, *, shape, keep, amount, **rest):
        super().__init__(shape=shape, keep=keep, amount=amount, **rest)
        self.keep = Var(shape=shape, init=keep)
        self.amount = Var(shape=shape, init=amount)


@implements(proc=ResettingLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyResettingLif(PyFixedLif):
    keep: np.ndarray = LavaPyType(np.ndarray, np.int32)
    amount: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def reset_voltage(self, spike_vector):
        self.v[spike_vector] = ((self.v & self.keep) - self.amount)[spike_vector]
'''
_WAITING = '''
class WaitingLIF(LIF):
    """LIF whose potential stands still in the `refractory_steps` steps after a spike, in which no other follows.

    Lava's LIFRefractory, which counts alike, is floating point only."""

    def __init__(self, *, shape, refractory_steps, **rest):
        super().__init__(shape=shape, refractory_steps=refractory_steps, **rest)
        self.refractory_steps = Var(shape=shape, init=refractory_steps)
        self.waiting = Var(shape=shape, init=0)


@implements(proc=WaitingLIF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyWaitingLif(PyFixedLif):
    refractory_steps: np.ndarray = LavaPyType(np.ndarray, np.int32)
    waiting: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def subthr_dynamics(self, activation_in):
        before = self.v.copy()
        super().subthr_dynamics(activation_in)
        self.v[:] = np.where(self.waiting > 0, before, self.v)

    def spiking_activation(self):
        return super().spiking_activation() & (self.waiting == 0)

    def reset_voltage(self, spike_vector):
        super().reset_voltage(spike_vector)
        self.waiting[:] = np.where(spike_vector, self.refractory_steps, np.maximum(self.waiting - 1, 0))
'''
_INVERSE_ROOTS = '''
class InverseRoots(AbstractProcess):
    """Lava's InvSqrt, which is one neuron and takes 1 to 2^24 - 1, for many neurons: larger numbers count as the last
    of these, others give 0."""

    def __init__(self, *, shape, **rest):
        super().__init__(shape=shape, **rest)
        self.a_in = InPort(shape=shape)
        self.s_out = OutPort(shape=shape)
        self.root = Var(shape=shape, init=0)


@implements(proc=InverseRoots, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyInverseRoots(PyLoihiProcessModel):
    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    root: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def run_spk(self):
        given = np.minimum(self.a_in.recv(), (1 << 24) - 1)
        self.root[:] = [inv_sqrt(number) if number > 0 else 0 for number in given]
        self.s_out.send(self.root)
'''
_CORRECTED = '''
class CorrectedSigmaDelta(SigmaDelta):
    """SigmaDelta that compares with what was really sent, which Lava has on its main branch only."""


@implements(proc=CorrectedSigmaDelta, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyCorrectedSigmaDelta(AbstractSigmaDeltaModel):
    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
    vth: np.ndarray = LavaPyType(np.ndarray, np.int32)
    sigma: np.ndarray = LavaPyType(np.ndarray, np.int32)
    act: np.ndarray = LavaPyType(np.ndarray, np.int32)
    residue: np.ndarray = LavaPyType(np.ndarray, np.int32)
    error: np.ndarray = LavaPyType(np.ndarray, np.int32)
    bias: np.ndarray = LavaPyType(np.ndarray, np.int32)
    spike_exp: np.ndarray = LavaPyType(np.ndarray, np.int32)
    state_exp: np.ndarray = LavaPyType(np.ndarray, np.int32)
    cum_error: np.ndarray = LavaPyType(np.ndarray, bool)

    def run_spk(self):
        self.sigma = self.sigma_dynamics(self.a_in.recv())
        change = self.activation_dynamics(self.sigma) - self.act
        sent = np.where(np.abs(change) >= self.vth, change, 0) >> self.state_exp
        self.act = self.act + (sent << self.state_exp)
        self.s_out.send(sent)
'''
_ADAPTIVE = '''
class AdaptiveRF(RF):
    """RF with a threshold that rises at a spike and a trace that keeps from it, both fading: lava-dl's ADRF where `crossing`
    is 1; where it is 0, ADRF_IZ, which compares the imaginary part and does not ask where the real one passes 0."""

    def __init__(self, *, shape, **rest):
        super().__init__(shape=shape, **rest)
        for name in ("crossing", "decay_theta", "decay_r", "theta_0", "theta_step", "adaptation", "r"):
            setattr(self, name, Var(shape=shape, init=0))


@implements(proc=AdaptiveRF, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyAdaptiveRF(AbstractPyRFModelFixed):
    crossing: np.ndarray = LavaPyType(np.ndarray, np.int32)
    decay_theta: np.ndarray = LavaPyType(np.ndarray, np.int32)
    decay_r: np.ndarray = LavaPyType(np.ndarray, np.int32)
    theta_0: np.ndarray = LavaPyType(np.ndarray, np.int32)
    theta_step: np.ndarray = LavaPyType(np.ndarray, np.int32)
    adaptation: np.ndarray = LavaPyType(np.ndarray, np.int32)
    r: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def run_spk(self):
        before = self.imag.copy()
        given = [np.left_shift(port.recv(), self.state_exp) for port in (self.a_real_in, self.a_imag_in)]
        turned = self.resonator_dynamics(*given, np.int64(self.real), np.int64(self.imag))
        ends = self.neg_voltage_limit, self.pos_voltage_limit
        self.real[:], self.imag[:] = (np.clip(part, *ends) for part in turned)
        theta = self.faded(self.adaptation, self.decay_theta) + self.theta_0
        trace = self.faded(self.r, self.decay_r)
        crosses = (self.imag >= 0) & (before < 0)
        spikes = np.where(self.crossing, (self.real - trace >= theta) & crosses, self.imag - trace >= theta)
        self.r[:] = np.where(spikes, trace + 2 * theta, trace)
        self.adaptation[:] = np.where(spikes, theta + self.theta_step, theta) - self.theta_0
        self.s_out.send(spikes)

    @staticmethod
    def faded(state, share):
        left = np.abs(np.int64(state)) * (4096 - share) >> 12
        return (np.sign(state) * left).astype(np.int32)
'''
_LATE = '''
class LateSparse(Sparse):
    """Sparse whose sums arrive `delay` steps later; Lava's DelaySparse parts its matrix by delays anew in every step."""

    def __init__(self, *, weights, delay, **rest):
        super().__init__(weights=weights, delay=delay, **rest)
        self.late = Var(shape=(delay, weights.shape[0]), init=0)


@implements(proc=LateSparse, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyLateSparse(AbstractPySparseModelBitAcc):
    late: np.ndarray = LavaPyType(np.ndarray, np.int32)

    def run_spk(self):
        oldest = self.time_step % len(self.late)
        due = self.late[oldest].copy()
        self.late[oldest], self.a_buff = self.a_buff, due
        super().run_spk()
'''

# class -> what it imports beside _IMPORTS, and its text, before it those that it builds on
_LIF = ("from lava.proc.lif.models import AbstractPyLifModelFixed", "from lava.proc.lif.process import LIF")
OWN = {
    "ResettingLIF": (_LIF, (_FIXED_LIF, _RESETTING)),
    "WaitingLIF": (_LIF, (_FIXED_LIF, _WAITING)),
    "InverseRoots": (
        (
            "from lava.magma.core.process.ports.ports import InPort, OutPort",
            "from lava.magma.core.process.process import AbstractProcess",
            "from lava.proc.graded.models import inv_sqrt",
        ),
        (_INVERSE_ROOTS,),
    ),
    "CorrectedSigmaDelta": (
        (
            "from lava.proc.sdn.models import AbstractSigmaDeltaModel",
            "from lava.proc.sdn.process import ActivationMode, SigmaDelta",
        ),
        (_CORRECTED,),
    ),
    "AdaptiveRF": (
        ("from lava.proc.rf.models import AbstractPyRFModelFixed", "from lava.proc.rf.process import RF"),
        (_ADAPTIVE,),
    ),
    "LateSparse": (
        (
            "from lava.proc.sparse.models import AbstractPySparseModelBitAcc",
            "from lava.proc.sparse.process import Sparse",
        ),
        (_LATE,),
    ),
}


def imports_of(names: Iterable[str]) -> set[str]:
    """The import lines of those among some classes that are in OWN."""
    own = [OWN[name] for name in names if name in OWN]
    return {line for needed, _ in own for line in needed} | (set(_IMPORTS.splitlines()) if own else set())


def texts_of(names: Iterable[str]) -> list[str]:
    """The texts of those among some classes that are in OWN, each part once."""
    return list(dict.fromkeys(part for name in OWN if name in set(names) for part in OWN[name][1]))
