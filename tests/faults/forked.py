"""The program in a process of its own that begins where imports end: a fork of this one. Thousands are started and
ended in a minute, each as real as one that a shell starts."""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from commands import Done, shadowledger

from shadowledger.scanner.cli import main


class Forked:
    """One run of the program. To be waited for."""

    def __init__(self, *words: str | Path, db: Path, first: Callable[[], object] | None = None) -> None:
        """`first` happens in the new process before the program begins."""
        self._told, self._said = (tempfile.TemporaryFile() for _ in range(2))  # noqa: SIM115 - `wait` closes them
        self._ended, held = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            self._become(["shadowledger", "--db", str(db), *map(str, words)], first)
        os.close(held)

    def _become(self, arguments: list[str], first: Callable[[], object] | None) -> NoReturn:
        code: object = None
        try:
            os.setsid()
            gc.freeze()  # what the tests hold is not the program's to look through: that takes longer than a scan
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), self._told.fileno(), self._said.fileno())):
                os.dup2(file, number)
            if first is not None:
                first()
            sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - its own
            sys.argv = arguments
            main()
        except SystemExit as ended:
            code = ended.code
        except BaseException:  # noqa: BLE001 - whatever it is, a test shall see it
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code if isinstance(code, int) else 99)

    def ends_within(self, seconds: float) -> bool:
        """Whether it ends in that time, and with it every process that it began; False as soon as the time is over."""
        return bool(select.select([self._ended], [], [], seconds)[0])

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def sweep(self) -> None:
        """End whatever it began and left behind."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def wait(self) -> Done:
        """What it left behind. The code of one that a signal ended is that signal's number, negative."""
        _, status = os.waitpid(self.pid, 0)
        os.close(self._ended)
        texts = []
        for file in (self._told, self._said):
            with file:
                file.seek(0)
                texts.append(file.read().decode())
        return Done(os.waitstatus_to_exitcode(status), *texts)


def get_ready(folder: Path) -> None:
    """Import in this process what a scan imports, so that those forked from it need not."""
    log = folder / "first.log"
    log.write_text("1793836800.000 1 10.0.0.1 TCP_TUNNEL/200 1 CONNECT claude.ai:443 - HIER_DIRECT/- -\n")
    done = shadowledger("scan", log, db=folder / "first.db")
    assert done.code == 0, done
