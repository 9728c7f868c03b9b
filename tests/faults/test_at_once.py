"""Several scans at once into one inventory, of folders that overlap, count every line once."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest
from forked import Forked
from growing import Growing
from held import held
from kills import LARGE_LINES, expect, sound


@pytest.mark.parametrize(("seed", "first_lines"), [(1, 0), (2, 0), (3, LARGE_LINES)])
def test_scans_of_overlapping_folders_at_once_count_every_line_once(
    tmp_path: Path, seed: int, first_lines: int
) -> None:
    """Each sees the same logs: under their own names, as copies in another order, and one by one."""
    rng = Random(seed)  # noqa: S311 - repeatable
    logs = Growing(tmp_path / "logs", rng, 1500, first_lines)
    copies, db = tmp_path / "copies", tmp_path / "site" / "inventory.db"
    copies.mkdir()
    for last in (False, False, True):
        logs.finish() if last else logs.grow()
        there = sorted(logs.folder.iterdir())
        for log in there:
            shutil.copy(log, copies / f"{9 - logs.names.index(log.name)}-{log.name}")
        singly = rng.sample(there, len(there))
        inputs: list[list[Path]] = [[logs.folder], [copies], [logs.folder, copies], singly]
        at_once = [Forked("scan", *some, "--format", "json", db=db) for some in inputs]
        for done in [one.wait() for one in at_once]:
            assert (done.code in (0, 3), done.stderr) == (True, ""), done
            told = {one["standing"] for one in done.json["sources"] if one["note"]}
            assert (told == {"overtaken"}) if done.code == 3 else not told
        sound(held(db))
    assert Forked("scan", logs.folder, copies, db=db).wait().code == 0
    expect(held(db), logs)
