"""Remedies, tried: each trial is a compilation that has to show the violation gone and nothing new."""

from __future__ import annotations

import json
import shlex
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Optional, Union

from . import remedies
from .conventions import FLAGS
from .chipspec import ChipSpec
from .errors import CompileError, Diagnostic, Error, in_file, usage_error
from .files import write_text
from .image import Image
from .limits import Held, check_links
from .network import Network
from .remedies import Joined, Plan
from .plain import as_json

_FAILED_SHOWN = 3  # that did not help, by name
_ADVICE_SECONDS = 10.0  # for warnings, of which a network may have many that nobody minds
_FLAGS = {"profile": "--profile", "weight_bits": "--weight-bits"}
_SWITCHES = {
    "split_fan_in": "--split-fan-in",
    "clone_fan_out": "--clone-fan-out",
    "relay_fan_in": "--relay-fan-in",
}


@dataclass
class Effort:
    """How much may be tried: compilations, and seconds after which no further one begins."""

    trials: int = 40
    seconds: float = 60.0
    spent: int = 0
    started: float = field(default_factory=time.monotonic)

    def left(self) -> bool:
        return self.spent < self.trials and time.monotonic() - self.started < self.seconds


@dataclass(frozen=True)
class Fixed:
    """What became of a network that did not fit.

    diagnostics: of the plan as given, with what was tried. left: those of the plan that came out. net, options: what
    rb.compile takes, `rb.compile(f.net, **f.options)`; a chip that has to be written first is in `chip_record`.

    Example: f = rb.fix(net, "tiny"); image = rb.compile(f.net, **f.options) if f.fits else None
    """

    plan: Plan
    diagnostics: list
    left: list
    changed: bool

    @property
    def fits(self) -> bool:
        return not violations(self.left)

    @property
    def net(self) -> Network:
        return self.plan.net

    @property
    def options(self) -> dict:
        chip = self.plan.chip
        given = {k: v for k, v in self.plan.options.items() if v is not None}
        return {"chip": chip.record()["name"] if isinstance(chip, Joined) else chip, **given}

    @property
    def chip_record(self) -> Optional[dict]:
        return self.plan.chip.record() if isinstance(self.plan.chip, Joined) else None

    def write(self, net_file: str, output: Path) -> list[str]:
        """Writes the settings where there are some, and a chip's record where one is needed. Returns the words of the
        command that compiles with them."""
        words = ["rheobase", "compile", net_file, "-o", str(Path(net_file).with_suffix(".rheo"))]
        chip = self.plan.chip
        if isinstance(chip, Joined):
            chip = chip.write(output.with_suffix(".chip.json"))
        words += ["--chip", chip.path or chip.name if isinstance(chip, ChipSpec) else str(chip)]
        for name, flag in _FLAGS.items():
            if self.plan.options.get(name) is not None:
                words += [flag, str(self.plan.options[name])]
        words += [flag for name, flag in _SWITCHES.items() if self.plan.options.get(name)]
        for name, value in self.plan.conventions.items():
            if value is not None:
                words += [FLAGS[name], str(value)]
        settings = self.plan.options.get("quant") or {}
        if not any(value for name, value in settings.items() if name != "schema"):
            return words
        write_text(output, as_json(settings))
        return [*words, "--quant", str(output)]


def command_line(words: list[str]) -> str:
    return shlex.join(words)


def violations(findings: list[Diagnostic]) -> list[Diagnostic]:
    return [d for d in findings if d.severity == "error"]


def _key(found: Diagnostic) -> tuple:
    """What makes two findings the same violation; of the whole chip whichever population stands for it."""
    return found.code, "" if found.rule == "chip.cores" else found.where


def look(plan: Plan, examine: bool = False) -> tuple[list[Diagnostic], Union[Image, Held, None]]:
    """Everything that a compilation of the plan says, and what its cores hold: counted where they were placed, or its
    image, which no witness was asked about."""
    from .compiler import run_compiler

    with tempfile.TemporaryDirectory() as folder:
        chip = plan.chip
        if isinstance(chip, Joined):
            chip = chip.write(Path(folder) / "chip.json")
        try:
            result = run_compiler(plan.net, chip, examine=examine, witness=False, emit=False, **plan.options)
        except Error as error:
            settings = all(d.rule.startswith("quantization.") for d in violations(error.diagnostics))
            if not isinstance(error, CompileError) and not settings:
                raise  # a wrong option, a chip's file
            return in_file(error, plan.net.file).diagnostics, None
        if result["image"] is None:
            return result["notes"], Held(ChipSpec.load(chip), result["held"])
    image = Image.from_bytes(result["image"], plan.net.name)
    return [*result["notes"], *(check_links(image) if examine else [])], image


