"""The table of layers and frameworks, frontend/python/rheobase/frameworks/SUPPORT.md.

Usage: build/frameworks/bin/python tests/live/support.py writes it (PYTHONPATH=build/release/python).
What is taken over and what is refused, and why, stands in the readers; layers are those that the installed frameworks
export; the numbers are those of random networks in which the tests here compare them.
"""

from collections import Counter
from importlib import import_module
from pathlib import Path

import torch
from rheobase.frameworks import norse, sinabs, snntorch, spikingjelly, torch_layers

PAGE = Path(__file__).resolve().parents[2] / "frontend/python/rheobase/frameworks/SUPPORT.md"
FRAMEWORKS = (norse.NORSE, snntorch.SNNTORCH, sinabs.SINABS, spikingjelly.SPIKINGJELLY)
HEAD = """# Layers that are taken over from PyTorch frameworks

`rb.from_norse`, `rb.from_snntorch`, `rb.from_sinabs` and `rb.from_spikingjelly` take a `torch.nn.Module` over exactly or refuse
it, naming the layer and the reason. A number says in how many random networks of the tests a layer sends the same spikes in its
framework and here. Written by `tests/live/support.py`; a test fails where it is not what the readers say.
"""
FOLLOWED = "its layers are followed"
UNKNOWN = "not known here"


def counts() -> dict:
    """framework -> layer -> networks."""
    found: dict = {}
    for framework in FRAMEWORKS:
        module = import_module(f"test_{framework.package}")
        found[framework.name] = Counter()
        for seed in range(module.NETWORKS):
            parts = list(module.network(seed).module.modules())
            found[framework.name].update({(_of_torch(type(p)), type(p).__name__) for p in parts})
    return found


def _of_torch(kind: type) -> bool:
    return kind.__module__.startswith("torch.nn.")


def exported(framework) -> list[str]:
    """The layers that a framework shows, of its own."""
    shown = [vars(import_module(name)) for name in framework.exports]
    layers = {
        name
        for names in shown
        for name, kind in names.items()
        if isinstance(kind, type) and issubclass(kind, torch.nn.Module) and framework.owns(kind)
    }
    return sorted(layers)


def becomes(kind: str, owner) -> str:
    """What a layer becomes that is taken over or followed; owner: a framework, or Torch."""
    return (owner.taken[kind].__doc__ or "").strip() if kind in owner.taken else FOLLOWED


def reasons(owner, kinds) -> list[str]:
    """A line for each reason of refusal."""
    grouped: dict = {}
    for kind in kinds:
        grouped.setdefault(owner.refused.get(kind, UNKNOWN), []).append(kind)
    return [f"- {', '.join(kinds)}: {why}" for why, kinds in grouped.items()]


class Torch:
    taken, followed, refused = torch_layers.TAKEN, torch_layers.FOLLOWED, torch_layers.REFUSED


def table() -> str:
    compared = counts()
    names = [framework.name for framework in FRAMEWORKS]
    lines = [
        HEAD,
        "## torch.nn",
        "",
        f"| layer | becomes | {' | '.join(names)} |",
        "|---|---|" + "--:|" * len(names),
    ]
    for kind in (*Torch.taken, *sorted(Torch.followed)):
        numbers = [str(compared[name][True, kind] or "") for name in names]
        lines.append(f"| {kind} | {becomes(kind, Torch)} | {' | '.join(numbers)} |")
    lines += ["", "Refused:", "", *reasons(Torch, Torch.refused), "- every other layer of torch.nn"]
    for framework in FRAMEWORKS:
        low, high = (".".join(map(str, version)) for version in framework.tested)
        lines += [
            "",
            f"## {framework.name} {low} to below {high}",
            "",
            "| layer | becomes | compared |",
            "|---|---|--:|",
        ]
        kinds = exported(framework)
        taken = [kind for kind in kinds if kind in framework.taken]
        for kind in (*taken, *(kind for kind in kinds if kind in framework.followed)):
            lines.append(
                f"| {kind} | {becomes(kind, framework)} | {compared[framework.name][False, kind] or ''} |"
            )
        rest = [kind for kind in kinds if kind not in framework.taken and kind not in framework.followed]
        lines += ["", "Refused:", "", *reasons(framework, rest)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(table(), encoding="utf-8")
