"""The commands about rheobase itself, and their exit statuses."""

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import rheobase as rb
from commandline import invoke, rheobase
from rheobase import codes, compiler, topics
from rheobase.arithmetic import MODELS

ROOT = Path(__file__).parents[2]


def test_version():
    result = rheobase("--version")
    assert result.returncode == 0
    assert result.stdout.strip() == f"rheobase {rb.__version__}"


def test_explain_prints_the_page():
    result = invoke("explain", "r0690")
    assert result.returncode == 0
    assert result.stdout.startswith("# R0690: ")


def test_explain_lists_every_code_topic_and_model():
    listing = invoke("explain").stdout.splitlines()
    pages = ROOT / "runtime/support/codes"
    named = [line.split()[0] for line in listing]
    models = sorted(model.parent.name for model in ROOT.glob("runtime/models/*/model.h"))
    codes_first = [*sorted(page.stem for page in pages.glob("R*.md")), "differences", "spec", "conventions"]
    assert named == [*codes_first, *models] and len(models) > 20
    assert all(len(line) > 10 for line in listing)
    known = json.loads(invoke("explain", "--json").stdout)
    assert [*known["codes"], *known["topics"], *known["models"]] == named


@pytest.mark.parametrize("model", MODELS)
def test_explain_prints_a_model_with_its_rule(model):
    page = invoke("explain", model.upper()).stdout
    assert page.startswith(f"# {model}: ") and re.search(rf"\*\*N\d+ `{model}`\.?\*\*", page)
    for parameter in MODELS[model]["parameters"]:
        (row,) = [line for line in page.splitlines() if line.startswith(f"| {parameter['name']} ")]
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[2:5] == [str(parameter[key]) for key in ("least", "most", "missing")]
        assert cells[-1] == parameter["meaning"]


def test_explain_knows_what_others_call_a_model():
    page = invoke("explain", "CubaLIF").stdout
    assert page.startswith("# cuba_lif: ") and "| tau_syn " in page and "vThMant << 6" in page
    assert "- Lava: LIF\n" in page and "- lava-dl's .net files: CUBA\n" in page
    adaptive = invoke("explain", "adrf_phase").stdout
    assert "- Lava: -\n" in adaptive and "theta_0 << 6" not in adaptive
    for name, model in {
        "LOIHI": "cuba_lif",
        "SDNN": "sigma_delta",
        "RF_IZ": "resonate_and_fire_izhikevich",
    }.items():
        assert json.loads(invoke("explain", name, "--json").stdout)["code"] == model
    assert json.loads(invoke("explain", "atrlif", "--json").stdout)["code"] == "atrlif"


def test_explain_prints_the_rules_of_the_arithmetic():
    spec = (ROOT / "ir/SPEC.md").read_text(encoding="utf-8")
    names = re.findall(r"\*\*([A-Z]\d+) ", spec)
    rules = {rule.name: rule for rule in topics.rules("spec")}
    assert list(rules) == names and len(names) > 80
    for name, rule in rules.items():
        assert rule.text.startswith(f"**{name} ") and rule.text in spec and "#" not in rule.text
    assert invoke("explain", "n28").stdout.strip() == rules["N28"].text
    assert "N29" not in rules["N28"].text and rules["N28"].title == "graded_relu_vec"
    assert json.loads(invoke("explain", "N28", "--json").stdout)["vector"] is None


def test_explain_prints_a_topic_and_one_rule_of_it():
    page = invoke("explain", "Differences").stdout
    assert page == (ROOT / "ir/DIFFERENCES.md").read_text(encoding="utf-8")
    rules = json.loads(invoke("explain", "differences", "--json").stdout)["rules"]
    assert [r["code"] for r in rules] == [f"X{k + 1}" for k in range(len(rules))] and len(rules) >= 30
    for r in rules:
        assert r["text"] in page and r["vector"]["given"] and len(r["vector"]["results"]) > 1, r["code"]
    rule = invoke("explain", "x4")
    assert rule.returncode == 0 and rule.stdout.strip() == rules[3]["text"]
    assert rules[3]["text"].startswith("**X4 The sum of one step.** ") and "X5" not in rule.stdout
    assert json.loads(invoke("explain", "X4", "--json").stdout)["vector"] == rules[3]["vector"]
    assert rules[3]["vector"]["results"]["nengo"] == [-2097152]


