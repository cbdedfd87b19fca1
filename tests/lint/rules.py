"""Every rule of ir/SPEC.md is cited by code and by a test.

Usage: rules.py [ROOT]. A citation in code is `SPEC N1` (also in a list: `SPEC N4, N5`); a test names the rule
in its own name (`n1_...`, or `n10_e1_e2_...`) or cites it. Exit status 1 and a line for each rule that lacks one.
"""

import re
import sys
from pathlib import Path

RULE = re.compile(r"\*\*([A-Z]\d+) ")
CITED = re.compile(r"SPEC ((?:[A-Z]\d+(?: to |, | and )?)+)")
NAMED = re.compile(r"\b((?:[a-z]\d+_)+)")
SUFFIXES = {".h", ".cpp", ".td", ".py", ".fbs"}


def cited_rules(text: str) -> set[str]:
    """Return the rules that `SPEC ...` citations in `text` name; `N11 to N16` counts as all six."""
    rules = set()
    for citation in CITED.findall(text):
        for first, last in re.findall(r"([A-Z]\d+) to ([A-Z]\d+)", citation):
            rules |= {f"{first[0]}{k}" for k in range(int(first[1:]), int(last[1:]) + 1)}
        rules |= set(re.findall(r"[A-Z]\d+", citation))
    return rules


def named_rules(text: str) -> set[str]:
    """Return the rules that names like `n10_e1_resets` begin with."""
    return {part.upper() for name in NAMED.findall(text) for part in name.split("_") if part}


def main() -> int:
    """Print every rule without a citation in code or in tests."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    rules = set(RULE.findall((root / "ir/SPEC.md").read_text(encoding="utf-8")))
    in_code, in_tests = set(), set()
    for path in root.rglob("*"):
        relative = path.relative_to(root)
        if path.suffix not in SUFFIXES or relative.parts[0] in {"build", ".git"}:
            continue
        text = path.read_text(encoding="utf-8")
        if relative.parts[0] == "tests":
            in_tests |= cited_rules(text) | named_rules(text)
        else:
            in_code |= cited_rules(text)
    order = sorted(rules, key=lambda rule: (rule[0], int(rule[1:])))
    lines = [f"{rule}: no code cites it" for rule in order if rule not in in_code]
    lines += [f"{rule}: no test cites it or is named after it" for rule in order if rule not in in_tests]
    lines += [f"{rule}: cited, but ir/SPEC.md has no such rule" for rule in sorted((in_code | in_tests) - rules) if rule in in_code]
    print("\n".join(lines) or f"all {len(rules)} rules are cited by code and by tests")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
