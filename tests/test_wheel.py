"""What is installed is what git knows: a sub-package that nobody listed would be left out without a word."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from checkout import tracked_files

FOLDERS = ("collectors", "db", "scanner", "signatures")


@pytest.fixture(scope="module")
def wheel(clean_copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network from the tracked files."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ("wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", folder, clean_copy)
    subprocess.run([sys.executable, "-m", "pip", *build], check=True, timeout=120)
    (found,) = folder.iterdir()
    return found


def contents(wheel: Path) -> set[str]:
    """The files in a wheel, but for its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name and not name.endswith("/")}


def test_the_wheel_holds_every_tracked_file_of_the_four_folders_and_no_other(wheel: Path) -> None:
    assert contents(wheel) == {f"shadowledger/{name}" for name in tracked_files(*FOLDERS)}


def test_nothing_else_lands_in_a_users_site_packages(wheel: Path) -> None:
    assert {name.partition("/")[0] for name in contents(wheel)} == {"shadowledger"}
