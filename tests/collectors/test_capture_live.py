"""Packets on interfaces, in network namespaces of their own: what the kernel's filter lets pass, and what is told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_capture_cases import CASES

from shadowledger.collectors.capture import live

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"),
    reason="needs root, unshare and ip",
)
HERE = Path(__file__).parent
BEYOND_THE_FILTER = {
    "DTLS", "DTLS in fragments", "DTLS in fragments, out of order", "QUIC on another port", "DNS on 8053",
    "PPPoE over QinQ", "GRE, a hello split", "VXLAN", "Geneve",
}  # fmt: skip


@pytest.mark.parametrize(("width", "missed"), [("narrow", BEYOND_THE_FILTER), ("wide", set()), ("scapy", set())])
def test_what_is_sent_is_told(width: str, missed: set[str]) -> None:
    command = ["unshare", "-n", sys.executable, str(HERE / "live_packets.py"), width]
    path = os.pathsep.join((str(HERE), str(HERE.parents[1] / ".ns")))
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    for case, _, names, _ in CASES:
        expected = [] if case in missed else [list(one) for one in names]
        assert told[case] == {"names": expected, "dropped": 0}, case


def test_what_cannot_be_listened_at_is_told() -> None:
    with pytest.raises(live.CannotListenError, match="no-such"):
        live.Interface("no-such")
