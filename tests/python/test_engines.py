"""Images run: engines, threads, concurrent calls and streams all give the same bits."""

import os
import signal
import sys
import threading

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke, rheobase
from rheobase import compiler
from test_commands import REACHING, REACHING_DATA

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)

ENGINES = ["golden", "vector", "jit", "auto"]


@pytest.fixture(scope="module")
def image():
    return rb.compile(rb.load(REACHING))


@pytest.fixture(scope="module")
def x():
    with np.load(REACHING_DATA) as data:
        return data["x"][:6, :80]


@pytest.fixture(scope="module")
def golden(image, x):
    return image.run(x, engine="golden", probes=image.probes(), threads=1)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("threads", [1, 2, None])
def test_engines_and_threads(image, x, golden, engine, threads):
    out = image.run(x, engine=engine, probes=image.probes(), threads=threads)
    assert out.series().keys() == golden.series().keys()
    assert rb.first_difference(golden, out) is None
    assert all(array.dtype == np.int32 for array in out.series().values())


def test_two_callers_at_once(image, x, golden):
    outs = {}

    def call(name):
        outs[name] = [image.run(x, engine=name, probes=image.probes(), threads=2) for _ in range(3)]

    callers = [threading.Thread(target=call, args=(name,)) for name in ("golden", "vector")]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert all(rb.first_difference(golden, out) is None for name in outs for out in outs[name])
    assert len(outs) == 2


def test_other_threads_run_while_an_image_does(image):
    """Nothing is switched by time here: the other thread counts only when the run itself has left it the GIL."""
    x = np.zeros((1, 20_000, 40), np.uint8)
    run = image.engine("golden").run
    counted, begun, ended = [0], threading.Event(), threading.Event()

    def count():
        with open(os.devnull, "wb", buffering=0) as nothing:
            while not ended.is_set():
                nothing.write(b".")  # leaves the GIL for a moment
                counted[0] += 1
                begun.set()

    other = threading.Thread(target=count)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        other.start()
        begun.wait()
        before = counted[0]
        run([x], probes=[], spikes=False, hidden=False, threads=1, progress=None)
        after = counted[0]
    finally:
        sys.setswitchinterval(interval)
        ended.set()
        other.join()
    assert after > before


@pytest.mark.parametrize("side", ["image", "network"])
def test_an_interrupt_ends_a_run_before_its_end(image, side):
    """A run that was not interrupted would report its last sample before the exception is raised."""
    begun, calls = threading.Event(), []

    def interrupt():
        begun.wait()
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    sender = threading.Thread(target=interrupt)
    sender.start()
    x = np.zeros((40, 20_000, 40), np.uint8)
    more = dict(spikes=False, threads=1, progress=lambda done, total: calls.append((done, total)))
    with pytest.raises(KeyboardInterrupt):
        begun.set()
        if side == "image":
            image.run(x, engine="golden", **more)
        else:
            rb.load(REACHING).run(x, **more)
    sender.join()
    assert (40, 40) not in calls


def test_compilation_and_bytes_do_not_depend_on_threads(image):
    net = rb.load(REACHING)
    images = [None, None]

    def work(k):
        images[k] = rb.compile(net).to_bytes()

    workers = [threading.Thread(target=work, args=(k,)) for k in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert images == [image.to_bytes()] * 2


@pytest.mark.parametrize("engine", ["golden", "vector", "jit"])
def test_a_stream_gives_what_a_run_gives(image, x, golden, engine):
    s = image.stream(engine=engine)
    for t, row in enumerate(x[0]):
        assert np.array_equal(s.step(row), golden.output[0, t])
        assert np.array_equal(s.spikes("hidden"), golden.spikes["hidden"][0, t])
    assert np.array_equal(s.state["states"]["hidden.v"], golden.states["hidden.v"][0, len(x[0]) - 1])
    s.reset()
    assert np.array_equal(s.step(x[0][0]), golden.output[0, 0])


@pytest.mark.parametrize("first, second", [("golden", "vector"), ("vector", "jit"), ("jit", "golden")])
def test_a_saved_state_goes_on_in_another_engine(image, x, golden, first, second):
    a, b = image.stream(first), image.stream(second)
    for row in x[1][:40]:
        a.step(row)
    saved = a.state
    for row in x[2][:7]:
        b.step(row)  # whatever was there is forgotten
    for side in (a, b):
        side.state = saved
        for t in range(40, 80):
            assert np.array_equal(side.step(x[1][t]), golden.output[1, t])


def test_saved_states_that_do_not_fit(image, x):
    s = image.stream()
    s.step(x[0][0])
    saved = s.state
    short = {**saved["states"], "hidden.v": np.zeros(3, np.int32)}
    wide = {**saved["states"], "hidden.v": np.full(128, 1 << 40)}
    real = {**saved["states"], "hidden.v": np.zeros(128)}
    missing = {k: v for k, v in saved["states"].items() if k != "hidden.v"}
    for wrong in (
        None,
        {},
        saved["states"],
        {"states": saved["states"], "under_way": b"text"},
        *(
            {"states": states, "under_way": saved["under_way"]}
            for states in (short, wide, real, missing, {}, 3)
        ),
    ):
        with pytest.raises(rb.DataError) as caught:
            s.state = wrong
        assert caught.value.code == "R0605"
    again = s.state
    assert all(np.array_equal(saved["states"][k], again["states"][k]) for k in saved["states"])


def test_a_stream_refuses_what_is_no_step(image):
    s = image.stream()
    for wrong, words in (
        (np.zeros((3, 40), int), "one step at a time"),
        (np.zeros(39, int), "shape"),
        (np.full(40, 2), "0 or 1"),
        ([[1], [1, 2]], "rectangular"),
        (None, "not real numbers"),
    ):
        with pytest.raises(rb.DataError, match=words):
            s.step(wrong)
    with pytest.raises(rb.OptionError, match="did you mean 'hidden'"):
        s.spikes("hiden")


def test_the_jit_is_absent_without_its_library(image, tmp_path):
    image.save(tmp_path / "r.rheo")
    environment = {**os.environ, "RHEOBASE_JIT_FOLDER": str(tmp_path)}
    arguments = ["--input", REACHING_DATA, "--samples", 1, "-o", tmp_path / "o.npz"]
    result = rheobase("run", tmp_path / "r.rheo", *arguments, "--engine", "jit", env=environment)
    assert result.returncode == 3 and "error R0621: the jit engine is not available" in result.stderr
    doctor = rheobase("doctor", env=environment)
    assert doctor.returncode == 0 and "absent  engine jit" in doctor.stdout


def test_run_on_the_command_line(image, tmp_path):
    image.save(tmp_path / "r.rheo")
    outs = []
    for engine in ENGINES:
        out = tmp_path / f"{engine}.npz"
        arguments = [
            "--input",
            REACHING_DATA,
            "--samples",
            2,
            "-o",
            out,
            "--engine",
            engine,
            "--probe",
            "hidden.v",
        ]
        result = invoke("run", tmp_path / "r.rheo", *arguments, "--probe", "velocity.v")
        assert result.returncode == 0, result.stderr
        outs.append(rb.Recording.load(out))
    assert all(rb.first_difference(outs[0], out) is None for out in outs)
    assert set(outs[0].states) == {"hidden.v", "velocity.v"}
    assert outs[0].lag["hidden"] == 1 and np.all(outs[0].scale["hidden.v"] > 0)
    assert outs[0].aligned("output").shape == (2, 320, 2)