@pytest.mark.parametrize(
    "wrong, near", [("diferences", "differences (Where "), ("X44", "X4 (The sum"), ("atrlf", "atrlif (")]
)
def test_explain_offers_the_nearest_topic_and_rule(wrong, near):
    result = invoke("explain", wrong)
    assert result.returncode == 3
    assert (
        f"there is no diagnostic, topic, rule or model '{wrong}'" in result.stderr and near in result.stderr
    )


def test_explain_offers_the_nearest_code():
    result = invoke("explain", "R0698")
    assert result.returncode == 3
    assert "error R0690: there is no diagnostic 'R0698'" in result.stderr
    assert "did you mean R069" in result.stderr


def test_every_code_that_is_used_has_a_page():
    root = Path(__file__).parents[2]
    sources = [
        p for room in ("frontend", "runtime", "ir", "passes", "backends") for p in (root / room).rglob("*.*")
    ]
    used = set()
    for source in sources:
        if source.suffix in (".py", ".cpp", ".h"):
            used |= set(re.findall(r"\"(R0[0-9]{3})\"", source.read_text(encoding="utf-8")))
    assert len(used) > 80 and used <= codes.known().keys()


def test_doctor_examines_every_part():
    result = invoke("doctor", "--json")
    assert result.returncode == 0, result.stdout
    report = json.loads(result.stdout)
    assert report["schema"] == "rheobase.doctor/1"
    found = {f["what"]: f for f in report["findings"]}
    works = "ok" if compiler.available() else "absent"
    for what, state in {
        "rheobase": "ok",
        "nir reader": "ok",
        "nir writer": "ok",
        "compiler": works,
        "engine golden": works,
        "engine vector": works,
        "engine jit": works,
    }.items():
        assert found[what]["state"] == state, found[what]
    assert "vector target " in found["processor"]["detail"]
    assert all(f["detail"] for f in found.values())


def test_doctor_notices_an_engine_that_differs(monkeypatch):
    if not compiler.available():
        pytest.skip("built without the compiler (RHEO_COMPILER=OFF)")
    original = rb.Image.run

    def wrong(self, x, engine="auto", **more):
        out = original(self, x, engine=engine, **more)
        if engine == "jit":
            out.spikes["hidden"] = out.spikes["hidden"] + 1
        return out

    monkeypatch.setattr(rb.Image, "run", wrong)
    result = invoke("doctor")
    assert result.returncode == 1
    assert "broken  engine jit    differs from the golden model" in result.stdout


def test_importing_is_quick_and_complete():
    """Ctrl-C during a long import would end in a trace: nothing is imported before it is needed."""
    script = "import sys, rheobase; assert 'numpy' not in sys.modules; rheobase.compile; assert 'numpy' in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)
    assert set(rb.__all__) <= set(dir(rb)) and all(getattr(rb, name) is not None for name in rb.__all__)
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        rb.lod  # noqa: B018


def test_every_public_name_is_documented():
    def documented(item) -> bool:
        return bool((item.__doc__ or "").strip())

    for name in set(rb.__all__) - {"__version__"}:
        item = getattr(rb, name)
        assert documented(item), name
        assert not inspect.isfunction(item) or "Example" in item.__doc__, f"rb.{name} has no example"
        if inspect.isclass(item) and not issubclass(item, Exception):
            for member, value in vars(item).items():
                known = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
                if (
                    not member.startswith("_")
                    and inspect.isfunction(known)
                    and member not in ("name", "size", "shape")
                ):
                    assert documented(known), f"rb.{name}.{member}"


def test_errors_carry_code_and_place():
    error = rb.DataError(
        [rb.Diagnostic("R0201", "error", "wrong width", "x.npz", "input", remedy="give 3 channels")]
    )
    assert isinstance(error, rb.Error)
    assert (error.code, error.place) == ("R0201", "x.npz:input")
    assert str(error).splitlines() == [
        "x.npz: error R0201: wrong width",
        "x.npz: note: at 'input'",
        "x.npz: note: give 3 channels",
    ]
    with pytest.raises(rb.Error):
        raise error
