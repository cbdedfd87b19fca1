"""Random changes of NIR files: the same network, or one located error, as the change itself says.

RHEO_SEED=n replays one file, RHEO_NETWORKS=n draws that many.
"""

from collections import Counter

import nirmutations
import numpy as np
import pytest
import rheobase as rb
from hdf5 import File
from nirmutations import Same, Wrong
from replay import check_all

FILES = 500


def written(path, values):
    with File(path) as file:
        for name, value in values.items():
            file[name] = value
    return path


def described(net: rb.Network) -> tuple[dict, set]:
    nodes = {n.name: (n.kind, n.output_shape, dict(n.parameters)) for n in net.nodes.values()}
    return nodes, {(a, b) for a, b, _ in net.edges}


def assert_same(original: rb.Network, again: rb.Network, expected: list) -> None:
    names, values = {}, {}
    for same in expected:
        names.update(same.renamed)
        values.update(same.values)
    (ours, edges), (theirs, found) = described(original), described(again)
    assert {(names.get(a, a), names.get(b, b)) for a, b in edges} == found
    assert {names.get(n, n) for n in ours} == theirs.keys()
    for name, (kind, shape, parameters) in ours.items():
        other = theirs[names.get(name, name)]
        assert other[:2] == (kind, shape), name
        assert other[2].keys() >= parameters.keys() - {"input_shape", "input_type"}, name
        for key, value in other[2].items():
            wanted = values.get((name, key), parameters.get(key))
            assert wanted is not None and np.array_equal(np.broadcast_to(wanted, value.shape), value), (
                name,
                key,
            )


def is_at(where: str, place: str) -> bool:
    """Whether a place is that node, by its name or path, or ends in that path."""
    return where in (place, f"/node/nodes/{place}") or ("/" in place and where.endswith(place))


def assert_refused(path, wrong: list) -> None:
    with pytest.raises(rb.FormatError) as caught:
        rb.load(path)
    codes = {code for w in wrong for code in w.codes}
    places = [place for w in wrong for place in w.places]
    for d in caught.value.diagnostics:
        assert d.code in codes and d.file == str(path) and d.remedy, d
        assert any(is_at(d.where, place) for place in places), (d, places)


def test_changed_files_are_read_or_refused_as_the_change_says(tmp_path):
    tally = Counter()

    def check(seed: int) -> None:
        original, changed, made = nirmutations.draw(seed)
        tally.update(name for name, _ in made)
        wrong = [e for _, e in made if isinstance(e, Wrong)]
        path = written(tmp_path / "changed.nir", changed)
        if wrong:
            assert_refused(path, wrong)
        else:
            before = rb.load(written(tmp_path / "original.nir", original))
            assert_same(before, rb.load(path), [e for _, e in made if isinstance(e, Same)])

    if check_all(FILES, check, tally) is not None:
        every = {c.name for c in nirmutations.CHANGES} | {c.__name__ for c in nirmutations.OF_EDGES}
        assert every == tally.keys(), every - tally.keys()
