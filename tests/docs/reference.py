"""Writes the pages of docs/reference that are made from the code: `make reference`."""

from . import command_line, python_api

PAGES = (command_line, python_api)


def main() -> None:
    """Writes the pages."""
    for made in PAGES:
        made.PAGE.write_text(made.page(), "utf-8")


if __name__ == "__main__":
    main()
