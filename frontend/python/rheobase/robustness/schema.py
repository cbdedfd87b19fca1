"""The JSON Schema of report.json: the one place that says which fields a report of a campaign has, and what they mean."""

from __future__ import annotations

from .checkpoint import DAMAGES
from .critical import LISTED, OF_A_KIND
from .kinds import fault_kinds
from .plan import MOST_CONFIDENCE
from .results import SCHEMA, SHARES

_MEANING = {
    "masked": "pairs in which nothing differs, not one spike",
    "raster": "pairs in which at least some neuron sends otherwise",
    "output": "pairs in which at least an output differs",
    "decision": "pairs in which the answer changes",
    "undefined": "pairs in which the chip's words mean nothing any more; in no other share",
}


def _object(about: str, /, **fields) -> dict:
    return {
        "type": "object",
        "description": about,
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def _number(about: str, **limits) -> dict:
    return {"type": "number", "description": about, **limits}


def _count(about: str, least: int = 0) -> dict:
    return {"type": "integer", "minimum": least, "description": about}


def _text(about: str, **more) -> dict:
    return {"type": "string", "description": about, **more}


def _maybe(kind: dict) -> dict:
    return {"description": kind.get("description", ""), "anyOf": [kind, {"type": "null"}]}


def _list(about: str, items: dict, **more) -> dict:
    return {"type": "array", "description": about, "items": items, **more}


_UNIT = {"minimum": 0, "maximum": 1}


def _share(about: str) -> dict:
    return _object(
        f"{about}: share with interval and sample size",
        count=_count("pairs of these"),
        of=_count("pairs tried"),
        value=_maybe(_number("count / of; null where nothing was tried", **_UNIT)),
        low=_maybe(_number("lower end of the interval; null before all samples were visited", **_UNIT)),
        high=_maybe(_number("upper end", **_UNIT)),
        exact={
            "type": "boolean",
            "description": "every fault on every sample: low = high = value; never of random kinds, whose figures are means over "
            "realisations drawn from as many as `sites` says",
        },
    )


def _stratum() -> dict:
    return _object(
        "faults of one kind in one node, of weights also of one bit",
        kind=_text("kind of fault"),
        amount=_number("the number behind the kind's name, 0 where it has none", minimum=0),
        node=_text(
            "where: 'hidden', 'input -> hidden'; in the user's names, but of the network as it was compiled, which may hold parts "
            "of a node ('input -> hidden.part')"
        ),
        bit={
            "type": "integer",
            "minimum": -1,
            "description": "of the weight, 0 the lowest; -1 where bits have no strata",
        },
        sites=_count("places (realisations of random kinds)"),
        mode={"enum": ["exhaustive", "drawn"], "description": "every pair, or draws of them"},
        settled={
            "type": "boolean",
            "description": "every pair was tried, or all intervals are as narrow as wanted; false where the budget or the most "
            "draws that are made ended first",
        },
        pairs=_count("pairs of fault and sample that were tried"),
        **{name: _share(_MEANING[name]) for name in SHARES},
        spoiled=_maybe(_share("right answers turned wrong; null without labels")),
        mended=_maybe(_share("wrong answers turned right; null without labels")),
        accuracy_mean=_maybe(_number("with an average fault; null where drawn or without labels", **_UNIT)),
        accuracy_worst=_maybe(_number("with the worst fault; null where drawn or without labels", **_UNIT)),
    )


def _critical() -> dict:
    return _object(
        "a fault that changes an answer",
        rank=_count(
            "from 1, by the share of samples whose answer changes; `rheobase replay DIR#RANK` shows it", 1
        ),
        fault=_text("its name: KIND@PLACE"),
        what=_text("what it changes, in the user's names"),
        kind=_text("kind of fault"),
        node=_text("where, as for strata"),
        tried=_count("samples that it was tried on; where a spike is lost, those that have it", 1),
        decision=_count("answers of them that change", 1),
        low=_maybe(
            _number(
                "lower end of the interval of decision / tried over all samples, for this fault by itself; the share "
                "where all were tried, null while they are",
                **_UNIT,
            )
        ),
        high=_maybe(_number("upper end", **_UNIT)),
        accuracy=_maybe(_number("with this fault; null where drawn or without labels", **_UNIT)),
        also=_list("other faults that are the same change at the same place", _text("name")),
    )


def schema() -> dict:
    """JSON Schema (draft 2020-12) of report.json."""
    interval = {"minimum": 0, "maximum": 1}
    accuracy = _object(
        "share of right answers, with its interval at `confidence` (Clopper and Pearson 1934)",
        count=_count("right answers"),
        of=_count("samples", 1),
        value=_number("count / of", **interval),
        low=_number("lower end", **interval),
        high=_number("upper end", **interval),
    )
    kind = _object(
        "a kind of fault",
        name=_text("as --faults takes it"),
        about=_text("what it breaks"),
        amount=_text("what its number means; empty where it has none"),
        usual=_number("that number where it is left out"),
        summary=_text("in a sentence"),
    )
    body = _object(
        f"A fault campaign. Damages, each worse than the one before: {', '.join(DAMAGES[:-1])}; and {DAMAGES[-1]}.",
        schema={"const": SCHEMA},
        rheobase=_text("version"),
        network=_text("name of the network"),
        chip=_text("name of the chip"),
        profile=_text("arithmetic"),
        image=_text("SHA-256 of the image", pattern="^[0-9a-f]{64}$"),
        image_file=_text("name of its file"),
        data=_object("the samples", name=_text("file"), hash=_text("SHA-256", pattern="^[0-9a-f]{64}$")),
        samples=_count("of the data", 1),
        steps=_count("of a sample", 1),
        seed=_count("of all draws"),
        confidence=_number("of the intervals", exclusiveMinimum=0.5, exclusiveMaximum=MOST_CONFIDENCE),
        width=_number(
            "to which intervals of drawn strata were narrowed", exclusiveMinimum=0, exclusiveMaximum=1
        ),
        decision=_object(
            "how the answer is read",
            output=_text("Output node"),
            rule=_text("in words"),
            why=_text("why this rule was taken"),
            tolerance=_maybe(
                _number("network units; null where the answer is the largest sum", exclusiveMinimum=0)
            ),
        ),
        finished={
            "type": "boolean",
            "description": "everything was tried that was to be; false where the budget ended first",
        },
        intact=_object("the chip without faults", accuracy=_maybe(accuracy)),
        kinds=_list("of faults that were tried", kind),
        strata=_list("every figure", _stratum()),
        followed=_maybe(
            _object(
                "how drawn faults came into `critical`: some that changed an answer, from every stratum in turn, were tried again",
                hits=_count("drawn faults that changed an answer", 1),
                candidates=_count("of them, tried again", 1),
                screened=_count(
                    "samples, drawn by lot, on which each candidate was tried; 0 where none had to be left out"
                ),
                followed=_count("the worst of the candidates", 1),
                samples=_count("drawn by lot, on which each of these was tried", 1),
            )
        ),
        critical=_list(
            f"worst faults first: {LISTED} of all, and more until there are {OF_A_KIND} of each kind; none of random kinds",
            _critical(),
            maxItems=LISTED + OF_A_KIND * len(fault_kinds()),
        ),
        command=_maybe(_text("makes this report again in the folder of the image and the data")),
        fail_if=_maybe(
            _object(
                "--fail-if",
                condition=_text("as given"),
                failed=_maybe(
                    {"type": "boolean", "description": "whether it holds; null where that is not known"}
                ),
            )
        ),
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rheobase fault campaign",
        **body,
    }
