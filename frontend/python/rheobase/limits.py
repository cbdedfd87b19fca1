"""A decoded image against a chip's limits, and how much of a chip is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional, Union

from . import _core
from .chipspec import ChipSpec, Limit
from .errors import Diagnostic

if TYPE_CHECKING:
    from .image import Image


@dataclass(frozen=True)
class _Kind:
    """One kind of memory of a core."""

    limit: str  # its name in a chip's record
    code: str
    memory: str  # "": not a memory, counted where the image is decoded
    what: str
    counted: str = ""  # its name there


_KINDS = (
    # A neuron of several ports takes the room of as many.
    _Kind("neurons_per_core", "R0426", "", "neurons", "inputs"),
    _Kind("input_axons_per_core", "R0412", "axon", "input axons"),
    _Kind("output_axons_per_core", "R0414", "route", "output routes"),
    _Kind("synapse_words_per_core", "R0413", "synapse", "synapse words"),
    _Kind("profiles_per_core", "R0415", "profile", "neuron profiles"),
    _Kind("formats_per_core", "R0416", "format", "synapse formats"),
    _Kind("constants_per_core", "R0427", "constant", "constants"),
    _Kind("state_words_per_core", "R0423", "", "words of state", "state_words"),
    _Kind("delay_slots_per_core", "R0424", "", "delay slots", "delay_slots"),
)
_LINK = "messages_per_link"
_RESETS = {2: ("subtract_reset", "SPEC E1"), 1: ("reset_value", "SPEC E2")}


@dataclass(frozen=True)
class Held:
    """What the cores of a placed network hold, of which no image was made: [(core, {limit's name: so much})]."""

    chip: ChipSpec
    cores: list


def core_use(core: dict, counted: dict) -> dict[str, int]:
    """limit's name -> what one core holds of it: a core of ``image.info["cores"]`` and of ``image.program.counts()``."""
    memories = {m["name"]: m for m in core["memories"]}
    use = {}
    for kind in _KINDS:
        memory = memories.get(kind.memory)
        if not kind.memory:
            use[kind.limit] = counted[kind.counted]
        else:
            use[kind.limit] = (
                0 if memory is None else memory["words" if kind.memory == "synapse" else "records"]
            )
    return use


def core_uses(image: Image) -> list[dict[str, int]]:
    """`core_use` of every core, in the order of ``image.info["cores"]``."""
    return [core_use(*both) for both in zip(image.info["cores"], image.program.counts())]


def _limits(image: Image, chip: Optional[ChipSpec]) -> dict[str, Limit]:
    """Those of ``chip``, else those that the image carries."""
    return chip.limits if chip else {n: Limit(**v) for n, v in image.info["limits"].items()}


def core_limits(image: Image) -> dict[str, int]:
    """limit's name -> what a core has, for limits that the image's chip states."""
    return _stated_of(_limits(image, None))


def _stated_of(limits: dict[str, Limit]) -> dict[str, int]:
    return {
        kind.limit: limits[kind.limit].value
        for kind in _KINDS
        if kind.limit in limits and _binds(limits[kind.limit])
    }


def _binds(limit: Limit) -> bool:
    """A record that states no such limit counts as one that is never reached."""
    return limit.value < _core.LARGEST_LIMIT


def _stated(limit: Limit) -> str:
    """Who states a limit."""
    return limit.source + (" (inferred)" if limit.inferred else "")


def utilisation(placed: Union[Image, Held], chip: Optional[ChipSpec] = None) -> dict:
    """How much of the chip is used: cores, and the fullest and mean core for each kind of memory.

    "binding": the limit that the fullest core comes nearest to, its share, and the core.
    """
    if isinstance(placed, Held):
        chip = chip or placed.chip
        limits, usable, ids = chip.limits, chip.usable_cores, [core for core, _ in placed.cores]
        used = [use for _, use in placed.cores]
    else:
        limits, ids = _limits(placed, chip), [core["id"] for core in placed.info["cores"]]
        usable = placed.grid["usable_cores"] if chip is None else chip.usable_cores
        used = core_uses(placed)
    per_core = _stated_of(limits)
    result = {"cores": {"used": len(ids), "limit": usable}}
    binding = None
    for kind in _KINDS:
        values = [use[kind.limit] for use in used]
        if not values or (kind.limit in limits and not _binds(limits[kind.limit])):
            continue
        limit = per_core.get(kind.limit)
        result[kind.limit] = {"largest": max(values), "mean": sum(values) / len(values), "limit": limit}
        if limit and (binding is None or max(values) / limit > binding["share"]):
            fullest = ids[values.index(max(values))]
            binding = {"limit": kind.limit, "share": max(values) / limit, "core": fullest}
    return {**result, "binding": binding}


class _Checker:
    def __init__(self, image: Image, chip: Optional[ChipSpec]):
        self.image, self.chip = image, chip
        self.name = chip.name if chip else image.chip
        self.limits = _limits(image, chip)
        self.found: list[Diagnostic] = []

    def add(self, code: str, message: str, where: str = "", severity: str = "error", **more) -> None:
        more.setdefault(
            "remedy", f"compile the network for this chip: rheobase compile NET --chip {self.name}"
        )
        self.found.append(Diagnostic(code, severity, message, self.image.file, where, **more))

    def limited(
        self, code: str, message: str, value: int, limit: str, where: str, least: bool = False
    ) -> None:
        known = self.limits.get(limit)
        if known is None or (value >= known.value if least else value <= known.value):
            return
        self.add(
            code,
            f"{message}, '{self.name}' has {'at least' if least else 'at most'} {known.value:,}",
            where,
            value=float(value),
            limit=float(known.value),
            limit_source=_stated(known),
        )

    def run(self) -> list[Diagnostic]:
        info = self.image.info
        program = self.image.program  # decoding checks every word
        if self.chip:
            self._same_kind_of_chip()
        self._cores(len(info["cores"]))
        self._dead_cores()
        self.limited("R0418", f"a delay of {program.max_delay} steps", program.max_delay, "max_delay", "")
        uses = core_uses(self.image)
        for index, core in enumerate(info["cores"]):
            names = ", ".join(dict.fromkeys(s["population"] for s in core["slices"]))
            where = f"core {core['id']} ({names})"
            for kind, value in zip(_KINDS, uses[index].values()):
                self.limited(kind.code, f"{where} holds {value:,} {kind.what}", value, kind.limit, where)
            self._formats(index, where)
            self._extensions(index, where)
        self.busiest_link()
        for r in info["ranges"]:
            if not r["proven"]:
                self.add(
                    "R0311",
                    f"'{r['population']}.{r['state']}' may overflow for some input: {r['note']}",
                    r["population"],
                    "warning",
                    remedy="check with `rheobase verify` that your data stay inside",
                )
        return self.found

    def _cores(self, used: int) -> None:
        usable = self.image.grid["usable_cores"] if self.chip is None else self.chip.usable_cores
        if used <= usable:
            return
        known = self.limits.get("cores")
        self.add(
            "R0417",
            f"the image uses {used} cores, '{self.name}' has {usable:,}",
            value=float(used),
            limit=float(usable),
            limit_source="" if known is None else _stated(known),
        )

    def _dead_cores(self) -> None:
        """On another chip: an image on dead cores of its own does not decode."""
        dead = [] if self.chip is None else self.chip.dead_cores
        used = sorted({core["id"] for core in self.image.info["cores"]} & set(dead))
        if used:
            self.add(
                "R0425",
                f"the image uses {len(used)} cores of '{self.name}' that do not work: {used[0]} is the first",
                f"core {used[0]}",
                value=float(used[0]),
                limit_source=f"'dead_cores' of the record of '{self.name}'",
            )

    def _same_kind_of_chip(self) -> None:
        info = self.image.info
        if info["profile"] not in self.chip.profiles:
            runs = " and ".join(f"'{p}'" for p in self.chip.profiles)
            self.add("R0410", f"the image computes in '{info['profile']}', '{self.name}' runs {runs}")
        unlike = sorted({record for record, _ in _by_record(info["layouts"]) ^ _by_record(self.chip.layouts)})
        if unlike:
            records = ", ".join(f"'{record}'" for record in unlike)
            self.add(
                "R0422", f"'{info['chip']}' and '{self.name}' pack their records {records} in other ways"
            )

    def busiest_link(self) -> None:
        """Of a step in which every neuron sends."""
        known = self.limits.get(_LINK)
        if known is None or not _binds(known) or self.image.traffic()["largest_load"] <= known.value:
            return
        (column, row), direction, load = max(self.image.traffic()["links"], key=lambda link: link[2])
        where = f"the link {direction} from tile ({column}, {row})"
        self.add(
            "R0434",
            f"{where} carries {load:,.5g} messages in a step in which every neuron sends, '{self.name}' has room for "
            f"{known.value:,}",
            where,
            "warning",
            value=load,
            limit=float(known.value),
            limit_source=_stated(known),
            remedy="arrange the cores by another --seed, or by how often neurons fire (compile with --calibrate DATA)",
        )

    def _formats(self, index: int, where: str) -> None:
        formats = self.image._core.records(index, "format")
        bits, exponents = formats.get("weight_bits"), formats.get("exponent")
        if bits is not None and bits.size:
            self.limited(
                "R0419", f"{where} has weights of {bits.max()} bits", int(bits.max()), "weight_bits", where
            )
        if exponents is not None and exponents.size:
            low, high = int(exponents.min()), int(exponents.max())
            text = f"{where} has a weight exponent of "
            self.limited("R0428", f"{text}{high}", high, "weight_exponent_max", where)
            self.limited("R0428", f"{text}{low}", low, "weight_exponent_min", where, least=True)

    def _extensions(self, index: int, where: str) -> None:
        if not self.chip:
            return
        values = self.image._core.records(index, "constant").get("value")
        if values is not None and values.size and "microcode" not in self.chip.extensions:
            message = f"{where} holds programs: it needs the extension 'microcode', which '{self.name}' lacks"
            self.add("R0411", message, where, limit_source="SPEC E3")
        for memory in ("neuron", "profile"):
            modes = self.image._core.records(index, memory).get("reset_mode")
            for mode, (extension, rule) in _RESETS.items():
                if modes is not None and (modes == mode).any() and extension not in self.chip.extensions:
                    message = f"{where} needs the extension '{extension}', which '{self.name}' lacks"
                    self.add("R0411", message, where, limit_source=rule)


def _by_record(layouts: list[dict]) -> set:
    return {
        (layout["record"], tuple((f["name"], f["width"], f["signed"]) for f in layout["fields"]))
        for layout in layouts
    }


def link_room(image: Image) -> Optional[int]:
    """Messages that a link carries in a step; None where the chip's record states none."""
    known = _limits(image, None).get(_LINK)
    return known.value if known and _binds(known) else None


def check_links(image: Image) -> list[Diagnostic]:
    """What `check_image` says of the links between tiles."""
    checker = _Checker(image, None)
    checker.busiest_link()
    return checker.found


def check_image(image: Image, chip: Optional[ChipSpec] = None) -> list[Diagnostic]:
    """Every limit that the decoded image violates: the limits it carries, or those of another chip.

    Ranges that are not proven are warnings.
    """
    return _Checker(image, chip).run()
