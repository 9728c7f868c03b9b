"""The checkout that the tests run in, and what git knows of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]


def tracked_files(*folders: str) -> list[str]:
    """The files that git knows and that are there, relative to the checkout. Skips the test where there is no git."""
    if not shutil.which("git") or not (CHECKOUT / ".git").exists():
        pytest.skip("this is no git checkout")
    listed = subprocess.run(["git", "ls-files", "-z", *folders], cwd=CHECKOUT, capture_output=True, check=True)
    names = os.fsdecode(listed.stdout).split("\0")
    return [name for name in names if name and (CHECKOUT / name).exists()]