def improve(plan: Plan, found: Diagnostic, findings: list, effort: Effort) -> tuple[tuple, Plan]:
    """What was tried against a finding, in words, and the plan that came out: the first that helped, else the same.

    findings: all of the plan's. No remedy may bring other violations; or other warnings, where the finding is one.
    """
    failed = []
    warned = found.severity == "warning"
    before = {_key(d): d for d in findings if _counts(d, warned)}
    for candidate in remedies.candidates(plan, found):
        if not effort.left():
            stopped = f"stopped after {effort.spent} trials; nothing that was tried for this one helped"
            return (stopped,), plan
        effort.spent += 1
        try:
            after = {_key(d): d for d in look(candidate.plan, warned)[0] if _counts(d, warned)}
        except Error:
            after = before  # a plan that is not even valid
        if _key(found) not in after and after.keys() <= before.keys():
            helps = "mends it" if warned else _what_stays(before, after)
            return (f"tried: {candidate.what} {helps}; {candidate.price()}",), candidate.plan
        failed.append(candidate.what)
    if not failed:
        return ("no remedy is known that could be tried",), plan
    more = f" and {len(failed) - _FAILED_SHOWN} more" if len(failed) > _FAILED_SHOWN else ""
    return (f"tried, and none of these helped: {'; '.join(failed[:_FAILED_SHOWN])}{more}",), plan


def _what_stays(before: dict, after: dict) -> str:
    """What became of a violation that is gone, where others may not be."""
    if not after:
        return "fits"
    worse = [
        f"{d.code} gets worse, from {before[key].value:,.6g} to {d.value:,.6g}"
        for key, d in after.items()
        if before[key].value is not None and _beyond(d) > _beyond(before[key])
    ]
    stay = "1 other stays" if len(after) == 1 else f"{len(after)} others stay"
    return "; ".join(["removes this violation", stay, *worse[:_FAILED_SHOWN]])


def _beyond(found: Diagnostic) -> float:
    """How far a value is from its limit; 0 where it is no number."""
    return 0.0 if found.value is None or found.limit is None else abs(found.value - found.limit)


def _counts(found: Diagnostic, warned: bool) -> bool:
    return found.severity == "error" or (warned and found.severity == "warning")


def advise(plan: Plan, findings: list[Diagnostic], effort: Effort) -> list[Diagnostic]:
    """The findings on a plan that fits, with what was tried against its warnings. The plan stays: a warning is no violation."""
    little = Effort(effort.trials, min(effort.seconds, _ADVICE_SECONDS))
    return [
        replace(d, tried=improve(plan, d, findings, little)[0])
        if d.severity == "warning" and remedies.known(d)
        else d
        for d in findings
    ]


def fix_plan(plan: Plan, findings: list[Diagnostic], effort: Effort) -> Fixed:
    """One violation after the other, each on top of what helped against those before."""
    first, left, start = list(findings), list(findings), plan
    told: dict[tuple, tuple] = {}
    while True:
        open_ = [d for d in violations(left) if _key(d) not in told]
        if not open_:
            break
        tried, better = improve(plan, open_[0], left, effort)
        told[_key(open_[0])] = tried
        if better is plan:
            continue
        plan = better
        gone = {_key(d) for d in violations(left)}
        left = look(plan)[0]
        for key in gone - {_key(d) for d in violations(left)} - told.keys():
            told[key] = (
                "gone with what was tried for another violation: " + tried[0].removeprefix("tried: "),
            )
    notes = [replace(d, tried=told.get(_key(d), ())) if d.severity == "error" else d for d in first]
    if not violations(left):
        plan, left = _needed(start, plan, left, effort)
    return Fixed(plan, notes, left, plan is not start)


def _needed(start: Plan, plan: Plan, findings: list, effort: Effort) -> tuple[Plan, list]:
    """A plan that fits without what a later remedy made needless, and its findings."""
    changes = remedies.changes(start, plan)
    for undo in changes if len(changes) > 1 else ():
        spared = undo(plan)
        if not remedies.changes(start, spared) or not effort.left():
            break
        effort.spent += 1
        try:
            found = look(spared)[0]
        except Error:
            continue  # a profile that the other chip does not have
        if not violations(found):
            plan, findings = spared, found
    return plan, findings


def fix(net: Network, chip="loihi2", profile=None, quant=None, effort: Optional[Effort] = None) -> Fixed:
    """Remedies against every violation of a chip, tried until it fits or nothing is left to try.

    Arguments are those of `rb.compile`. Example: f = rb.fix(net, "tiny"); rb.compile(f.net, **f.options)
    """
    if not isinstance(net, Network):
        raise usage_error("a network is needed: an image is fixed by compiling its network again")
    plan = Plan(net, chip, {"profile": profile, "quant": as_settings(quant)})
    return fix_plan(plan, look(plan)[0], effort or Effort())


def as_settings(quant):
    """Settings as a dictionary, where they are a file that can be read as one."""
    from .compiler import read_text

    if quant is None or isinstance(quant, dict):
        return quant
    try:
        return json.loads(read_text(quant))
    except ValueError:
        return quant  # the compiler says what is wrong with it
