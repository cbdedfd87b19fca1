"""A placed network as a picture: tiles, the cores in them, and the traffic between."""

from __future__ import annotations

from html import escape
from math import ceil, sqrt

from .holding import held_texts, neurons_held
from .image import Image
from .limits import core_limits, core_uses

# Colours that people who see no red or green tell apart (Okabe and Ito 2008), then lighter ones.
_COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#f0e442",
    "#7f7f7f",
    "#9ad0f5",
    "#f5c77e",
)
_TILE, _GAP, _EDGE = 64.0, 34.0, 30.0  # pixels: a tile, the links between, the margin
_STEP = {"east": (1, 0), "west": (-1, 0), "south": (0, 1), "north": (0, -1)}
_WIDEST = 7.0  # pixels of the busiest link


def shares(image: Image) -> dict[int, tuple[float, str]]:
    """core -> (largest share of any limit that it uses, that limit)."""
    limits = core_limits(image)
    found = {}
    for core, use in zip(image.info["cores"], core_uses(image)):
        found[core["id"]] = max(
            ((use[name] / limit, name) for name, limit in limits.items() if limit), default=(0.0, "")
        )
    return found


class _Picture:
    def __init__(self, image: Image, traffic: dict):
        self.image, self.traffic, self.grid = image, traffic, image.grid
        self.cores = {core["id"]: core for core in image.info["cores"]}
        self.names = list(dict.fromkeys(s["population"] for c in self.cores.values() for s in c["slices"]))
        self.share = shares(image)
        self.side = ceil(sqrt(self.grid["cores_per_tile"]))
        self.parts: list[str] = []
        self._window()

    def _window(self) -> None:
        """Only what is used is drawn, and one tile around it: grids can have a million tiles."""
        columns, rows = self.grid["columns"], self.grid["rows"]
        places = [*self.grid["places"].values(), *(p for p, _, _ in self.traffic["links"])]
        self.left = max(0, min((c for c, _ in places), default=0) - 1)
        self.top = max(0, min((r for _, r in places), default=0) - 1)
        self.right = min(columns - 1, max((c for c, _ in places), default=0) + 1)
        self.bottom = min(rows - 1, max((r for _, r in places), default=0) + 1)
        self.hidden = columns * rows - (self.right - self.left + 1) * (self.bottom - self.top + 1)

    def corner(self, place) -> tuple[float, float]:
        return _EDGE + (place[0] - self.left) * (_TILE + _GAP), _EDGE + (place[1] - self.top) * (_TILE + _GAP)

    def inside(self, place) -> bool:
        return self.left <= place[0] <= self.right and self.top <= place[1] <= self.bottom

    def add(self, text: str) -> None:
        self.parts.append(text)

    def draw(self) -> str:
        self._chips()
        self._links()
        for row in range(self.top, self.bottom + 1):
            for column in range(self.left, self.right + 1):
                x, y = self.corner((column, row))
                self.add(
                    f'<rect class="tile" x="{x:g}" y="{y:g}" width="{_TILE:g}" height="{_TILE:g}" rx="3"/>'
                )
        for core, place in self.grid["dead_cores"]:
            if self.inside(place):
                self._dead(core, place)
        for core, place in self.grid["places"].items():
            self._core(core, place)
        width, height = self.corner((self.right + 1, self.bottom + 1))
        return self._frame(max(width, 420.0), height)

    def _chips(self) -> None:
        if self.grid["chips"] == 1:
            return
        wide, high = self.grid["tile_columns"], self.grid["tile_rows"]
        for chip in range(self.grid["chips"]):
            column, row = chip % self.grid["chip_columns"] * wide, chip // self.grid["chip_columns"] * high
            first = (max(column, self.left), max(row, self.top))
            last = (min(column + wide - 1, self.right), min(row + high - 1, self.bottom))
            if first[0] > last[0] or first[1] > last[1]:
                continue
            (x, y), (right, bottom) = self.corner(first), self.corner(last)
            pad = _GAP / 2 - 3
            self.add(
                f'<rect class="chip" x="{x - pad:g}" y="{y - pad:g}" width="{right - x + _TILE + 2 * pad:g}" '
                f'height="{bottom - y + _TILE + 2 * pad:g}" rx="6"><title>chip {chip}</title></rect>'
            )

    def _links(self) -> None:
        """Each direction beside the other, as wide as its load."""
        largest = self.traffic["largest_load"] or 1.0
        for place, direction, load in self.traffic["links"]:
            (x, y), (dx, dy) = self.corner(place), _STEP[direction]
            middle, shift = _TILE / 2, 5.0
            x1, y1 = x + middle + dx * middle - dy * shift, y + middle + dy * middle + dx * shift
            self.add(
                f'<line class="link" x1="{x1:g}" y1="{y1:g}" x2="{x1 + dx * _GAP:g}" y2="{y1 + dy * _GAP:g}" '
                f'stroke-width="{max(0.8, _WIDEST * load / largest):.2f}"><title>{load:,.4g} messages a step, '
                f"{direction} from tile ({place[0]}, {place[1]})</title></line>"
            )
        for first, second in self.grid["dead_links"]:
            if self.inside(first) and self.inside(second):
                (ax, ay), (bx, by) = self.corner(first), self.corner(second)
                x, y = (ax + bx + _TILE) / 2, (ay + by + _TILE) / 2
                self.add(
                    f'<path class="dead" d="M{x - 6:g} {y - 6:g}l12 12m0 -12l-12 12"><title>dead link</title></path>'
                )

    def _cell(self, core: int, place) -> tuple[float, float, float]:
        """Left, top and side of a core in its tile."""
        slot = core % self.grid["cores_per_chip"] % self.grid["cores_per_tile"]
        side = (_TILE - 4) / self.side
        x, y = self.corner(place)
        return x + 2 + slot % self.side * side, y + 2 + slot // self.side * side, side

    def _dead(self, core: int, place) -> None:
        x, y, side = self._cell(core, place)
        self.add(
            f'<path class="dead" d="M{x + 3:g} {y + 3:g}l{side - 6:g} {side - 6:g}m0 {6 - side:g}l{6 - side:g} '
            f'{side - 6:g}"><title>core {core} is dead</title></path>'
        )

    def _core(self, core: int, place) -> None:
        x, y, side = self._cell(core, place)
        slices = self.cores[core]["slices"]
        share, limit = self.share[core]
        held = neurons_held(slices)
        largest = max(held, key=held.get) if held else ""
        colour = _COLOURS[self.names.index(largest) % len(_COLOURS)] if slices else "#ffffff"
        texts = held_texts(slices)
        more = f"\nand {len(texts) - 12} more" if len(texts) > 12 else ""
        full = (side - 2) * min(1.0, share)
        self.add(
            f'<g><title>{escape(f"core {core}: {100 * share:.0f} % of {limit}")}\n{escape(chr(10).join(texts[:12]) + more)}</title>'
            f'<rect x="{x + 1:g}" y="{y + 1:g}" width="{side - 2:g}" height="{side - 2:g}" fill="{colour}" opacity="0.3"/>'
            f'<rect x="{x + 1:g}" y="{y + side - 1 - full:.2f}" width="{side - 2:g}" height="{full:.2f}" fill="{colour}"/>'
            f'<text class="core" x="{x + side / 2:g}" y="{y + side / 2 + 3:g}">{core}</text></g>'
        )

    def _legend(self, width: float, top: float) -> tuple[list[str], float]:
        lines, x, y = [], _EDGE, top
        for index, name in enumerate(self.names):
            wanted = 26 + 7 * len(name)
            if x + wanted > width and x > _EDGE:
                x, y = _EDGE, y + 18
            colour = _COLOURS[index % len(_COLOURS)]
            lines.append(f'<rect x="{x:g}" y="{y:g}" width="11" height="11" fill="{colour}"/>')
            lines.append(f'<text x="{x + 16:g}" y="{y + 10:g}">{escape(name)}</text>')
            x += wanted
        return lines, y + 24

    def _frame(self, width: float, height: float) -> str:
        legend, y = self._legend(width, height)
        t = self.traffic
        weighed = (
            f", a link between chips counted as {self.grid['chip_link_hops']}"
            if self.grid["chips"] > 1
            else ""
        )
        caption = [
            f"{len(self.cores)} of {self.grid['usable_cores']:,} cores; filled as far as the limit that is nearest",
            f"{t['hops']:,.4g} links crossed in a step{weighed}; no arrangement has fewer than {t['hops_at_least']:,.4g}",
            f"busiest link: {t['largest_load']:,.4g} messages in a step",
        ]
        if self.hidden:
            caption.append(f"{self.hidden:,} tiles further away are not drawn")
        for line in caption:
            legend.append(f'<text x="{_EDGE:g}" y="{y + 10:g}">{escape(line)}</text>')
            y += 16
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {max(width, 560):g} {y + 10:g}" '
            f'width="{max(width, 560):g}" height="{y + 10:g}" font-family="sans-serif" font-size="12">\n'
            "<style>.tile{fill:#fafafa;stroke:#bbb}.chip{fill:none;stroke:#888;stroke-dasharray:5 3}"
            ".link{stroke:#444;stroke-linecap:round}.dead{stroke:#d00;stroke-width:2.5;fill:none}"
            ".core{font-size:10px;text-anchor:middle;fill:#111;stroke:#fff;stroke-width:2.5px;paint-order:stroke}</style>\n"
            f'<rect width="100%" height="100%" fill="#fff"/>\n'
            + "\n".join([*self.parts, *legend])
            + "\n</svg>\n"
        )


def placement_svg(image: Image, traffic: dict) -> str:
    """The image's cores on their grid as SVG, links as wide as their load.

    traffic: what `Image.traffic` gave. A core is filled as far as the limit that it comes nearest to, in the colour
    of the population that takes most of it.
    """
    return _Picture(image, traffic).draw()
