"""Signature files are read strictly, and one reading tells everything that is wrong."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from shadowledger.signatures.load import load_files
from shadowledger.signatures.schema import Strength

GOOD = """
id = "acme-ai"
name = "Acme AI"
vendor = "Acme"
category = "chatbot"
ai_kind = "native"
references = ["https://acme.example/"]
reviewed_on = 2026-11-23

[[indicator]]
kind = "host"
values = ["acme.example", "acme.test"]
role = "interactive"
tenant = true
valid_from = 2024-01-01
reference = "https://acme.example/docs"

[[indicator]]
kind = "process"
value = "Acme.exe"
strength = "likely"
reference = "https://acme.example/download"

[examples]
match = ["acme.example"]
no_match = ["notacme.example"]
"""

BROKEN = """
id = "Wrong_Id"
name = " "
vendor = 7
category = "chatbots"
ai_kind = "native"
colour = "blue"
aliases = ["", 1]
references = []
reviewed_on = "2026-11-23"

[[indicator]]
kind = "hostname"
value = "x.example"
role = "interactive"
reference = "https://acme.example/"

[[indicator]]
kind = "host"
value = "https://x.example/"
role = "reading"
strength = "sure"
tenant = "yes"
weight = 5

[[indicator]]
kind = "process"
reference = "https://acme.example/"

[examples]
match = "acme.example"
maybe = ["x"]
"""

BROKEN_KEYS = [
    "aliases", "category", "colour", "examples.match", "examples.maybe", "examples.no_match", "id", "id",
    "indicator[1].kind", "indicator[2].reference", "indicator[2].role", "indicator[2].strength", "indicator[2].tenant",
    "indicator[2].value", "indicator[2].weight", "indicator[3]", "name", "references", "reviewed_on", "vendor",
]  # fmt: skip

VALUES = [
    ("host", "acme.example", ""),
    ("host", "Acme.example", "not a lower-case host name"),
    ("host", "acme.example.", "not a lower-case host name"),
    ("host", "*.acme.example", "not a lower-case host name"),
    ("host", "acme.example:443", "not a lower-case host name"),
    ("host_exact", "acme/example", "not a lower-case host name"),
    ("host_pattern", "api-*.acme.example", ""),
    ("host_pattern", "api.acme.example", "write whole labels"),
    ("host_pattern", "api.acme.*", "write whole labels"),
    ("url_path", "acme.example/ai", ""),
    ("url_path", "acme.example", "write host/segment"),
    ("url_path", "https://acme.example/ai", "write host/segment"),
    ("api_path", "POST :11434/api/chat", ""),
    ("api_path", "/models/*:generateContent", ""),
    ("api_path", "post /api/chat", "write [METHOD ]"),
    ("api_path", "POST /model/*", "write [METHOD ]"),
    ("user_agent", "OpenAI/Python", ""),
    ("user_agent", "OpenAI/Python 3.5", "write one product token"),
    ("browser_ext", "chrome:" + "a" * 32, ""),
    ("browser_ext", "a" * 32, "write chrome:"),
    ("browser_ext", "chrome:" + "z" * 32, "write chrome:"),
    ("cmdline", "@acme/cli", ""),
    ("cmdline", "/", "write the words"),
    ("cmdline", "autonomy_flag:", "write the words"),
    ("cmdline", "/home/ada/", "write the words"),
    ("port", "11434", ""),
    ("port", "65536", "not a port number"),
]

UNREADABLE = [
    b"id = ",
    b"\xff\xfe\x00",
    b"a = " + b"[" * 10_000,
    b"# " + b"x" * (1 << 20),
    b"",
]


def _write(folder: Path, text: str | bytes, name: str = "acme-ai.toml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_good_file_gives_its_service(tmp_path: Path) -> None:
    catalogue, flaws = load_files([_write(tmp_path, GOOD)], origin="catalogue")
    assert flaws == []
    (service,) = catalogue
    assert (service.id, service.family, service.origin) == ("acme-ai", "acme-ai", "catalogue")
    assert [(i.kind, i.value, i.role, i.strength, i.tenant) for i in service.indicators] == [
        ("host", "acme.example", "interactive", Strength.CERTAIN, True),
        ("host", "acme.test", "interactive", Strength.CERTAIN, True),
        ("process", "Acme.exe", "presence", Strength.LIKELY, False),
    ]
    assert service.indicators[0].valid_from == dt.date(2024, 1, 1)


def test_a_broken_file_yields_all_its_flaws_at_once(tmp_path: Path) -> None:
    catalogue, flaws = load_files([_write(tmp_path, BROKEN)], origin="catalogue")
    assert len(catalogue) == 0
    assert sorted(flaw.key for flaw in flaws) == BROKEN_KEYS
    assert {flaw.file for flaw in flaws} == {"acme-ai.toml"}


@pytest.mark.parametrize(("kind", "value", "problem"), VALUES)
def test_a_value_has_the_shape_of_its_kind(tmp_path: Path, kind: str, value: str, problem: str) -> None:
    text = GOOD.replace('kind = "process"', f'kind = "{kind}"\nrole = "api"').replace("Acme.exe", value)
    text = text.replace('values = ["acme.example", "acme.test"]', 'value = "first.example"')
    flaws = load_files([_write(tmp_path, text)], origin="catalogue")[1]
    assert [flaw.key for flaw in flaws] == ([] if not problem else ["indicator[2].value"])
    assert all(problem in flaw.problem for flaw in flaws)


@pytest.mark.parametrize("text", UNREADABLE, ids=["cut", "binary", "deep", "large", "empty"])
def test_a_file_that_is_no_signature_is_a_flaw(tmp_path: Path, text: bytes) -> None:
    catalogue, flaws = load_files([_write(tmp_path, text)], origin="catalogue")
    assert len(catalogue) == 0
    assert flaws


def test_a_file_that_is_missing_is_a_flaw(tmp_path: Path) -> None:
    assert "cannot be read" in str(load_files([tmp_path / "none.toml"], origin="catalogue")[1][0])


def test_an_indicator_stands_once(tmp_path: Path) -> None:
    text = GOOD.replace("acme.test", "acme.example")
    assert "stands twice" in str(load_files([_write(tmp_path, text)], origin="catalogue")[1][0])


def test_an_id_is_taken_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    files = [_write(tmp_path, GOOD), _write(tmp_path / "a", GOOD)]
    catalogue, flaws = load_files(files, origin="catalogue")
    assert len(catalogue) == 1
    assert "taken by another file" in str(flaws[0])


def test_an_overlay_may_be_brief(tmp_path: Path) -> None:
    text = 'id = "acme-ai"\nname = "Acme"\nvendor = "Acme"\n'
    text += '[[indicator]]\nkind = "host"\nrole = "api"\nvalue = "llm.acme.example"\n'
    file = _write(tmp_path, text)
    assert load_files([file], origin="overlay")[1] == []
    assert {flaw.key for flaw in load_files([file], origin="catalogue")[1]} >= {"references", "reviewed_on"}
