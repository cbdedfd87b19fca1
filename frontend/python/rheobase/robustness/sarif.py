"""The critical faults as SARIF 2.1.0, which code review and CI show."""

from __future__ import annotations

from urllib.parse import quote

from .text import answer, one_fault


def sarif(data: dict) -> dict:
    """A run with a result for each critical fault; the rules are the kinds of faults. rank: per cent of answers that change.

    Each lies in the image, at its first line: GitHub takes no result without a physical place. They are errors where
    --fail-if holds, notes where it does not, warnings where nothing was judged.
    """
    index = {kind["name"]: number for number, kind in enumerate(data["kinds"])}
    rules = [{"id": kind["name"], "shortDescription": {"text": kind["summary"]}} for kind in data["kinds"]]
    level = {True: "error", False: "note", None: "warning"}[data["fail_if"] and data["fail_if"]["failed"]]
    place = {
        "artifactLocation": {"uri": quote(data["image_file"]), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1},
    }
    results = [
        {
            "ruleId": entry["kind"],
            "ruleIndex": index[entry["kind"]],
            "level": level,
            "rank": 100 * entry["decision"] / entry["tried"],
            "message": {
                "text": f"{entry['what']}: {one_fault(entry)} ({entry['fault']}). Answer: {answer(data)}."
            },
            "locations": [
                {"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": entry["node"]}]}
            ],
            "partialFingerprints": {"fault": entry["fault"]},
        }
        for entry in data["critical"]
    ]
    driver = {"name": "rheobase robust", "version": data["rheobase"], "rules": rules}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results, "properties": {"answer": answer(data)}}],
    }
