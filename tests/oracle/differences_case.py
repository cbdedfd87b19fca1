"""Run in Lava's environment: Lava's side of the vectors of ir/DIFFERENCES.md. Prints {rule: {who: integers}} as JSON.

python with_lava.py differences_case.py
"""

import json

import numpy as np
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import Loihi2SimCfg
from lava.proc.atrlif.process import ATRLIF
from lava.proc.conv.process import Conv
from lava.proc.dense.process import DelayDense, Dense
from lava.proc.graded.models import inv_sqrt
from lava.proc.graded.process import InvSqrt, NormVecDelay
from lava.proc.io.reset import Reset
from lava.proc.io.sink import RingBuffer as Sink
from lava.proc.io.source import RingBuffer as Source
from lava.proc.lif.process import LIF, LIFRefractory, LIFReset, TernaryLIF
from lava.proc.resfire.process import RFZero
from lava.proc.rf.process import RF
from lava.proc.sdn.process import Delta, SigmaDelta
from lava.utils.weightutils import SignMode

NEVER = 1 << 17  # a threshold, 2^23 aligned, that no potential exceeds


def run(process, steps: int, read=None, tag: str = "fixed_pt") -> list:
    """Each step's value of read(), a variable of the process; without it, what the process sends."""
    sink = None
    if read is None:
        out = getattr(process, "s_out", None) or process.a_out
        sink = Sink(shape=out.shape, buffer=steps)
        out.connect(sink.a_in)
    values = []
    for _ in range(steps):
        process.run(condition=RunSteps(num_steps=1), run_cfg=Loihi2SimCfg(select_tag=tag))
        if read is not None:
            values.append(np.ravel(read()).astype(int).tolist())
    if sink is not None:
        values = sink.data.get().reshape(-1, steps).T.astype(int).tolist()
    process.stop()
    return values


def fed(process, port, given) -> None:
    """given [steps][channels] or [steps] enter a port in their steps."""
    given = np.array(given)
    data = given.reshape(given.shape[0], -1).T.reshape(*port.shape, -1)
    source = Source(data=data)
    source.s_out.connect(port)
    process.keep = source


def first(values) -> list[int]:
    return [v[0] for v in values]


def driven(given, shape=(1,), **registers) -> LIF:
    """A LIF whose input is given as sums, without synapses: it arrives in its own step."""
    lif = LIF(shape=shape, **{"du": 4095, "dv": 0, "vth": NEVER, **registers})
    fed(lif, lif.a_in, given)
    return lif


def x1():
    last = [run(lif := driven([[64], [0]], du=du), 2, lambda: lif.u.get())[-1][0] for du in (1024, 0)]
    return {"lava": last}


def x2():
    lif = driven([[131072, 131328, -131072]], shape=(3,))
    return {"lava": run(lif, 1, lambda: lif.u.get())[0]}


def x3():
    lif = driven([[393344]])
    return {"lava": run(lif, 1, lambda: lif.u.get())[0]}


def x4():
    lif = driven([[32768]])
    return {"lava": run(lif, 1, lambda: lif.u.get())[0]}


def x5():
    lif = driven([[-100, 65536], [0, 65536]], shape=(2,))
    low, high = zip(*run(lif, 2, lambda: lif.v.get()))
    return {"lava": [low[0], high[1]]}


def x6():
    lif = driven([[0], [0]], bias_mant=3, bias_exp=2)
    return {"lava": first(run(lif, 2, lambda: lif.v.get()))}


def x7():
    lif = driven([[128]] * 6, vth=2)
    held = LIFRefractory(shape=(1,), du=1, dv=0, vth=2, refractory_period=1)
    fed(held, held.a_in, [[128]] * 6)
    return {
        "lava": first(run(lif, 6)),
        "lava (LIFRefractory, period 1)": first(run(held, 6, tag="floating_pt")),
    }


