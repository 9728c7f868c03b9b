"""What runs, and who listens: on Linux from /proc itself, at a fifth of psutil's cost; elsewhere by psutil.

A title is what a program says of itself, and programs lie. It counts as a name where something else bears it out: the
program's own path, the script that an interpreter was given, or a tool of that name that is installed.
https://man7.org/linux/man-pages/man5/proc.5.html, https://psutil.readthedocs.io/"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from shadowledger.collectors.endpoint.local.machine import Found, Machine
from shadowledger.collectors.endpoint.programs import COMM_LENGTH, base_name, betrayed_by, is_interpreter, started_by
from shadowledger.signatures.artifacts import process_name

_HOME = re.compile(
    r"\A(?:(?:/export|/var)?/home/[^/]+|/root|/var/root|(?:/mnt/[a-z])?/Users/[^/]+|[A-Za-z]:[\\/]Users[\\/][^\\/]+)(?=[\\/])",
    re.IGNORECASE,
)
"""Where home directories lie: https://systemd.io/HOME_DIRECTORY/, and `/Users`, `C:\\Users`, WSL's `/mnt/c/Users`."""
_LISTENING = "0A"  # https://docs.kernel.org/networking/proc_net_tcp.html
_LOOPBACK = ("0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F")
CommandWords = Callable[[str], str]


class Process(NamedTuple):
    """One process as the system shows it; empty where it does not."""

    pid: int
    parent: int
    title: str
    """The name that it may have given itself."""
    path: str
    arguments: tuple[str, ...] | None
    """None where this user may not see them."""
    user: str
    is_readable: bool
    """Whether its program could be read."""
    environment: frozenset[str] = frozenset()
    """Names only."""


def running(machine: Machine, *, with_environment: bool = False) -> list[Process] | None:
    """All processes but the kernel's own; None where there is no list of them."""
    proc = machine.root.rstrip("/") + "/proc"
    if os.path.isdir(f"{proc}/1") or os.path.isdir(f"{proc}/self"):
        found = (
            _of_proc(machine, f"{proc}/{name}", with_environment) for name in machine.names(proc) if name.isdigit()
        )
        return [one for one in found if one is not None]
    if not machine.is_live:
        return None
    from shadowledger.collectors.endpoint.local.by_psutil import processes

    return list(processes(with_environment=with_environment))


def _of_proc(machine: Machine, folder: str, with_environment: bool) -> Process | None:
    """None for what ended meanwhile, and for threads of the kernel: children of process 2 without a program."""
    stat = _bytes(f"{folder}/stat", 4096)
    title, _, rest = stat.partition(b"(")[2].rpartition(b")")
    fields = rest.split(None, 2)
    if len(fields) < 2 or not fields[1].isdigit():
        return None
    pid, parent = int(folder.rpartition("/")[2]), int(fields[1])
    path, is_readable = _program(folder)
    raw = _bytes(f"{folder}/cmdline", 1 << 16)
    if not path and not raw and 2 in (pid, parent):
        return None
    try:
        user = machine.user_of(os.stat(folder).st_uid)
    except OSError:
        return None
    names = frozenset(_names(_bytes(f"{folder}/environ", 1 << 17))) if with_environment else frozenset()
    arguments = tuple(raw.rstrip(b"\0").decode("utf-8", "replace").split("\0")) if raw else ()
    return Process(pid, parent, title.decode("utf-8", "replace"), path, arguments, user, is_readable, names)


def _bytes(path: str, most: int) -> bytes:
    try:
        opened = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(opened, most)
    except OSError:
        return b""
    finally:
        os.close(opened)


def _program(folder: str) -> tuple[str, bool]:
    """The path of a program, and whether this user may know it. What ended and waits for its parent has none."""
    try:
        return os.fsencode(os.readlink(f"{folder}/exe")).decode("utf-8", "replace").removesuffix(" (deleted)"), True
    except FileNotFoundError:
        return "", True
    except OSError:
        return "", False


