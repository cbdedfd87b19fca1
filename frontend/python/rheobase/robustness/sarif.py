"""The critical faults as SARIF 2.1.0, which code review and CI show."""

from __future__ import annotations


def sarif(data: dict) -> dict:
    """A run with a result for each critical fault; the rules are the kinds of faults. rank: per cent of answers that change."""
    index = {kind["name"]: number for number, kind in enumerate(data["kinds"])}
    rules = [{"id": kind["name"], "shortDescription": {"text": kind["summary"]}} for kind in data["kinds"]]
    failed = bool(data["fail_if"] and data["fail_if"]["failed"])
    results = [
        {
            "ruleId": entry["kind"],
            "ruleIndex": index[entry["kind"]],
            "level": "error" if failed else "warning",
            "rank": 100 * entry["decision"] / entry["tried"],
            "message": {
                "text": f"{entry['what']}: {entry['decision']} of {entry['tried']} answers change "
                f"({entry['fault']})"
            },
            "locations": [{"logicalLocations": [{"fullyQualifiedName": entry["node"], "kind": "member"}]}],
            "partialFingerprints": {"fault": entry["fault"]},
        }
        for entry in data["critical"]
    ]
    driver = {"name": "rheobase robust", "version": data["rheobase"], "rules": rules}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
