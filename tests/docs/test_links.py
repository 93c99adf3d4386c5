"""Every link in the documentation that is not to another site leads to a file, and every anchor to a heading."""

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from .blocks import PAGES, ROOT
from .test_blocks import name

TEXTS = sorted({*PAGES, *ROOT.glob("*.md"), *ROOT.glob("*/README.md"), ROOT / "tests" / "goldens" / "README.md"})


def links(page: str) -> list[str]:
    """What the links and pictures of a page name, without those to other sites."""
    tokens = [child for token in MarkdownIt("commonmark").enable("table").parse(page) for child in token.children or []]
    named = [str(token.attrs[key]) for token in tokens for key in ("href", "src") if key in token.attrs]
    named += re.findall(r'<img[^>]* src="([^"]+)"', page)
    return [link for link in named if not re.match(r"[a-z]+:", link)]


def anchors(page: str) -> set[str]:
    """What can follow `#`: headings as code hosts and the site name them."""
    found, before = set[str](), ""
    for token in MarkdownIt("commonmark").parse(page):
        if before == "heading_open":
            found.add(re.sub(r"[^\w\- ]", "", _text(token).lower()).replace(" ", "-"))
        before = token.type
    return found


def _text(heading: Token) -> str:
    return "".join(child.content for child in heading.children or [])


@pytest.mark.parametrize("page", TEXTS, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page.read_text("utf-8")):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text("utf-8")), link


def test_links_and_anchors_are_found() -> None:
    page = "# One *two*: `three`\n\n[a](b.md#c) ![d](e.svg) [f](https://example.org)\n\n| x |\n|---|\n| [g](h.md) |\n"
    assert links(page) == ["b.md#c", "e.svg", "h.md"]
    assert anchors(page) == {"one-two-three"}
