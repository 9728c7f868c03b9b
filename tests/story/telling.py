"""The story told through the command line, as a user would: nothing else of the program is touched."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from composing import Story

EVIDENCE_AT_ONCE = 2
RECORDS_OF_A_SOURCE = "2"
"""Asked for of each source, so that logs need not be read far."""


class Told(NamedTuple):
    """What the program answered."""

    scanned: list[dict[str, Any]]
    reconciled: dict[str, Any]
    evidence: dict[str, list[dict[str, Any]]]
    """Discovered id to the records it is traced to."""


class Refused(Exception):  # noqa: N818 - it is the program that refuses
    """The program ended otherwise than it should; the text is what it said."""


def program() -> list[str]:
    """How the program is started; SHADOWLEDGER names another."""
    named = os.environ.get("SHADOWLEDGER", "")
    return shlex.split(named) or [str(Path(sys.executable).with_name("shadowledger"))]


def tell(story: Story, folder: Path, say: Callable[[str], None], most_followed: int | None = None) -> Told:
    """Import, scan, import what comes late, reconcile, and follow every number, or those of the first few."""

    def run(*words: str | Path, codes: tuple[int, ...] = (0,)) -> str:
        command = [*program(), "--db", str(folder / "inventory.db"), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in codes:
            raise Refused(
                f"{shlex.join(command)} ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-2000:]}"
            )
        return done.stdout

    for kind in ("people", "devices", "subnets"):
        say(f"directory import {kind}")
        run("directory", "import", story.about / f"{kind}.csv", "--kind", kind)
    say("declare import")
    run("declare", "import", story.about / "official.csv")
    say("scan")
    scanned = json.loads(run("scan", "--format", "json", story.logs, codes=(0, 3)))["sources"]
    say("directory import leases, which come late")
    run("directory", "import", story.about / "leases.csv", "--kind", "leases")
    say("reconcile")
    reconciled = json.loads(run("reconcile", "--format", "json"))
    ids = [row["id"] for row in reconciled["discovered"]][:most_followed]
    say(f"evidence of {len(ids)}")

    def follow(id_: str) -> list[dict[str, Any]]:
        return list(json.loads(run("evidence", id_, "--most", RECORDS_OF_A_SOURCE, "--format", "json"))["evidence"])

    with ThreadPoolExecutor(EVIDENCE_AT_ONCE) as pool:
        evidence = dict(zip(ids, pool.map(follow, ids), strict=True))
    return Told(scanned, reconciled, evidence)
