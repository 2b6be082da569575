"""`python -m dsv`."""

from __future__ import annotations

from dsv.cli import main

if __name__ == "__main__":
    main()
