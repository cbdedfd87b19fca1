"""Numbers of bits and budgets of memory, as users say them."""

from __future__ import annotations

import re
from typing import Iterable, Optional

from .arguments import whole_number
from .arithmetic import MOST_SIGNED_BITS
from .errors import option_error, shown

WORD_BYTES = 8  # SPEC I2


def parse_bits(text: str) -> list[int]:
    """ "2..8", "4,6,8" or "4" as numbers. Raises OptionError."""
    try:
        span = re.fullmatch(r"(\d+)\.\.(\d+)", text.strip())
        listed = range(int(span[1]), int(span[2]) + 1) if span else [int(part) for part in text.split(",")]
    except ValueError:
        listed = []
    return check_bits(listed, text)


def check_bits(bits: Iterable, said=None) -> list[int]:
    """Precisions, the finest first. Raises OptionError: none, or one that no synapse has."""
    said = bits if said is None else said
    try:
        listed = sorted({int(b) for b in bits if int(b) == b}, reverse=True)
    except (TypeError, ValueError):
        listed = []
    if not listed or len(listed) > MOST_SIGNED_BITS:
        raise option_error(f"the bits cannot be {shown(said)}", "give for example 2..8 or 4,6,8")
    return [check_weight_bits(b, "a number of bits") for b in listed]


def check_weight_bits(bits, what: str = "weight_bits") -> int:
    """Bits of a weight, its sign included (SPEC W3, W10). Raises OptionError."""
    return whole_number(what, bits, 1, MOST_SIGNED_BITS)


def shown_bits(bits) -> str:
    """Bits as settings have them, one number or one for each row, for people.

    Example: shown_bits([2, 8, 8])  # "2 to 8 bits"
    """
    least, most = (bits, bits) if isinstance(bits, int) else (min(bits), max(bits))
    return f"{least} bits" if least == most else f"{least} to {most} bits"


def parse_budget(text) -> Optional[int]:
    """Bytes of synapse memory: a number, or a text such as "40 kB" or "5000 words". Raises OptionError."""
    if text is None:
        return None
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(B|bytes|kB|MB|words?)?\s*", str(text))
    unit = {"kB": 1000, "MB": 10**6, "word": WORD_BYTES, "words": WORD_BYTES}
    if found is None or not float(found[1]) > 0:
        raise option_error(
            f"the budget cannot be {shown(text)}", "give bytes, or for example 40kB or 5000words"
        )
    return int(float(found[1]) * unit.get(found[2], 1))
