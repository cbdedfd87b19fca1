"""200 networks with one defect each: found with rule, node and number, nothing else said; gone where --fix found a way."""

import json

import pytest
import rheobase as rb
from defects import DEFECTS, draw
from rheobase.fixing import Effort

SEEDS = range(200)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_defect_is_found_and_nothing_else(seed, tmp_path):
    defect = draw(seed, tmp_path)
    errors = [d for d in defect.check(tmp_path) if d.severity == "error"]
    assert [d.rule for d in errors] == [defect.rule]
    (found,) = errors
    places = defect.where if isinstance(defect.where, tuple) else (defect.where,)
    assert found.where in places or any(place and place in found.where for place in places), found.where
    assert defect.value is None or found.value == pytest.approx(defect.value, rel=1e-6)
    assert found.remedy and found.message
    if found.value is not None:
        assert found.limit is not None and found.limit_source


# Seconds each, so one of every kind.
@pytest.mark.parametrize("seed", range(len(DEFECTS)))
def test_what_was_fixed_is_fixed(seed, tmp_path):
    defect = draw(seed, tmp_path)
    if defect.file is not None:
        return
    fixed = rb.fix(defect.net, defect.chip, quant=defect.quant, effort=Effort(trials=30))
    (violated,) = [d for d in fixed.diagnostics if d.severity == "error"]
    assert violated.tried
    if not fixed.changed:
        assert not fixed.fits and not violated.tried[0].startswith("tried: ")
        return
    assert fixed.fits and violated.tried[0].startswith("tried: ") and " fits; " in violated.tried[0]
    options = fixed.options
    if fixed.chip_record:
        options["chip"] = tmp_path / "joined.json"
        options["chip"].write_text(json.dumps(fixed.chip_record))
    rb.compile(fixed.net, **options)


FIXABLE = {
    "quantization.names", "quantization.pinned", "quantization.conventions", "neuron.threshold", "neuron.step",
    "neuron.threshold_vanishes", "neuron.reset", "neuron.register", "synapse.input_bound", "chip.extension", "route.loop",
}  # fmt: skip


def test_most_kinds_can_be_fixed(tmp_path):
    seen = {}
    for seed in range(len(DEFECTS)):
        defect = draw(seed, tmp_path)
        if defect.file is None and defect.rule in FIXABLE:
            seen[defect.rule] = rb.fix(defect.net, defect.chip, quant=defect.quant).fits
    assert seen == dict.fromkeys(FIXABLE, True)
