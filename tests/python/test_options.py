"""What all commands share: common options, help, nearest names, exit statuses, errors as JSON."""

import json
import os
import subprocess
import sys

import pytest
from commandline import invoke, rheobase
from nirfiles import write

COMMANDS = [
    "show",
    "compile",
    "quant",
    "check",
    "run",
    "verify",
    "sweep",
    "robust",
    "replay",
    "diff",
    "conventions",
    "export",
    "inspect",
    "partition",
    "chips",
    "explain",
    "doctor",
]


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    return write(tmp_path_factory.mktemp("nets") / "net.nir")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command):
    result = invoke(command, "--help")
    assert result.returncode == 0
    assert f"rheobase {command}" in result.stdout.split("Examples:")[1]
    for option in ("--json", "-q, --quiet", "-v, --verbose", "--color", "--threads", "--seed"):
        assert option in result.stdout


def test_help_lists_commands_and_exit_statuses():
    text = invoke("--help").stdout
    commands, statuses = text.split("Commands:")[1].split("Exit status:")
    assert sorted(line.split()[0] for line in commands.splitlines() if line.strip()) == sorted(COMMANDS)
    found = [int(line.split()[0]) for line in statuses.splitlines() if line.strip()]
    assert found == [0, 1, 2, 3, 4, 70, 130]


@pytest.mark.parametrize("side", ["before", "after"])
def test_common_options_stand_before_or_after_the_command(net, tmp_path, side):
    def run(options, *command):
        return invoke(*options, *command) if side == "before" else invoke(*command, *options)

    assert json.loads(run(["--json"], "show", net).stdout)["schema"] == "rheobase.network/1"
    out = tmp_path / "net.rheo"
    quiet = run(["-q", "--threads", 1, "--color", "never", "--seed", 3], "compile", net, "-o", out)
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    loud = run(["-v"], "compile", net, "-o", out)
    assert "note: assumed discretization" in loud.stderr and "compiling: " in loud.stderr
    assert "note: assumed discretization" not in run([], "compile", net, "-o", out).stderr
    colored = run(["--color", "always"], "compile", net, "-o", out).stderr
    assert "\x1b[" in colored and "\x1b[" not in run(["--color", "auto"], "compile", net, "-o", out).stderr


@pytest.mark.parametrize("command", ["explain", "doctor", "chips"])
def test_json_is_one_document(command):
    document = json.loads(invoke(command, "--json").stdout)
    assert document["schema"].startswith("rheobase.")


def test_seed_is_that_of_an_encoding_without_one(tmp_path):
    import numpy as np

    net = write(tmp_path / "net.nir")
    np.save(tmp_path / "grey.npy", np.arange(0, 200, 2).reshape(50, 2))
    outs = {}
    for name, options in {
        "plain": ["--encode", "rate:9"],
        "zero": ["--encode", "rate:9,0", "--seed", 5],
        "five": ["--encode", "rate:9,5"],
        "seed": ["--encode", "rate:9", "--seed", 5],
    }.items():
        out = tmp_path / f"{name}.npz"
        assert invoke("run", net, "--input", tmp_path / "grey.npy", "-o", out, *options).returncode == 0
        outs[name] = out
    assert invoke("diff", outs["plain"], outs["zero"]).returncode == 0
    assert invoke("diff", outs["five"], outs["seed"]).returncode == 0
    assert invoke("diff", outs["zero"], outs["five"]).returncode == 1


