"""Campaigns over Dask workers, under build/dask: the same bytes as on one machine; skipped where that is missing."""

import os
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import twoinputs
from faultnets import CAMPAIGN, files, reports

BUILD = Path(os.environ.get("RHEO_BUILD_DIR", Path(__file__).resolve().parents[2] / "build"))
PYTHON = BUILD / "dask/bin/python"
pytestmark = pytest.mark.skipif(
    not (BUILD / "dask/.made").exists(), reason="no Dask in build/dask: ./run test installs it"
)


def rheobase(*arguments) -> SimpleNamespace:
    """The command under Dask's Python."""
    return subprocess.run(
        [PYTHON, "-m", "rheobase", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dask")
    before = os.getcwd()
    os.chdir(folder)
    files(folder)
    result = rheobase(*CAMPAIGN, "-o", "one")
    assert result.returncode == 0, result.stderr
    yield folder
    os.chdir(before)


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_give_the_same_bytes(here, workers):
    result = rheobase(*CAMPAIGN, "-o", f"by{workers}", "--dask", f"local:{workers}")
    assert result.returncode == 0, result.stderr
    assert reports(here / f"by{workers}") == reports(here / "one")


def test_begun_on_workers_and_ended_on_one_machine_and_the_other_way(here):
    for first, then in (((), ("--dask", "local:2")), (("--dask", "local:2"), ())):
        folder = f"half{len(first)}"
        result = rheobase(*CAMPAIGN, "-o", folder, "--budget", "0.000001s", *first)
        assert result.returncode == 4, result.stderr
        assert rheobase(*CAMPAIGN, "-o", folder, "--resume", *then).returncode == 0
        assert reports(here / folder) == reports(here / "one")


def test_workers_take_several_inputs(here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    twoinputs.files(tmp_path)
    for folder, *more in (("one",), ("two", "--dask", "local:2")):
        result = rheobase(*CAMPAIGN, "-o", folder, *more)
        assert result.returncode == 0, result.stderr
    assert reports(tmp_path / "two") == reports(tmp_path / "one")


@pytest.mark.parametrize("address", ["local:none", "local:0", "tcp://127.0.0.1:9", "nonsense"])
def test_addresses_without_workers_give_one_clear_error(here, address):
    result = rheobase(*CAMPAIGN, "-o", "none", "--dask", address)
    assert result.returncode == 3, result.stderr
    assert len(re.findall(r"\berror R\d", result.stderr)) == 1 and address in result.stderr


def test_work_that_fails_on_a_worker_is_one_clear_error_and_the_state_stays(here):
    code = (
        "import rheobase as rb, numpy as np\n"
        "from rheobase.robustness import sharding\n"
        "from dask.distributed import Client\n"
        "def broken(*a): raise RuntimeError('no such memory')\n"
        "sharding._draw = broken\n"
        "data = np.load('data.npz')\n"
        "with Client(processes=False, n_workers=1, dashboard_address=None) as client:\n"
        "    try:\n"
        "        rb.robust(rb.Image.load('net.rheo'), data['x'], data['y'], faults='message-loss', workers=client,\n"
        "                  folder='broken')\n"
        "    except rb.DataError as error:\n"
        "        print(error.code, error)\n"
    )
    result = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, timeout=240, check=False)
    assert result.stdout.startswith("R0808") and "no such memory" in result.stdout, result.stderr
    assert (here / "broken/campaign.state").exists()
