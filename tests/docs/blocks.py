"""The fenced blocks of a page, and how they are run.

- `sh` is run with `bash -e`, `python` as a script, in the order of the page and in one folder. What one exports, the next have.
  A page that names `../graphperf` has a clone of this repository there;
- a block with `title="path"` is written to that file instead;
- `text` right after one that is run is what it prints (`outputs.py`).

Comments on the lines above a block say what is special about it:

- `<!-- exit status: 1 -->`: how it ends;
- `<!-- in: a clone -->`: it is run there, or written there;
- `<!-- with: NAME=value -->`: a variable of its environment;
- `<!-- needs: command -->`: it is left out where this command fails, as one that asks for a GPU does on most machines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "examples" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_TITLE = re.compile(r'title="([^"]+)"')
_COMMENT = re.compile(r"\s*<!-- ([a-z ]+): (.+) -->\s*")
CLONE = "a clone"


@dataclass(frozen=True, slots=True)
class Block:
    """`first` and `last` are the lines of the fences, from 0. `said`: the comments above it by name. `follows`: only empty lines
    are between it and the block before."""

    language: str
    title: str | None
    text: str
    first: int
    last: int
    said: Mapping[str, str] = field(hash=False)
    follows: bool

    @property
    def runs(self) -> bool:
        """Whether it is a command or a script."""
        return self.language in ("sh", "python") and self.title is None

    @property
    def status(self) -> int:
        """The exit status that is expected."""
        return int(self.said.get("exit status", 0))

    @property
    def cloned(self) -> bool:
        """Whether its place is a clone of the repository."""
        return self.said.get("in") == CLONE

    @property
    def needs(self) -> str | None:
        """The command that fails where it cannot be run."""
        return self.said.get("needs")

    @property
    def variables(self) -> dict[str, str]:
        """What its environment has besides."""
        name, _, value = self.said.get("with", "").partition("=")
        return {name: value} if name else {}


@dataclass(frozen=True, slots=True)
class Step:
    """A block that is run or written, and the block that shows what it prints."""

    block: Block
    shown: Block | None


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page in order."""
    lines, found = page.splitlines(), list[Block]()
    for token in MarkdownIt("commonmark").parse(page):
        if token.type != "fence" or token.map is None:
            continue
        first, end = token.map
        language, _, rest = token.info.strip().partition(" ")
        title = _TITLE.search(rest)
        between = lines[found[-1].last + 1 : first] if found else ["start of the page"]
        follows = not any(line.strip() for line in between)
        found.append(
            Block(language, title and title[1], token.content, first, end - 1, _comments(lines[:first]), follows)
        )
    return found


def steps(page: str) -> list[Step]:
    """What is done for a page, in order."""
    found, every = list[Step](), blocks(page)
    for number, block in enumerate(every, 1):
        if block.runs or block.title is not None:
            after = every[number] if number < len(every) else None
            shown = block.runs and after is not None and _is_output(after)
            found.append(Step(block, after if shown else None))
    return found


def _is_output(block: Block) -> bool:
    return block.language == "text" and block.follows and block.title is None


def _comments(above: list[str]) -> dict[str, str]:
    """By name. Raises ValueError for one that nothing is known about."""
    found = dict[str, str]()
    for line in reversed(above):
        comment = _COMMENT.fullmatch(line)
        if comment is None:
            break
        name, said = comment.groups()
        if name not in ("exit status", "in", "with", "needs") or (name == "in" and said != CLONE):
            raise ValueError(f"nothing is known of {line.strip()}")
        found[name] = said
    return found
