"""`graphperf-server`: speaks the language server protocol on standard input and output; logs go to standard error."""

from __future__ import annotations

import argparse
import gc
import logging
import sys

from .app import create_server
from .language_server import server_version


def main() -> None:
    """Serves until the client says `exit` or closes the streams."""
    parser = argparse.ArgumentParser("graphperf-server", description=__doc__)
    parser.add_argument("--stdio", action="store_true", help="what it does in any case")
    parser.add_argument("--version", action="version", version=f"graphperf-server {server_version()}")
    parser.add_argument("--verbose", action="store_true", help="log what graphperf does")
    arguments = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger("pygls").setLevel(logging.WARNING)  # it logs whole messages at INFO
    if arguments.verbose:
        logging.getLogger("graphperf").setLevel(logging.DEBUG)
    _stay_responsive()
    server = create_server()
    try:
        server.start_io()
    finally:
        server.close()


def _stay_responsive() -> None:
    """Requests are answered while other threads analyse: these give way sooner, and garbage is collected in smaller steps."""
    sys.setswitchinterval(0.0001)
    gc.freeze()
    gc.set_threshold(5_000, 10, 200)


if __name__ == "__main__":
    main()
