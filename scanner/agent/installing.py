"""Having the system start the agent: systemd's service and timer, a daemon of launchd, a task of Windows' scheduler.

The files are templates in `units/`; values are escaped as each format wants it."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from shadowledger.scanner.agent.files import PUBLIC, make_folder, read_whole, remove, write_whole
from shadowledger.scanner.agent.sent import KEPT, NAME
from shadowledger.scanner.agent.sentences import DONE, AgentError, say
from shadowledger.scanner.agent.settings import OWN_SYSTEM, Place

HERE = os.path.join(os.path.dirname(__file__), "units")
UNIT = "shadowledger-agent"
MODULE = "shadowledger.scanner.agent"
_LARGEST = 1 << 16
_MOST_SECONDS = 60
_SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
_ENTRIES = "device.json", "state.json", "words.json", "lock", "agent.log"
_ODD = re.compile(r"[\"'\\$%\n]")
_HOLE = re.compile(r"@([A-Z_]+)@")
# Below %ProgramData% everybody may make files; in the agent's folder the system and administrators alone:
# https://learn.microsoft.com/windows-server/administration/windows-commands/icacls
_RIGHTS = ("/inheritance:r", "/grant:r", "*S-1-5-18:(OI)(CI)F", "*S-1-5-32-544:(OI)(CI)F")


class Wanted(NamedTuple):
    """What is to be installed, or removed. `place.root` is `/`, or a folder that a package is made of."""

    place: Place
    system: str
    program: str
    every_s: int


class _Kind(NamedTuple):
    """How one system is told."""

    files: dict[str, str]
    """Where each file goes, and its template."""
    quoted: Callable[[str], str]
    encoding: str
    starts: tuple[tuple[str, ...], ...]
    """Commands that make the system know the files; they run on the live machine alone."""
    stops: tuple[tuple[str, ...], ...]


def install(wanted: Wanted) -> int:
    """Write the files, and make the system know them; again, it changes nothing. Raises AgentError, OSError."""
    kind, command = _kind(wanted), _command(wanted)
    if wanted.system == "linux" and (odd := [word for word in command if _ODD.search(word)]):
        raise AgentError(f"systemd reads quotes, backslashes, dollars and percent signs as its own: {odd[0]}")
    if wanted.place.root == "/":
        _must_be_safe(command)
    is_new = False
    for path, template in kind.files.items():
        content = _filled(template, wanted, command, kind.quoted).encode(kind.encoding)
        if os.path.lexists(path) and read_whole(path, _LARGEST) == content:
            continue
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        write_whole(path, content, PUBLIC)
        print(f"{path} is written.")
        is_new = True
    if wanted.place.root == "/":
        make_folder(wanted.place.state, 0o755)
        for words in kind.starts:
            _tell_system(words)
    if not is_new:
        print("Everything is as it should be already.")
    return DONE


def uninstall(wanted: Wanted, *, purge: bool) -> int:
    """Remove what `install` wrote; `purge` also what the agent keeps, and nothing else that lies there. Raises
    AgentError, OSError."""
    kind = _kind(wanted)
    is_there = [path for path in kind.files if os.path.lexists(path)]
    is_live = bool(is_there) and wanted.place.root == "/"
    for words in kind.stops if is_live else ():
        _ask_system(words)
    for path in is_there:
        remove(path)
        print(f"{path} is removed.")
    if is_live and wanted.system == "linux":
        _ask_system(("systemctl", "daemon-reload"))
    if purge:
        _purge(wanted)
    return DONE


def _purge(wanted: Wanted) -> None:
    settings, state = (_below(wanted.place.root, path) for path in (wanted.place.settings, wanted.place.state))
    for folder in (os.path.join(state, "spool"), os.path.join(state, "quarantine")):
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            remove(os.path.join(folder, name))
    logs = [NAME, *(f"{NAME}.{number}" for number in range(1, KEPT + 1))]
    for path in (settings, *(os.path.join(state, name) for name in (*_ENTRIES, *logs))):
        remove(path)
    for folder in (f"{state}/spool", f"{state}/quarantine", state, os.path.dirname(settings)):
        try:
            os.rmdir(folder)
        except OSError:  # somebody keeps something of their own there, or there is none
            continue
        print(f"{folder} is removed.")


def _kind(wanted: Wanted) -> _Kind:
    root, system = wanted.place.root, wanted.system
    if system != OWN_SYSTEM and root == "/":
        raise AgentError(f"what is for {system} is installed below another root: --root DIR")
    if system == "linux":
        folder = _below(root, "/etc/systemd/system")
        files = {f"{folder}/{UNIT}.{ending}": f"systemd.{ending}" for ending in ("service", "timer")}
        timer = ("--now", f"{UNIT}.timer")
        enable, disable = (("systemctl", verb, *timer) for verb in ("enable", "disable"))
        return _Kind(files, _for_systemd, "utf-8", (("systemctl", "daemon-reload"), enable), (disable,))
    if system == "macos":
        path = _below(root, "/Library/LaunchDaemons/shadowledger.agent.plist")
        stop: tuple[tuple[str, ...], ...] = (("launchctl", "bootout", "system/shadowledger.agent"),)
        starts = (*stop, ("launchctl", "bootstrap", "system", path))
        return _Kind({path: "launchd.plist"}, _for_xml, "utf-8", starts, stop)
    path = os.path.join(os.path.dirname(_below(root, wanted.place.settings)), "task.xml")
    rights = ("icacls", os.path.dirname(path), *_RIGHTS)
    create = ("schtasks", "/Create", "/F", "/TN", UNIT, "/XML", path)
    return _Kind(
        {path: "task.xml"}, _for_xml, "utf-16", (rights, create), (("schtasks", "/Delete", "/F", "/TN", UNIT),)
    )


def _command(wanted: Wanted) -> list[str]:
    """The program and its words: a frozen build, a zipapp, or Python with this package."""
    if wanted.program:
        started = [wanted.program]
    elif getattr(sys, "frozen", False):
        started = [sys.executable, *(["agent"] if "agent" not in os.path.basename(sys.executable) else [])]
    elif os.path.isfile(archive := os.path.abspath(sys.argv[0])) and archive.endswith(".pyz"):
        started = [sys.executable, "-I", archive]
    else:
        started = [sys.executable, "-I", "-m", MODULE]
    return [*started, "run", "--scheduled", "--settings", wanted.place.settings, "--state", wanted.place.state]


def _filled(template: str, wanted: Wanted, command: Sequence[str], quoted: Callable[[str], str]) -> str:
    content = read_whole(os.path.join(HERE, template), _LARGEST)
    values = {
        "COMMAND": " ".join(map(quoted, command)),
        "PROGRAM": quoted(command[0]),
        "WORDS": quoted(subprocess.list2cmdline(command[1:])),
        "STRINGS": "\n".join(f"    <string>{quoted(word)}</string>" for word in command),
        "STATE": quoted(wanted.place.state),
        "STATE_IF_THERE": quoted(f"-{wanted.place.state}"),
        "EVERY": str(wanted.every_s),
        "MINUTES": str(max(1, wanted.every_s // 60)),
        "SPLAY": str(max(1, wanted.every_s // 10)),
    }
    return _HOLE.sub(lambda hole: values[hole[1]], (content or b"").decode())


def _for_systemd(text: str) -> str:
    """https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Command%20lines"""
    return f'"{text}"' if " " in text else text


def _for_xml(text: str) -> str:
    return escape(text)


def _below(root: str, path: str) -> str:
    if root == "/":
        return path
    inside = path[2:].replace("\\", "/") if path[1:3] == ":\\" else path
    return os.path.join(root, inside.lstrip("/"))


def _must_be_safe(command: Sequence[str]) -> None:
    """What the system starts with all rights must be nobody else's to change. Raises AgentError."""
    if sys.platform == "win32":
        return
    files = [os.path.realpath(word) for word in command[:3] if word.startswith("/")]
    for path in {*files, os.path.dirname(os.path.abspath(command[0])), *([HERE] if MODULE in command else [])}:
        while path != "/":
            facts = os.stat(path)
            if facts.st_uid != 0 or (facts.st_mode & 0o022 and not facts.st_mode & stat.S_ISVTX):
                raise AgentError(f"{path} is not root's alone, and what root starts must be; install it elsewhere")
            path = os.path.dirname(path)


def _ask_system(words: Sequence[str]) -> None:
    """Tell the system, and people where that fails: what is to go goes all the same."""
    try:
        _tell_system(words)
    except AgentError as error:
        say(str(error))


def _tell_system(words: Sequence[str]) -> None:
    """Raises AgentError."""
    import shutil

    program = shutil.which(words[0], path=None if sys.platform == "win32" else _SYSTEM_PATH)
    if program is None:
        raise AgentError(f"the files are there, and there is no {words[0]} here to make them known")
    done = subprocess.run((program, *words[1:]), capture_output=True, text=True, timeout=_MOST_SECONDS, check=False)
    if done.returncode and words[1] != "bootout":  # which says so where nothing is loaded
        say((done.stderr or done.stdout).strip().rstrip("."))
        raise AgentError(f"{' '.join(words[:2])} failed ({done.returncode})")