@pytest.mark.parametrize(
    "arguments, status, words",
    [
        ([], 2, "Commands:"),
        (["compil"], 2, "did you mean 'compile'?"),
        (["perturb", "net.nir"], 2, "there is no command 'perturb' in this version"),
        (["show"], 2, "missing argument 'NET'"),
        (["show", "a", "b"], 2, "unexpected extra argument"),
        (["compile", "NET"], 2, "missing option '-o' / '--output'"),
        (["compile", "NET", "-o", "x", "--chpi", "tiny"], 2, "did you mean '--chip'"),
        (["check", "NET", "--fix"], 2, "--fix and -o FILE belong together"),
        (["compile", "NET", "-o"], 2, "requires an argument"),
        (["compile", "NET", "-o", "x", "--encode", "rate:5"], 2, "--encode belongs to --calibrate"),
        (["run", "NET", "--input", "x.npz", "-o", "x", "--engine", "jit"], 2, "belongs to images"),
        (["diff", "NET"], 2, "one thing alone"),
        (["diff", "NET", "NET"], 2, "give --input DATA"),
        (
            ["compile", "NET", "-o", "x", "--chip", "loihi3"],
            3,
            "did you mean 'loihi1', 'loihi2' or 'loihi64'",
        ),
        (["compile", "NET", "-o", "x", "--profile", "lvaa"], 3, "there is no arithmetic profile 'lvaa'"),
        (["compile", "NET", "-o", "x", "--to", "lgeal"], 3, "there is no stage 'lgeal'"),
        (["compile", "NET", "-o", "x", "--weight-bits", "10"], 3, "--weight-bits"),
        (["show", "NET", "--dt", "soon"], 3, "invalid value for '--dt'"),
        (["show", "NET", "--dt", "-1"], 3, "dt cannot be -1.0"),
        (["show", "NET", "--dt", "nan"], 3, "dt cannot be nan"),
        (["show", "NET", "--reset", "sometimes"], 3, "reset cannot be 'sometimes'"),
        (["show", "NET", "--as", "nosre"], 3, "no set of conventions is called 'nosre'"),
        (["show", "NET", "--threads", "0"], 3, "--threads"),
        (["show", "NET", "--seed", "-1"], 3, "--seed"),
        (["show", "NET", "--color", "pink"], 3, "auto, always, never"),
        (["run", "NET", "--input", "x.npz", "-o", "x", "--samples", "0"], 3, "--samples"),
        (["explain", "R0699x"], 3, "did you mean R0699"),
        (["verify", "NET", "--data", "x.npz", "--fail-if", "import os"], 3, "cannot be read"),
        (["verify", "NET", "--data", "x.npz", "--fail-if", "overflow > 0"], 3, "did you mean 'overflows'"),
        (["diff", "NET", "--engines", "golden", "--input", "x.npz"], 3, "give two names"),
        (["diff", "NET", "--engines", "golden,jti", "--input", "x.npz"], 3, "did you mean 'jit'"),
    ],
)
def test_exit_statuses(net, tmp_path, monkeypatch, arguments, status, words):
    monkeypatch.chdir(tmp_path)
    result = invoke(*[net if a == "NET" else a for a in arguments])
    assert result.returncode == status, result.stderr
    assert words in result.stderr + (result.stdout if not arguments else "")
    assert list(tmp_path.iterdir()) == []


def test_errors_are_json_too():
    result = invoke("show", "nowhere.nir", "--json")
    body = json.loads(result.stdout)
    assert (body["schema"], body["exit_status"], result.returncode) == ("rheobase.error/1", 3, 3)
    assert body["diagnostics"][0]["code"] == "R0101" and body["diagnostics"][0]["file"] == "nowhere.nir"
    assert "error R0101" in result.stderr
    wrong = invoke("show", "--json", "--nosuch")
    assert json.loads(wrong.stdout)["exit_status"] == wrong.returncode == 2


def test_a_fault_of_ours_leaves_a_reproducer(net, monkeypatch, tmp_path):
    from rheobase.cli import network

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr(network, "_describe", lambda net: 1 // 0)
    result = invoke("show", net)
    assert result.returncode == 70
    assert "this is a fault of rheobase, not of your files: ZeroDivisionError" in result.stderr
    assert "Traceback" not in result.stderr
    (left,) = tmp_path.iterdir()
    assert str(left) in result.stderr
    assert "ZeroDivisionError" in left.read_text() and "command: " in left.read_text()


def test_names_in_messages_cannot_steer_the_terminal(tmp_path):
    result = invoke("show", tmp_path / "a\x1b[31mb\x07.nir")
    assert result.returncode == 3
    assert "\x1b" not in result.stderr and "\\x1b[31m" in result.stderr


def test_paths_that_are_not_utf8(tmp_path):
    path = tmp_path / b"n\xffet.nir".decode("utf-8", "surrogateescape")
    write(tmp_path / "net.nir").rename(path)
    shown = rheobase("show", path)
    assert shown.returncode == 0, shown.stderr
    missing = rheobase("show", str(path) + "x")
    assert missing.returncode == 3 and "error R0101" in missing.stderr


@pytest.mark.parametrize("options, shown", [([], True), (["-q"], False)])
def test_progress_is_shown_on_a_terminal(net, tmp_path, options, shown):
    import numpy as np

    np.save(tmp_path / "x.npy", np.zeros((3, 5, 2)))
    terminal, side = os.openpty()
    arguments = ["--input", tmp_path / "x.npy", "-o", tmp_path / "o.npz", *options]
    command = [sys.executable, "-m", "rheobase", "run", net, *arguments]
    done = subprocess.run(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=side, env={**os.environ, "TERM": "xterm"}
    )
    os.write(side, b"end")
    seen = b""
    while not seen.endswith(b"end"):
        seen += os.read(terminal, 1 << 16)
    assert done.returncode == 0
    assert (b"samples" in seen) == shown
    assert b"samples " not in done.stdout.split(b"\n")[0].split(b":")[0]


def test_a_closed_or_full_stdout_is_no_fault(net):
    result = rheobase("explain", preexec_fn=lambda: os.dup2(os.open("/dev/full", os.O_WRONLY), 1))
    assert result.returncode == 3
    assert result.stderr.splitlines() == [
        "rheobase: error R0260: the output cannot be written: No space left on device"
    ]
