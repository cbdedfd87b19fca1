"""The script ./run on machines where something is missing or was interrupted: clear words, and the next run recovers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from support import ROOT, plain_environment

TOOLS = "sh awk cat chmod cp cut dirname env flock grep id ln mkdir nproc printf readlink rm tail tee touch tr".split()


class Machine:
    """A checkout (of the script alone) with a space in its path, and a folder of the only programs there are."""

    def __init__(self, folder: Path):
        self.checkout = folder / "a checkout"
        self.programs = folder / "programs"
        self.checkout.mkdir()
        self.programs.mkdir()
        shutil.copy(ROOT / "run", self.checkout)
        for tool in TOOLS:
            (self.programs / tool).symlink_to(shutil.which(tool, path="/usr/bin:/bin"))

    def program(self, name: str, text: str) -> None:
        path = self.programs / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def run(self, *arguments: str, cwd: Path | None = None, **environment: str) -> tuple[int, str]:
        done = subprocess.run(
            [self.checkout / "run", *arguments],
            cwd=cwd or self.checkout,
            env={**plain_environment(**environment), "PATH": str(self.programs)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout


@pytest.fixture
def machine(tmp_path) -> Machine:
    made = Machine(tmp_path)
    made.program("dpkg-query", "printf 'install ok installed'")
    made.program("dpkg", "exit 0")
    return made


def test_help_names_every_command_from_anywhere(machine, tmp_path):
    status, text = machine.run("help", cwd=tmp_path)
    assert status == 0
    for command in ("demo", "test", "bench", "lint", "build", "help"):
        assert f"\n  {command} " in text
    assert machine.run()[1] == text, "./run alone prints the help"


def test_unknown_command_is_wrong_usage(machine):
    status, text = machine.run("tset")
    assert (status, text.count("\n")) == (2, 1)
    assert "tset" in text and "./run help" in text


def test_user_without_sudo_is_told_what_to_install(machine):
    machine.program("dpkg-query", "exit 1")
    machine.program("id", "echo 1000")
    status, text = machine.run("build")
    assert status == 1
    assert "neither root nor sudo" in text
    assert "apt-get install g++ cmake" in text


def test_user_with_sudo_installs_through_it(machine):
    machine.program("dpkg-query", "exit 1")
    machine.program("id", "echo 1000")
    machine.program("apt-get", "exit 1")
    machine.program("sudo", 'echo "$*" >>sudo.log; "$@"')
    assert machine.run("build")[0] == 1
    log = (machine.checkout / "sudo.log").read_text()
    assert log.startswith("apt-get") and "update" in log


def test_locked_apt_is_named_and_the_next_run_goes_on(machine):
    machine.program("dpkg-query", "exit 1")
    machine.program("id", "echo 0")
    machine.program("apt-get", "echo 'E: Could not get lock /var/lib/dpkg/lock-frontend.'; exit 100")
    status, text = machine.run("build")
    assert status == 1
    assert "Could not get lock" in text and "run the same command again" in text

    machine.program("apt-get", 'echo "$*" >>apt-get.log')
    status, text = machine.run("build", PIP_NO_INDEX="1")
    asked = (machine.checkout / "apt-get.log").read_text()
    assert "install -y" in asked and "libmlir-19-dev" in asked
    assert "making a Python environment" in text


def test_interrupted_dpkg_is_finished_first(machine):
    machine.program("dpkg-query", "exit 1")
    machine.program("id", "echo 0")
    machine.program("apt-get", "exit 1")
    machine.program("dpkg", '[ "$1" = --audit ] && echo broken; echo "$*" >>dpkg.log')
    machine.run("build")
    assert "--configure -a" in (machine.checkout / "dpkg.log").read_text()


def test_no_network_for_pip_is_said_and_a_half_made_environment_is_made_anew(machine):
    venv = machine.checkout / "build" / "venv"
    venv.mkdir(parents=True)
    (venv / "half").write_text("")
    status, text = machine.run("build", PIP_NO_INDEX="1")
    assert status == 1
    assert "pip failed" in text and "check the network" in text
    assert not (venv / "half").exists(), "what an interrupted run left is cleared"
    assert (venv / "bin" / "python").exists() and not (venv / ".packages").exists()

    (venv / "kept").write_text("")
    assert machine.run("build", PIP_NO_INDEX="1")[0] == 1
    assert (venv / "kept").exists(), "a refused download does not throw the environment away"

    (venv / ".unfinished").write_text("")
    assert machine.run("build", PIP_NO_INDEX="1")[0] == 1
    assert not (venv / "kept").exists(), "an interrupted pip does"


def test_folder_that_cannot_be_written_is_named(machine):
    status, text = machine.run("build", RHEO_BUILD_DIR="/proc/nowhere")
    assert status == 1 and "cannot write to /proc/nowhere" in text and "RHEO_BUILD_DIR" in text
