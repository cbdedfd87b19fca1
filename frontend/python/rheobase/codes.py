"""The pages behind diagnostic codes, as `rheobase explain` prints them."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from . import modelpages, rules, topics
from .errors import option_error

_FOLDER = Path(__file__).parent / "codes"


def known() -> dict[str, str]:
    """Code -> title, in order of codes."""
    titles = {}
    for page in sorted(_FOLDER.glob("R*.md")):
        with page.open(encoding="utf-8") as file:
            titles[page.stem] = re.sub(r"^#\s*R\d+:\s*", "", file.readline().strip())
    return titles


def page(code: str) -> str:
    """The page of a code. Raises OptionError with the nearest codes, topics, rules and models where there is none."""
    titles = known()
    wanted = code.strip().upper()
    if re.fullmatch(r"\d{3,4}", wanted):
        wanted = "R" + wanted.zfill(4)
    if wanted in titles:
        return (_FOLDER / f"{wanted}.md").read_text(encoding="utf-8")
    titled = {**topics.known(), **modelpages.known()}
    named = {name.upper(): (name, title) for name, title in titled.items()}
    named.update((r.name, (r.name, r.title)) for topic in topics.known() for r in topics.rules(topic))
    named.update((c, (c, title)) for c, title in titles.items())
    named.update((r.name.upper(), (r.name, r.title)) for r in rules.catalogue().values())
    near = difflib.get_close_matches(wanted, named, n=3, cutoff=0.5)
    remedy = (
        "did you mean " + ", ".join("{} ({})".format(*named[n]) for n in near) + "?"
        if near
        else "codes look like R0412; 'rheobase explain' without a code lists them all, the topics and the models"
    )
    what = "diagnostic" if re.fullmatch(r"R?\d+", wanted) else "diagnostic, topic, rule or model"
    raise option_error(f"there is no {what} '{code}'", remedy)
