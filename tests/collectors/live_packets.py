"""Sends the packets of the cases over a pair of interfaces and listens at its other end; prints what was told, as JSON.

Run in a network namespace of its own: `unshare -n python live_packets.py narrow|wide`."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

from capture_files import query, udp
from test_capture_cases import CASES, FRAMES

from shadowledger.collectors.capture.engine import Engine
from shadowledger.collectors.capture.live import Interface, listen
from shadowledger.collectors.records import Traffic

LAST = "last.example"


def main(width: str) -> None:
    """Every case over interfaces that are new each time."""
    told: dict[str, object] = {}
    for (case, *_), frames in zip(CASES, FRAMES, strict=True):
        for command in ("ip link add here type veth peer name there", "ip link set here up", "ip link set there up"):
            subprocess.run(command.split(), check=True)
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
            sender.bind(("here", 0))
            with Interface("there", is_narrow=width == "narrow") as interface:
                for frame in (*frames, udp(query(LAST))):
                    sender.send(frame)
                names = names_until_last(interface)
                told[case] = {"names": names, "dropped": interface.drops().dropped_count}
        subprocess.run(["ip", "link", "delete", "here"], check=True)
    print(json.dumps(told))


def names_until_last(interface: Interface) -> list[list[str]]:
    """What is told before the query that ends a case."""
    names: list[list[str]] = []
    for found in listen(interface, Engine(), lambda: ["dns", LAST] not in names):
        names.extend([one.via, one.host] for one in found if isinstance(one, Traffic))
    return names[:-1]


if __name__ == "__main__":
    main(sys.argv[1])
