"""Lines of half a gigabyte: told as what they are, at a bounded price, and what follows them is read."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from commands import PROGRAM
from scanner_inputs import DAY_S, squid_line

LONG_BYTES = 500_000_000
MOST_MEMORY_BYTES = 100_000_000
BEFORE = [squid_line("claude.ai", f"user{number}", at_s=DAY_S + number) for number in range(5)]
AFTER = [squid_line("chatgpt.com", f"user{number}", at_s=DAY_S + 60 + number) for number in range(7)]
_MEASURED = (
    "import json, resource, subprocess, sys\n"
    "done = subprocess.run(sys.argv[1:], capture_output=True, text=True)\n"
    "memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == 'darwin' else 1024)\n"
    "print(json.dumps([done.returncode, done.stdout, done.stderr, memory]))\n"
)
"""From a process that is small itself: what a program had before it began counts as its own."""


def sparse(folder: Path) -> Path:
    """Nothing but zeros, which take no room on the disk."""
    path = folder / "access.log"
    with path.open("wb") as file:
        file.write("".join(BEFORE).encode())
        file.seek(LONG_BYTES, 1)
        file.write(("\n" + "".join(AFTER)).encode())
    return path


def packed(folder: Path) -> Path:
    """Unpacks to less than 200 times its size, which is the bound."""
    rng = random.Random(8)  # noqa: S311 - repeatable
    piece = b"x" * 990_000 + bytes(rng.choices(b"abcdefghijklmnopqrstuvwxyz", k=10_000))
    member = gzip.compress(piece, mtime=0)
    path = folder / "access.log.gz"
    with path.open("wb") as file:
        file.write(gzip.compress("".join(BEFORE).encode(), mtime=0))
        for _ in range(LONG_BYTES // len(piece)):
            file.write(member)
        file.write(gzip.compress(("\n" + "".join(AFTER)).encode(), mtime=0))
    assert LONG_BYTES / 200 < path.stat().st_size < LONG_BYTES / 100
    return path


def measured(db: Path, *words: str | Path, stdin: object = None) -> tuple[int, list[dict[str, object]], int]:
    """Exit code, what became of each input, and the most memory that any of its processes had, in bytes."""
    command = [sys.executable, "-c", _MEASURED, PROGRAM, "--db", db, "scan", *words, "--format", "json"]
    done = subprocess.run(command, stdin=stdin, capture_output=True, text=True, check=True)  # type: ignore[call-overload]
    code, told, said, memory_bytes = json.loads(done.stdout)
    assert said == ""
    return code, json.loads(told)["sources"], memory_bytes


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inventory; what the program compiles once is compiled."""
    folder = tmp_path_factory.mktemp("long")
    big = folder / "big.log"
    big.write_text(squid_line("www.hyundai.com") * 50_000)
    assert measured(folder / "inventory.db", big)[0] == 0
    return folder / "inventory.db"


def expect(code: int, source: dict[str, object], memory_bytes: int) -> None:
    counts = [source[name] for name in ("records", "hits", "issues", "note")]
    assert (code, counts) == (0, [13, 12, 1, ""])
    assert memory_bytes < MOST_MEMORY_BYTES


@pytest.mark.parametrize("words", [(), ("--jobs", "1"), ("--no-prefilter",)], ids=["processes", "one process", "all"])
def test_a_line_of_half_a_gigabyte_in_a_file(db: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    code, (source,), memory_bytes = measured(db, sparse(tmp_path), "--source-name", str(words), *words)
    expect(code, source, memory_bytes)


def test_a_line_of_half_a_gigabyte_in_a_packed_file(db: Path, tmp_path: Path) -> None:
    code, (source,), memory_bytes = measured(db, packed(tmp_path), "--source-name", "packed")
    expect(code, source, memory_bytes)


def test_a_line_of_half_a_gigabyte_in_a_pipe(db: Path) -> None:
    program = (
        f"import sys\nout = sys.stdout.buffer\nout.write({''.join(BEFORE).encode()!r})\n"
        f"for _ in range({LONG_BYTES // 1_000_000}):\n    out.write(b'x' * 1_000_000)\n"
        f"out.write({('' + chr(10) + ''.join(AFTER)).encode()!r})\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as writer:
        code, (source,), memory_bytes = measured(db, "-", "--source-name", "pipe", stdin=writer.stdout)
    expect(code, source, memory_bytes)
