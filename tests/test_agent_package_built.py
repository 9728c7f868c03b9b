"""The agent as `make agent` builds it: what is inside, that it delivers to the real server, and that its packages
install and go. Needs what `make agent` has made once, and root for a machine of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from checkout import CHECKOUT

pytestmark = pytest.mark.e2e
TOOLS = CHECKOUT / ".venv-agent"
SHADOWLEDGER = Path(sys.executable).with_name("shadowledger")
NEVER = {
    "_sqlite3", "click", "dpkt", "hyperscan", "idna", "isal", "rich", "scapy", "sqlite3", "sqlite_utils", "starlette",
    "tkinter", "tldextract", "uvicorn",
}  # fmt: skip
NEVER_OURS = {"capture", "cli", "db", "dns", "proxy", "reports", "services", "web"}
DATA = {"tools.toml", "places.toml", "systemd.service", "systemd.timer", "launchd.plist", "task.xml"}
MACHINE = """
set -eu
mount -t tmpfs tmpfs "$1" && mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
cp "$2" "$1/root/agent.deb"
chroot "$1/root" sh -c "$3"
"""
"""Runs a shell in a copy of this machine that is gone afterwards."""


class Built(NamedTuple):
    """What a build left."""

    folder: Path

    @property
    def program(self) -> Path:
        return self.folder / "shadowledger-agent/shadowledger-agent"

    @property
    def zipapp(self) -> Path:
        return self.folder / "shadowledger-agent.pyz"

    def only(self, ending: str) -> Path:
        found = list(self.folder.glob(f"*.{ending}"))
        if not found:
            pytest.skip(f"no {ending} can be built here")
        (path,) = found
        return path


@pytest.fixture(scope="module")
def built(clean_copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    if not (TOOLS / "ready").exists():
        pytest.skip("`make agent` was never run here, which brings what builds it")
    folder = tmp_path_factory.mktemp("dist")
    for command in (["deploy/agent/build.sh", TOOLS / "bin", folder], ["deploy/linux/build.sh", folder]):
        done = subprocess.run(command, cwd=clean_copy, capture_output=True, text=True, timeout=600)
        if "No matching distribution found" in done.stderr:
            pytest.skip("there is no package index here to build the agent from")
        assert done.returncode == 0, done.stderr
    return Built(folder)


def of_folder(built: Built) -> list[str]:
    return [path.relative_to(built.program.parent).as_posix() for path in built.program.parent.rglob("*")]


def of_zipapp(built: Built) -> list[str]:
    with zipfile.ZipFile(built.zipapp) as archive:
        return archive.namelist()


@pytest.mark.parametrize("listed", [of_folder, of_zipapp])
def test_it_holds_what_a_look_needs_and_nothing_else(built: Built, listed: object) -> None:
    assert callable(listed)
    names = [path for path in map(Path, listed(built)) if "encodings" not in path.parts]  # Python's has an idna too
    assert {path.name for path in names} >= DATA
    assert {part.partition(".")[0] for path in names for part in path.parts} & NEVER == set()
    ours = [path for path in names if "shadowledger" in path.parts]
    assert any(path.stem == "snapshot" for path in ours)
    assert not {part for path in ours for part in path.parts} & NEVER_OURS


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, str, str]]:
    """An address, an enrolment token and the key of the pack that is offered there."""
    key, pack, db = tmp_path / "key", tmp_path / "offered.pack", tmp_path / "served/inventory.db"
    public = said(SHADOWLEDGER, "signatures", "keygen", key)
    said(SHADOWLEDGER, "signatures", "pack", "--key", key, "--as", "2030.1.1", pack)
    token = said(SHADOWLEDGER, "--db", db, "devices", "token", "--uses", "2")
    words = ("serve", "--port", "0", "--no-import", "--offer-pack", pack)
    process = subprocess.Popen([SHADOWLEDGER, "--db", db, *words], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        found = re.search(r":(\d+)$", process.stderr.readline())
        assert found is not None
        yield f"http://127.0.0.1:{found[1]}", token, public.split()[-1]
    finally:
        process.terminate()
        process.communicate(timeout=60)


def said(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("kind", ["folder", "zipapp"])
def test_it_delivers_and_takes_packs(
    built: Built, kind: str, server: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, token, key = server
    monkeypatch.setenv("SHADOWLEDGER_ENROLL_TOKEN", token)
    monkeypatch.setenv("SHIV_ROOT", str(tmp_path / "unpacked"))
    program = [built.program] if kind == "folder" else [TOOLS / "bin/python", "-I", built.zipapp]
    places = ["--settings", tmp_path / "settings.json", "--state", tmp_path / "state"]
    said(*program, "enroll", *places, "--server", address, "--name", f"lab-{kind}", "--trust-pack-key", key)
    said(*program, "run", *places)
    told = json.loads(said(*program, "status", *places, "--format", "json"))
    assert (told["waiting_runs"], told["problem"], told["pack_problem"]) == (0, "", "")
    assert (bool(told["last_delivered_run"]), told["pack_version"]) == (True, "2030.1.1")
    assert json.loads((tmp_path / "state/words.json").read_text())["words"]


def test_the_deb_installs_starts_nothing_and_goes(built: Built, tmp_path: Path) -> None:
    deb = built.only("deb")
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("a machine of its own cannot be made here: that takes root")
    unit = "shadowledger-agent"
    script = f"""set -eu
        dpkg -i /agent.deb; dpkg -i /agent.deb; dpkg -V {unit}
        {unit} --version; {unit} status --check || echo "not enrolled: $?"
        {unit} show-me | tail -n 1 | grep -c '"complete":true'
        test ! -e /etc/systemd/system/timers.target.wants/{unit}.timer
        systemd-analyze verify {unit}.service {unit}.timer
        touch /var/lib/{unit}/device.json; dpkg -r {unit}; test -e /etc/{unit}/settings.json
        dpkg -P {unit}; test ! -e /opt/{unit} -a ! -e /etc/{unit} -a ! -e /var/lib/{unit}; echo gone"""
    command = ["unshare", "-m", "sh", "-c", MACHINE, "sh", tmp_path, deb, script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if "overlay" in done.stderr and "mount" in done.stderr:
        pytest.skip("there is no overlay file system here")
    assert done.returncode == 0, done.stderr + done.stdout
    for words in ("Nothing runs yet.", "shadowledger agent 0.", "not enrolled: 1", "\ngone\n"):
        assert words in done.stdout


def test_the_rpm_holds_what_the_deb_holds(built: Built) -> None:
    deb, rpm = built.only("deb"), built.only("rpm")
    if not shutil.which("rpm"):
        pytest.skip("there is no rpm here to list it")
    # what both list: drwxr-xr-x and the like, and the path last but for a link's target
    listed = [line.partition(" -> ")[0].split() for line in said("dpkg-deb", "--contents", deb).splitlines()]
    of_deb = {(line[0], line[-1].removeprefix(".")) for line in listed if not line[0].startswith("d")}
    listed = [line.partition(" -> ")[0].split() for line in said("rpm", "-qlvp", rpm).splitlines()]
    of_rpm = {(line[0], line[-1]) for line in listed if not line[0].startswith("d")}
    assert of_rpm == of_deb
    assert ("-rw-------", "/etc/shadowledger-agent/settings.json") in of_rpm
    assert said("rpm", "-qcp", rpm) == "/etc/shadowledger-agent/settings.json"
    assert "systemctl enable" not in said("rpm", "-qp", "--qf", "%{PREUN}%{POSTUN}", rpm)
