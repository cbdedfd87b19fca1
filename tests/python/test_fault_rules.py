"""Chapter B of ir/SPEC.md by hand: what each fault does to two small exact networks, number by number."""

from collections import Counter

import numpy as np
import pytest
import rheobase as rb
from rheobase import compiler

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)

from rheobase.robustness import plan as plans
from rheobase.robustness import runner as runners
from rheobase.robustness.checkpoint import Tally
from rheobase.robustness.intervals import clopper_pearson, confidence_of_look

STEPS, LAG = 8, 2
RUN = STEPS + LAG
FIRST, SECOND = np.array([[6, 0], [2, 4]]), np.array([[10, -4], [0, 20]])
ALIGN = 64  # SPEC N2


@pytest.fixture(scope="module")
def image():
    """2 inputs -> 2 neurons that fire above 10 -> 2 sums, which answer."""
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.exact("fire", 2, model="integrate_and_fire", threshold=ALIGN * 10)
    b.exact("sum", 2, model="integrator")
    b.connect("in", "fire", FIRST.astype(float))
    b.connect("fire", "sum", SECOND.astype(float))
    b.output("out", "sum")
    return rb.compile(b.build())


@pytest.fixture(scope="module")
def x():
    """[1, STEPS, 2]: the first channel always, the second once."""
    data = np.zeros((1, STEPS, 2), int)
    data[0, :, 0] = 1
    data[0, 2, 1] = 1
    return data


def fire(channels, first=FIRST):
    """Spikes [RUN, 2] of the neurons; channels: [RUN, 2]."""
    v, spikes = np.zeros(2, int), np.zeros((RUN, 2), int)
    for t in range(1, RUN):
        v = v + ALIGN * first @ channels[t - 1]
        spikes[t] = v > ALIGN * 10
        v[spikes[t] != 0] = 0
    return spikes


def sums(messages, second=SECOND):
    """The sums [RUN, 2]; messages: [RUN, 2]."""
    arriving = np.vstack([np.zeros((1, 2), int), messages[:-1]])
    return ALIGN * np.cumsum(arriving @ second.T, 0)


def padded(x):
    return np.vstack([x[0], np.zeros((LAG, 2), int)])


def faulty(image, fault, x):
    """(spikes of 'fire', sums [RUN, 2]) with a fault; the intact run is what the rules say."""
    found = rb.replay(image, fault, x, sample=0)
    intact = fire(padded(x))
    assert np.array_equal(found.spikes["fire"][0], intact) and intact.sum() > 4
    assert np.array_equal(found.outputs["out"][0], sums(intact))
    return found.spikes["fire"][1], found.outputs["out"][1]


def core_of(image, *kinds, **more):
    return plans.open_core(
        image, list(kinds), plans.Plan("", "", [], samples=1, steps=STEPS, output=0, **more)
    )


def places(core, kind=None):
    """{name: stratum} of every fault."""
    return {
        core.fault_name(k, site): stratum
        for k, stratum in enumerate(core.strata())
        for site in range(stratum["sites"])
        if kind in (None, stratum["kind"])
    }


def whole_bits(value, width=24):
    return (value + (1 << width - 1)) % (1 << width) - (1 << width - 1)


@pytest.mark.parametrize("how", ["flip", "stuck-0", "stuck-1"])
def test_b2_a_stored_bit_reads_otherwise(image, x, how):
    """Of three weights of 8 bits, in whatever order they are stored."""
    intact = fire(padded(x))
    found = Counter(
        faulty(image, name, x)[1].tobytes()
        for name, stratum in places(core_of(image, f"weight-{how}")).items()
        if stratum["node"] == "fire -> sum"
    )
    wanted = Counter()
    for place in zip(*np.nonzero(SECOND)):
        ones = int(SECOND[place]) // 2 % 256  # mixed, 8 bits: SPEC W3
        for one in (1 << bit for bit in range(8)):
            second = SECOND.copy()
            second[place] = 2 * whole_bits(
                {"flip": ones ^ one, "stuck-0": ones & ~one}.get(how, ones | one), 8
            )
            wanted[sums(intact, second).astype(np.int32).tobytes()] += 1
    assert found == wanted and len(found) > 3


def test_b2_words_that_mean_nothing_are_undefined(image, x):
    core = core_of(image, "format-flip")
    found = [rb.replay(image, name, x, sample=0) for name in places(core)]
    undefined = [f for f in found if f.damage == "undefined"]
    assert 0 < len(undefined) < len(found) and all(f.undefined for f in undefined)


