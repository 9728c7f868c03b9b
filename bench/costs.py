"""What commands take: CPU and wall seconds, and the peak memory of the largest process."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

_ALONE = Path(__file__).with_name("alone.py")
_FINE = (0, 1, 3)
"""1: ripgrep found nothing; 3: some lines are no records, as in the golden ones."""


class Cost(NamedTuple):
    """What a command took, with all that it started."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    """Of the largest process."""


def run(command: list[str], *, is_pinned: bool = True) -> Cost:
    """Run a command to its end, on one core where that can be, its output thrown away."""
    return run_told(command, is_pinned=is_pinned)[0]


def run_told(command: list[str], *, is_pinned: bool = True) -> tuple[Cost, bytes]:
    """Run a command to its end; what it took, and the end of what it printed. Raises SystemExit where it fails."""
    pinned = ["taskset", "-c", "0", *command] if is_pinned and shutil.which("taskset") else command
    with tempfile.NamedTemporaryFile(prefix="shadowledger-bench-") as report:
        alone = [sys.executable, "-I", "-S", str(_ALONE), report.name]
        process = subprocess.Popen([*alone, *pinned], stdout=subprocess.PIPE)
        assert process.stdout is not None  # noqa: S101 - for the reader: it was asked for
        last = b""
        while block := process.stdout.read(1 << 20):  # a program that knows its output goes nowhere stops early
            last = block
        process.wait()
        told = json.loads(Path(report.name).read_bytes() or b'{"status": "not run", "said": ""}')
    said = told.pop("said")
    if told.pop("status") not in _FINE:
        raise SystemExit(f"{said}\n{' '.join(command)} failed.")
    return Cost(**told), last


def console(name: str) -> str:
    """The path of a command of this environment."""
    return str(Path(sys.executable).with_name(name))
