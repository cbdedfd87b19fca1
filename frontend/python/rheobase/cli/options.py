"""Options that several commands share, and the decorator that makes a function a command with all of them."""

from __future__ import annotations

import functools
import inspect
import typing
from pathlib import Path
from typing import Callable, Optional, Union

import typer
from typing_extensions import Annotated

from ..conventions import CHOICES, FLAGS, FRAMEWORKS, Choice
from ..errors import file_error, option_error, usage_error
from ..files import is_image
from ..image import Image
from ..loading import load
from ..network import Network
from ..report_text import assumed
from .common import COLORS, Settings, app, remark, report

NetArgument = Annotated[Path, typer.Argument(metavar="NET", help="A NIR file, recognised by its content.")]
ImageArgument = Annotated[Path, typer.Argument(metavar="IMAGE", help="A chip image (.rheo).")]
Conventions = dict  # a command's parameter `conventions`: the options of CONVENTIONS, in one dictionary
NONE: Conventions = {}
Data = Annotated[
    Path,
    typer.Option(
        "--data",
        "--input",
        metavar="DATA",
        help="Data: .npz with x [samples, T, *input shape] and y, or with events (sample, step, index[, value], shape); "
        ".npy; NIRData; IDX images. Of several inputs: .npz with an array named as each (or NAME.step, NAME.index, ...) and "
        "y; NIRData with such nodes.",
    ),
]
Encode = Annotated[
    Optional[str],
    typer.Option(
        "--encode",
        metavar="HOW",
        help="Grey levels 0 to 255 [samples, *input shape], of every input, to spikes in T steps: rate:T,seed, current:T or "
        "latency:T.",
    ),
]
Samples = Annotated[
    Optional[int], typer.Option("--samples", metavar="N", min=1, help="The first N samples only.")
]
Engine = Annotated[
    str,
    typer.Option("--engine", metavar="NAME", help="auto, golden, vector or jit; all give the same bits."),
]
FailIf = Annotated[
    Optional[str],
    typer.Option(
        "--fail-if",
        metavar="EXPR",
        help="Exit with status 1 if this holds: figures, numbers, + - * /, comparisons, and, or, not.",
    ),
]
Chip = Annotated[
    str, typer.Option("--chip", metavar="NAME|FILE", help="A chip's name or the path of its JSON file.")
]
Profile = Annotated[
    Optional[str],
    typer.Option(
        "--profile", metavar="NAME", help="The arithmetic: lava or loihi1; the chip's first by default."
    ),
]


def _choice(choice: Choice) -> object:
    """The option of a convention."""
    values = [f"{value} (default)" if value == choice.default else str(value) for value in choice.values]
    said = f"{choice.meaning} {' or '.join([', '.join(values[:-1]), values[-1]])}."
    return Annotated[
        Optional[str], typer.Option(choice.flag, metavar="|".join(map(str, choice.values)), help=said)
    ]


CONVENTIONS = {
    "dt": Annotated[
        Optional[float],
        typer.Option(
            FLAGS["dt"],
            metavar="SECONDS",
            help="Length of a step; inferred from NET where it can be, else 1e-4.",
        ),
    ],
    **{name: _choice(choice) for name, choice in CHOICES.items()},
    "as_": Annotated[
        Optional[str],
        typer.Option(
            FLAGS["as_"],
            metavar="FRAMEWORK",
            help=f"The conventions of a framework: {', '.join(FRAMEWORKS)}.",
        ),
    ],
}
_COMMON = {
    "json": Annotated[
        bool, typer.Option("--json", help="Machine output on stdout, with a versioned schema; errors, too.")
    ],
    "quiet": Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but errors.")],
    "verbose": Annotated[
        int,
        typer.Option(
            "-v", "--verbose", count=True, show_default=False, help="Print notes, assumptions and times, too."
        ),
    ],
    "color": Annotated[
        Optional[str], typer.Option("--color", metavar="WHEN", help="auto (on a terminal), always or never.")
    ],
    "threads": Annotated[
        Optional[int],
        typer.Option(
            "--threads",
            metavar="N",
            min=1,
            max=4096,
            help="All cores by default; results do not depend on it.",
        ),
    ],
    "seed": Annotated[
        Optional[int],
        typer.Option(
            "--seed",
            metavar="N",
            min=0,
            max=2**63 - 1,
            help="Seed of the search for where cores lie, of partition and robust, and where --encode rate:T names none (0).",
        ),
    ],
}


