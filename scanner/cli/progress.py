"""The progress of a scan on a terminal: a line that goes when the scan is done. Piped, nothing is shown."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from shadowledger.scanner.output import clean, near
from shadowledger.scanner.progress import Progress, Silent

_SECONDS = 0.2
"""Between two changes of what is shown."""
_NAME = 20
"""Characters of an input's name; all of it fits a terminal of 80."""


class OnTerminal:
    """Bytes, lines a second, hits and the time left, on standard error."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar
        from rich.table import Column

        name = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True))
        size = DownloadColumn(table_column=Column(no_wrap=True))
        found = TextColumn("{task.fields[speed]:,} lines/s, {task.fields[hits]:,} hits")
        self._bar = Bar(
            name, BarColumn(bar_width=8), size, found, TimeRemainingColumn(),
            console=Console(stderr=True), transient=True, auto_refresh=False,
        )  # fmt: skip
        self._task = self._bar.add_task("", speed=0, hits=0, visible=False)
        self._began = self._shown = 0.0

    def begin(self, name: str, size_bytes: int) -> None:
        self._began = self._shown = time.monotonic()
        self._bar.reset(
            self._task, description=clean(near(name))[-_NAME:], total=size_bytes or None, visible=True, speed=0, hits=0
        )

    def reached(self, read_bytes: int, lines: int, hits: int) -> None:
        now = time.monotonic()
        if now - self._shown >= _SECONDS:
            self._shown = now
            speed = round(lines / (now - self._began))
            self._bar.update(self._task, completed=read_bytes, speed=speed, hits=hits)
            self._bar.refresh()

    def end(self) -> None:
        self._bar.update(self._task, visible=False)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """While inputs are read."""
        with self._bar:
            yield


@contextmanager
def progress() -> Iterator[Progress]:
    """On a terminal what is shown there, and otherwise nothing."""
    if not sys.stderr.isatty():
        yield Silent()
        return
    bar = OnTerminal()
    with bar.shown():
        yield bar
