"""`python -m dsv`, and the command `dsv`."""

from __future__ import annotations

import signal

# A Ctrl-C ends the process without a traceback as long as nobody is there to say `Interrupted`.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from dsv import cli

if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def main() -> None:
    """Runs the command line and exits."""
    cli.main()


if __name__ == "__main__":
    main()
