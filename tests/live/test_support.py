"""The table of layers says what the readers do, for every layer that the frameworks export."""

from environment import torch  # noqa: F401

import pytest
import support


def test_the_table_is_what_the_readers_say():
    assert (
        support.PAGE.read_text(encoding="utf-8") == support.table()
    ), "write it: python tests/live/support.py"


@pytest.mark.parametrize("framework", support.FRAMEWORKS, ids=lambda framework: framework.name)
def test_every_layer_is_known(framework):
    kinds = set(support.exported(framework))
    told = {*framework.taken, *framework.followed, *framework.refused}
    assert sorted(kinds - told) == [] and sorted(told - kinds) == []
    assert sorted(set(framework.taken) & set(framework.refused)) == []


def test_what_is_taken_over_is_compared():
    compared = support.counts()
    for framework in support.FRAMEWORKS:
        told = (framework.taken.keys() | framework.followed) - {
            "ConvNet",
            "ConvNet4",
            "MobileNetV2",
            "VGG",
            "Network",
        }
        assert (
            sorted(kind for kind in told if not compared[framework.name][False, kind]) == []
        ), framework.name
    for kind in (*support.Torch.taken, *support.Torch.followed):
        assert any(compared[framework.name][True, kind] for framework in support.FRAMEWORKS), kind
