"""`check` makes no witness, and an image only where it has more to say: it says what a whole compilation says."""

import numpy as np
import pytest
import rheobase as rb
from defects import DEFECTS, chip as mine, draw, network
from rheobase import fixing
from rheobase.compiler import run_compiler
from rheobase.limits import check_links


def compiled(net, chip, quant):
    """What a whole compilation finds, its witness included."""
    try:
        result = run_compiler(net, chip, quant=quant, examine=True)
    except rb.Error as refused:
        return refused.diagnostics
    assert result["witness"] is not None
    return [*result["notes"], *check_links(rb.Image.from_bytes(result["image"], net.name))]


@pytest.mark.parametrize("seed", range(len(DEFECTS)))
def test_check_says_what_a_compilation_says(seed, tmp_path):
    defect = draw(seed, tmp_path)
    if defect.file is not None:
        return
    assert rb.check(defect.net, defect.chip, quant=defect.quant) == compiled(
        defect.net, defect.chip, defect.quant
    )


def looked_at(net, chip="loihi2", **options):
    return fixing.look(fixing.Plan(net, chip, options), examine=True)


def test_an_image_is_made_only_where_it_has_more_to_say(tmp_path, monkeypatch):
    net = network(np.random.default_rng(1))
    narrow = [
        {"name": name, "bits": 1 if name == "route_count" else bits, "signed": signed}
        for name, bits, signed in neuron_record()
    ]
    for chip, whole in (
        ("loihi2", False),
        (mine(tmp_path, messages_per_link=100), True),
        (mine(tmp_path, layouts={"neuron": narrow}), True),
    ):
        findings, placed = looked_at(net, chip)
        assert isinstance(placed, rb.Image) == whole
        assert findings == compiled(net, chip, None)
    b = rb.Builder(dt=1e-3)
    b.input("in", (1, 6, 6))
    b.lif("a", (2, 4, 4), tau=0.02, r=20.0)
    b.convolve("in", "a", np.ones((2, 1, 3, 3)))
    kernel = b.build()
    assert isinstance(looked_at(kernel)[1], rb.Image)  # whose list of synapses may be too long
    assert looked_at(kernel)[0] == compiled(kernel, "loihi2", None)


def neuron_record() -> list:
    layouts = {layout["record"]: layout["fields"] for layout in rb.ChipSpec.load("loihi2").layouts}
    return [(f["name"], f["width"], f["signed"]) for f in layouts["neuron"]]


def test_no_witness_is_made_where_none_is_asked_for():
    net = network(np.random.default_rng(2))
    assert run_compiler(net, witness=False)["witness"] is None
    assert run_compiler(net)["witness"] is not None
