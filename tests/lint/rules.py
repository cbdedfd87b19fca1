"""Every rule of ir/SPEC.md is cited by code and by a test that is named after it; those of ir/DIFFERENCES.md by a test.

Usage: rules.py [ROOT]. Code cites with `SPEC N1`, `SPEC N4, N5` or `SPEC N11 to N16`. A test is named after a rule
if its own name begins with it: TEST(Golden, n1_...), `n10_e1_...`, `n11_to_n16_...`, `def test_n1_...`, or a lit or
vector file called n1_.... Exit status 1 and a line for each rule that lacks one, and for each citation of no rule.
"""

import re
import sys
from pathlib import Path

RULE = re.compile(r"\*\*([A-Z]\d+) ")
CITED = re.compile(r"\bSPEC ([A-Z]\d+(?:(?: to |, and |, | and )[A-Z]\d+)*)")
RANGE = re.compile(r"([A-Z])(\d+) to \1(\d+)")
GOOGLETEST = re.compile(r"^\s*(?:TYPED_)?TEST(?:_F|_P)?\(\s*\w+\s*,\s*(\w+)\s*\)", re.MULTILINE)
RAPIDCHECK = re.compile(r"^\s*RC_GTEST(?:_FIXTURE)?_PROP\(\s*\w+\s*,\s*(\w+)\s*,", re.MULTILINE)
PYTHON = re.compile(r"^\s*def test_(\w+)", re.MULTILINE)
NAME = re.compile(r"(?:[a-z]\d+_(?:to_(?=[a-z]\d+_))?)+")
ROOMS = ("runtime", "frontend", "ir", "passes", "backends", "tools", "witness")
SUFFIXES = {".h", ".cpp", ".inc", ".td", ".py", ".fbs"}


def spread(text: str) -> set[str]:
    """Return the rules that a list such as `N4, N11 to N16` names."""
    rules = set(re.findall(r"[A-Z]\d+", text))
    for letter, first, last in RANGE.findall(text):
        rules |= {f"{letter}{k}" for k in range(int(first), int(last) + 1)}
    return rules


def cited_rules(text: str) -> set[str]:
    """Return the rules that `SPEC ...` citations in `text` name."""
    return {rule for citation in CITED.findall(text) for rule in spread(citation)}


def named_rules(name: str) -> set[str]:
    """Return the rules that a test's name begins with."""
    found = NAME.match(name)
    return spread(found.group().upper().replace("_TO_", " to ").replace("_", ", ")) if found else set()


def test_names(path: Path, text: str) -> list[str]:
    """Return the names of the tests in one file; a lit test or a vector file is named by its file name."""
    if path.suffix == ".cpp":
        return GOOGLETEST.findall(text) + RAPIDCHECK.findall(text)
    return PYTHON.findall(text) if path.suffix == ".py" else [path.name.replace(".", "_")]


def files_below(folder: Path):
    """Yield every file of the project below `folder`."""
    return (p for p in sorted(folder.rglob("*")) if p.is_file() and "__pycache__" not in p.parts)


def rules_of(page: Path) -> list[str]:
    """Return the rules that a page states, in its order; a page that is absent states none."""
    return RULE.findall(page.read_text(encoding="utf-8")) if page.exists() else []


def findings(root: Path) -> tuple[int, list[str]]:
    """Return the number of rules and one line for each fault."""
    stated = [*rules_of(root / "ir/SPEC.md"), *rules_of(root / "ir/DIFFERENCES.md")]
    rules, vectors = set(stated), set(rules_of(root / "ir/DIFFERENCES.md"))
    letters = {rule[0] for rule in rules}
    in_code: dict[str, str] = {}  # rule -> a file that cites it
    in_tests: dict[str, str] = {}
    for path in (p for room in ROOMS for p in files_below(root / room) if p.suffix in SUFFIXES):
        for rule in cited_rules(path.read_text(encoding="utf-8")):
            in_code.setdefault(rule, path.relative_to(root).as_posix())
    for path in files_below(root / "tests"):
        text = path.read_text(encoding="utf-8") if path.suffix in {".cpp", ".py"} else ""
        for name in test_names(path.relative_to(root), text):
            for rule in named_rules(name):
                if rule[0] in letters:
                    in_tests.setdefault(rule, path.relative_to(root).as_posix())
    order = sorted(rules, key=lambda rule: (rule[0], int(rule[1:])))
    lines = [f"{rule}: it is stated twice" for rule in order if stated.count(rule) > 1]
    lines += [f"{rule}: no code cites it" for rule in order if rule not in in_code and rule not in vectors]
    lines += [f"{rule}: no test is named after it" for rule in order if rule not in in_tests]
    for rule, path in sorted({**in_tests, **in_code}.items()):
        if rule not in rules:
            lines.append(
                f"{rule}: {path} names it, but neither ir/SPEC.md nor ir/DIFFERENCES.md has such a rule"
            )
    return len(rules), lines


def main() -> int:
    """Print every fault under the given root."""
    count, lines = findings(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve())
    print(
        "\n".join(lines)
        or f"all {count} rules have tests named after them, and code cites those of ir/SPEC.md"
    )
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
