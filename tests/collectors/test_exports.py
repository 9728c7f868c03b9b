"""Exports of other tools: names of applications as signatures write them, blocks of lines, cells that nobody quoted."""

from __future__ import annotations

import pytest
from endpoint_lists import read, values
from hypothesis import assume, given
from hypothesis import strategies as st

from shadowledger.collectors.collector import look
from shadowledger.collectors.endpoint.listings import (
    POWERSHELL_LIST,
    POWERSHELL_TABLE,
    TASKLIST_LIST,
    WMIC_CSV,
    WMIC_LIST,
)
from shadowledger.collectors.endpoint.programs import app_values
from shadowledger.collectors.reading import Settings
from shadowledger.collectors.records import Artifact
from shadowledger.collectors.registry import claims


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Ollama version 0.5.7", ["Ollama", "uninstall_name:Ollama"]),
        ("Cursor 0.44.11", ["Cursor", "uninstall_name:Cursor"]),
        ("Cursor (User)", ["Cursor", "uninstall_name:Cursor"]),
        ("LM Studio 0.3.5 (x64)", ["LM Studio", "uninstall_name:LM Studio"]),
        ("Mozilla Firefox (x64 en-US)", ["Mozilla Firefox", "uninstall_name:Mozilla Firefox"]),
        ("GPT4All", ["GPT4All", "uninstall_name:GPT4All"]),
        ("Gemini 2", ["Gemini 2", "uninstall_name:Gemini 2"]),
        ("7.0.1", ["7.0.1", "uninstall_name:7.0.1"]),
        ("Claude.app", ["Claude.app"]),
        ("com.openai.chat", ["bundle_id:com.openai.chat"]),
        ("ASP.NET", ["ASP.NET", "uninstall_name:ASP.NET"]),
    ],
)
def test_an_application_is_named_as_signatures_name_it(name: str, found: list[str]) -> None:
    assert app_values(name) == found


LIST = "\nName      : {name}\nProcessId : 7\n{more}\n"
BLOCKS = [
    (POWERSHELL_LIST, LIST.format(name="ollama.exe", more=""), ["process:ollama.exe"]),
    (POWERSHELL_LIST, LIST.format(name="goose", more="Path : C:\\n\\node.exe"), ["process:node.exe", "process:goose"]),
    (POWERSHELL_LIST, LIST.format(name="", more=""), ["Issue: not a process"]),
    (POWERSHELL_LIST, "Name : jan\nId : x\n", ["Issue: not a process"]),
    (
        POWERSHELL_LIST,
        LIST.format(name="node.exe", more="CommandLine : node x/@anthropic-ai/claude\n   -code/cli.js -p secret"),
        ["process:node.exe", "cmdline:@anthropic-ai/claude-code"],
    ),
    (WMIC_LIST, "\nName=jan.exe\nProcessId=7\n\nName=goose\nProcessId=8\n", ["process:jan.exe", "process:goose"]),
    (TASKLIST_LIST, "Image Name: jan.exe\nPID: 7\n", ["process:jan.exe"]),
    (TASKLIST_LIST, "Image Name: jan.exe\nNo: 7\n", ["Issue: not a process"]),
    (WMIC_CSV, "Node,CommandLine,Name,ProcessId\nPC,a,b,c,jan.exe,7\n", ["process:jan.exe"]),
    (WMIC_CSV, "Node,Name,ProcessId\nPC,jan,exe,7\n", ["Issue: not a process"]),
    (WMIC_CSV, "PC,jan.exe,7\n", ["Issue: not a process"]),
    (POWERSHELL_TABLE, "x\n", ["Issue: no header of Get-Process"]),
]  # fmt: skip


@pytest.mark.parametrize(("collector", "text", "told"), BLOCKS)
def test_a_block_or_row_is_a_process(collector: object, text: str, told: list[str]) -> None:
    assert sorted(values(read(collector, text))) == sorted(told)  # type: ignore[arg-type]


def test_the_machine_is_the_operators_or_the_lists_own() -> None:
    text = "Node,Name,ProcessId\nLAB-1,jan.exe,7\n"
    for settings, device in ((None, "LAB-1"), (Settings(device="LAB-2"), "LAB-2")):
        (one,) = read(WMIC_CSV, text, settings=settings)
        assert isinstance(one, Artifact)
        assert one.device == device


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Name : jan\nAge : 7\n\nName : goose\nAge : 8\n", []),
        ("key=value\nother=1\n", []),
        ("To: ada\nPID: 7\n", ["tasklist_list"]),
        ("Handles ProcessName\n------- -----------\n1 jan\n", []),
        ("Node,Name\nPC,jan\n", []),
        ("x ProcessName\n" + "-" * 4000 + "x\n1 jan\n", []),
        ("DeviceName,SoftwareVendor,SoftwareName\nPC,a,b\n", ["defender_software"]),
        ("name,vendor,version\na,b,1\n", []),
        ("Application,Version\nx,1\n", []),
    ],
)
def test_what_only_looks_like_it_is_left(text: str, ids: list[str]) -> None:
    assert [found.collector.id for found in claims(text.encode())] == ids


@pytest.mark.parametrize("collector", [POWERSHELL_LIST, POWERSHELL_TABLE, TASKLIST_LIST, WMIC_CSV, WMIC_LIST],
                         ids=lambda one: one.id)  # fmt: skip
@given(data=st.binary(max_size=300))
def test_any_bytes_are_read(collector: object, data: bytes) -> None:
    assume(not data.startswith(b"PK"))  # an archive in a stream is refused before
    for text in (data, b"Node,Name,ProcessId\n" + data, b"Name : a\nId : 1\n\n" + data):
        read(collector, text)  # type: ignore[arg-type]
        collector.detect(look(text))  # type: ignore[attr-defined]
