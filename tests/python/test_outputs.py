"""Nothing is half written: bad places, full disks and Ctrl-C leave no file, or the old one."""

import os
import resource
import signal

import numpy as np
import pytest
import rheobase as rb
from commandline import invoke, rheobase, start
from nirfiles import large, write
from rheobase import compiler
from rheobase.files import filling, replacing, write_bytes

if not compiler.available():
    pytest.skip("built without the compiler (RHEO_COMPILER=OFF)", allow_module_level=True)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with net.nir, net.rheo and x.npy, the working folder."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "net.nir")
    np.save("x.npy", np.random.default_rng(0).integers(0, 2, (64, 50, 2)))
    assert invoke("compile", "net.nir", "-o", "net.rheo").returncode == 0
    return tmp_path


COMMANDS = {
    "compile": ["compile", "net.nir", "-o", "OUT"],
    "compile to a stage": ["compile", "net.nir", "--to", "legal", "-o", "OUT"],
    "quant": ["quant", "net.nir", "-o", "OUT"],
    "run": ["run", "net.rheo", "--input", "x.npy", "-o", "OUT"],
    "float run": ["run", "net.nir", "--input", "x.npy", "-o", "OUT"],
    "verify": ["verify", "net.nir", "--data", "x.npy", "-o", "OUT"],
    "dump": ["compile", "net.nir", "-o", "new.rheo", "--dump-stages", "OUT"],
}


def put(command, out):
    return [out if part == "OUT" else part for part in COMMANDS[command]]


@pytest.mark.parametrize("command", COMMANDS)
def test_bad_places(here, command):
    before = sorted(os.listdir(here))
    folder = command in ("verify", "dump")
    for out, words in (
        ("none/deeper/out", "No such file"),
        ("x.npy/out", "Not a directory"),
        ("/proc/none/out", "No such file"),
        ("x.npy" if folder else ".", "not a folder" if folder else "is a directory"),
    ):
        if folder and out.startswith("none"):
            continue  # folders are made
        result = invoke(*put(command, out))
        assert result.returncode == 3, result.stderr
        errors = [line for line in result.stderr.splitlines() if " error R" in line]
        assert len(errors) == 1 and errors[0].startswith(
            f"{out}: error R0260: cannot be written"
        ), result.stderr
    assert sorted(os.listdir(here)) == before


def small_disk():
    """A disk that is full after 2000 bytes: writing on fails, the signal that comes with it is ignored."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


def test_a_folder_without_a_name_is_not_where_the_program_runs(here):
    before = sorted(os.listdir(here))
    with pytest.raises(rb.DataError, match="has no name"):
        rb.export(rb.Image.load("net.rheo"), "lava", "")
    assert sorted(os.listdir(here)) == before


@pytest.mark.parametrize("command", ["compile", "run", "verify", "dump"])
def test_a_full_disk_leaves_nothing(here, command):
    before = sorted(os.listdir(here))
    result = rheobase(*put(command, "out"), preexec_fn=small_disk)
    assert result.returncode == 3, result.stderr
    assert "error R0260" in result.stderr or "error R0501" in result.stderr
    assert "File too large" in result.stderr and "Traceback" not in result.stderr
    assert sorted(os.listdir(here)) == before


def test_an_old_file_survives_a_failure(here):
    write_bytes("old.rheo", b"old")
    assert invoke("compile", "net.nir", "-o", "old.rheo", "--chip", "loihi3").returncode == 3
    with pytest.raises(RuntimeError), replacing("old.rheo") as file:
        file.write(b"half")
        raise RuntimeError
    with pytest.raises(RuntimeError), filling("stages") as staging:
        (staging / "0.mlir").write_text("half")
        raise RuntimeError
    assert (here / "old.rheo").read_bytes() == b"old"
    assert sorted(os.listdir(here)) == ["net.nir", "net.rheo", "old.rheo", "x.npy"]


def test_what_is_read_is_not_overwritten(here):
    before = {name: (here / name).read_bytes() for name in os.listdir(here)}
    os.symlink("net.nir", "alias.nir")
    for arguments in (
        ["compile", "net.nir", "-o", "net.nir"],
        ["compile", "alias.nir", "-o", "net.nir"],
        ["quant", "net.nir", "-o", "alias.nir"],
        ["run", "net.rheo", "--input", "x.npy", "-o", "x.npy"],
        ["run", "net.rheo", "--input", "x.npy", "-o", "./net.rheo"],
    ):
        result = invoke(*arguments)
        assert result.returncode == 3 and "it would overwrite" in result.stderr
    assert {name: (here / name).read_bytes() for name in before} == before


def test_links_and_devices_are_written_through(here):
    os.symlink("real.rheo", "link.rheo")
    assert invoke("compile", "net.nir", "-o", "link.rheo").returncode == 0
    assert (
        os.path.islink("link.rheo") and (here / "real.rheo").read_bytes() == (here / "net.rheo").read_bytes()
    )
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_bytes("pipe", b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)


def test_modes_are_those_of_any_new_file(here):
    plain = here / "plain"
    plain.write_text("")
    assert (here / "net.rheo").stat().st_mode == plain.stat().st_mode
    os.chmod("net.rheo", 0o600)
    assert invoke("compile", "net.nir", "-o", "net.rheo").returncode == 0
    assert (here / "net.rheo").stat().st_mode & 0o777 == 0o600


LONG = {
    "compile": ["compile", "large.nir", "-o", "out.rheo", "-v"],
    "dump": ["compile", "large.nir", "-o", "out.rheo", "-v", "--dump-stages", "stages"],
    "run": ["run", "net.rheo", "--input", "long.npy", "-o", "out.npz", "-v", "--threads", "2"],
    "one long sample": ["run", "net.rheo", "--input", "long.npy", "-o", "out.npz", "-v", "--samples", "1"],
    "float run": ["run", "net.nir", "--input", "long.npy", "-o", "out.npz", "-v"],
    "verify": ["verify", "net.nir", "net.rheo", "--data", "long.npy", "-o", "report", "-v"],
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", LONG)
def test_an_interrupt_leaves_nothing(here, command, number):
    if "large.nir" in LONG[command]:
        large(here / "large.nir", 2000)
    else:
        np.save(
            "long.npy",
            np.ones((1, 4_000_000, 2) if "--samples" in LONG[command] else (40, 100_000, 2), np.uint8),
        )
    before = sorted(os.listdir(here))
    process = start(*LONG[command])
    for line in process.stderr:  # the file was read, the work begins
        if "assumed" in line:
            break
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 130, stderr
    assert stdout == "" and stderr.endswith("rheobase: interrupted\n") and "Traceback" not in stderr
    assert sorted(os.listdir(here)) == before


def test_a_raising_callback_ends_a_run(here):
    image = rb.Image.load("net.rheo")

    def stop(done, total):
        raise KeyboardInterrupt

    x = np.ones((200, 2000, 2), np.uint8)
    for run in (image.run, rb.load("net.nir").run):
        with pytest.raises(KeyboardInterrupt):
            run(x, progress=stop)
    calls = []
    image.run(x[:3], progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (3, 3)
