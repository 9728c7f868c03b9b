"""What the agent says to people, and the one kind of error that is theirs to mend."""

from __future__ import annotations

import sys

DONE, FAILED, WRONG = 0, 1, 2
"""Exit codes: docs/agent.md."""
_LONGEST = 240


class AgentError(Exception):
    """Something that whoever runs the agent can mend; the text is a sentence without its end."""


def say(text: str) -> None:
    """Tell a sentence on stderr."""
    print(f"shadowledger agent: {text}.", file=sys.stderr)


def printable(text: str) -> str:
    """Somebody else's text as it may stand on a terminal: one line, no control characters, cut."""
    return "".join(one if one.isprintable() else " " for one in text[:_LONGEST]).strip()
