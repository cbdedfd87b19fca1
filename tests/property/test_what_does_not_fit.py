"""Numbers and wirings that no register and no core holds: held by another scale, or refused with the one true cause."""

import numpy as np
import pytest
import rheobase as rb


def test_e2_a_reset_far_below_keeps_its_value():
    b = rb.Builder(dt=1e-3)
    b.input("in", 1)
    b.integrate_and_fire("far", 1, v_threshold=1.0, v_reset=-1000.0)
    b.connect("in", "far", [[2.0]])
    net = b.build()
    x = np.ones((4, 1), int)
    out = rb.compile(net).run(x, probes=["far.v"])
    assert np.array_equal(
        out.aligned("far.v") / out.scale["far.v"], net.run(x, probes=["far.v"]).states["far.v"]
    )


def scaled(net: rb.Network, factor: float, *fields: str) -> list:
    """The errors after every scale was multiplied and the registers named were left to be chosen anew."""
    settings = rb.quantization(net)
    for population in settings["populations"].values():
        population["scale_v"] *= factor
        for field in fields:
            del population[field]
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(net, quant=settings)
    return [(d.code, d.where) for d in refused.value.diagnostics if d.severity == "error"]


def test_n9_a_threshold_too_large_is_the_only_complaint():
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.integrate_and_fire("a", 2)
    b.connect("in", "a", np.eye(2))
    assert scaled(b.build(), 100, "vth") == [("R0304", "a")]


def test_e2_a_reset_too_far_is_refused():
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.integrate_and_fire("a", 2, v_reset=-50.0)
    b.connect("in", "a", np.eye(2))
    assert scaled(b.build(), 10, "vth", "reset_value", "reset_mode") == [("R0321", "a")]


def test_f4_f10_an_output_that_sums_populations_is_refused():
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    for name in ("left", "right"):
        b.integrate_and_fire(name, 2)
        b.connect("in", name, 2 * np.eye(2))
    b.output("out", "left")
    b.connect("right", "out")
    net = b.build()
    assert net.run(np.ones((1, 2))).output.tolist() == [[2, 2]]
    with pytest.raises(rb.CompileError) as refused:
        rb.compile(net)
    assert [(d.code, d.where) for d in refused.value.diagnostics] == [("R0701", "out")]


def extreme(rng: np.random.Generator) -> tuple[rb.Network, dict]:
    """Neurons whose parameters, and a scale, lie anywhere that a float can."""

    def anywhere() -> float:
        return float(10.0 ** rng.uniform(*((-300, 300) if rng.random() < 0.4 else (-3, 3))))

    def signed() -> float:
        return float(rng.choice([-1, 1])) * anywhere()

    b = rb.Builder(
        dt=float(10.0 ** rng.uniform(-6, 0)), reset=str(rng.choice(["zero", "v_reset", "subtract"]))
    )
    b.input("in", 3)
    shared = dict(r=signed(), v_leak=signed(), v_threshold=signed(), v_reset=signed())
    if rng.random() < 0.5:
        b.lif("a", 2, tau=anywhere(), **shared)
    else:
        b.cuba_lif("a", 2, tau_syn=anywhere(), tau_mem=anywhere(), w_in=signed(), **shared)
    b.connect("in", "a", rng.normal(size=(2, 3)) * signed(), bias=np.array([signed(), 0]))
    scale = {"a": {"scale_v": float(10.0 ** rng.uniform(-14, 14))}}
    return b.build(), {"schema": "rheobase.quantization/1", "populations": scale}


@pytest.mark.parametrize("seed", range(60))
def test_whatever_fits_nowhere_is_refused_by_a_rule(seed):
    """Quantization goes on behind its first error: with numbers, however far off they are."""
    rng = np.random.default_rng(seed)
    net, settings = extreme(rng)
    for quant in (None, settings):
        errors = [
            d
            for d in rb.check(net, str(rng.choice(["loihi2", "tiny"])), quant=quant)
            if d.severity == "error"
        ]
        assert all(d.rule and d.remedy for d in errors)
        assert len({(d.where, d.message) for d in errors}) == len(errors)
