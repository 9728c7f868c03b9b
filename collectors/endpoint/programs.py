"""What processes run: names of programs, taken from paths and from command lines whose parts nobody quoted; and names
of applications.

A command line holds prompts, keys and people's names. Nothing of it leaves but the base name of its program and, where
a signature names them, the signature's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from shadowledger.collectors.records import Artifact
from shadowledger.signatures.artifacts import process_name

if TYPE_CHECKING:  # an agent reads processes, and no files of logs
    from shadowledger.collectors.reading import CommandWords, Reading

COMM_LENGTH = 15
"""Linux cuts the name of a process to this: https://man7.org/linux/man-pages/man5/proc_pid_comm.5.html"""
_LONGEST_NAME = 255  # NAME_MAX: https://man7.org/linux/man-pages/man0/limits.h.0p.html

_LAUNCHERS = """
bash bun bunx cmd conda dash deno docker dotnet electron env fish java javaw julia ksh lua mono node nodejs nohup npm
npx perl php pipenv pipx pnpm podman poetry powershell pwsh py pypy python pythonw ruby sh sudo ts-node tsx uv uvx
wscript yarn zsh accelerate granian gunicorn hypercorn torchrun uvicorn waitress-serve
"""
_INTERPRETERS = frozenset(_LAUNCHERS.split())
"""Programs that say nothing of what runs: their command line does."""

_PROGRAM_FOLDERS = frozenset(("bin", "sbin", "libexec", "MacOS"))
_PARENTS_OF_FOLDERS = frozenset(("opt", "Applications", "Volumes", "Library", "CoreServices", "Application Support"))
_FOLDERS_WITH_BLANKS = frozenset(("Application Support", "Internet Plug-Ins", "Group Containers", "Mobile Documents"))
_BUNDLES = (".app", ".appex", ".bundle", ".framework", ".plugin", ".prefPane", ".xpc")


_VERBS = frozenset(("dlx", "exec", "run", "tool", "x"))
"""What package runners are told before the package: `npm exec`, `pnpm dlx`, `uv tool run`, `pipx run`."""
_INLINE = frozenset(("-c", "-e", "--eval", "/c", "-Command", "-EncodedCommand"))
_CONTAINERS = frozenset(("docker", "podman"))
_MOST_WORDS = 64
_OPTIONS_BEFORE_MODULE = 6


class Seen(NamedTuple):
    """When and where a list of processes was taken."""

    time_us: int
    tz_source: str
    device: str


def seen_by(reading: Reading) -> Seen:
    """For lists that name neither time nor machine: the file's time, assumed, and the device that the user named."""
    time_us = reading.opened.modified_us
    return Seen(time_us, "assumed" if time_us else "", reading.settings.device)


def artifacts(
    position: int, names: Iterable[str], command: str, user: str, seen: Seen, words: CommandWords | None
) -> Iterator[Artifact]:
    """One `process` for each name a process goes by and, where an interpreter's command line carries a signature's
    words, a `cmdline` of these words alone."""
    distinct = _distinct(names)
    for name in distinct:
        yield Artifact(position, "process", name, seen.time_us, seen.tz_source, seen.device, user)
    if words is None or not command or not any(is_interpreter(name) for name in distinct):
        return
    if found := betrayed_by(command, words):
        yield Artifact(position, "cmdline", found, seen.time_us, seen.tz_source, seen.device, user)


def betrayed_by(command: str, words: CommandWords) -> str:
    """The signature's words in what an interpreter runs: in the program, module or package it was told to run, with its
    first two arguments where a signature names them too (`vllm serve`). Other arguments prove nothing: whoever writes
    `sudo systemctl stop ollama` runs systemctl."""
    started = started_by(command)
    if not started:
        return ""
    if found := words(started[0]):
        return found
    found = words(" ".join(started[:3]))
    parts = started[0].lower().replace("\\", "/").split("/")
    return found if found and found.lower().split()[0] in parts else ""


def started_by(command: str) -> list[str]:
    """What the program at the head of a command line was told to run, and that program's own arguments; nothing where
    it runs code from the command line itself (`python -c`, `bash -c`, `node -e`)."""
    rest = command.split()[:_MOST_WORDS]
    while rest:
        launcher = process_name(rest.pop(0).strip("\"'")).rstrip("0123456789.")
        if launcher in _CONTAINERS:
            return [launcher, *rest]
        if "-m" in rest[:_OPTIONS_BEFORE_MODULE]:
            rest = rest[rest.index("-m") + 1 :]
        while rest and (rest[0].startswith("-") or rest[0] in _VERBS or "=" in rest[0]):
            word = rest.pop(0)
            if word in _INLINE:
                return []
        if not rest or not is_interpreter(rest[0]):
            return rest
    return []


