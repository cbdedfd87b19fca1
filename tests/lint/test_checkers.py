"""The checkers find what they are there to find, in small trees made for them."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
import layers  # noqa: E402
import rules  # noqa: E402
import summary  # noqa: E402


def write(root: Path, **files: str) -> Path:
    """Make files; `__` in a name is a slash, `_dot_` a dot."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


SPEC = "**N1 Decay.** ...\n**N2 Input.** ... **N3 Reset** (`x`). ...\n"


def test_rules_all_cited_and_named(tmp_path):
    write(
        tmp_path,
        ir__SPEC_dot_md=SPEC,
        runtime__a_dot_h="// SPEC N1 to N3\n",
        tests__unit__A_dot_cpp="TEST(Suite, n1_n2_steps) {}\nTEST_F(Suite,\n       n3_resets) {}\n",
    )
    assert rules.findings(tmp_path) == (3, [])


def test_rules_that_lack_code_or_test_are_told_apart(tmp_path):
    write(
        tmp_path,
        ir__SPEC_dot_md=SPEC,
        runtime__a_dot_h="// SPEC N1, N2\n",
        tests__unit__A_dot_cpp="TEST(S, n1_to_n2_hold) {}\n// SPEC N3 is only mentioned here\nint n3_variable;\n",
    )
    assert rules.findings(tmp_path)[1] == ["N3: no code cites it", "N3: no test is named after it"]


def test_citing_a_rule_in_a_test_is_not_citing_it_in_code(tmp_path):
    write(
        tmp_path,
        ir__SPEC_dot_md="**N1 A.**",
        tests__python__test_a_dot_py="# SPEC N1\ndef test_n1_a(): ...\n",
    )
    assert rules.findings(tmp_path)[1] == ["N1: no code cites it"]


@pytest.mark.parametrize("where", ["runtime__a_dot_h", "tests__unit__A_dot_cpp"])
def test_rules_that_do_not_exist_are_found(tmp_path, where):
    files = {
        "runtime__b_dot_h": "// SPEC N1\n",
        "tests__python__test_b_dot_py": "def test_n1_b(): ...\n",
        where: "// SPEC N9\nTEST(S, n9_b) {}\n",
    }
    write(tmp_path, ir__SPEC_dot_md="**N1 A.**", **files)
    (line,) = rules.findings(tmp_path)[1]
    assert line.startswith("N9: ") and "has such a rule" in line


def test_differences_need_a_test_and_no_code(tmp_path):
    write(
        tmp_path,
        ir__SPEC_dot_md="**N1 A.**",
        ir__DIFFERENCES_dot_md="**X1 B.** ...\n**X2 C.** ...\n**X2 D.** ...\n",
        runtime__a_dot_h="// SPEC N1\n",
        tests__a__test_a_dot_py="def test_n1_x1_a(): ...\ndef test_x3_c(): ...\n",
    )
    count, lines = rules.findings(tmp_path)
    assert count == 3
    assert [line.split(",")[0] for line in lines] == [
        "X2: it is stated twice",
        "X2: no test is named after it",
        "X3: tests/a/test_a.py names it",
    ]


def test_diagnostics_are_no_rules(tmp_path):
    write(
        tmp_path,
        ir__SPEC_dot_md="**N1 A.**",
        runtime__a_dot_h="// SPEC N1\n",
        tests__unit__A_dot_cpp="TEST(S, r0412_b) {}\nTEST(S, n1_a) {}\n",
    )
    assert rules.findings(tmp_path)[1] == []


def test_layers_upwards_and_mlir_are_refused_downwards_is_not(tmp_path):
    write(
        tmp_path,
        runtime__a_dot_h='#include "ir/b.h"\n#include <mlir/IR/Builders.h>\n',
        ir__b_dot_h='#include "runtime/a.h"\n',
    )
    found = layers.violations(tmp_path)
    assert [line.split(":")[0] for line in found] == ["runtime/a.h", "runtime/a.h"]


def test_layers_sideways_is_refused(tmp_path):
    write(tmp_path, frontend__nir__a_dot_h='#include "backends/chips/b.h"\n', backends__chips__b_dot_h="")
    assert len(layers.violations(tmp_path)) == 1


JUNIT = """<testsuite>
<testcase name="a" status="run"><system-out>ok</system-out></testcase>
<testcase name="b" status="fail"><failure message="Failed"/></testcase>
<testcase name="c" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
<system-out>x.cpp:80: Skipped\nno data under "here"\n</system-out></testcase>
<testcase name="python" status="run"><system-out>5 passed, 2 skipped
SKIPPED [2] tests/python/test_x.py:4: no recordings, set RHEOBASE_DATA
</system-out></testcase>
</testsuite>"""


def test_summary_counts_skips_inside_and_outside_of_pytest():
    lines = summary.summary(ElementTree.fromstring(JUNIT)).splitlines()
    assert lines[-1] == "tests: 2 passed, 1 failed, 3 skipped"
    assert lines[-2] == "3 tests were skipped for want of outside data"


def test_the_checker_of_witnesses_stays_small():
    """What proves an image is to be read in one sitting: 1,000 lines, comments and all."""
    room = Path(__file__).parents[2] / "witness"
    files = [*room.glob("*.cpp"), *room.glob("*.h")]
    assert len(files) == 10 and sum(len(f.read_text().splitlines()) for f in files) <= 1000
