"""The critical faults as SARIF 2.1.0, which code review and CI show."""

from __future__ import annotations


def sarif(data: dict) -> dict:
    """A run with a result for each critical fault; the rules are the kinds of faults."""
    rules = [{"id": kind["name"], "shortDescription": {"text": kind["summary"]}} for kind in data["kinds"]]
    results = [
        {
            "ruleId": entry["kind"],
            "level": "warning" if entry["decision"] else "note",
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
