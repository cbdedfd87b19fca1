"""The kinds of faults by name, and families of them."""

from __future__ import annotations

from .. import _core
from ..errors import option_error, shown

# What a word of --faults may also say: all kinds whose names begin so, or all that need no amount chosen.
EVERYTHING = "all"


def fault_kinds() -> list[dict]:
    """Every kind of fault: [{name, about, amount: what its number means, usual: that number, summary}].

    Example: [k["name"] for k in rb.fault_kinds() if k["about"] == "memory bit"]
    """
    return _core.fault_kinds()


def expand(faults) -> list[str]:
    """Names with families and 'all' spelt out, in the order given, each once: "weight" is weight-flip,
    weight-stuck-0 and weight-stuck-1. Raises OptionError; unknown names are left for the core to refuse."""
    if isinstance(faults, str):
        faults = faults.split(",")
    try:
        words = [str(word).strip() for word in faults]
    except TypeError:
        raise option_error(
            f"faults is {shown(faults)}", "give a list of kinds, see rb.fault_kinds()"
        ) from None
    known = [kind["name"] for kind in fault_kinds()]
    names: list[str] = []
    for word in filter(None, words):
        family = known if word == EVERYTHING else [name for name in known if name.startswith(word + "-")]
        names += [name for name in (family if word not in known and family else [word]) if name not in names]
    if not names:
        raise option_error("no kind of fault is given", "for example --faults weight-flip,spike-lost")
    return names
