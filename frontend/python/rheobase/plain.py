"""Values as JSON has them."""

from __future__ import annotations

import json
import math


def plain(value):
    """Plain Python values: of arrays lists, of records with ``as_dict`` that, of what is not finite None, of other things
    their text.

    Example: plain({"a": np.float64("nan"), 3: np.arange(2)})  # {"a": None, "3": [0, 1]}
    """
    if hasattr(value, "as_dict"):
        value = value.as_dict()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def as_json(value) -> str:
    """A document to write. Example: write_text(path, as_json(report.data))"""
    return json.dumps(plain(value), indent=2, allow_nan=False) + "\n"
