"""Cuts the documentation's picture of the editor out of what `make test-editors` saw: `make pictures`."""

from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
SHOT = ROOT / ".cache" / "editors" / "shots" / "tour-text.png"
PICTURE = ROOT / "docs" / "pictures" / "editor.png"
_EDITOR = (353, 31, 1277, 441)  # the open file, without the side bar and the empty rest


def main() -> None:
    """Writes the picture, with a palette of 128 colours."""
    with Image.open(SHOT) as shot:
        shot.convert("RGB").crop(_EDITOR).quantize(128).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
