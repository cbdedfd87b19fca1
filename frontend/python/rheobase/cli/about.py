"""Commands about rheobase itself: --version, explain, doctor."""

from __future__ import annotations

from typing import Optional

import typer
from typing_extensions import Annotated

from .. import codes, doctoring, modelpages, rules, topics
from . import options as o
from .common import Settings, app, emit_json, say


def _version(value: bool) -> None:
    if value:
        from .. import __version__

        print(f"rheobase {__version__}")
        raise typer.Exit()


@app.callback(
    epilog="\b\nExit status:\n"
    "    0  done and passed\n"
    "    1  the check failed: violations, a difference, --fail-if\n"
    "    2  wrong usage: an unknown command or option, something missing\n"
    "    3  bad input: a file, data, the value of an option\n"
    "    4  undecided within the budget\n"
    "   70  a fault of rheobase, with a file to report it with\n"
    "  130  interrupted; nothing half written is left"
)
@o.with_common
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A trained spiking network to a neuromorphic chip image, and proof of what happened on the way.

    The options below may stand before or after the command's name. 'rheobase COMMAND --help' shows units,
    shapes and examples.
    """


@o.command(
    "explain",
    "rheobase explain R0412",
    "rheobase explain rules",
    "rheobase explain core.input_axons",
    "rheobase explain differences",
    "rheobase explain conventions",
    "rheobase explain X4",
    "rheobase explain atrlif",
)
def explain(
    code: Annotated[
        Optional[str],
        typer.Argument(
            metavar="[CODE]",
            help="A diagnostic such as R0412 or its design rule, core.input_axons; rules, which lists them; a neuron model such as cuba_lif, a topic, or a rule of a topic such as X4 "
            "or N23; without one, all diagnostics, topics and models.",
        ),
    ] = None,
) -> None:
    """Print what a diagnostic means and what to do, a neuron model, or a topic."""
    if code is None:
        titles, pages, models = codes.known(), topics.known(), modelpages.known()
        if Settings.json:
            emit_json("rheobase.explanations/1", {"codes": titles, "topics": pages, "models": models})
        for names in (titles, pages, models):
            width = max(map(len, names), default=5)
            for name, title in names.items():
                say(f"{name.ljust(width)}  {title}")
        return
    body = _explanation(code)
    if Settings.json:
        emit_json("rheobase.explanation/1", body)
    else:
        say(body["text"])


_NODES = {"delay": "F23", "threshold": "F24"}  # NIR's nodes that are no model of a neuron


def _explanation(code: str) -> dict:
    """{code, text}; a rule has its title and vector, too, if it has one, a topic its rules."""
    if code.strip().lower() == rules.TOPIC:
        return {
            "code": rules.TOPIC,
            "text": "\n".join(rules.lines()),
            "rules": list(rules.catalogue().values()),
        }
    if rules.find(code) is not None:
        code = rules.find(code).code
    rule, text = topics.rule(_NODES.get(code.strip().lower(), code)), topics.page(code)
    if rule is not None:
        return rule.as_dict()
    if text is not None:
        name = code.strip().lower()
        return {"code": name, "text": text.rstrip(), "rules": topics.rules(name)}
    model = modelpages.page(code)
    if model is not None:
        return {"code": modelpages.find(code), "text": model}
    text = codes.page(code).rstrip()
    return {"code": text[2:7], "text": text}


@o.command(
    "doctor", "rheobase doctor", "rheobase doctor --json | jq '.findings[] | select(.state != \"ok\")'"
)
def doctor() -> None:
    """Examine this installation.

    What is there, which engines work, versions, the processor's vector target. Each engine runs a small
    network and has to give the golden model's bits. Exit status 1 if something is broken; what is absent is
    not broken.
    """
    findings = doctoring.examine()
    if Settings.json:
        emit_json("rheobase.doctor/1", {"findings": findings})
    for finding in findings:
        say(f"{finding['state']:7} {finding['what']:13} {finding['detail']}")
    if any(f["state"] == "broken" for f in findings):
        raise typer.Exit(1)
