"""What the agent is built of, and the recipes that bring it to machines."""

from __future__ import annotations

import plistlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import CHECKOUT

DEPLOY = CHECKOUT / "deploy"
FORBIDDEN = ("cli", "web", "db", "proxy", "dns", "capture", "services", "risk", "reports", "demo")
SCRIPTS = [
    *DEPLOY.glob("*/*.sh"), *DEPLOY.glob("jamf/scripts/*"),
    *(DEPLOY / "linux" / name for name in ("postinst", "prerm", "postrm")),
]  # fmt: skip
RECIPES = {path.relative_to(DEPLOY).as_posix(): path for path in sorted(DEPLOY.rglob("*")) if path.is_file()}
PAIRS = {")": "(", "]": "[", "}": "{"}


def parts(checkout: Path, folder: Path) -> tuple[set[str], list[str]]:
    """The files that are copied, and the requirements that belong with them."""
    script = CHECKOUT / "deploy/agent/parts.py"
    done = subprocess.run([sys.executable, script, checkout, folder], capture_output=True, text=True, check=True)
    top = folder / "shadowledger"
    return {path.relative_to(top).as_posix() for path in top.rglob("*") if path.is_file()}, done.stdout.split()


def test_the_agent_is_built_of_itself_and_of_the_look_alone(tmp_path: Path) -> None:
    files, required = parts(CHECKOUT, tmp_path)
    assert {f"scanner/agent/{path.name}" for path in (CHECKOUT / "scanner/agent").glob("*.py")} <= files
    assert {f"scanner/agent/units/{path.name}" for path in (CHECKOUT / "scanner/agent/units").iterdir()} <= files
    assert {f"collectors/endpoint/local/{name}.toml" for name in ("tools", "places")} <= files
    others = {name for name in files if not name.startswith(("scanner/agent/", "collectors/endpoint/local/"))}
    assert {name for name in others if not name.endswith("__init__.py")} == {
        "collectors/endpoint/programs.py",
        "collectors/records.py",
        "signatures/artifacts.py",
        "signatures/pack.py",
        "signatures/schema.py",
    }
    assert not {part for name in files for part in name.split("/")} & set(FORBIDDEN)
    names = {re.split(r"[^\w-]", line)[0] for line in required}
    assert names == {"cryptography", "msgspec"} | ({"psutil"} if sys.platform != "linux" else set())


def test_what_is_copied_is_enough(tmp_path: Path) -> None:
    parts(CHECKOUT, tmp_path)
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from shadowledger.scanner.agent.commands import main;"
        "import shadowledger.scanner.agent as agent; print(agent.__file__); sys.exit(main())"
    )
    words = ["show-me", "--walk", "--settings", tmp_path / "settings.json", "--state", tmp_path / "state"]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, tmp_path, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    where, *lines = done.stdout.splitlines()
    assert where.startswith(str(tmp_path))
    assert '"complete":true' in lines[-1]


def test_an_import_for_types_alone_brings_nothing_along(tmp_path: Path) -> None:
    agent = tmp_path / "scanner/agent"
    agent.mkdir(parents=True)
    (tmp_path / "setup.cfg").write_text("[options]\ninstall_requires =\n    click>=8\n    rich>=13\n    msgspec\n")
    (agent / "__init__.py").touch()
    (agent / "unused.py").touch()
    (agent / "later.py").write_text("def late():\n    import msgspec.json\n")
    (agent / "__main__.py").write_text(
        "from typing import TYPE_CHECKING\nfrom shadowledger.scanner.agent import later\n"
        "if TYPE_CHECKING:\n    import click\n    from shadowledger.scanner.agent import unused\n"
    )
    files, required = parts(tmp_path, tmp_path / "site")
    assert files == {f"scanner/agent/{name}.py" for name in ("__init__", "__main__", "later")}
    assert required == ["msgspec"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_shells_understand_their_scripts(script: Path) -> None:
    assert script.stat().st_mode & 0o111
    assert script.read_text().startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", script], check=True)


def test_the_profile_for_macs_allows_one_program_to_read(tmp_path: Path) -> None:
    profile = plistlib.loads(RECIPES["jamf/privacy.mobileconfig"].read_bytes())
    files, daemon = profile["PayloadContent"]
    assert list(files["Services"]) == ["SystemPolicyAllFiles"]
    (allowed,) = files["Services"]["SystemPolicyAllFiles"]
    build = RECIPES["jamf/build-pkg.sh"].read_text()
    assert (allowed["Identifier"], "program=/opt/$name/$name" in build) == (
        "/opt/shadowledger-agent/shadowledger-agent",
        True,
    )
    assert "anchor apple generic" in allowed["CodeRequirement"]
    unit = CHECKOUT / "scanner/agent/units/launchd.plist"
    assert daemon["Rules"][0]["RuleValue"] in unit.read_text()
    numbers = [payload["PayloadUUID"] for payload in (profile, files, daemon)]
    assert len(set(numbers)) == 3


@pytest.mark.parametrize("name", [name for name in RECIPES if name.endswith(".ps1")])
def test_powershell_scripts_are_balanced_plain_text(name: str) -> None:
    text = RECIPES[name].read_bytes().decode("ascii")  # Windows PowerShell 5.1 reads others by the code page
    assert "try {" in text
    waiting: list[str] = []
    for mark in marks(text):
        if mark in PAIRS:
            assert waiting, name
            assert waiting.pop() == PAIRS[mark], name
        else:
            waiting.append(mark)
    assert not waiting
    assert {int(code) for code in re.findall(r"\bexit (\d+)", text)} <= {0, 1, 1618}


def marks(text: str) -> Iterator[str]:
    """Brackets outside of comments and quoted texts."""
    for line in text.splitlines():
        code = re.sub(r"'[^']*'|\"[^\"]*\"", "", line)
        assert not set("'\"") & set(code.partition("#")[0]), line
        yield from (mark for mark in code.partition("#")[0] if mark in "([{)]}")


@pytest.mark.parametrize("name", [name for name in RECIPES if name.startswith("ansible/") and name.endswith(".yml")])
def test_ansible_files_are_yaml(name: str) -> None:
    yaml = pytest.importorskip("yaml", reason="there is no PyYAML here")
    told = yaml.safe_load(RECIPES[name].read_text())
    assert told
    secret = [task for task in told if isinstance(task, dict) and "token" in str(task.get("ansible.builtin.command"))]
    assert all(task["no_log"] is True for task in secret)


def test_recipes_and_settings_speak_of_the_same_version() -> None:
    version = re.search(r'^VERSION = "(.+)"$', (CHECKOUT / "scanner/agent/__init__.py").read_text(), re.MULTILINE)
    assert version is not None
    assert f"$wanted = [version]'{version[1]}'" in RECIPES["intune/detect.ps1"].read_text()
