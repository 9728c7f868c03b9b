"""What the folder build starts."""

import sys

from shadowledger.scanner.agent.commands import main

if __name__ == "__main__":
    sys.exit(main(program="shadowledger-agent"))
