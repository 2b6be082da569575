"""What `-v` and `-vv` turn on. Loaded only then: logging is slow to import."""

from __future__ import annotations

import logging


def show(verbose: int) -> None:
    """Prints what dsv logs to stderr: once `-v` informs, twice debugs."""
    logging.basicConfig(format="%(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger("dsv").setLevel(logging.INFO if verbose == 1 else logging.DEBUG)
