"""Lava's side of every vector of ir/DIFFERENCES.md, asked of Lava itself."""

import json

from environment import ROOT, needs_lava, under_lava
from rheobase import topics

NOT_RUN = ("lava (corrected)", "lava (text)")  # a model that Lava has only since 0.10; what a text says


@needs_lava
def test_x1_to_x23_x31_x32_lava_gives_the_integers_that_are_listed():
    listed = {
        rule.name: {
            who: v for who, v in rule.results.items() if who.split(" ")[0] == "lava" and who not in NOT_RUN
        }
        for rule in topics.rules("differences")
    }
    found = json.loads(under_lava(ROOT / "tests/oracle/differences_case.py"))
    assert len(found) == 25 and found == {name: who for name, who in listed.items() if who}
