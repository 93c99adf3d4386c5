"""Writes what is made from the code: docs/reference, and the drawing of the house: `make reference`."""

from . import command_line, house, python_api

PAGES = (command_line, python_api, house)


def main() -> None:
    """Writes the pages."""
    for made in PAGES:
        made.PAGE.write_text(made.page(), "utf-8")


if __name__ == "__main__":
    main()
