"""The folder of wheels installs where there is no network at all, and refuses to where it is damaged."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NO_NETWORK = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]


@pytest.fixture(scope="module")
def bundle(clean_copy: Path) -> Path:
    """The bundle, built as `make bundle` does."""
    if not shutil.which("unshare") or subprocess.run([*NO_NETWORK, "true"], capture_output=True).returncode:
        pytest.skip("a network namespace cannot be made here")
    build = ["deploy/bundle/build.sh", sys.executable, "dist/bundle"]
    built = subprocess.run(build, cwd=clean_copy, capture_output=True, text=True, timeout=300)
    if "No matching distribution found" in built.stderr:
        pytest.skip("there is no package index here to build the bundle from")
    assert built.returncode == 0, built.stderr
    return clean_copy / "dist" / "bundle"


def offline(*words: str | Path, home: Path, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command in a network namespace without interfaces, under an environment of its own."""
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHON": sys.executable}
    return subprocess.run(
        [*NO_NETWORK, *words], input=given, capture_output=True, text=True, env=environment, timeout=300
    )


def test_it_installs_and_works_with_the_network_off(bundle: Path, tmp_path: Path) -> None:
    installed = offline(bundle / "install.sh", tmp_path / "target", home=tmp_path)
    assert installed.returncode == 0, installed.stderr
    shadowledger = installed.stdout.strip()
    assert shadowledger == str(tmp_path / "target" / "bin" / "shadowledger")
    assert offline(shadowledger, "--version", home=tmp_path).stdout.startswith("shadowledger ")
    known = offline(shadowledger, "signatures", "match", "-", home=tmp_path, given="claude.ai\nnotopenai.com\n")
    assert ['"claude"' in line.lower() for line in known.stdout.splitlines()] == [True, False], known
    shown = offline(shadowledger, "demo", "--keep", tmp_path / "demo", home=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "AI initiatives proposed" in shown.stdout
    assert "$ shadowledger evidence ai-" in shown.stdout


def test_a_target_that_exists_is_left_alone(bundle: Path, tmp_path: Path) -> None:
    refused = offline(bundle / "install.sh", tmp_path, home=tmp_path)
    assert (refused.returncode, list(tmp_path.iterdir())) == (1, [])
    assert "exists already" in refused.stderr


def test_an_option_is_no_target(bundle: Path, tmp_path: Path) -> None:
    asked = offline(bundle / "install.sh", "--help", home=tmp_path)
    assert (asked.returncode, asked.stdout.count("install.sh"), asked.stderr) == (0, 2, "")
    assert not (bundle / "--help").exists()


def test_a_damaged_wheel_is_refused(bundle: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    wheel = next(copy.glob("wheels/click-*.whl"))
    wheel.write_bytes(wheel.read_bytes()[:-1])
    refused = offline(copy / "install.sh", tmp_path / "target", home=tmp_path)
    assert (refused.returncode, (tmp_path / "target").exists()) == (1, False)
    assert "damaged" in refused.stderr
