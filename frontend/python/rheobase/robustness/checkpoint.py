"""The state of a campaign on disk: after each block either the old state or the new one, never half of one."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Optional

import numpy as np

from ..errors import data_error, option_error
from ..files import write_bytes
from .plan import Plan

NAME = "campaign.state"


class State:
    """Counts of exhaustive visits and draws of strata, as far as they went.

    visited: samples done; counts: {column: [sites]}; answers: of the intact chip [visited]; draws: {stratum:
    {column: [n]}}; looks: {stratum: looks taken}.
    """

    def __init__(self):
        self.visited = 0
        self.counts: dict[str, np.ndarray] = {}
        self.answers = np.zeros(0, np.int32)
        self.draws: dict[int, dict[str, np.ndarray]] = {}
        self.looks: dict[int, int] = {}
        self.settled: set[int] = set()

    def add_visit(self, found: dict) -> None:
        self.answers = np.concatenate([self.answers, found.pop("answers")])
        self.visited = len(self.answers)
        for name, values in found.items():
            total = self.counts.get(name)
            self.counts[name] = values.astype(np.uint32) if total is None else total + values

    def add_draws(self, stratum: int, found: dict) -> None:
        known = self.draws.get(stratum)
        self.draws[stratum] = (
            found if known is None else {k: np.concatenate([known[k], found[k]]) for k in found}
        )

    def drawn(self, stratum: int) -> int:
        return len(self.draws[stratum]["damage"]) if stratum in self.draws else 0

    def save(self, folder: Path, plan: Plan) -> None:
        arrays = {f"count.{name}": values for name, values in self.counts.items()}
        arrays["answers"] = self.answers
        for stratum, columns in self.draws.items():
            arrays.update({f"draw.{stratum}.{name}": values for name, values in columns.items()})
        header = {
            "plan": plan.fingerprint(),
            "looks": {str(k): v for k, v in sorted(self.looks.items())},
            "settled": sorted(self.settled),
        }
        arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
        content = io.BytesIO()
        np.savez_compressed(content, **arrays)
        write_bytes(folder / NAME, content.getvalue())

    @classmethod
    def load(cls, folder: Path, plan: Plan) -> Optional[State]:
        """None where there is none. Raises OptionError where it belongs to another campaign, DataError where it is
        damaged."""
        file = folder / NAME
        if not file.exists():
            return None
        state = cls()
        try:
            with np.load(file, allow_pickle=False) as stored:
                header = json.loads(bytes(stored["header"]))
                for name in stored.files:
                    kind, _, rest = name.partition(".")
                    if kind == "count":
                        state.counts[rest] = stored[name]
                    elif kind == "draw":
                        stratum, _, column = rest.partition(".")
                        state.draws.setdefault(int(stratum), {})[column] = stored[name]
                state.answers = stored["answers"]
            state.visited = len(state.answers)
            state.looks = {int(k): int(v) for k, v in header["looks"].items()}
            state.settled = set(header["settled"])
            made_for = header["plan"]
        except Exception as error:  # a zip file of a stranger raises nearly anything
            raise data_error(
                "R0807",
                f"the state of a campaign cannot be read: {error}",
                str(file),
                remedy="remove it and start again",
            ) from None
        if made_for != plan.fingerprint():
            raise option_error(
                f"the campaign in '{folder}' has another image, data, faults, seed or width",
                "resume it with the same arguments, or give another folder",
                "R0806",
            )
        return state
