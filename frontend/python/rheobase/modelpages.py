"""The page of a neuron model that `rheobase explain` prints: made of its table, and of the rules that name it."""

from __future__ import annotations

from typing import Iterable, Optional

from . import topics
from .arithmetic import MODELS, NETX_OLDER_CUBA
from .lava_models import LAVA_MODELS


def known() -> dict[str, str]:
    """Model -> what it is."""
    return {name: model["summary"] for name, model in MODELS.items()}


def page(name: str) -> Optional[str]:
    """A model's page in Markdown, or None where there is no such model; what others call it will do."""
    model = find(name)
    if model is None:
        return None
    model = MODELS[model]
    rules = _rules(model["name"])
    parts = [
        f"# {model['name']}: {model['summary']}",
        _others(model["name"], model),
        "\n\n".join(rule.text for rule in rules),
        "## Integers of a step",
        _integers(model),
    ]
    if model["real"]:
        parts += [f"## Real parameters, as {model['nir']} of NIR names them", _real(model)]
    return "\n\n".join(parts)


def find(name: str) -> Optional[str]:
    """The model of that name, else of that name in NIR, Lava or lava-dl's files."""
    wanted = name.strip().lower()
    called: dict[str, str] = {NETX_OLDER_CUBA.lower(): "cuba_lif"}
    for process, about in LAVA_MODELS.items():
        called[process.lower()] = about.model
    for kind in ("slayer", "nir", "name"):  # the last one counts
        called.update({model[kind].lower(): model["name"] for model in MODELS.values() if model[kind]})
    return called.get(wanted)


def _rules(model: str) -> list[topics.Rule]:
    return [rule for rule in topics.rules("spec") if rule.title == model]


def _others(name: str, model: dict) -> str:
    """What the model is and what others call it, one fact a line."""
    lava = [process for process, about in LAVA_MODELS.items() if about.model == name]
    facts = {
        "states": ", ".join(model["states"]),
        "receives": "one sum" if len(model["ports"]) == 1 else "sums at " + ", ".join(model["ports"]),
        "sends": "payloads" if model["graded"] else "spikes" if model["spiking"] else "nothing: it is read",
        "on the chip": "a program" if model["program"] else "the neuron circuit's own",
        "Lava": ", ".join(lava) or ("LIF, in part" if not model["program"] else ""),
        "NIR": model["nir"],
        "lava-dl's .net files": model["slayer"],
    }
    return "\n".join(f"- {what}: {value or '-'}" for what, value in facts.items())


def _integers(model: dict) -> str:
    if not model["parameters"]:
        return "It has none."
    in_lava = not model["program"] or any(about.model == model["name"] for about in LAVA_MODELS.values())
    others = {"lava": "Lava"} if in_lava else {}
    others |= {"slayer": ".net"} if model["slayer"] else {}
    keys = ["name", "unit", "least", "most", "missing", *others, "meaning"]
    heads = {"missing": "default", **others}
    return _table(
        [heads.get(key, key) for key in keys], ([p[key] for key in keys] for p in model["parameters"])
    )


def _real(model: dict) -> str:
    return _table(
        ["name", "unit", "default", "range", "meaning"],
        (
            [
                p["name"],
                p["unit"],
                "none: it is needed" if p["required"] else f"{p['missing']:g}",
                "above 0" if p["positive"] else "any",
                p["meaning"],
            ]
            for p in model["real"]
        ),
    )


def _table(head: list[str], rows: Iterable[list]) -> str:
    """A Markdown table whose columns are lined up, for people who read it in a terminal."""
    cells = [head, *([str(cell) or "-" for cell in row] for row in rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(head))]

    def line(row: list[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"

    return "\n".join([line(head), "|" + "|".join("-" * (w + 2) for w in widths) + "|", *map(line, cells[1:])])