def x8():
    lif = driven([[2], [2]], vth=3)
    assert first(run(driven([[2], [2]], vth=3), 2)) == [0, 1]
    return {"lava": [run(lif, 2, lambda: lif.v.get())[-1][0]]}


def x9():
    lif = driven([[2]], vth=2)
    atrlif = ATRLIF(shape=(1,), delta_i=0, delta_v=0, delta_theta=0, delta_r=0, theta_0=2, theta_step=0)
    fed(atrlif, atrlif.a_in, [[2]])
    # A resonator spikes where the imaginary part leaves the negative numbers: a turn by a quarter, -2i becomes 2.
    rf = RF(shape=(1,), period=4, alpha=0, vth=2, state_exp=0, decay_bits=12)
    fed(rf, rf.a_imag_in, [[-2], [0]])
    zero = RFZero(shape=(1,), freqs=np.array([0.0]), decay_tau=np.array([1.0]), uth=2)
    fed(zero, zero.u_in, [[0], [2]])
    other = Source(data=np.array([[-1, 1]]))  # the other part leaves the negative numbers
    other.s_out.connect(zero.v_in)
    delta = Delta(shape=(1,), vth=2)
    fed(delta, delta.a_in, [[2]])
    return {
        "lava (LIF)": run(lif, 1)[0],
        "lava (ATRLIF)": run(atrlif, 1)[0],
        "lava (RF)": [sum(first(run(rf, 2)))],
        "lava (RFZero)": [int(any(first(run(zero, 2))))],
        "lava (Delta)": [int(run(delta, 1)[0][0] != 0)],
    }


def x10():
    count = dict(shape=(1,), du=4095, dv=0, vth=3, bias_mant=64)
    cleared = LIFReset(**count, reset_interval=4, reset_offset=1)
    lif = LIF(**count)
    reset = Reset(interval=4, offset=1)
    reset.connect_var(lif.v)

    def steps(process):
        return [t + 1 for t, s in enumerate(first(run(process, 15))) if s]

    return {"lava (LIFReset)": steps(cleared), "lava (Reset)": steps(lif)}


def arriving(synapses, given, steps: int = 2) -> list[int]:
    """What synapses hand on in the last step."""
    fed(synapses, synapses.s_in, given)
    return run(synapses, steps)[-1]


def x11():
    dense = Dense(weights=np.array([[-3], [-1], [1], [3], [5]]), sign_mode=SignMode.MIXED)
    return {"lava": arriving(dense, [[1], [0]])}


def x12():
    dense = Dense(weights=np.array([[1, 1]]), weight_exp=-1, sign_mode=SignMode.EXCITATORY)
    return {"lava": arriving(dense, [[1, 1], [0, 0]])}


def x13():
    dense = Dense(weights=np.array([[-256]]), weight_exp=7, sign_mode=SignMode.MIXED)
    lif = LIF(shape=(1,), du=4095, dv=0, vth=NEVER)
    dense.a_out.connect(lif.a_in)
    fed(dense, dense.s_in, [[1], [0]])
    return {"lava": run(lif, 2, lambda: lif.u.get())[-1]}


def x14():
    dense = Dense(weights=np.array([[-256]]), sign_mode=SignMode.INHIBITORY)
    return {"lava": arriving(dense, [[1], [0]])}


def x15():
    dense = DelayDense(weights=np.array([[4]]), delays=np.array([[63]]))
    fed(dense, dense.s_in, [[1]] + [[0]] * 65)
    return {"lava": [t for t, a in enumerate(first(run(dense, 66))) if a]}


def x16():
    found = {}
    for bits in (0, 8):
        ternary = TernaryLIF(shape=(1,), du=4095, dv=0, vth_hi=5, vth_lo=-5, bias_mant=-1000)
        dense = Dense(weights=np.array([[4]]), num_message_bits=bits)
        ternary.s_out.connect(dense.s_in)
        found[f"lava ({bits} message bits)"] = run(dense, 2)[-1]
    return found


