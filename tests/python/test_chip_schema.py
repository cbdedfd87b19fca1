"""The schema of chip records accepts every record here and refuses what the reader refuses."""

import json
import re

import jsonschema
import pytest
from commandline import invoke
from recordings import ROOT


@pytest.fixture(scope="module")
def validator():
    result = invoke("chips", "--schema")
    assert result.returncode == 0, result.stderr
    schema = json.loads(result.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_chips_here_follow_the_schema(validator):
    records = sorted((ROOT / "backends").glob("*/chip.json"))
    assert len(records) == 8
    for record in records:
        assert [e.message for e in validator.iter_errors(json.loads(record.read_text()))] == [], record


@pytest.mark.parametrize(
    "record",
    [
        {"limit": {}},
        {"limits": {"neuron_per_core": 3}},
        {"limits": {"cores": 0}},
        {"limits": {"cores": 2.5}},
        {"limits": {"cores": {"value": 4, "from": "me"}}},
        {"limits": {"max_delay": 63}},
        {"layouts": {"axon": [{"name": "lists", "bits": 3}]}},
        {"layouts": {"axon": [{"name": "list", "bits": 33}]}},
        {"profiles": ["loihi3"]},
        {"extensions": ["magic"]},
        {"dead_cores": [-1]},
        {"dead_links": [[[0, 0]]]},
        {"costs": {"static_power": -1}},
    ],
)
def test_what_the_reader_refuses_breaks_the_schema(validator, record, tmp_path):
    assert not validator.is_valid(record)
    (tmp_path / "chip.json").write_text(json.dumps({"base": "loihi2", "name": "mine", **record}))
    assert invoke("chips", tmp_path / "chip.json").returncode == 3


@pytest.mark.parametrize("where", ["help", "README"])
def test_the_file_that_the_help_and_the_readme_show_is_a_chip(validator, where, tmp_path):
    text = invoke("chips", "--help").stdout if where == "help" else (ROOT / "README.md").read_text()
    shown = re.search(r'\{\s*"base":.*?\}\s*\}\s*\}', text, re.DOTALL)
    assert shown, text
    record = json.loads(" ".join(shown[0].split()))
    assert validator.is_valid(record)
    (tmp_path / "mine.json").write_text(shown[0])
    told = invoke("chips", tmp_path / "mine.json", "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["limits"]["cores"]["value"] == record["limits"]["cores"]["value"] == 64