def _names(environment: bytes) -> Iterator[str]:
    for entry in environment.split(b"\0"):
        name = entry.partition(b"=")[0]
        if name and name.isascii() and len(name) < 128:
            yield name.decode()


class Named(NamedTuple):
    """How a process is told."""

    name: str
    """Borne out by more than its title; empty where nothing else is known."""
    title: str
    """What it calls itself, where nothing bears that out."""


def named(process: Process, installed: frozenset[str], root: str = "") -> tuple[Named, ...]:
    """The names of a process: of its program, and its title where that is borne out. `installed` are the names of tools
    that lie on the machine, as `process_name` writes them."""
    program = base_name(process.path)
    title = _whole(process, program)
    if not title or _stem(title) == _stem(program):
        return (Named(program or title, ""),)
    if is_borne_out(process, title, installed, root):
        return (Named(title, ""), Named(program, "")) if program else (Named(title, ""),)
    return (Named(program, title),)


def _stem(name: str) -> str:
    """A name without what systems put at its end: `python3.11` is called `python3` too."""
    form = process_name(name)
    return form.rstrip("0123456789.") or form


def _whole(process: Process, program: str) -> str:
    """A title without text behind it; one that the system cut, made whole by the program or its first argument."""
    title = process.title.partition(": ")[0].strip()
    if len(title.encode()) < COMM_LENGTH:
        return title
    first = base_name(process.arguments[0]) if process.arguments else ""
    return next((name for name in (program, first) if name.startswith(title) and " " not in name), title[:COMM_LENGTH])


def is_borne_out(process: Process, title: str, installed: frozenset[str], root: str = "") -> bool:
    """Whether more than the process itself says that it is what it calls itself."""
    form = process_name(title)
    if form in installed or form in map(process_name, _HOME.sub("", process.path).split("/")):
        return True
    arguments = process.arguments or ()
    runs_script = is_interpreter(base_name(process.path))  # the kernel names what begins with #! by its file
    files = arguments[1:3] if runs_script else () if process.path else arguments[:1]
    return any(one.startswith("/") and process_name(one) == form and os.path.isfile(root + one) for one in files)


def told(
    machine: Machine, processes: Iterable[Process], installed: frozenset[str], words: CommandWords | None
) -> Iterator[Found]:
    """Processes as artifacts, alike ones once with their `count`; interpreters with what they run."""
    processes = list(processes)
    programs = {one.pid: base_name(one.path) for one in processes}
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    betrayed: set[tuple[str, str]] = set()
    for one in processes:
        path = _HOME.sub("~", one.path)
        for name, title in named(one, installed, machine.root.rstrip("/")):
            counts[name, title.partition(" ")[0][:COMM_LENGTH], path, one.user, programs.get(one.parent, "")] += 1
        is_launcher = is_interpreter(base_name(one.path) or one.title)
        if one.arguments and is_launcher and (found := run_by(one.arguments, words, installed)):
            betrayed.add((one.user, found))
    for (name, title, path, user, parent), count in sorted(counts.items()):
        more: dict[str, str | int | bool] = {"path": path} if path else {}
        more |= {key: value for key, value in (("title", title), ("parent", parent)) if value}
        if "/Contents/MacOS/" in path and (bundle := _bundle(machine, path)):
            more["bundle_id"] = bundle
        if not name:
            more["is_title_alone"] = True
        yield Found("process", name or title, user, {**more, "count": count} if count > 1 else more)
    yield from (Found("cmdline", found, user) for user, found in sorted(betrayed))


def _bundle(machine: Machine, path: str) -> str:
    from shadowledger.collectors.endpoint.local.programs_installed import bundle_of

    return bundle_of(machine, path) if path.startswith("/") else ""


