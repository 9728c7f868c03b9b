"""`python -m shadowledger.scanner.agent`, and what a frozen build starts."""

from __future__ import annotations

import sys

from shadowledger.scanner.agent.commands import main

if __name__ == "__main__":
    sys.exit(main())
