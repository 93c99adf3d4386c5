"""Starts the server from the packages beside this file. An argument is a folder of packages that depend on the platform.

The folders go on `sys.path`, not into the environment: the interpreters that run models must not see them.
"""

import sys
from pathlib import Path


def main() -> None:
    """Puts the bundled packages first, so that the server is the one that this extension was made for."""
    folders = [str(Path(__file__).with_name("libs")), *sys.argv[1:]]
    sys.path[:0] = folders
    sys.argv[1:] = ["--stdio"]
    from graphperf.server.__main__ import main as serve

    serve()


if __name__ == "__main__":
    main()