def test_b3_every_bit_of_a_weight_is_a_place(image):
    weights = [s for s in core_of(image, "weight-flip").strata()]
    assert {(s["node"], s["bit"], s["sites"]) for s in weights} == {
        (node, bit, 3) for node in ("in -> fire", "fire -> sum") for bit in range(8)
    }


@pytest.mark.parametrize("bit", [0, 5, 11, 22, 23])
@pytest.mark.parametrize("step", [0, 4, RUN - 1])
def test_b4_a_bit_of_a_state_inverts_once_or_stays(image, x, bit, step):
    place = f"population=sum,neuron=0,state=v,step={step},bit={bit}"
    arriving = np.diff(sums(fire(padded(x)))[:, 0], prepend=0)
    for how in ("flip", "stuck-0", "stuck-1"):
        v, wanted = 0, []
        for t in range(RUN):
            v = int(np.clip(v + arriving[t], -(2**23 - 1), 2**23 - 1))  # SPEC N7
            if how == "flip" and t == step:
                v = whole_bits(v % 2**24 ^ 1 << bit)
            elif how != "flip" and t >= step:
                v = whole_bits(v % 2**24 & ~(1 << bit) | (how == "stuck-1") << bit)
            wanted.append(v)
        spikes, found = faulty(image, f"state-{how}@{place}", x)
        assert found[:, 0].tolist() == wanted
        assert np.array_equal(spikes, fire(padded(x)))


def test_b4_a_spike_is_sent_before_its_state_is_hit(image, x):
    spikes = fire(padded(x))
    step = int(np.argmax(spikes[:, 0]))
    found, _ = faulty(image, f"state-stuck-1@population=fire,neuron=0,state=v,step={step},bit=23", x)
    assert found[step, 0] == 1 and not found[step + 1 :, 0].any()  # v is negative from then on
    program = rb.Builder(dt=1e-3)
    program.input("in", 1)
    program.exact("n", 1, model="sigma")
    program.connect("in", "n", np.ones((1, 1)))
    program.output("out", "n")
    widths = {
        s["node"]: s["sites"]
        for im in (image, rb.compile(program.build()))
        for s in core_of(im, "state-flip").strata()
    }
    assert widths["sum.v"] == 2 * RUN * 24 and widths["n.sigma"] == (STEPS + 1) * 32


def test_b5_dead_and_firing(image, x):
    for neuron in range(2):
        messages = fire(padded(x))
        messages[:, neuron] = 0
        spikes, out = faulty(image, f"neuron-dead@population=fire,neuron={neuron}", x)
        assert np.array_equal(spikes, messages) and np.array_equal(out, sums(messages))
        messages[:, neuron] = 1
        spikes, out = faulty(image, f"neuron-firing@population=fire,neuron={neuron}", x)
        assert np.array_equal(spikes, messages) and np.array_equal(out, sums(messages))
    _, out = faulty(image, "neuron-dead@population=sum,neuron=0", x)
    assert not out[:, 0].any() and out[:, 1].any()
    with pytest.raises(rb.Error) as caught:
        core_of(only_sums(), "neuron-firing")
    assert caught.value.code == "R0804"
    cores = places(core_of(image, "core-firing"))
    for name in cores:
        spikes, out = faulty(image, name, x)
        assert spikes.all() and np.array_equal(out, sums(np.ones((RUN, 2), int)))
    for name in places(core_of(image, "core-dead")):
        assert not any(side.any() for side in faulty(image, name, x))
    assert len(cores) == 1


def only_sums():
    b = rb.Builder(dt=1e-3)
    b.input("in", 1)
    b.exact("sum", 1, model="integrator")
    b.connect("in", "sum", np.full((1, 1), 2.0))
    b.output("out", "sum")
    return rb.compile(b.build())


def test_b6_channels(image, x):
    for channel in range(2):
        for kind, value in (("dead", 0), ("firing", 1)):
            channels = padded(x)
            channels[:STEPS, channel] = value
            spikes, out = faulty(image, f"channel-{kind}@input=in,channel={channel}", x)
            assert np.array_equal(spikes, fire(channels)) and np.array_equal(out, sums(fire(channels)))