def x17():
    neuron = SigmaDelta(shape=(1,), vth=0, state_exp=6)
    fed(neuron, neuron.a_in, [[100]] * 4)
    return {"lava": first(run(neuron, 4))}


def conv(kernel, **options) -> Conv:
    """A kernel [width][channels] over one row."""
    kernel = np.array(kernel)[None, :, None, :]
    return Conv(weight=kernel, **{"input_shape": (1, 1, kernel.shape[-1]), **options})


def x18():
    dense = Dense(weights=np.array([[3]]), weight_exp=2, sign_mode=SignMode.EXCITATORY)
    return {
        "lava (Dense)": arriving(dense, [[1], [0]]),
        "lava (Conv)": arriving(conv([[3]], weight_exp=2), [[1], [0]]),
    }


def x19():
    given, graded = [[1 << 22, 1 << 22], [0, 0]], dict(num_message_bits=24)
    dense = Dense(weights=np.array([[1, 1]]), sign_mode=SignMode.EXCITATORY, **graded)
    return {
        "lava (Dense)": arriving(dense, given),
        "lava (Conv)": arriving(conv([[1, 1]], **graded), given),
    }


def x20():
    turned = conv([[1], [2], [3]], input_shape=(3, 1, 1))
    return {"lava": arriving(turned, [[1, 0, 0], [0, 0, 0]])}


def x21():
    rf = RF(shape=(1,), period=1e9, alpha=0.5, vth=NEVER, state_exp=0, decay_bits=12)
    fed(rf, rf.a_real_in, [[-3], [0]])
    # e^(dt / tau) halves: tau = dt / ln 2.
    zero = RFZero(shape=(1,), freqs=np.array([0.0]), decay_tau=np.array([1e-3 / np.log(2)]), uth=NEVER)
    fed(zero, zero.u_in, [[-3], [0]])
    return {
        "lava (RF)": run(rf, 2, lambda: rf.real.get())[-1],
        "lava (RFZero)": run(zero, 2, lambda: zero.u.get())[-1],
    }


def x22():
    alpha = 1 - 2049.5 / 4096 * np.sqrt(2)  # an eighth of a turn, sine and cosine 2049
    rf = RF(shape=(1,), period=8, alpha=alpha, vth=NEVER, state_exp=0, decay_bits=12)
    assert np.ravel([rf.sin_decay.init, rf.cos_decay.init]).tolist() == [2049, 2049]
    fed(rf, rf.a_real_in, [[1], [0]])
    other = Source(data=np.array([[-1, 0]]))
    other.s_out.connect(rf.a_imag_in)
    return {"lava": run(rf, 2, lambda: rf.real.get())[-1]}


def x23():
    def current(delta_i):
        atrlif = ATRLIF(shape=(1,), delta_i=delta_i, delta_v=0, theta_0=NEVER)
        fed(atrlif, atrlif.a_in, [[128], [0]])
        return run(atrlif, 2, lambda: atrlif.i.get())[-1]

    return {"lava": current(1), "lava (delta_i 4095/4096)": current(4095 / 4096)}


def x31():
    sent = []
    for value in (4096, 16384, 0, 1 << 24):
        root = InvSqrt(shape=(1,))
        fed(root, root.a_in, [[value]])
        sent += first(run(root, 1))
    for fails in ([4096, 4096], [-5]):
        try:
            inv_sqrt(np.array(fails))
        except (TypeError, ValueError):
            continue
        raise AssertionError(f"Lava takes {fails}")
    return {"lava": sent}


def x32():
    delayed = NormVecDelay(shape=(1,))
    fed(delayed, delayed.a_in1, [[3], [5], [7], [11]])
    other = Source(data=np.ones((1, 4), int))
    other.s_out.connect(delayed.a_in2)
    return {"lava": first(run(delayed, 4))}


if __name__ == "__main__":
    found = {name: f() for name, f in sorted(globals().items()) if name[0] == "x" and name[1:].isdigit()}
    print(json.dumps({name.upper(): values for name, values in found.items()}))
