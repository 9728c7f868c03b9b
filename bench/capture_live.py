"""DNS packets over a pair of interfaces in a network namespace of its own, and `collect dns` at its other end: how many
the kernel dropped because it was too slow.

The sender is a process of its own and keeps to its rate as well as the machine lets it: what it came to is told too."""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RATE = int(os.environ.get("BENCH_LIVE_RATE", "100000"))
SECONDS = 5
_FRAMES = 20_000
_PAUSE_S = 0.0005


def measure(capture: Path) -> dict[str, object]:
    """What came of it, printed and stored; in words why it cannot be measured."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
        return {"live": "needs root, unshare and ip"}
    told = {}
    for name, options in (("printed", ()), ("stored", ("--store", "--every", "2"))):
        with tempfile.TemporaryDirectory(prefix="shadowledger-bench-") as folder:
            program = Path(sys.executable).with_name("shadowledger")
            listen = [str(program), "--db", f"{folder}/i.db", "collect", "dns", "--interface", "there", *options]
            command = ["unshare", "-n", sys.executable, str(Path(__file__)), str(capture), *listen]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            told[name] = json.loads(done.stdout)
    return {"live": told}


def main(capture: Path, listen: list[str]) -> None:
    """In the namespace: make the pair, start the listener, send, end it, and print what it says."""
    for command in ("ip link add here type veth peer name there", "ip link set here up", "ip link set there up"):
        subprocess.run(command.split(), check=True)
    packets = Path("/proc/net/packet")
    with tempfile.TemporaryFile() as output, subprocess.Popen(listen, stdout=output) as listener:
        while listener.poll() is None and len(packets.read_text().splitlines()) < 2:
            time.sleep(0.01)
        time.sleep(1)
        sent, took_s = _send(_frames(capture))
        listener.terminate()
        _, _, used = os.wait4(listener.pid, 0)
        listener.returncode = 0
        output.seek(0)
        summary = json.loads(output.read().splitlines()[-1])["summary"]
    print(
        json.dumps(
            {
                "sent": sent,
                "sent_per_s": round(sent / took_s),
                "heard": summary["packets"],
                "dropped": summary["dropped"],
                "cpu_s": round(used.ru_utime + used.ru_stime, 2),
                "peak_mb": round(used.ru_maxrss / 1024),
            }
        )
    )


def _frames(capture: Path) -> list[bytes]:
    """The first queries over UDP and IPv4 of a capture that the benchmark wrote."""
    frames: list[bytes] = []
    with capture.open("rb") as file:
        file.seek(24)
        while len(frames) < _FRAMES and (head := file.read(16)):
            frame = file.read(struct.unpack_from("<I", head, 8)[0])
            if frame[12:15] == b"\x08\0\x45" and frame[23] == 17 and frame[36:38] == b"\0\x35":
                frames.append(frame)
    return frames


def _send(frames: list[bytes]) -> tuple[int, float]:
    count, sent = RATE * SECONDS, 0
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.bind(("here", 0))
        begun = time.monotonic()
        while sent < count:
            due = min(int((time.monotonic() - begun) * RATE), count)
            while sent < due:
                try:
                    sender.send(frames[sent % len(frames)])
                except OSError:  # the interface's own queue is full
                    break
                sent += 1
            time.sleep(_PAUSE_S)
        return sent, time.monotonic() - begun


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
