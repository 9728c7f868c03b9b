"""The world of the end-to-end test: real servers, three machines, and the traffic of the plan between them.

    python world.py SHADOWLEDGER OUTPUT_FOLDER

must be the first process of namespaces of its own (`command` says how to start it), so that nothing of it is seen
outside and nothing is left when it ends, however it ends. Everything it changes - mounts, accounts, host name,
interfaces - it changes there only."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plan import BY_LOGIN, PEOPLE, SENTINEL, SERVER, SOURCES, VISITS, Person, host_of, processes_file
from waiting import DEADLINE_SECONDS, holds_bytes, wait_until

HERE = Path(__file__).parent
WORLD = Path("/run/world")
NAMED = Path("/var/cache/bind")
"""Debian's AppArmor profile lets the name server write here and nowhere else."""
SQUID = Path("/run/squid")
PROGRAMS = (
    "curl", "getent", "ip", "mount", "named", "openssl", "setpriv", "squid", "tcpdump", "unshare",
)  # fmt: skip
DEBIAN_PACKAGES = ("bind9", "curl", "iproute2", "openssl", "squid", "tcpdump")
"""What brings those of PROGRAMS that a minimal Debian lacks."""
FIRST_ACCOUNT = 3001


def what_is_missing() -> str:
    """Why the world cannot be made here, in words; empty where it can."""
    if os.geteuid():
        return "the end-to-end world needs root, for network namespaces"
    search = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    missing = [program for program in PROGRAMS if not shutil.which(program, path=search)]
    if missing:
        return f"the end-to-end world needs {', '.join(missing)}: apt-get install {' '.join(DEBIAN_PACKAGES)}"
    return ""


def command(output: Path) -> list[str]:
    """How to start this module, with the `shadowledger` installed beside the running Python."""
    own = ("--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc")
    shadowledger = Path(sys.executable).with_name("shadowledger")
    return ["unshare", *own, sys.executable, __file__, str(shadowledger), str(output)]


def run(*words: str | Path) -> None:
    """Run a command to its end. Raises CalledProcessError, with what it said on standard error."""
    done = subprocess.run(words, capture_output=True, timeout=DEADLINE_SECONDS)
    if done.returncode:
        sys.stderr.buffer.write(done.stderr)
        done.check_returncode()


def inside(namespace: str, *words: str | Path) -> list[str | Path]:
    """A command in a network namespace."""
    return ["ip", "netns", "exec", namespace, *words]


def cover(path: str, text: str) -> None:
    """Lay a text over a file that the rest of the system goes on seeing as it was."""
    target = Path(path).resolve()
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    laid = WORLD / target.name
    laid.write_text(text)
    run("mount", "--bind", laid, target)


def furnish() -> None:
    """Give this world its own places to write, accounts, resolver and names."""
    for place, mode in (("/run", 755), ("/dev/shm", 1777), (NAMED, 755)):  # noqa: S108 - covered, not used
        run("mount", "-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", place)
    WORLD.mkdir()
    SQUID.mkdir()
    shutil.chown(SQUID, "proxy")
    people = [(person.login, FIRST_ACCOUNT + at) for at, person in enumerate(PEOPLE)]
    accounts = "".join(f"{login}:x:{number}:{number}::/:/bin/sh\n" for login, number in people)
    groups = "".join(f"{login}:x:{number}:\n" for login, number in people)
    cover("/etc/passwd", Path("/etc/passwd").read_text() + accounts)
    cover("/etc/group", Path("/etc/group").read_text() + groups)
    cover("/etc/resolv.conf", f"nameserver {SERVER}\noptions timeout:{DEADLINE_SECONDS}\n")
    cover("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
    hosts = sorted({host_of(visit) for visit in VISITS})
    (WORLD / "hosts").write_text("".join(f"{SERVER} {host}\n" for host in hosts))
    for name in ("named.conf", "root.zone"):
        shutil.copy(HERE / name, NAMED)
    socket.sethostname("server")
    os.environ["PATH"] += os.pathsep + "/usr/sbin:/sbin"
    os.environ["TZ"] = "UTC"


def connect() -> None:
    """A network namespace for the server and one for each person, joined by a bridge."""
    for name in ("server", *BY_LOGIN):
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "set", "lo", "up")
    run("ip", "-n", "server", "link", "add", "office", "type", "bridge")
    run("ip", "-n", "server", "address", "add", f"{SERVER}/24", "dev", "office")
    run("ip", "-n", "server", "link", "set", "office", "up")
    for person in PEOPLE:
        name = person.login
        run("ip", "-n", name, "link", "add", "eth0", "type", "veth", "peer", "name", name, "netns", "server")
        run("ip", "-n", "server", "link", "set", name, "master", "office", "up")
        run("ip", "-n", name, "address", "add", f"{person.address}/24", "dev", "eth0")
        run("ip", "-n", name, "link", "set", "eth0", "up")


