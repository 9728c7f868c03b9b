"""What is wrong with a list, told so that its owner can mend it."""

from __future__ import annotations

import click

from shadowledger.scanner.output import clean

_LONGEST_QUOTE = 60


class ListError(click.ClickException):
    """A list that cannot be imported as it is. Nothing was stored. One sentence a line, cleaned for a terminal."""

    exit_code = 2

    def __init__(self, *sentences: str) -> None:
        super().__init__("\n".join(clean(sentence) for sentence in sentences))


def quoted(value: object) -> str:
    """A piece of the list inside a sentence: short, and told from the words around it."""
    text = str(value)
    return f"'{text[:_LONGEST_QUOTE]}…'" if len(text) > _LONGEST_QUOTE else f"'{text}'"


def counted(count: int, one: str, many: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count} {one if count == 1 else many}"
