"""SQL files, run statement by statement, so that they take part in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable


def run_statements(execute: Callable[[str], object], statements: str) -> None:
    """Run all statements of a text; each ends with `;` at the end of a line."""
    for statement in statements.split(";\n"):
        if statement.strip():
            execute(statement)
