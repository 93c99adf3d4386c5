"""The fenced blocks of a page, and which of them are run.

- `sh` is run with `bash -e`, `python` as a script, in the order of the page and in one folder;
- a block with `title="path"` is written to that file instead;
- `text` right after one that is run is what it prints (`outputs.py`);
- `<!-- not run: reason -->` on the line above a block leaves it out, `<!-- exit status: 1 -->` says how it ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "examples" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_TITLE = re.compile(r'title="([^"]+)"')
_NOT_RUN = re.compile(r"\s*<!-- not run: \S.*-->\s*")
_STATUS = re.compile(r"\s*<!-- exit status: (\d+) -->\s*")


@dataclass(frozen=True, slots=True)
class Block:
    """`first` and `last` are the lines of the fences, from 0. `status`: the exit status that is expected. `follows`: only empty
    lines are between it and the block before."""

    language: str
    title: str | None
    text: str
    first: int
    last: int
    left_out: bool
    status: int
    follows: bool

    @property
    def runs(self) -> bool:
        """Whether it is a command or a script."""
        return self.language in ("sh", "python") and self.title is None and not self.left_out

    @property
    def written(self) -> bool:
        """Whether it is a file."""
        return self.title is not None and not self.left_out


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
        above = lines[first - 1] if first else ""
        left_out, status = _NOT_RUN.fullmatch(above) is not None, _STATUS.fullmatch(above)
        follows = not any(line.strip() for line in between)
        found.append(
            Block(
                language, title and title[1], token.content, first, end - 1, left_out,
                int(status[1]) if status else 0, follows,
            )
        )  # fmt: skip
    return found


def steps(page: str) -> list[Step]:
    """What is done for a page, in order."""
    found, every = list[Step](), blocks(page)
    for number, block in enumerate(every, 1):
        if block.runs or block.written:
            after = every[number] if number < len(every) else None
            shown = block.runs and after is not None and after.language == "text" and after.follows
            found.append(Step(block, after if shown else None))
    return found