def test_b7_messages(image, x):
    intact = fire(padded(x))
    for step, neuron in np.argwhere(intact):
        place = f"population=fire,neuron={neuron},step={step}"
        for kind, times, later in (("lost", 0, 0), ("doubled", 2, 0), ("late", 1, 1), ("late:3", 1, 3)):
            messages = np.vstack([intact, np.zeros((3, 2), int)])
            messages[step, neuron] -= 1
            messages[step + later, neuron] += times
            spikes, out = faulty(image, f"spike-{kind}@{place}", x)
            assert np.array_equal(spikes, intact) and np.array_equal(out, sums(messages[:RUN]))
    for kind in ("lost", "doubled", "late"):
        with pytest.raises(rb.OptionError, match="R0803.*sends nothing in step 0"):
            rb.replay(image, f"spike-{kind}@population=fire,neuron=0,step=0", x, sample=0)
    drawn = rb.robust(image, x, faults="spike-lost").data["strata"][0]
    assert drawn["sites"] == 2 * RUN and drawn["pairs"] == intact.sum()


def test_b8_a_message_that_goes_astray_takes_the_next_axon(image, x):
    """The core has four axons, one for each channel and neuron, the channels' and the neurons' side by side: after neuron 0
    comes neuron 1, and after that, or from the first again, channel 0."""
    intact = fire(padded(x))
    step = int(np.argmax(intact[:, 0]))
    _, out = faulty(image, f"spike-misdelivered@population=fire,neuron=0,step={step}", x)
    messages = intact.copy()
    messages[step] += [-1, 1]
    assert np.array_equal(out, sums(messages))
    step = int(np.argmax(intact[:, 1]))
    spikes, out = faulty(image, f"spike-misdelivered@population=fire,neuron=1,step={step}", x)
    channels = padded(x)
    channels[step, 0] += 1
    messages = fire(channels)
    assert np.array_equal(spikes, messages) and not np.array_equal(spikes, intact)
    messages[step, 1] -= 1
    assert np.array_equal(out, sums(messages))


def test_b3_names_say_places_that_such_a_fault_can_hit(image, x):
    for name, why in (
        ("weight-flip@core=0,memory=axon,word=0,bit=0", "holds nothing that 'weight-flip' hits"),
        ("weight-flip@core=0,memory=synapse,word=99999,bit=0", "word 99999 of"),
        (f"state-flip@population=fire,neuron=0,state=v,step={RUN},bit=0", f"step {RUN} of {RUN}"),
        (f"spike-lost@population=fire,neuron=0,step={RUN}", f"step {RUN} of {RUN}"),
        ("core-dead@core=0,core=0", "'core' is said twice"),
        ("neuron-firing@population=sum,neuron=0", "the neurons of 'sum' send nothing"),
        ("spike-lost@population=sum,neuron=0,step=0", "the neurons of 'sum' send nothing"),
    ):
        with pytest.raises(rb.OptionError, match=f"R0803.*{why}"):
            rb.replay(image, name, x)


def test_b14_weights_of_devices_stay_whole_and_within_twice_the_largest(image, x):
    """Deviations so large that they are bounded; what the sums gain in a step is a weight of it."""
    seen = set()
    for instance in range(40):
        spikes, out = faulty(image, f"weight-mismatch:1@instance={instance}", x)
        gained = np.diff(out, axis=0)[:, 1]
        alone = spikes[:-1, 1] != 0
        weights = gained[alone] // ALIGN
        assert np.array_equal(gained[alone], weights * ALIGN) and len(set(weights.tolist())) <= 1
        seen |= set(weights.tolist())
    assert len(seen) > 10 and max(seen) <= 40 and any(w % 2 for w in seen)


def test_b16_the_raster_over_all_steps_outputs_in_their_own(image, x):
    def damage(fault, of=image, data=x):
        return rb.replay(of, fault, data, sample=0).damage

    neuron = "population=fire,neuron=1,state=v"
    assert damage(f"state-flip@{neuron},step={RUN - 2},bit=22") == "raster"  # a spike that arrives too late
    assert damage(f"state-flip@{neuron},step={RUN - 1},bit=22") == "none"  # a state that nobody sees
    assert damage("state-flip@population=sum,neuron=0,state=v,step=4,bit=0") == "output"  # no spike differs
    assert damage("state-stuck-1@population=sum,neuron=0,state=v,step=4,bit=23") == "decision"
    b = rb.Builder(dt=1e-3)
    b.input("in", 1)
    b.exact("now", 1, model="li", decay_v=4096)  # keeps nothing
    b.connect("in", "now", np.full((1, 1), 2.0))
    b.output("out", "now")
    now, data = rb.compile(b.build()), np.ones((1, 3, 1), int)
    seen = [damage(f"state-flip@population=now,neuron=0,state=v,step={t},bit=0", now, data) for t in range(4)]
    assert seen == ["none", "output", "output", "output"]  # its lag is 1


