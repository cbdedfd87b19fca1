"""A campaign that is killed at 50 random instants and resumed ends with the bytes of an undisturbed one."""

import os
import random
import time

from commandline import rheobase
from faultnets import CAMPAIGN, files, kill_and_resume, reports

KILLS = 50


def test_killed_at_50_random_instants(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files(tmp_path)
    seed = int(os.environ.get("RHEO_SEED", time.time_ns() % 1_000_000))
    print(f"RHEO_SEED={seed}")
    begun = time.monotonic()
    assert rheobase(*CAMPAIGN, "--width", "0.01", "-o", "whole").returncode == 0
    longest = 0.9 * (time.monotonic() - begun)
    hit = kill_and_resume(KILLS, random.Random(seed), longest)
    assert hit > KILLS // 4, f"only {hit} of {KILLS} met a running campaign"
    assert reports(tmp_path / "out") == reports(tmp_path / "whole")