def _distinct(names: Iterable[str]) -> list[str]:
    """Names that differ as signatures compare them; a name that the system cut counts as the whole one beside it."""
    kept: dict[str, str] = {}
    for name in names:
        if name:
            kept.setdefault(process_name(name), name[:_LONGEST_NAME])
    return [
        name
        for form, name in kept.items()
        if len(name) != COMM_LENGTH or not any(other != form and other.startswith(form) for other in kept)
    ]


def is_interpreter(name: str) -> bool:
    """Whether a program runs other people's programs: `python3.11`, `node.exe`, `npx`, `sudo`."""
    return process_name(name).rstrip("0123456789.") in _INTERPRETERS


def base_name(path: str) -> str:
    """The last part of a path of any system; Linux marks programs that were replaced while running."""
    return path.strip().removesuffix(" (deleted)").replace("\\", "/").rstrip("/").rpartition("/")[2]


def program_of(command: str) -> str:
    """The base name of the program that a command line starts; empty where there is none.

    `[name]` and `(name)` stand for a command line that is gone, `-bash` for a login shell and `sshd: ...` for a title
    that the program gave itself: https://man7.org/linux/man-pages/man1/ps.1.html"""
    text = command.strip()
    first = text[:1]
    if first in ("[", "("):
        return base_name(text[1:].partition("]" if first == "[" else ")")[0])
    if first == '"':
        return base_name(text[1:].partition('"')[0])
    if first == "/":
        return _unquoted(text)
    if text[1:3] in (":\\", ":/") and (end := text.lower().find(".exe")) > 0:
        return base_name(text[: end + 4])
    word = text.split(None, 1)[0] if text else ""
    return base_name(word.lstrip("-").rstrip(":"))


def _unquoted(text: str) -> str:
    """The base name of a program with an absolute path, in which folders and the name itself may hold blanks.

    Blanks count as part of a path only where a folder is known to hold them, so that no argument is taken for a name:
    in macOS bundles (https://developer.apple.com/library/archive/documentation/CoreFoundation/Conceptual/CFBundles/)
    and right below folders of applications."""
    end = min((at for stop in (" -", " /") if (at := text.find(stop)) > 0), default=len(text))
    *folders, last = text[1:end].split("/")
    parent = bundle = ""
    for folder in folders:
        if " " in folder and not _may_hold_blanks(folder, parent):
            return _first_name(folder, bundle)
        if folder.endswith(_BUNDLES):
            bundle = folder.rpartition(".")[0]
        parent = folder
    return _first_name(last, bundle)


def _may_hold_blanks(folder: str, parent: str) -> bool:
    if folder.endswith(_BUNDLES):
        return parent not in _PROGRAM_FOLDERS or parent == "MacOS"
    return folder in _FOLDERS_WITH_BLANKS or parent in _PARENTS_OF_FOLDERS


def _first_name(text: str, bundle: str) -> str:
    """A name that may hold blanks where it repeats its bundle's; otherwise the first word."""
    if bundle and (text == bundle or text.startswith(bundle + " ")):
        return bundle
    return text.split(None, 1)[0].rstrip(":") if text.strip() else ""


# https://developer.apple.com/documentation/bundleresources/information-property-list/cfbundleidentifier
_BUNDLE = re.compile(r"[A-Za-z][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+){2,}\Z")
# What installers put after a name: `Ollama version 0.5.7`, `Cursor 0.44.11`, `Cursor (User)`, `Zed (x64 en-US)`
_ENDING = re.compile(
    r"\s+(?:(?:version\s+|v)?[0-9]+(?:\.[0-9A-Za-z+-]+)+|\((?:User|Machine|(?:x64|x86|arm64|64-bit|32-bit)[^()]{0,12})\))\Z"
)


def app_values(name: str) -> list[str]:
    """An application as signatures may write it: an identifier of macOS, or a name as it is listed for uninstalling."""
    if _BUNDLE.match(name):
        return [f"bundle_id:{name}"]
    plain = name
    while shorter := _ENDING.sub("", plain):
        if shorter == plain:
            break
        plain = shorter
    return [plain] if plain.endswith(".app") else [plain, f"uninstall_name:{plain}"]
