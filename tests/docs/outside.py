"""Hook of MkDocs: a link to a file of the repository outside of `docs` leads to a page of the site with its text."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
FOLDER = "repository"
_LINK = re.compile(r"(?<=\]\()([^)\s#]+)(?=[)#\s])")
_FENCES = {".py": "python", ".toml": "toml", ".yml": "yaml", ".yaml": "yaml", ".json": "json", ".ipynb": "json"}
_PICTURES = {".svg", ".png", ".webp"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds a page for every file that the pages name, and that those name in turn."""
    waiting = [(_place(file.src_uri), file.content_string) for file in files.documentation_pages()]
    while waiting:
        place, text = waiting.pop()
        for link in _LINK.findall(text):
            target = _target(place, link)
            if target is None or target.parts[0] == "docs" or files.get_file_from_path(_uri(target)) is not None:
                continue
            if target.suffix in _PICTURES:
                content: str | bytes = (ROOT / target).read_bytes()
            else:
                content = _text(target)
                waiting.append((target / "README.md" if (ROOT / target).is_dir() else target, content))
            added = File.generated(config, _uri(target), content=content)
            added.inclusion = added.inclusion.NOT_IN_NAV
            files.append(added)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leads the links there."""
    place = _place(page.file.src_uri)

    def led(link: re.Match[str]) -> str:
        target = _target(place, link[0])
        return os.path.relpath(_uri(target), PurePosixPath(page.file.src_uri).parent) if target else link[0]

    return _LINK.sub(led, markdown)


def _place(uri: str) -> PurePosixPath:
    """Where in the repository the text of a page of the site is from."""
    path = PurePosixPath(uri)
    if path.parts[0] != FOLDER:
        return "docs" / path
    inside = path.relative_to(FOLDER)
    return inside if (ROOT / inside).is_file() else inside.with_suffix("")


def _uri(target: PurePosixPath) -> str:
    """The page of a file of the repository."""
    if target.parts[0] == "docs":
        uri = target.relative_to("docs")
        return str(uri / "README.md" if (ROOT / target).is_dir() else uri)
    if (ROOT / target).is_dir():
        return f"{FOLDER}/{target}/README.md"
    return f"{FOLDER}/{target}" if target.suffix in {".md", *_PICTURES} else f"{FOLDER}/{target}.md"


def _target(place: PurePosixPath, link: str) -> PurePosixPath | None:
    """The file or folder of the repository that a link leads to; None for any other link."""
    if ":" in link:
        return None
    target = PurePosixPath(os.path.normpath(place.parent / link))
    return target if target.parts[0] != ".." and (ROOT / target).exists() else None


def _text(target: PurePosixPath) -> str:
    file = ROOT / target
    if file.is_dir():
        names = "\n".join(f"- `{path.name}`" for path in sorted(file.iterdir()) if path.name != "__pycache__")
        readme = file / "README.md"
        return readme.read_text("utf-8") if readme.exists() else f"# {target}\n\n{names}\n"
    text = file.read_text("utf-8")
    return text if target.suffix == ".md" else f"# {target}\n\n````{_FENCES.get(target.suffix, 'text')}\n{text}\n````\n"
