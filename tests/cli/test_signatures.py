"""`signatures`: the catalogue asked, shown and checked."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from checkout import CHECKOUT
from commands import shadowledger

from shadowledger.signatures.risks import NAMES

SERVICES = CHECKOUT / "signatures" / "services"
ASKED: list[tuple[bytes, str | None]] = [
    (b"chatgpt.com", "ChatGPT"),
    (b"ChatGPT.com.:443", "ChatGPT"),
    (b"", None),
    (b"   ", None),
    (b"https://chatgpt.com/c/1?q=secret#x", "ChatGPT"),
    (b"www.hyundai.com", None),
    (b"chatgpt.com.evil.example", None),
    (b"host:claude.ai", "Claude"),
    (b"domain:claude.ai", "Claude"),
    (b"process:ollama.exe", "Ollama"),
    (b"process_name:ollama", "Ollama"),
    (b"PROCESS:ollama", "Ollama"),
    (b"process:svchost.exe", None),
    (b'{"host": "claude.ai"}', "Claude"),
    (b'{"url": "https://contoso.openai.azure.com/openai/deployments/x", "method": "POST"}', "Azure OpenAI"),
    (b'{"process": "ollama"}', "Ollama"),
    (b'{"host": "www.hyundai.com", "process": "ollama"}', "Ollama"),
    (b"{", None),
    (b"[1]", None),
    (b'{"host": 7, "port": true, "url": null, "process": ["ollama"]}', None),
    (b'{"port": ' + b"9" * 5000 + b"}", None),
    (b"[" * 5000, None),
    (b'{"a":' * 3000, None),
    (b"\xff\xfe\xfa", None),
    (b"claude.ai\xff", None),
    (b"\x1b[2Jclaude.ai", None),
    (b"\xe2\x80\xaechatgpt.com", None),
    (b"null", None),
    (b"nonsense:ollama", None),
    (b"user_agent:OpenAI/Python 1.2.3", "OpenAI SDK"),
]


def test_match_gives_one_object_for_every_line_in_order() -> None:
    stdin = b"\n".join(line for line, _ in ASKED) + b"\n"
    done = shadowledger("signatures", "match", "-", "--format", "jsonl", stdin=stdin)
    assert (done.code, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == len(ASKED)
    assert [one["input"] for one in done.lines] == [line.decode("utf-8", "replace") for line, _ in ASKED]
    assert [one["service"] for one in done.lines] == [service for _, service in ASKED]
    for one in done.lines:
        if one["service"] is None:
            assert one == {"input": one["input"], "service": None}
        else:
            assert {"vendor", "category", "strength", "role", "indicator"} <= one.keys()
            assert one["strength"] in ("certain", "likely", "hint")


@pytest.mark.parametrize(
    ("stdin", "inputs"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"a", ["a"]),
        (b"a\r\nb", ["a", "b"]),
        (b"\r\n\r\n", ["", ""]),
        (b"a\n\n", ["a", ""]),
        (b"\x00\n", ["\0"]),
        (b"a\x0bb\xe2\x80\xa8c\n", ["a\x0bb\u2028c"]),
    ],
)
def test_match_cuts_lines_at_newlines_only(stdin: bytes, inputs: list[str]) -> None:
    done = shadowledger("signatures", "match", "-", stdin=stdin)
    assert [json.loads(line)["input"] for line in done.stdout.split("\n")[:-1]] == inputs


def test_match_of_words_is_printed_in_every_form() -> None:
    told = shadowledger("signatures", "match", "claude.ai", "www.hyundai.com", "--format", "json").json
    assert told["schema_version"] == 1
    assert [one["service"] for one in told["matches"]] == ["Claude", None]
    assert shadowledger("signatures", "match").code == 2


def test_the_catalogue_is_listed_shown_and_filtered() -> None:
    told = shadowledger("signatures", "list", "--vendor", "anthropic", "--format", "json").json
    assert told["schema_version"] == 1
    assert "claude" in {one["id"] for one in told["services"]}
    assert {one["vendor"] for one in told["services"]} == {"Anthropic"}
    shown = shadowledger("signatures", "show", "claude", "--format", "json").json
    assert shown["service"]["id"] == "claude"
    assert all(one["reference"] for one in shown["indicators"])
    done = shadowledger("signatures", "show", "nothing")
    assert (done.code, done.stdout, "There is no service 'nothing'" in done.stderr) == (2, "", True)


FLAWED = 'id = "other"\nname = 7\ncolour = "red"\n[[indicator]]\nkind = "hosts"\nvalue = "x"\n'


def test_lint_names_every_flaw_at_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(FLAWED)
    done = shadowledger("signatures", "lint", file)
    assert done.code == 5
    assert done.stderr.endswith(" to be reviewed.\n")
    for words in (
        "mine.toml: colour: unknown key",
        "mine.toml: id: 'other' must be",
        "name: must be text",
        "'hosts' is",
    ):
        assert words in done.stdout
    file.write_bytes(b"\xff")
    assert "mine.toml: -: cannot be read" in shadowledger("signatures", "lint", file).stdout
    assert shadowledger("signatures", "lint", tmp_path / "nowhere.toml").code == 2


def test_what_was_reviewed_long_ago_is_listed_and_is_no_flaw(tmp_path: Path) -> None:
    text = (SERVICES / "chatgpt.toml").read_text(encoding="utf-8")
    path = tmp_path / "chatgpt.toml"
    path.write_text(re.sub(r"reviewed_on = \S+", "reviewed_on = 2024-01-31", text), encoding="utf-8")
    done = shadowledger("signatures", "lint", path)
    assert done.code == 0
    assert "last reviewed on 2024-01-31" in done.stdout
    assert done.stderr == "1 services, 0 flaws, 1 to be reviewed.\n"


def test_an_overlay_is_part_of_what_is_asked_and_its_flaws_stop_everything(tmp_path: Path) -> None:
    db, overlay = tmp_path / "inventory.db", tmp_path / "signatures.d"
    overlay.mkdir()
    mine = (
        'id = "ours"\nname = "Ours"\nvendor = "us"\n[[indicator]]\nkind = "host"\nvalue = "llm.example"\nrole = "api"\n'
    )
    (overlay / "ours.toml").write_text(mine)
    done = shadowledger("signatures", "match", "llm.example", "--format", "json", db=db)
    assert done.json["matches"][0]["service"] == "Ours"
    (overlay / "mine.toml").write_text(FLAWED)
    done = shadowledger("signatures", "match", "-", stdin=b"claude.ai\n", db=db)
    assert (done.code, done.stdout) == (5, "")
    assert "mine.toml: colour: unknown key" in done.stderr
    assert "Traceback" not in done.stderr


def test_show_begins_with_the_product_and_an_empty_line() -> None:
    shown = shadowledger("signatures", "show", "ollama")
    assert shown.stdout.splitlines()[:2] == ["Ollama by Ollama (local-runtime, local)", ""]
    assert "\ufffd" not in shown.stdout


def test_show_tells_risk_facts_and_says_what_is_unknown() -> None:
    told = shadowledger("signatures", "show", "chatgpt", "--format", "json").json["risk"]
    assert [row["name"] for row in told] == sorted((row["name"] for row in told), key=NAMES.index)
    assert {row["name"] for row in told} == set(NAMES)
    for row in told:
        assert row.keys() == {"name", "plan", "value", "reference", "checked", "note"}
        assert (row["value"] == "unknown") == (row["reference"] is None) == (row["plan"] is None)
        assert row["reference"] is None or row["checked"].startswith("2026-")
    assert [row["value"] for row in told if row["name"] == "trains_on_inputs"] == ["opt_out", "no"]
    untold = shadowledger("signatures", "show", "ollama", "--format", "json").json["risk"]
    assert [(row["name"], row["value"]) for row in untold] == [(name, "unknown") for name in NAMES]


def test_show_prints_risk_facts_below_the_indicators() -> None:
    lines = shadowledger("signatures", "show", "chatgpt").stdout.splitlines()
    below = lines[lines.index("Risk facts") + 2 :]
    assert below[0].split() == ["name", "plan", "value", "reference", "checked", "note"]
    assert {line.split()[0] for line in below[1:]} == set(NAMES)
    rows = shadowledger("signatures", "show", "chatgpt", "--format", "jsonl").lines
    assert {"kind", "value", "role", "strength", "reference"} == set().union(*rows)
