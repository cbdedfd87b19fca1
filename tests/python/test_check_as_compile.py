"""`check` looks at an image that no witness is asked about: it says what a compilation with one says."""

import numpy as np
import pytest
import rheobase as rb
from defects import DEFECTS, draw, network
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


def test_what_is_looked_at_is_the_image(monkeypatch):
    net = network(np.random.default_rng(1))
    asked = []

    def watched(*arguments, **options):
        asked.append(options["witness"])
        return run_compiler(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr("rheobase.compiler.run_compiler", watched)
        findings, image = fixing.look(fixing.Plan(net, "loihi2", {}), examine=True)
    assert asked == [False]
    assert image.to_bytes() == rb.compile(net).to_bytes()
    assert findings == compiled(net, "loihi2", None)


def test_no_witness_is_made_where_none_is_asked_for():
    net = network(np.random.default_rng(2))
    assert run_compiler(net, witness=False)["witness"] is None
    assert run_compiler(net)["witness"] is not None
