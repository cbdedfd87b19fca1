"""The kinds of faults by name, and families of them."""

from __future__ import annotations

from .. import _core
from ..errors import option_error, shown

# What a word of --faults may also say: all kinds that the image has a place for, with their usual amounts.
EVERYTHING = "all"


def fault_kinds() -> list[dict]:
    """Every kind of fault: [{name, about, amount: what its number means, usual: that number, summary}].

    Example: [k["name"] for k in rb.fault_kinds() if k["about"] == "memory bit"]
    """
    return _core.fault_kinds()


def name_of(kind: str, amount: float) -> str:
    """The one name of a kind with an amount: "message-loss" and "message-loss:0.001" are the same."""
    usual = {k["name"]: k["usual"] for k in fault_kinds()}.get(kind)
    return kind if amount == usual else f"{kind}:{amount!r}"


def _canonical(word: str) -> str:
    kind, colon, amount = word.partition(":")
    takes = any(known["name"] == kind and known["amount"] for known in fault_kinds())
    try:
        return name_of(kind, float(amount)) if colon and takes else word
    except ValueError:
        return word  # the core says what is wrong with it


def words_of(faults) -> list[str]:
    """The words of a list, or of a text with commas. Raises OptionError."""
    if isinstance(faults, str):
        faults = faults.split(",")
    try:
        return [word for word in (str(word).strip() for word in faults) if word]
    except TypeError:
        raise option_error(
            f"faults is {shown(faults)}", "give a list of kinds, see rb.fault_kinds()"
        ) from None


def expand(faults) -> tuple[list[str], set[str]]:
    """Names with families and 'all' spelt out, in the order given, each once: "weight" is weight-flip, weight-stuck-0 and
    weight-stuck-1. The second are those that only 'all' stands for. Raises OptionError; unknown names are left for the core
    to refuse."""
    words = words_of(faults)
    about = {kind["name"]: kind["about"] for kind in fault_kinds()}
    known = list(about)
    names: list[str] = []
    asked: set[str] = set()
    for word in words:
        family = known if word == EVERYTHING else [name for name in known if name.startswith(word + "-")]
        if word != EVERYTHING:  # "weight" is bits of stored weights, not devices whose weights are off
            family = [name for name in family if about[name] == about[family[0]]]
        chosen = family if word not in known and family else [_canonical(word)]
        names += [name for name in chosen if name not in names]
        asked |= set() if word == EVERYTHING else set(chosen)
    if not names:
        raise option_error("no kind of fault is given", "for example --faults weight-flip,spike-lost")
    return names, set(names) - asked
