"""Run a command and write what it took, with all that it started: `python -I -S alone.py REPORT COMMAND...`.

It is a process of its own because Linux counts into a program's peak what the process that started it held just then:
here that is next to nothing. `ru_maxrss` of children is the largest single process among them (getrusage(2))."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SET_CHILD_SUBREAPER = 36  # linux/prctl.h: grandchildren that outlive their parent are counted too
TOLD_BYTES = 2000


def main(report: str, *command: str) -> None:
    """Run the command to its end, and that of all its descendants."""
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    start = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        status = subprocess.Popen(command, stderr=errors).wait()
        errors.seek(max(0, os.fstat(errors.fileno()).st_size - TOLD_BYTES))
        said = errors.read().decode(errors="replace")
    wall_s = time.perf_counter() - start
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = {"said": said, "cpu_s": usage.ru_utime + usage.ru_stime, "wall_s": wall_s, "peak_mb": usage.ru_maxrss / 1024}
    Path(report).write_text(json.dumps({"status": status, **told}))


if __name__ == "__main__":
    main(*sys.argv[1:])
