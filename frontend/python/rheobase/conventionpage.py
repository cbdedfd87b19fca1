"""The page that `rheobase explain conventions` prints, from the table of conventions and the frameworks' sets."""

from __future__ import annotations

from .conventions import CHOICES, FRAMEWORKS

TOPIC = "conventions"
TITLE = "What a network's file leaves unsaid, and how frameworks decide it"


def page() -> str:
    lines = [
        f"# {TITLE}",
        "",
        "NIR gives differential equations. A run needs a time step (`--dt`, in seconds) and the choices below; what is not",
        "given is inferred where the file tells, else the default, and stands in `rheobase show`. SPEC F1 to F5, F11, F19 to",
        "F22 and F25 are the arithmetic. `rheobase conventions` finds them from a recording.",
        "",
    ]
    for choice in CHOICES.values():
        values = " | ".join(f"{v} (default)" if v == choice.default else str(v) for v in choice.values)
        lines += [f"    {choice.flag} {values}", f"        {choice.meaning}"]
    lines += ["", "## Frameworks: --as", ""]
    for name, values in FRAMEWORKS.items():
        said = [
            f"{choice.title} {values[key]}"
            for key, choice in CHOICES.items()
            if key == "reset" or values[key] != choice.default
        ]
        dt = f"dt {values['dt']:g} s, " if values["dt"] else ""
        lines.append(f"    {name.ljust(13)} {dt}{', '.join(said)}")
    lines += ["", "What a framework's set does not name is the default."]
    return "\n".join(lines) + "\n"