# The places of packages: https://nodejs.org/api/modules.html, https://docs.python.org/3/library/site.html
_OF_PACKAGE = re.compile(r"/(?:node_modules|site-packages|dist-packages)/(@[^/\s]+/[^/\s]+|[^/\s@]+)")
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.\w+){0,6}\Z")
_NPM_NAME = re.compile(r"@[a-z0-9][\w.-]*/[\w.-]+")


def run_by(arguments: tuple[str, ...], words: CommandWords | None, installed: frozenset[str] = frozenset()) -> str:
    """What an interpreter runs: the words of a signature where `words` knows them, or else a package's name, or that of
    a module of an installed package. Nothing of its other arguments is told, nor what somebody wrote themselves."""
    command = " ".join(arguments)[: 1 << 16]
    if words is not None:
        return betrayed_by(command, words)
    started = started_by(command)
    if not started:
        return ""
    if packages := _OF_PACKAGE.findall(started[0].replace("\\", "/")):
        return str(packages[-1])[:200]
    if scoped := _NPM_NAME.match(started[0]):
        return scoped[0][:200]
    is_module = "-m" in arguments[1:7] and _MODULE.match(started[0])
    package = started[0].partition(".")[0].lower()
    return started[0][:200] if is_module and {package, package.replace("_", "-")} & installed else ""


def listening(machine: Machine, processes: Iterable[Process]) -> Iterator[Found]:
    """Ports that somebody listens at, with the program; without it where this user may not know it."""
    proc = machine.root.rstrip("/") + "/proc"
    if not os.path.isdir(f"{proc}/net") and machine.is_live:
        from shadowledger.collectors.endpoint.local.by_psutil import listening_ports

        ports = {(port, pid): is_open for port, pid, is_open in listening_ports()}
        owners = {one.pid: one for one in processes}
        for (port, pid), is_open in sorted(ports.items()):
            yield _port(port, owners.get(pid), is_open=is_open)
        return
    sockets = _sockets(f"{proc}/net/tcp") | _sockets(f"{proc}/net/tcp6")
    owned = _owners(proc, processes, set(sockets)) if sockets else {}
    told_of: dict[tuple[int, int], tuple[Process | None, bool]] = {}
    for socket, (port, is_open) in sockets.items():
        owner = owned.get(socket)
        key = port, owner.pid if owner else 0
        told_of[key] = owner, is_open or told_of.get(key, (None, False))[1]
    for (port, _), (owner, is_open) in sorted(told_of.items()):
        yield _port(port, owner, is_open=is_open)


def _port(port: int, owner: Process | None, *, is_open: bool) -> Found:
    more: dict[str, str | int | bool] = {"program": base_name(owner.path) or owner.title[:COMM_LENGTH]} if owner else {}
    return Found("port", str(port), owner.user if owner else "", {**more, "is_open_to_others": is_open})


def _sockets(table: str) -> dict[str, tuple[int, bool]]:
    """Listening sockets by inode: the port, and whether others than this machine can reach it."""
    found: dict[str, tuple[int, bool]] = {}
    for line in _bytes(table, 1 << 22).decode("ascii", "replace").splitlines()[1:]:
        fields = line.split(None, 10)
        if len(fields) > 9 and fields[3] == _LISTENING:
            address, _, port = fields[1].rpartition(":")
            found[fields[9]] = int(port, 16), address not in _LOOPBACK
    return found


def _owners(proc: str, processes: Iterable[Process], wanted: set[str]) -> dict[str, Process]:
    """Inodes of sockets to the process that holds them, until all are found."""
    found: dict[str, Process] = {}
    names = {f"socket:[{inode}]": inode for inode in wanted}
    for process in processes:
        folder = f"{proc}/{process.pid}/fd"
        try:
            descriptors = os.listdir(folder)
        except OSError:
            continue
        for descriptor in descriptors:
            try:
                inode = names.get(os.readlink(f"{folder}/{descriptor}"))
            except OSError:
                continue
            if inode is not None:
                found.setdefault(inode, process)
        if len(found) == len(wanted):
            break
    return found
