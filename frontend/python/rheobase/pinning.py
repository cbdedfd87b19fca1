"""What quantization settings pin, and options that can choose nothing beside them."""

from __future__ import annotations

import json
from typing import Optional, Union

from .errors import option_error
from .precisions import shown_bits

SCHEMA = "rheobase.quantization/1"
CODE = "R0694"


def pinned_bits(settings: dict) -> dict[str, Union[int, list, None]]:
    """Projections whose integers the settings pin, with their bits, one number or one for each row; None where weights are
    pinned and bits are not said."""
    projections = settings.get("projections", {})
    return {name: p.get("bits") for name, p in projections.items() if "bits" in p or "weights" in p}


def check_options(
    given: Optional[str], file: str, filled: Optional[str], weight_bits: Optional[int], scales: str
) -> None:
    """Raises OptionError (R0694) for an option that can choose nothing, since the settings pin all that it is about.

    given: JSON text of the user's settings, or None; filled: as quantization completed them, with every population and
    projection, or None where it was not reached.

    Example: check_options('{"projections": {"a_to_b": {"bits": 8}}}', "q.json", result["quantization"], 4, "auto")
    """
    if not given or not filled or (weight_bits is None and scales == "auto"):
        return
    settings, chosen = json.loads(given), json.loads(filled)
    bits = {name: pinned for name, pinned in pinned_bits(settings).items() if pinned is not None}
    others = [name for name, pinned in bits.items() if pinned != weight_bits]
    if weight_bits is not None and others and bits.keys() >= chosen["projections"].keys():
        raise option_error(
            f"weight_bits is {weight_bits}, but the settings pin the bits of every projection, '{others[0]}' has "
            f"{shown_bits(bits[others[0]])}",
            "leave weight_bits (--weight-bits) out, or remove 'bits' from the settings where they are to be chosen",
            CODE,
            file=file,
            where=f"projections.{others[0]}.bits",
        )
    if scales != "auto" and _scales_are_pinned(settings, chosen):
        raise nothing_to_scale(scales, file)


def nothing_to_scale(scales: str, file: str):
    """The error for a way to choose scales where every scale is pinned."""
    return option_error(
        f"scales '{scales}' can choose nothing: the settings pin every scale",
        "leave scales (--scales) out, or remove 'scale_v' and 'exponent' from the settings where they are to be chosen",
        CODE,
        file=file,
        where="populations",
    )


def _scales_are_pinned(settings: dict, chosen: dict) -> bool:
    projections, populations = settings.get("projections", {}), settings.get("populations", {})
    weights = chosen["projections"].keys()
    if weights and all("weights" in projections.get(name, {}) for name in weights):
        return True  # they say the scales
    exponents = all({"exponent", "weights"} & projections.get(name, {}).keys() for name in weights)
    scaled = [name for name, p in chosen["populations"].items() if "scale_v" in p]
    own = all({"scale_v", "vth"} & populations.get(name, {}).keys() for name in scaled)
    return bool(scaled) and exponents and own
