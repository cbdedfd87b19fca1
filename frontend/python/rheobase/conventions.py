"""The conventions by which a network takes a step, as `rb.load`, `rb.Builder` and the commands take them. SPEC F1 to F5, F11,
F19 to F22, F25."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal, Optional, TypedDict

import numpy as np

if sys.version_info >= (3, 11):
    from typing import Unpack  # noqa: F401 (others take it from here)
else:
    from typing_extensions import Unpack  # noqa: F401

from . import _core
from .arguments import option_name
from .errors import option_error, shown


class Choices(TypedDict, total=False):
    """The conventions that are one of several words; None, or left out: the default."""

    reset: Optional[
        Literal["zero", "v_reset", "subtract", "subtract-late", "subtract-next", "zero-next", "none"]
    ]
    discretization: Optional[Literal["euler", "exponential"]]
    spikes: Optional[Literal["unit", "dirac"]]  # a spike is 1, or 1/dt
    feedforward_delay: Optional[Literal[0, 1]]  # steps from an input or a neuron to the next neurons
    recurrent_delay: Optional[Literal[1, 2]]  # steps that an edge which closes a cycle takes
    current: Optional[Literal["new", "old"]]  # what a membrane sees: after the current's step, or before it
    firing: Optional[Literal["above", "reached"]]  # v > v_threshold, or v >= v_threshold
    spikes_per_step: Optional[Literal["one", "many"]]  # at most, or one for each threshold in v
    clamp: Optional[Literal["none", "threshold"]]  # the least potential of IF: any, or minus its threshold
    integration: Optional[Literal["step", "second"]]  # IF and I add r times their input, or that times dt
    update: Optional[Literal["difference", "decay"]]  # the form of a leak; equal but for rounding


class Conventions(Choices, total=False):
    """What a file leaves unsaid; None, or left out: inferred from the file, else the default."""

    dt: Optional[float]  # seconds per step
    as_: Optional[str]  # the conventions of a framework; a single one given beside it beats them


@dataclass(frozen=True)
class Choice:
    """A convention that is one of several values. title: as assumptions call it. flag: on the command line. meaning: a
    sentence for a user."""

    title: str
    flag: str
    values: tuple
    default: object
    meaning: str


def choice_value(text: str):
    """A value of CHOICES from its text."""
    return int(text) if text.isdigit() else text


CHOICES = {
    name: Choice(title, flag, tuple(map(choice_value, values)), choice_value(default), meaning)
    for name, title, flag, values, default, meaning in _core.convention_table()
}

FLAGS = {"dt": "--dt", **{name: choice.flag for name, choice in CHOICES.items()}, "as_": "--as"}


def values_of(core: _core.Network) -> dict:
    """The conventions by which a network steps: dt, and one of its values for each of CHOICES."""
    return typed(core.conventions())


def typed(values: dict) -> dict:
    """Conventions as `_core` gives them, with delays as numbers."""
    return {name: choice_value(value) if name in CHOICES else value for name, value in values.items()}


# What `as_` takes: the conventions of each framework; dt is None where the framework does not fix it.
FRAMEWORKS = {name: typed(values) for name, values in _core.framework_table()}


def convention_options(conventions: Conventions) -> _core.ConventionOptions:
    """As `_core` takes them. Raises OptionError for a name or a value that does not exist."""
    for name in conventions:
        option_name("convention", name, FLAGS)
    framework = conventions.get("as_")
    if framework is not None and not isinstance(framework, str):
        raise option_error(f"as_ cannot be {shown(framework)}", "it is the name of a framework, e.g. 'norse'")
    return _core.ConventionOptions(
        dt=_dt(conventions.get("dt")),
        choices={
            name: _choice(name, value)
            for name, value in conventions.items()
            if name in CHOICES and value is not None
        },
        framework=(framework or "").encode("utf-8", "surrogateescape"),
    )


def _dt(dt) -> Optional[float]:
    if dt is None:
        return None
    number = isinstance(dt, (int, float, np.integer, np.floating)) and not isinstance(dt, bool)
    seconds = dt.item() if isinstance(dt, np.generic) else dt
    if not number or not 0 < seconds < 1e300:
        raise option_error(f"dt cannot be {shown(dt)}", "it is the length of a step in seconds, e.g. 1e-4")
    return float(seconds)


def _choice(name: str, value) -> str:
    values = CHOICES[name].values
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        value = str(value)
    return option_name(name, value, tuple(map(str, values)))
