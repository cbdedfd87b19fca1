"""The page of a neuron model that `rheobase explain` prints: made of its table, and of the rules that name it."""

from __future__ import annotations

from typing import Iterable, Optional

from . import topics
from .arithmetic import MODELS
from .lava_models import LAVA_MODELS


def known() -> dict[str, str]:
    """Model -> what it is."""
    return {name: model["summary"] for name, model in MODELS.items()}


def page(name: str) -> Optional[str]:
    """A model's page in Markdown, or None where there is no such model; its NIR name will do."""
    wanted = name.strip().lower()
    model = next((m for m in MODELS.values() if wanted in (m["name"], m["nir"].lower()) and wanted), None)
    if model is None:
        return None
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
        "Lava": ", ".join(lava),
        "NIR": model["nir"],
        "lava-dl's .net files": model["slayer"],
    }
    return "\n".join(f"- {what}: {value or '-'}" for what, value in facts.items())


def _integers(model: dict) -> str:
    columns = ["name", "unit", "least", "most", "default", "Lava"] + ([".net"] if model["slayer"] else [])
    if not model["parameters"]:
        return "It has none."
    return _table(
        [*columns, "meaning"],
        (
            [p["name"], p["unit"], p["least"], p["most"], p["missing"], p["lava"]]
            + ([p["slayer"]] if model["slayer"] else [])
            + [p["meaning"]]
            for p in model["parameters"]
        ),
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
