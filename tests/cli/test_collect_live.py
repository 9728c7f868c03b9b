"""`collect dns` on an interface in a network namespace of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from commands import PROGRAM, shadowledger

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"),
    reason="needs root, unshare and ip",
)
ASK = "import socket; socket.socket(2, 2).sendto(bytes.fromhex('{}'), ('127.0.0.1', 53))"
QUERY = "123401000001000000000000" + "03617069066f70656e616903636f6d00" + "00010001"
SCRIPT = f"""
ip link set lo up
"$0" collect dns --interface lo --ai-only &
until [ "$(wc -l < /proc/net/packet)" -gt 1 ] || ! kill -0 $!; do :; done
"$1" -c "{ASK.format(QUERY)}"
"$1" -c "{ASK.format(QUERY.replace("6f70656e6169", "6578616d706c"))}"
kill -INT $!
wait $!
"""


def test_names_on_an_interface_are_printed_as_they_come() -> None:
    command = ["unshare", "-n", "sh", "-c", SCRIPT, str(PROGRAM), sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *names, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(name["via"], name["host"], name["client"]) for name in names] == [("dns", "api.openai.com", "127.0.0.1")]
    assert (last["summary"]["packets"], last["summary"]["dropped"]) == (2, 0)


def test_what_cannot_be_listened_at_ends_it() -> None:
    done = shadowledger("collect", "dns", "--interface", "no-such")
    assert (done.code, done.stdout) == (1, "")
    assert "no-such" in done.stderr
