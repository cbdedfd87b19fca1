"""Images as Lava programs: LIF and Dense processes that compute the same integers. SPEC profile `lava`.

Lava's LIF is SPEC N11 with reset to zero; a population without spikes is one whose threshold no potential reaches; the
resets of SPEC E1 and E2 become a process model in the program itself. Dense is SPEC W5 with one exponent, DelayDense
the same with a delay. Lava counts steps from 1, the image from 0.
"""

from __future__ import annotations

import io
import re

import numpy as np

from ..errors import CompileError, Diagnostic
from ..image import Image
from . import lava_text as text
from ..arithmetic import ALIGN, DECAY_ONE, FIXED_FUNCTION
from .sums import Sum, other_arithmetic, parameters_of, sums_of

NEVER = 1 << 24  # a threshold register beyond every potential: 24 bits, 6 bits up
LARGEST_MANTISSA = (1 << 15) - 1  # Lava holds bias mantissas in 16 bits
MESSAGE_BITS = 16  # of graded inputs


def files(image: Image) -> dict[str, bytes]:
    """{"network.py", "arrays.npz"}. Raises CompileError."""
    program = _Program(image)
    if program.refused:
        raise CompileError(program.refused)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **program.arrays)
    return {"network.py": program.text().encode(), "arrays.npz": buffer.getvalue()}


