"""Counts what a CTest run passed, failed and skipped, and says why: GoogleTest's and pytest's reasons, grouped.

Usage: summary.py JUNIT_FILE (from ctest --output-junit). Prints `tests: N passed, N failed, N skipped` last.
A pytest file is one test of CTest; a test that it skips inside counts as one more, skipped.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter

GOOGLETEST = re.compile(r": Skipped\n(.+)")
PYTEST = re.compile(r"^SKIPPED \[(\d+)\] .+?:\d+: (.+)$", re.MULTILINE)
OUTSIDE = re.compile(r"no (outside )?(data|recordings)|RHEOBASE_DATA")


def reasons(case: ElementTree.Element) -> Counter:
    """Return why tests of one CTest entry were skipped, and how many for each reason."""
    output = case.findtext("system-out") or ""
    found = Counter()
    for count, reason in PYTEST.findall(output):
        found[reason.removeprefix("Skipped: ")] += int(count)
    if not found and (case.find("skipped") is not None or case.get("status") == "notrun"):
        match = GOOGLETEST.search(output)
        found[match.group(1).strip() if match else "no reason given"] += 1
    return found


def summary(root: ElementTree.Element) -> str:
    """Return the closing lines for a JUnit tree."""
    passed, failed, skipped = 0, 0, Counter()
    for case in root.iter("testcase"):
        if case.find("failure") is not None or case.get("status") == "fail":
            failed += 1
            continue
        why = reasons(case)
        skipped += why
        if case.get("status") == "run" and case.find("skipped") is None:
            passed += 1
    lines = [f"  skipped {count}: {reason}" for reason, count in skipped.most_common()]
    outside = sum(count for reason, count in skipped.items() if OUTSIDE.search(reason))
    lines.append(f"{outside} tests were skipped for want of outside data")
    lines.append(f"tests: {passed} passed, {failed} failed, {sum(skipped.values())} skipped")
    return "\n".join(lines)


def main() -> int:
    """Print the summary of the file given. Exit status 1 where it cannot be read."""
    try:
        print(summary(ElementTree.parse(sys.argv[1]).getroot()))
    except (OSError, ElementTree.ParseError) as error:
        print(f"no summary: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