def _parameters(options: dict) -> list[inspect.Parameter]:
    defaults = {"json": False, "quiet": False, "verbose": 0}
    return [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(name), annotation=annotation
        )
        for name, annotation in options.items()
    ]


def take_common(json: bool, quiet: bool, verbose: int, color, threads, seed) -> None:
    """Adds what one side of the command's name said to the settings."""
    if color is not None and color not in COLORS:
        raise option_error(f"--color cannot be '{color}'", f"it is one of {', '.join(COLORS)}")
    Settings.json |= json
    Settings.quiet |= quiet
    Settings.verbose += verbose
    Settings.color = color or Settings.color
    Settings.threads = Settings.threads if threads is None else threads
    Settings.seed = Settings.seed if seed is None else seed


def with_common(function: Callable) -> Callable:
    """The function with the common options as parameters of its own, which end up in Settings, and those of the
    conventions in the place of its parameter `conventions`.
    """
    hints = typing.get_type_hints(function, include_extras=True)
    own = [p.replace(annotation=hints[p.name]) for p in inspect.signature(function).parameters.values()]
    takes_conventions = "conventions" in hints

    @functools.wraps(function)
    def wrapper(**values):
        take_common(**{name: values.pop(name) for name in _COMMON})
        if takes_conventions:
            values["conventions"] = {name: values.pop(name) for name in CONVENTIONS}
        return function(**values)

    parameters = [p for p in own if p.name != "conventions"]
    parameters += _parameters(CONVENTIONS) if takes_conventions else []
    parameters += _parameters(_COMMON)
    wrapper.__signature__ = inspect.Signature(parameters)
    wrapper.__annotations__ = {p.name: p.annotation for p in parameters}
    del wrapper.__wrapped__
    return wrapper


def command(name: str, *examples: str) -> Callable:
    """Registers a function as a command: its docstring is the help, the examples end it."""

    def register(function: Callable) -> Callable:
        epilog = "\b\n" + "\n".join(["Examples:", *(f"  {line}" for line in examples)])
        app.command(name, epilog=epilog)(with_common(function))
        return function

    return register


def with_seed(encode: Optional[str]) -> Optional[str]:
    """The encoding, with --seed where it names none."""
    if encode is None or Settings.seed is None or not encode.startswith("rate:") or "," in encode:
        return encode
    return f"{encode},{Settings.seed}"


def read_net(path: Path, remarks: bool = True, **conventions) -> Network:
    """A network; what was assumed and may be wanted otherwise goes to stderr."""
    if is_image(path):
        raise file_error(
            path, "is a chip image; a network is needed here", "give the NIR file it was made from", "R0105"
        )
    net = load(path, **conventions)
    for a in net.assumptions if remarks else []:
        if a["warning"]:
            remark(f"{path}: warning: assumed {assumed(a)}", "yellow")
        elif Settings.verbose:
            remark(f"{path}: note: assumed {assumed(a)}")
    return net


def read_image(path: Path) -> Image:
    """An image; with -v, what was assumed when it was made goes to stderr."""
    image = Image.load(path)
    if Settings.verbose:
        for a in image.assumptions:
            remark(f"{path}: note: assumed {a['what']} = {a['value']}: {a['why']}")
    return image


def read_any(path: Path, **conventions) -> Union[Network, Image]:
    """A network or an image, by content."""
    if not is_image(path):
        return read_net(path, **conventions)
    refuse_conventions(
        conventions, f"'{path}' is an image: 'rheobase inspect -v' shows those it was made with"
    )
    return read_image(path)


def refuse_conventions(conventions: dict, why: str) -> None:
    """Raises UsageError for the first convention that is given where none has anything to act on."""
    for name, value in conventions.items():
        if value is not None:
            raise usage_error(f"{FLAGS[name]} belongs to networks", why)


__all__ = ["command", "read_any", "read_image", "read_net", "refuse_conventions", "report", "with_seed"]
