"""Anything given anywhere: what comes back is an rb.Error with a code and a place to go on, never another exception."""

import pathlib

import numpy as np
import pytest
import rheobase as rb
from nirfiles import write
from rheobase import compiler

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)

VALUES = [
    None,
    True,
    -1,
    2.5,
    float("nan"),
    10**30,
    complex(1, 2),
    "",
    "text",
    "x" * 500,
    "a\0b",
    "\udcff",
    b"bytes",
    memoryview(b"abc"),
    [],
    [1, "a"],
    [[1], [1, 2]],
    {},
    {"in": 3},
    object(),
    range(3),
    pathlib.Path("/proc/none/such"),
    pathlib.Path("/proc"),
    np.array(3),
    np.zeros(0),
    np.zeros((2, 5, 3)),
    np.array([None]),
    np.ma.masked_array([1, 2], [0, 1]),
]


def builder():
    b = rb.Builder(dt=1e-3)
    b.input("in", 2)
    b.lif("hidden", 3, tau=0.02)
    return b


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    path = write(tmp_path_factory.mktemp("net") / "net.nir")
    net = rb.load(path)
    image = rb.compile(net)
    x = np.ones((2, 5, 2), int)
    out = image.run(x)
    weights = np.ones((3, 2))
    kernel = np.ones((3, 2, 1, 1))
    return {
        "load": rb.load,
        "load dt": lambda v: rb.load(path, dt=v),
        "load reset": lambda v: rb.load(path, reset=v),
        "load as": lambda v: rb.load(path, as_=v),
        "from_nir": rb.from_nir,
        "float run": net.run,
        "float dtype": lambda v: net.run(x, dtype=v),
        "float probes": lambda v: net.run(x, probes=v),
        "float threads": lambda v: net.run(x, threads=v),
        "float progress": lambda v: net.run(x, progress=v),
        "run": image.run,
        "engine": lambda v: image.run(x, engine=v),
        "probes": lambda v: image.run(x, probes=v),
        "threads": lambda v: image.run(x, threads=v),
        "Image.load": rb.Image.load,
        "Image.from_bytes": rb.Image.from_bytes,
        "save": image.save,
        "stream": image.stream,
        "step": lambda v: image.stream().step(v),
        "stream spikes": lambda v: image.stream().spikes(v),
        "stream state": lambda v: setattr(image.stream(), "state", v),
        "compile": rb.compile,
        "export": lambda v: rb.export(v, "net", "out.net"),
        "export to": lambda v: rb.export(image, v, "out"),
        "export path": lambda v: rb.export(net, "nir", v),
        "chip": lambda v: rb.compile(net, chip=v),
        "profile": lambda v: rb.compile(net, profile=v),
        "calibrate": lambda v: rb.compile(net, calibrate=v),
        "quant": lambda v: rb.compile(net, quant=v),
        "weight_bits": lambda v: rb.compile(net, weight_bits=v),
        "dump_stages": lambda v: rb.compile(net, dump_stages=v),
        "from_stage": lambda v: compiler.run_compiler(net, from_stage=v),
        "to_stage": lambda v: compiler.run_compiler(net, to_stage=v),
        "check": rb.check,
        "check chip": lambda v: rb.check(net, chip=v),
        "check image": lambda v: rb.check(image, chip=v),
        "verify": lambda v: rb.verify(net, image, v),
        "verify y": lambda v: rb.verify(net, image, x, v),
        "verify net": lambda v: rb.verify(v, image, x),
        "ChipSpec.load": rb.ChipSpec.load,
        "encode": lambda v: rb.encode(v, "rate:5"),
        "encode how": lambda v: rb.encode(np.zeros((2, 2)), v),
        "encode first": lambda v: rb.encode(np.zeros((2, 2)), "rate:5", v),
        "Recording.load": rb.Recording.load,
        "Recording.save": out.save,
        "aligned": out.aligned,
        "first_difference": lambda v: rb.first_difference(out, v),
        "fails": lambda v: rb.verify(net, image, x).fails(v),
        "Builder dt": lambda v: rb.Builder(dt=v),
        "Builder name": lambda v: rb.Builder(name=v),
        "input": lambda v: rb.Builder().input("in", v),
        "input name": lambda v: rb.Builder().input(v, 2),
        "lif": lambda v: rb.Builder().lif("hidden", 2, tau=v),
        "connect": lambda v: builder().connect("in", "hidden", v),
        "connect from": lambda v: builder().connect(v, "hidden", weights),
        "connect bias": lambda v: builder().connect("in", "hidden", weights, bias=v),
        "connect delay": lambda v: builder().connect("in", "hidden", weights, delay=v),
        "connect name": lambda v: builder().connect("in", "hidden", weights, name=v),
        "convolve": lambda v: builder().convolve("in", "hidden", v),
        "convolve by": lambda v: builder().convolve("in", "hidden", kernel, stride=v, padding=v, dilation=v),
        "convolve in": lambda v: builder().convolve("in", "hidden", kernel, groups=v, transposed=v),
        "convolve delay": lambda v: builder().convolve("in", "hidden", kernel, bias=v, delay=v),
        "pool": lambda v: builder().pool("in", "hidden", v, stride=v),
        "output": lambda v: builder().output("out", v),
    }


def test_nothing_but_errors_of_ours(calls, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some values are good names of files
    refused = 0
    for name, call in calls.items():
        for value in VALUES:
            try:
                call(value)
            except rb.Error as error:
                refused += 1
                assert error.exit_status != 70, f"{name}({value!r}): {error}"
                assert error.code and error.diagnostics[0].message, f"{name}({str(value)[:50]})"
            except Exception as error:  # noqa: BLE001
                raise AssertionError(f"{name}({str(value)[:50]!r})") from error
    assert refused > 1000
