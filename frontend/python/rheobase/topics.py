"""The topics that `rheobase explain` prints: pages whose rules have numbers, and vectors that show some of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from . import conventionpage

_FOLDER = Path(__file__).parent / "topics"
_RULE = re.compile(r"\*\*([A-Z]\d+) ([^*]+?)\.?\*\*")
_SECTION = re.compile(r"^##+ ", re.MULTILINE)
_VECTOR = re.compile(r"^    vector: (.+)\n((?:    .+\n?)+)", re.MULTILINE)


@dataclass(frozen=True)
class Rule:
    """One numbered paragraph, or part of one. ``results`` of its vector, which only some have: who -> integers, or words
    where there are none."""

    name: str
    title: str
    text: str
    given: str
    results: dict

    def as_dict(self) -> dict:
        vector = {"given": self.given, "results": self.results} if self.given else None
        return {"code": self.name, "title": self.title, "text": self.text, "vector": vector}


def known() -> dict[str, str]:
    """Topic -> title."""
    titles = {}
    for file in sorted(_FOLDER.glob("*.md")):
        with file.open(encoding="utf-8") as lines:
            titles[file.stem] = lines.readline().lstrip("# ").strip()
    return {**titles, conventionpage.TOPIC: conventionpage.TITLE}


def page(topic: str) -> Optional[str]:
    """A topic's page, or None where there is no such topic."""
    wanted = topic.strip().lower()
    if wanted == conventionpage.TOPIC:
        return conventionpage.page()
    return (_FOLDER / f"{wanted}.md").read_text(encoding="utf-8") if wanted in known() else None


def rules(topic: str) -> list[Rule]:
    """The rules of a topic, in the page's order."""
    text = page(topic) or ""
    heads = list(_RULE.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [
        _rule(head, _SECTION.split(text[head.start() : end])[0].rstrip()) for head, end in zip(heads, ends)
    ]


def rule(name: str) -> Optional[Rule]:
    """The rule of that number, or None where no topic has one."""
    wanted = name.strip().upper()
    return next((r for topic in known() for r in rules(topic) if r.name == wanted), None)


def _rule(head: re.Match, text: str) -> Rule:
    vector = _VECTOR.search(text + "\n")
    lines = vector[2].splitlines() if vector else []
    pairs = (line.strip().split(": ", 1) for line in lines)
    results = {who: _values(values) for who, values in pairs}
    return Rule(head[1], head[2].replace("`", ""), text, vector[1] if vector else "", results)


def _values(text: str):
    words = text.split()
    return [int(w) for w in words] if all(re.fullmatch(r"-?\d+", w) for w in words) else text


__all__ = ["Rule", "known", "page", "rule", "rules"]