def test_b17_the_answer_is_the_first_of_the_largest_or_all_values(image, x):
    none = np.zeros_like(x)
    assert rb.replay(image, "neuron-dead@population=fire,neuron=0", none, sample=0).answers == (0, 0)
    place = "population=sum,neuron=1,state=v,step=0,bit=6"  # 64 more in each of the STEPS steps from LAG on
    fault = f"state-flip@{place}"
    assert rb.replay(image, fault, none, sample=0).answers == (0, 1)
    scale = (
        image.scale["sum.v"][1]
        if np.size(image.scale["sum.v"]) > 1
        else float(np.ravel(image.scale["sum.v"])[0])
    )
    off = 64 / scale
    assert rb.replay(image, fault, none, sample=0, tolerance=off * 1.001).damage == "output"
    assert rb.replay(image, fault, none, sample=0, tolerance=off).damage == "output"
    assert rb.replay(image, fault, none, sample=0, tolerance=off * 0.999).damage == "decision"
    # Distances do not cancel: up in one half, down in the other, is as far off as up in both.
    half = LAG + STEPS // 2 - 1
    stuck = f"state-stuck-1@population=sum,neuron=1,state=v,step={half + 1},bit=23"
    found = rb.replay(image, stuck, none, sample=0)
    distance = np.abs(found.outputs["out"][1] - found.outputs["out"][0])[LAG:, 1].sum() / STEPS / scale
    assert rb.replay(image, stuck, none, sample=0, tolerance=distance * 0.999).damage == "decision"
    assert rb.replay(image, stuck, none, sample=0, tolerance=distance * 1.001).damage == "output"


def test_b18_a_place_is_counted_whether_it_changes_anything_or_not(image, x):
    for kind, sites in (
        ("weight-stuck-0", 48),
        ("neuron-dead", 4),
        ("channel-dead", 2),
        ("spike-late", 2 * RUN),
    ):
        assert sum(s["sites"] for s in core_of(image, kind).strata()) == sites
    both = core_of(image, "weight-flip", "message-loss", "core-dead", "state-flip", instances=7).strata()
    keys = [(s["kind"], s["node"], s["bit"]) for s in both]
    assert keys[:16] == [("weight-flip", n, b) for n in ("fire -> sum", "in -> fire") for b in range(8)]
    assert keys[16:] == [
        ("message-loss", "all messages", -1),
        ("core-dead", "all cores", -1),
        ("state-flip", "fire.v", -1),
        ("state-flip", "sum.v", -1),
    ]
    assert both[16]["sites"] == 7


def test_b20_every_fault_on_every_sample(image, x):
    data = np.concatenate([x, 1 - x, 0 * x])
    found = rb.robust(image, data, faults=["weight-stuck-1", "spike-lost", "message-loss"], instances=5)
    by_kind = {}
    for s in found.data["strata"]:
        by_kind.setdefault(s["kind"], []).append(s)
    assert all(s["mode"] == "exhaustive" and s["pairs"] == 3 * s["sites"] for s in by_kind["weight-stuck-1"])
    (lost,) = by_kind["spike-lost"]
    sent = sum(int(fire(padded(one[None])).sum()) for one in data)
    assert lost["mode"] == "exhaustive" and lost["pairs"] == sent
    assert [s["mode"] for s in by_kind["message-loss"]] == ["drawn"]  # random, however few
    with pytest.raises(rb.OptionError, match="random"):
        rb.robust(image, data, faults=["message-loss"], exhaustive=["message-loss"], instances=5)


def test_b21_looks_and_the_error_that_each_spends():
    """Half of what is left at each look; the last one after 4,096,000 draws."""
    plan = plans.Plan("", "", [], width=1e-9)
    runner = type("Runner", (), {"plan": plan, "forecast": type("F", (), {"looked": lambda *a: None})()})()
    tally = Tally()
    runner.state = type("State", (), {"tallies": [tally]})()
    drawn = []
    while not tally.settled:
        tally.counts[0] = plan.wanted(tally.looks)
        drawn.append(int(tally.counts[0]))
        runners.Runner._look(runner, 0)
    assert drawn == [500 << k for k in range(14)] and drawn[-1] == 4_096_000
    assert [1 - confidence_of_look(k) for k in range(3)] == pytest.approx([0.025, 0.0125, 0.00625])
    low, high = clopper_pearson(3, 10, confidence_of_look(0))
    terms = [np.prod([(10 - i) / (i + 1) for i in range(m)]) for m in range(11)]

    def at_most(m, p):
        return sum(terms[i] * p**i * (1 - p) ** (10 - i) for i in range(m + 1))

    assert at_most(3, high) == pytest.approx(0.0125) and 1 - at_most(2, low) == pytest.approx(0.0125)
