"""Sends the packets of the cases over a pair of interfaces and listens at its other end; prints what was told, as JSON.

Run in a network namespace of its own: `unshare -n python live_packets.py narrow|wide|scapy`."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

from capture_files import query, udp
from test_capture_cases import CASES, FRAMES

from shadowledger.collectors.capture.engine import Engine
from shadowledger.collectors.capture.fast import traffic_of
from shadowledger.collectors.capture.live import Interface, Sniffer, listen
from shadowledger.collectors.records import Traffic

MARKS = ("first.example", "last.example")


def main(width: str) -> None:
    """Every case over interfaces that are new each time."""
    told: dict[str, object] = {}
    for (case, *_), frames in zip(CASES, FRAMES, strict=True):
        for command in ("ip link add here type veth peer name there", "ip link set here up", "ip link set there up"):
            subprocess.run(command.split(), check=True)
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
            sender.bind(("here", 0))
            with Sniffer("there") if width == "scapy" else Interface("there", is_narrow=width == "narrow") as interface:
                heard = Heard(interface, sender)
                heard.wait_for("first.example")
                for frame in frames:
                    sender.send(frame)
                heard.wait_for("last.example")
                told[case] = {"names": heard.names, "dropped": interface.drops().dropped_count}
        subprocess.run(["ip", "link", "delete", "here"], check=True)
    print(json.dumps(told))


class Heard:
    """What is told of an interface."""

    def __init__(self, interface: Interface | Sniffer, sender: socket.socket) -> None:
        self._interface, self._sender, self._engine = interface, sender, Engine()
        self.names: list[list[str]] = []

    def wait_for(self, name: str) -> None:
        """Ask for a name, which is not kept, until it is told: a link may be up a little later than it says."""
        marks: list[str] = []

        def goes_on() -> bool:
            if name not in marks:
                self._sender.send(udp(query(name)))
            return name not in marks

        for found in listen(self._interface, self._engine, goes_on, traffic_of):
            told = [one for one in found if isinstance(one, Traffic)]
            marks.extend(one.host for one in told)
            self.names.extend([one.via, one.host] for one in told if one.host not in MARKS)


if __name__ == "__main__":
    main(sys.argv[1])