class _Program:
    """Collects lines and arrays, and what Lava cannot express."""

    def __init__(self, image: Image):
        self.image = image
        self.arrays: dict[str, np.ndarray] = {}
        self.refused: list[Diagnostic] = []
        self.names: dict[str, str] = {}
        self.taken = set(text.TAKEN)
        self.lines: list[str] = []
        self.resets = False
        if (other := other_arithmetic(image)) is not None:
            self._refuse("", *other)
            return
        for entry in image.info["inputs"]:
            self._input(entry)
        for entry in image.info["populations"]:
            self._population(entry)
        for number, found in enumerate(sums_of(image)):
            self._sum(number, found)

    def _refuse(self, where: str, message: str, remedy: str) -> None:
        self.refused.append(Diagnostic("R0670", "error", message, self.image.file, where, remedy=remedy))

    def _name(self, name: str) -> str:
        """A Python name for a node, told apart where two nodes would share one."""
        plain = re.sub(r"\W", "_", name, flags=re.ASCII).lower()
        self.names[name] = self._variable(plain if plain[:1].isalpha() else f"n_{plain}")
        return self.names[name]

    def _variable(self, wanted: str) -> str:
        while wanted in self.taken:
            wanted += "_"
        self.taken.add(wanted)
        return wanted

    def _store(self, key: str, values: np.ndarray) -> str:
        """The expression that reads an array; a plain number where all values agree."""
        if values.ndim == 1 and len(set(values.tolist())) == 1:
            return str(int(values[0]))
        self.arrays[key] = values.astype(np.int32)
        return f'arrays["{key}"]'

    def _input(self, entry: dict) -> None:
        self.lines.append(text.INPUT.format(variable=self._name(entry["name"]), name=entry["name"]))

    def _population(self, entry: dict) -> None:
        name, variable = entry["name"], self._name(entry["name"])
        if entry["model"] not in FIXED_FUNCTION:  # each of them can be a LIF
            self._refuse(
                name,
                f"'{name}' is of the model '{entry['model']}', which the Lava program cannot hold yet",
                f"export networks of {', '.join(FIXED_FUNCTION)}",
            )
            return
        values = parameters_of(self.image, name)
        size = entry["size"]

        def parameter(key: str, missing: int) -> np.ndarray:
            return values.get(key, np.full(size, missing))

        spiking = "threshold" in values
        mantissa, exponent = self._bias(name, parameter("bias", 0))
        keep, amount = parameter("reset_keep", 0), parameter("reset_amount", 0)
        resets = bool(keep.any() or amount.any())
        self.resets |= resets
        arguments = {
            "du": self._store(f"{variable}.du", parameter("decay_u", DECAY_ONE) - 1),
            "dv": self._store(f"{variable}.dv", parameter("decay_v", 0)),
            "vth": self._store(f"{variable}.vth", values["threshold"] // ALIGN) if spiking else str(NEVER),
            "bias_mant": self._store(f"{variable}.bias_mant", mantissa),
            "bias_exp": self._store(f"{variable}.bias_exp", exponent),
        }
        if resets:
            arguments["keep"] = self._store(f"{variable}.keep", keep)
            arguments["amount"] = self._store(f"{variable}.amount", amount)
        self.lines.append(
            text.POPULATION.format(
                variable=variable,
                process="ResettingLIF" if resets else "LIF",
                name=name,
                size=size,
                arguments=", ".join(f"{key}={value}" for key, value in arguments.items()),
                what="" if spiking else "  # never spikes: its potential is read",
            )
        )

    def _bias(self, name: str, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mantissa, exponent = bias.copy(), np.zeros_like(bias)
        for _ in range(16):
            wide = np.abs(mantissa) > LARGEST_MANTISSA
            if (mantissa[wide] % 2 != 0).any():
                self._refuse(name, f"a bias of '{name}' has no mantissa of 16 bits", "choose another scale")
                break
            mantissa[wide] //= 2
            exponent[wide] += 1
        return mantissa, exponent

    def _sum(self, number: int, found: Sum) -> None:
        modes = _sign_modes(found.weights)
        if modes is None or (len(modes) > 1 and found.exponent < 0):
            self._refuse(
                found.target,
                f"the weights from '{found.source}' to '{found.target}' mix signs in a way that Dense cannot hold",
                "pin sign_mode to 'mixed' in the quantization settings",
            )
            return
        graded = next(
            (i["encoding"] != "Binary" for i in self.image.info["inputs"] if i["name"] == found.source), False
        )
        for mode, weights in modes.items():
            variable = self._variable(f"w{number}" + ("" if len(modes) == 1 else f"_{mode.lower()}"))
            self.arrays[variable] = weights.astype(np.int32)
            self.lines.append(
                text.SYNAPSES.format(
                    variable=variable,
                    process="DelayDense" if found.delay else "Dense",
                    exponent=found.exponent,
                    mode=mode,
                    bits=MESSAGE_BITS if graded else 0,
                    delays=f", delays={found.delay}" if found.delay else "",
                    source=self.names[found.source],
                    target=self.names[found.target],
                )
            )

    def text(self) -> str:
        info = self.image.info
        shown = [p for p in info["populations"] if not p["hidden"]]
        states = {p["name"]: self.names[p["name"]] for p in shown}
        return text.PROGRAM.format(
            network=_plain(info["network"]),
            chip=_plain(info["chip"]),
            generator=_plain(info["generator"]),
            inputs=", ".join(f"{i['name']!r}: {i['size']}" for i in info["inputs"]),
            lag=self.image.lag,
            resetting=text.RESETTING if self.resets else "",
            lines="\n".join(
                f"    {line}" if line else "" for part in self.lines for line in part.split("\n")
            ),
            populations=", ".join(f"{name!r}: {variable}" for name, variable in states.items()),
        )


def _plain(words: str) -> str:
    """What can stand in a docstring, whatever an image from elsewhere holds."""
    return re.sub(r"[^\w .:+-]", "_", words)


def _sign_modes(weights: np.ndarray):
    """{mode: weights}: one Dense where its format holds them all, two where even and odd signs do not share one."""
    low, high = int(weights.min()), int(weights.max())
    if not (weights % 2).any() and -256 <= low and high <= 254:
        return {"MIXED": weights}
    if -255 <= low and high <= 255:
        parts = {"EXCITATORY": np.maximum(weights, 0), "INHIBITORY": np.minimum(weights, 0)}
        return {mode: part for mode, part in parts.items() if part.any()}
    return None
