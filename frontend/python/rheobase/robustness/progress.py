"""How much of a campaign is done, told in time: what is left is as fast as what was done."""

from __future__ import annotations

import time
from typing import Callable, Optional

from .checkpoint import State
from .plan import FIRST_DRAWS, Plan

UNSEEN_LOOKS = 2  # a stratum that nothing is known of is expected to settle at this look


class Forecast:
    """Calls ``progress(done, 100)`` with the share of the expected time that is over, in whole per cent; never less than
    before."""

    def __init__(self, plan: Plan, state: State, samples: int, progress: Optional[Callable]):
        """samples: of the exhaustive part, 0 where there is none."""
        self.plan, self.state, self.samples, self.progress = plan, state, samples, progress
        self.seconds = {"visit": 0.0, "draw": 0.0}
        self.units = {"visit": 0.0, "draw": 0.0}
        self.needed: dict[int, float] = {}  # draws that a stratum will need, by its last look
        self.said = -1
        self._mark = time.monotonic()

    def note(self, what: str, units: float) -> float:
        """A block of work is done: learns from the time since the last one, and returns it."""
        now = time.monotonic()
        took, self._mark = now - self._mark, now
        self.seconds[what] += took
        self.units[what] += units
        if self.progress is not None:
            self._say(sum(self.seconds.values()), self._left())
        return took

    def looked(self, stratum: int, widest: float) -> None:
        """The widest interval of a look: a share's interval shrinks with the root of the draws."""
        self.needed[stratum] = self.state.tallies[stratum].drawn * (widest / self.plan.width) ** 2

    def _left(self) -> float:
        """Seconds."""
        pace = {what: self.seconds[what] / self.units[what] for what in self.units if self.units[what]}
        visit = (self.samples - self.state.visited) if self.samples else 0
        draws = sum(
            max(0.0, self.needed.get(k, FIRST_DRAWS << UNSEEN_LOOKS) - tally.drawn)
            for k, tally in enumerate(self.state.tallies)
            if not tally.settled
        )
        # Until both are measured, a sample to visit costs as much as the first draws of a stratum.
        unit = FIRST_DRAWS
        visit_pace = pace.get("visit", pace.get("draw", 0.0) * unit)
        return visit * visit_pace + draws * pace.get("draw", visit_pace / unit)

    def within(self, units: float) -> Optional[Callable]:
        """What the core calls inside a block of so many samples to visit, or None."""
        if self.progress is None:
            return None
        start, spent = time.monotonic(), sum(self.seconds.values())

        def tell(done: int, total: int) -> None:
            over = time.monotonic() - start
            if done and self.units["visit"] == 0:  # nothing is known but this block
                left = over * (total / done * (self.samples - self.state.visited) / units) - over
                self._say(spent + over, max(0.0, left))

        return tell

    def _say(self, spent: float, left: float) -> None:
        share = int(99 * spent / (spent + left)) if spent > 0 else 0
        if share > self.said:
            self.said = share
            self.progress(share, 100)

    def finish(self) -> None:
        if self.progress is not None:
            self.progress(100, 100)
