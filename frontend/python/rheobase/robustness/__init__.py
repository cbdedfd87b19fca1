"""Fault campaigns: what faults of the chip's memories, states, messages and inputs do to a network's answers."""

from .campaign import robust
from .kinds import fault_kinds
from .replaying import Replay, replay
from .results import Campaign

__all__ = ["Campaign", "Replay", "fault_kinds", "replay", "robust"]
