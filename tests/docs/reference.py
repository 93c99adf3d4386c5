"""Writes what is made from the code: docs/reference, the report's schema, and the drawing of the house: `make reference`."""

from . import command_line, house, python_api, report_schema

PAGES = (command_line, python_api, report_schema, house)


def main() -> None:
    """Writes the pages."""
    for made in PAGES:
        made.PAGE.write_text(made.page(), "utf-8")


if __name__ == "__main__":
    main()