def start(notes: Path, ready: bytes, *words: str | Path) -> subprocess.Popen[bytes]:
    """Start a server, what it says going into a file, and return once that or its own notes say that it is ready."""
    said = WORLD / f"{Path(words[0]).name}.said"
    with said.open("wb") as file:
        server = subprocess.Popen(inside("server", *words), stdout=file, stderr=file)

    def is_ready() -> bool:
        if server.poll() is not None:
            raise RuntimeError(f"{words[0]} ended: {said.read_text(errors='replace')}")
        return holds_bytes(notes, ready)

    wait_until(f"{words[0]} is ready", is_ready)
    return server


def serve() -> tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]]:
    """Start the web server, the name server, the capture and the proxy; gives back the last two, to be stopped."""
    certificate = WORLD / "certificate.pem"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", "/CN=everything.example", "-keyout", certificate, "-out", WORLD / "certificate.only")  # fmt: skip
    with certificate.open("ab") as file:
        file.write((WORLD / "certificate.only").read_bytes())
    origin = (sys.executable, HERE / "origin.py", SERVER, certificate)
    start(WORLD / f"{Path(sys.executable).name}.said", b"listening", *origin)
    start(NAMED / "named.notes", b"all zones loaded", "named", "-f", "-c", NAMED / "named.conf")
    tcpdump = start(
        WORLD / "tcpdump.said", b"listening on",
        "tcpdump", "-i", "office", "-Z", "root", "-U", "--immediate-mode", "-w", WORLD / "dns.pcap", "udp port 53",
    )  # fmt: skip
    squid = start(SQUID / "squid.notes", b"Accepting HTTP Socket connections", "squid", "-N", "-f", HERE / "squid.conf")
    return tcpdump, squid


def ask(person: Person, way: str, url: str, host: str) -> None:
    """Make one request of the plan. What is refused by the proxy is no failure here; anything else is."""
    if way == "look_up":
        run(*inside(person.login, "getent", "ahostsv4", host))
        return
    curl = ["curl", "-4", "--silent", "--show-error", "--insecure", "--output", "/dev/null", "--max-time", "10"]
    if way == "direct":
        run(*inside(person.login, *curl, url))
        return
    user = [] if way == "unsigned" else ["--proxy-user", f"{person.proxy_user}:secret"]
    done = subprocess.run(
        inside(person.login, *curl, "--proxy", f"http://{SERVER}:3128", *user, url), capture_output=True, text=True
    )
    if done.returncode and "CONNECT tunnel failed, response 40" not in done.stderr:
        raise RuntimeError(f"{person.login} {way} {url}: {done.stderr}")


def play() -> None:
    """Everything that the plan says happens, in turns, so that the three people's records are mixed."""
    turns = max(visit.times for visit in VISITS)
    for turn in range(turns):
        for visit in VISITS:
            if turn < visit.times:
                ask(BY_LOGIN[visit.login], visit.way, visit.url, host_of(visit))
    ask(PEOPLE[0], "look_up", "", SENTINEL)


def take_snapshots(shadowledger: str) -> None:
    """What runs on each person's machine, as the program under test lists it there."""
    for person in PEOPLE:
        folder = WORLD / "home" / person.login / "bin"
        folder.mkdir(parents=True)
        machine = (
            sys.executable,
            HERE / "machine.py",
            person.login,
            shadowledger,
            folder,
            WORLD / processes_file(person),
        )
        run(*inside(person.login, "unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", *machine))


def stop(server: subprocess.Popen[bytes]) -> None:
    """End a server the way its service manager would, so that it writes what it still holds."""
    server.send_signal(signal.SIGTERM)
    server.wait(DEADLINE_SECONDS)


def write_directory(folder: Path, began: datetime) -> None:
    """The company's directory: who the people are, whose the machines, and who held which address meanwhile."""

    def table(name: str, header: str, rows: Iterable[Iterable[str]]) -> None:
        with (folder / name).open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows((header.split(","), *rows))

    start = began.replace(hour=0, minute=0, second=0, microsecond=0)
    held = (start.isoformat(), (start + timedelta(days=2)).isoformat())
    table(
        "people.csv",
        "person,upn,sam,email,name,unit",
        ((p.login, p.upn, rf"CORP\{p.login}", p.upn, p.name, p.unit) for p in PEOPLE),
    )
    table("devices.csv", "device,owner,unit", ((p.device, p.login, p.unit) for p in PEOPLE))
    table("leases.csv", "address,device,start,end", ((p.address, p.device, *held) for p in PEOPLE))


def main(shadowledger: str, output: str) -> None:
    """Make the world, play the plan, and leave SOURCES and the directory in the output folder."""
    began = datetime.now(UTC)
    furnish()
    connect()
    tcpdump, squid = serve()
    play()
    take_snapshots(shadowledger)
    wire = b"".join(bytes([len(label)]) + label for label in SENTINEL.encode().split(b"."))
    wait_until("the query log is whole", lambda: holds_bytes(NAMED / "query.log", SENTINEL.encode()))
    wait_until("the capture is whole", lambda: (WORLD / "dns.pcap").read_bytes().count(wire) == 2)
    stop(squid)
    stop(tcpdump)
    for name in SOURCES:
        written_in = {"access.log": SQUID, "query.log": NAMED}.get(name, WORLD)
        shutil.copyfile(written_in / name, Path(output, name))
    write_directory(Path(output), began)


if __name__ == "__main__":
    main(*sys.argv[1:])
