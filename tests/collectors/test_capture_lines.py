"""The text that a capture gives at once is the one that its records give one by one."""

from __future__ import annotations

import io
import json

import pytest
from capture_files import pcap, query, read, tcp, udp
from test_capture_cases import FRAMES

from shadowledger.collectors.capture.captures import text
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.sources import Opened
from shadowledger.collectors.telling import tell


def encode(told: object) -> str:
    return json.dumps(told, separators=(",", ":"))


ODD = [
    udp(query('qu"ote.example')),
    udp(query("b\\ack.example")),
    udp(query("claude.ai", 65400)),
    udp(query("API.OpenAI.com")),
    udp(query("api.openai.com")[:-3]),
    udp(query("printer.local", flags=0), 5353, 5353),
    tcp(b"\0\x1b" + query("claude.ai"), 53),
    *([udp(query("claude.ai"))] * 9),
]


@pytest.mark.parametrize("ticks", [123_456, 0, 7])
def test_lines_are_what_records_tell(ticks: int) -> None:
    data = pcap([*ODD, *(frame for frames in FRAMES for frame in frames)], ticks=ticks)
    with Opened("test", io.BytesIO(data)) as opened:
        lines = "".join(text(Reading(opened), encode))
    assert lines == "".join(encode(tell(record)) + "\n" for record in read(data).records)
    assert lines.count("\n") > len(ODD)
