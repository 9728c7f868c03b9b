"""EVTX files: events in the order of their numbers, damage told, and what to install."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import evtx_files
import pytest

from shadowledger.collectors.engines.evtx import INSTALL
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Artifact, Ignored, Issue, Record, Traffic
from shadowledger.collectors.registry import claims
from shadowledger.collectors.sources import open_source

SYSMON, SECURITY = "Microsoft-Windows-Sysmon", "Microsoft-Windows-Security-Auditing"
QUERY = (SYSMON, 22, {"UtcTime": "2025-11-20 08:15:01.998", "QueryName": "ChatGPT.com", "Image": r"C:\x\chrome.exe"})
CONNECTION = (
    SYSMON,
    3,
    {
        "User": r"CORP\ada",
        "Initiated": "true",
        "SourceIp": "192.0.2.17",
        "DestinationIp": "198.51.100.9",
        "DestinationHostname": "-",
        "Image": r"C:\x\Cursor.exe",
    },
)
PROCESS = (
    SECURITY,
    4688,
    {"NewProcessName": r"C:\x\ollama.exe", "SubjectUserName": "ada", "SubjectDomainName": "CORP"},
)
LOGON = (SECURITY, 4624, {"TargetUserName": "ada"})
TWO = evtx_files.chunk(1, [QUERY, PROCESS])
MORE = evtx_files.chunk(3, [CONNECTION, LOGON])


def read(path: Path) -> list[Record]:
    with open_source(path) as opened:
        (found,) = claims(opened.head)
        assert found.collector.id == "windows_events"
        reading = Reading(opened, layers=found.layers)
        records = list(reading.records(found.collector))
        assert reading.record_count == len(records)
        return records


def told(record: Record) -> tuple[object, ...]:
    if isinstance(record, Traffic):
        return record.position, record.via, record.host, record.process, record.user, record.client, record.device
    if isinstance(record, Artifact):
        return record.position, record.kind, record.value, record.user, record.device
    return record.position, type(record).__name__


ALL = [
    (1, "dns", "chatgpt.com", "chrome.exe", "", "", "pc-17.corp.example"),
    (2, "process", "ollama.exe", r"CORP\ada", "pc-17.corp.example"),
    (3, "tls", "198.51.100.9", "Cursor.exe", r"CORP\ada", "192.0.2.17", "pc-17.corp.example"),
    (4, "Ignored"),
]


@pytest.mark.parametrize(
    "data",
    [
        evtx_files.log(TWO, MORE),
        evtx_files.log(MORE, TWO),  # a full log began again in its first chunk
        evtx_files.log(TWO, MORE, bytes(evtx_files.CHUNK_BYTES)),  # Windows makes files larger than they are full
        gzip.compress(evtx_files.log(TWO, MORE)),
    ],
    ids=["in order", "wrapped", "with an empty chunk", "packed"],
)
def test_events_come_in_the_order_of_their_numbers(data: bytes, tmp_path: Path) -> None:
    pytest.importorskip("evtx", reason="the extra evtx is not installed")
    path = tmp_path / "sysmon.evtx"
    path.write_bytes(data)
    assert [told(record) for record in read(path)] == ALL


def _damaged(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (evtx_files.log(_damaged(TWO, 700), MORE), ["Issue", "Traffic", "Ignored"]),
        (evtx_files.log(_damaged(TWO, 130), MORE), ["Issue", "Traffic", "Ignored"]),
        (evtx_files.log(TWO, MORE)[:-1], ["Traffic", "Artifact", "Issue"]),
        (evtx_files.log(TWO, b"\xff" * evtx_files.CHUNK_BYTES), ["Traffic", "Artifact", "Issue"]),
        (evtx_files.log(TWO)[:8], []),
    ],
    ids=["an event", "a header", "a cut file", "no chunk", "a magic alone"],
)
def test_damage_costs_a_chunk_and_is_told(data: bytes, expected: list[str], tmp_path: Path) -> None:
    pytest.importorskip("evtx", reason="the extra evtx is not installed")
    path = tmp_path / "damaged.evtx"
    path.write_bytes(data)
    assert [type(record).__name__ for record in read(path)] == expected


def test_events_that_lie_in_whole_chunks_are_issues(tmp_path: Path) -> None:
    pytest.importorskip("evtx", reason="the extra evtx is not installed")
    path = tmp_path / "lies.evtx"
    path.write_bytes(evtx_files.log(evtx_files.chunk(1, [QUERY], spoil=True), MORE))
    assert [type(record).__name__ for record in read(path)] == ["Issue", "Traffic", "Ignored"]


def test_without_the_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "evtx", None)  # as Python marks what cannot be imported
    path = tmp_path / "sysmon.evtx"
    path.write_bytes(evtx_files.log(TWO))
    assert read(path) == [Issue(1, INSTALL)]


SHARED = Path(__file__).parents[3] / "shared" / "data" / "logs" / "samples" / "windows_evtx"


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("LM_sysmon_3_12_13_1_SharpRDP.evtx", (38, 0)),
        ("LM_WMI_4624_4688_TargetHost.evtx", (8, 0)),
        ("sysmon_3_10_Invoke-Mimikatz_hosted_Github.evtx", (2, 0)),
    ],
)
def test_real_logs_are_read_to_the_end(name: str, counts: tuple[int, int]) -> None:
    pytest.importorskip("evtx", reason="the extra evtx is not installed")
    records = read(SHARED / name)
    assert (len(records), sum(isinstance(record, Issue) for record in records)) == counts
    assert any(not isinstance(record, Ignored) for record in records)
