"""Files that a command writes where the user says: never over one that is there."""

from __future__ import annotations

from pathlib import Path

import click


def write_new(file: Path, data: bytes) -> None:
    """Write a file that does not exist yet. Raises UsageError where it does, or cannot be written."""
    try:
        with file.open("xb") as target:
            target.write(data)
    except FileExistsError:
        raise click.UsageError(f"{file} exists already and was not touched; name another file.") from None
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error.strerror}.") from error
