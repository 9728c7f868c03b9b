"""Whole machines of three systems, read from their files: what is there is told, what only looks like it is not, and
nothing that is secret comes out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fake_machines
import pytest
from fake_machines import COMPONENT, GONE, GRAMMARLY, MONICA, SECRET, write

from shadowledger.collectors.endpoint.local.snapshot import SCHEMA, take

Lines = list[dict[str, Any]]
Build = Callable[[Path], Path]


def look(root: Path, profile: str = "full", *, walk: bool = True) -> tuple[Lines, dict[str, Any]]:
    """The artifacts and the summary, after checking what holds for every run."""
    text = list(take(profile, str(root), walk=walk))
    assert SECRET not in "".join(text)
    lines = [json.loads(line) for line in text]
    assert [line["record"] for line in lines[:-1]] == list(range(1, len(lines)))
    assert (lines[-1]["schema"], lines[-1]["records"]) == (SCHEMA, len(lines) - 1)
    return lines[:-1], lines[-1]


def told(lines: Lines, kind: str) -> list[tuple[str, str]]:
    """Value and user of each artifact of a kind."""
    return [(line["value"], line.get("user", "")) for line in lines if line["kind"] == kind]


LINUX = {
    "cli": [("claude", "ada"), ("~/.aider.conf.yml", "")],
    "py_package": [("requests", ""), ("aider_chat", "ada"), ("crewai", "ada")],
    "npm_package": [("@anthropic-ai/claude-code", "ada"), ("@playwright/mcp", "ada")],
    "browser_ext": [(f"chrome:{GRAMMARLY}", "ada"), (f"chrome:{MONICA}", "ada"), ("firefox:ai@acme.example", "ada")],
    "ide_ext": [
        ("vscode:github.copilot-chat", "ada"), ("vscode:github.copilot", "ada"), ("vscode:acme.helper", "ada"),
        ("jetbrains:com.github.copilot", "ada"),
    ],
    "mcp_config": [
        ("~/.claude.json", "ada"), ("~/.codex/config.toml", "ada"), ("~/.codeium/windsurf/mcp_config.json", "svc"),
        ("~/.config/zed/settings.json", "ada"), ("~/.continue/config.yaml", "ada"),
        ("~/.config/goose/config.yaml", "ada"), (".mcp.json", "ada"),
    ],
    "mcp_server": [
        ("notion", "ada"), ("files", "ada"), ("bridge", "ada"), ("github", "ada"), ("db", "ada"), ("w", "svc"),
        ("ctx", "ada"), ("linear", "ada"), ("local", "ada"), ("my fetcher", "ada"), ("remote", "ada"),
        ("project-db", "ada"),
    ],
    "account_domain": [("acme.example", "ada"), ("gmail.com", "ada"), ("acme.example", "ada"), ("acme.example", "ada")],
    "unit": [("ollama.service", "")],
    "image": [("ollama/ollama:latest", ""), ("docker.io/vllm/vllm-openai:v0.11", "ada")],
    "env_var": [("ANTHROPIC_BASE_URL", "ada"), ("OPENAI_API_KEY", "ada")],
    "app": [("cursor", "")],
}  # fmt: skip
MACOS = {
    "app": [
        ("bundle_id:com.anthropic.claudefordesktop", ""),
        ("bundle_id:com.macpaw.site.Gemini2", ""),
        ("Odd.app", ""),
    ],
    "browser_ext": [(f"chrome:{MONICA}", "ada"), ("safari:com.acme.writer", "ada")],
    "mcp_server": [("desk", "ada"), ("gh", "ada")],
    "cli": [("ollama", ""), ("~/Library/Application Support/Claude", "ada")],
    "unit": [("com.ollama.ollama", "ada")],
    "account_domain": [],
}
WINDOWS = {
    "app": [
        ("Ollama", "ada"),
        ("path:~/AppData/Local/AnthropicClaude/claude.exe", "ada"),
        ("OpenAI.ChatGPT-Desktop", ""),
    ],
    "cli": [("claude", "ada"), ("ollama", "ada"), ("~/.claude.json", "ada"), ("~/.aider.conf.yml", "wsl1")],
    "npm_package": [("@openai/codex", "ada")],
    "ide_ext": [("jetbrains:com.intellij.ml.llm", "ada"), ("jetbrains:com.acme.single", "ada")],
    "mcp_server": [("notion", "ada"), ("files", "ada"), ("bridge", "ada"), ("desk", "ada")],
    "account_domain": [("acme.example", "ada")],
    "browser_ext": [(f"chrome:{MONICA}", "ada")],
}
WHOLE = (
    "py_package",
    "npm_package",
    "browser_ext",
    "ide_ext",
    "mcp_config",
    "mcp_server",
    "account_domain",
    "unit",
    "image",
)
"""Kinds of which nothing else may be told."""


@pytest.mark.parametrize(
    ("build", "system", "expected"),
    [
        (fake_machines.linux, "linux", LINUX),
        (fake_machines.macos, "macos", MACOS),
        (fake_machines.windows, "windows", WINDOWS),
    ],
    ids=["linux", "macos", "windows"],
)
def test_what_lies_on_a_machine_is_told(
    tmp_path: Path, build: Build, system: str, expected: dict[str, list[tuple[str, str]]]
) -> None:
    lines, summary = look(build(tmp_path))
    assert summary["system"] == system
    for kind, wanted in expected.items():
        found = told(lines, kind)
        if kind in WHOLE:
            assert found == wanted, kind
        else:
            present = {value for value, _ in wanted if value != "~/.aider.conf.yml" or system == "windows"}
            assert present <= {value for value, _ in found}, kind


def test_a_disk_may_be_a_folder_of_its_own(tmp_path: Path) -> None:
    plain, _ = look(fake_machines.windows(tmp_path / "plain"))
    fake_machines.windows(tmp_path / "copy/C")
    (tmp_path / "copy/C/wsl.localhost").rename(tmp_path / "copy/wsl.localhost")
    lines, summary = look(tmp_path / "copy")
    assert summary["system"] == "windows"
    assert {(one["kind"], one["value"], one.get("user")) for one in lines} == {
        (one["kind"], one["value"], one.get("user")) for one in plain
    }


def more(lines: Lines, value: str) -> dict[str, Any]:
    return next(line for line in lines if line["value"] == value)


def test_what_else_is_known_stands_beside_the_value(tmp_path: Path) -> None:
    lines, _ = look(fake_machines.linux(tmp_path))
    assert [more(lines, f"chrome:{MONICA}")[key] for key in ("name", "version")] == ["Monica", "9.10.0"]
    assert more(lines, f"chrome:{GRAMMARLY}")["is_enabled"] is False
    assert [(line["value"], line["host"]) for line in lines if "host" in line] == [
        ("notion", "mcp.notion.com"), ("bridge", "mcp.acme.example"), ("github", "api.githubcopilot.com"),
        ("w", "w.acme.example"), ("linear", "mcp.linear.app"), ("remote", "goose.acme.example"),
    ]  # fmt: skip
    sizes = {line.get("name", line["value"]): line["size_bytes"] for line in lines if line["kind"] == "model_file"}
    assert sizes == {
        "registry.ollama.ai/acme/tuned:latest": 1, "llama3:8b": 4596, "mistralai/Mistral-7B": 1000,
        "~/.lmstudio/models/acme/tuned/tuned.Q4.gguf": 77, "llama.gguf": 9,
    }  # fmt: skip
    accounts = [(line["value"], line["account_at"]) for line in lines if line["kind"] == "account_domain"]
    assert accounts == [
        ("acme.example", "claude.ai/code"), ("gmail.com", "chatgpt.com/codex"),
        ("acme.example", "geminicli.com"), ("acme.example", "cursor.com"),
    ]  # fmt: skip
    assert not [line for line in lines if GONE in line["value"] or COMPONENT in line["value"]]


def test_what_could_not_be_seen_is_said(tmp_path: Path) -> None:
    _, summary = look(fake_machines.linux(tmp_path))
    assert [home["user"] for home in summary["homes"]] == ["ada", "bo", "svc"]
    assert summary["device"] == "lab-7"
    assert [(one["kind"], one["reason"]) for one in summary["unseen"]] == [
        ("ide_ext", "not in its format"),
        ("mcp", "a link that leads out of its home"),
        ("mcp", "not in its format"),
        ("machine", "no list of processes below this root: what runs is not known"),
    ]
    assert "processes" not in summary


@pytest.mark.parametrize(
    ("profile", "kinds", "accounts"),
    [
        ("minimal", {"app", "browser_ext", "ide_ext", "cli"}, []),
        (
            "standard",
            {"mcp_server", "model_file", "image", "unit", "account_domain"},
            ["claude.ai/code", "geminicli.com"],
        ),
        ("full", {"env_var"}, ["claude.ai/code", "chatgpt.com/codex", "geminicli.com", "cursor.com"]),
    ],
)
def test_a_profile_switches_kinds(tmp_path: Path, profile: str, kinds: set[str], accounts: list[str]) -> None:
    lines, summary = look(fake_machines.linux(tmp_path), profile, walk=False)
    assert kinds <= {line["kind"] for line in lines}
    assert (
        ("env_var" in {line["kind"] for line in lines}) == (profile == "full") == summary["safety"]["token_files_read"]
    )
    assert [line["account_at"] for line in lines if line["kind"] == "account_domain"] == accounts
    assert ("mcp" in summary["not_looked_at"]) == (profile == "minimal")


def test_token_files_are_opened_in_full_alone(tmp_path: Path) -> None:
    root = fake_machines.linux(tmp_path)
    path = root / "home/ada/.codex/auth.json"
    path.unlink()
    os.mkfifo(path)  # whoever opened it to read would be counted, and wait
    for profile, reasons in (("standard", []), ("full", ["no plain file"])):
        _, summary = look(root, profile)
        assert [one["reason"] for one in summary["unseen"] if one["kind"] == "account"] == reasons


def test_without_settings_extensions_are_told_by_their_folders(tmp_path: Path) -> None:
    folder = "home/ada/.config/chromium/Profile 1/Extensions"
    write(tmp_path, fake_machines.extension(f"{folder}/{MONICA}", "__MSG_missing__", appname="x"))
    write(tmp_path, {f"{folder}/{GONE}": None, f"{folder}/Temp/x": ""})
    lines, _ = look(tmp_path)
    assert told(lines, "browser_ext") == [(f"chrome:{MONICA}", "ada")]
    assert "name" not in lines[0]


NESTED = "[" * 100_000
HOSTILE: dict[str, tuple[str, str | bytes]] = {
    "nested": (".claude.json", NESTED),
    "nested_yaml": (".config/goose/config.yaml", "\n".join(" " * n + "a:" for n in range(500))),
    "yaml_blanks": (".config/goose/config.yaml", "a" + " " * 500_000 + "b\nc: d" + " " * 400_000 + "e"),
    "yaml_flow": (".config/goose/config.yaml", "a: [" + " " * 400_000 + '"\\"' * 100_000),
    "shell": (".bashrc", ("A" * 127 + " " * 900 + "\n") * 900),
    "huge_number": (".claude.json", '{"mcpServers": ' + "9" * 10_000 + "}"),
    "no_utf8": (".claude.json", b'{"mcpServers": {"\xff": {"url": "https://\xff/"}}}'),
    "open_string": (".claude.json", '{"a": "' + '\\"' * 200_000),
    "comments": (".claude.json", "/*" * 200_000),
    "commas": (".claude.json", "," * 200_000 + " " * 200_000),
    "wrong_types": (".claude.json", '{"mcpServers": [1, {"name": 2}, {"name": "x", "args": 3}], "oauthAccount": []}'),
    "lone_surrogate": (".claude.json", '{"mcpServers": {"\\ud800": {}}}'),
    "plist": ("Library/Containers/com.apple.Safari/Data/Library/Safari/WebExtensions/Extensions.plist",
              '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aaaa">]><plist><string>&a;</string></plist>'),
    "toml": (".codex/config.toml", "a." * 5000 + "b = 1"),
    "database": (".config/Cursor/User/globalStorage/state.vscdb", b"SQLite format 3\0" + b"\xff" * 4000),
    "jar": (".local/share/JetBrains/PyCharm2026.1/x/lib/x.jar", b"PK\x05\x06" + b"\xff" * 18),
    "chromium": (".config/chromium/Default/Preferences",
                 '{"extensions": {"settings": {"' + MONICA + '": {"manifest": 1}}}}'),
    "firefox": (".mozilla/firefox/x/extensions.json", '{"addons": [1, {"id": 2}, {"id": "a", "defaultLocale": 7}]}'),
    "ollama": (".ollama/models/manifests/a/b/c/d", '{"layers": [1, {"size": "x"}], "config": []}'),
    "podman": (".local/share/containers/storage/overlay-images/images.json", '[1, {"names": 7}, {"names": [7]}]'),
    "token": (".codex/auth.json", '{"tokens": {"id_token": "a.!!!.c"}}'),
    "control": (".claude.json", '{"mcpServers": {"\\u001b[2J\\nx": {}}}'),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_home_holds_the_run_goes_on(tmp_path: Path, name: str) -> None:
    path, content = HOSTILE[name]
    write(tmp_path, {f"home/eve/{path}": content, "home/ada/.cursor/mcp.json": '{"mcpServers": {"after": {}}}'})
    lines, summary = look(tmp_path)
    assert ("after", "ada") in told(lines, "mcp_server")
    assert summary["complete"] is True


def test_a_state_that_is_a_view_without_an_end_is_left(tmp_path: Path) -> None:
    import sqlite3

    path = write(tmp_path, {"home/eve/.config/Cursor/User/globalStorage": None})
    with sqlite3.connect(path / "home/eve/.config/Cursor/User/globalStorage/state.vscdb") as connection:
        connection.execute(
            "create view ItemTable as with recursive n(key, value) as (select 0, 0 union all select key + 1, 0 from n)"
            " select key, value from n"
        )
    connection.close()
    _, summary = look(tmp_path)
    assert ("account", "not in its format") in [(one["kind"], one["reason"]) for one in summary["unseen"]]


def test_files_over_the_cap_and_odd_files_are_not_read(tmp_path: Path) -> None:
    write(tmp_path, {"home/ada/.claude.json": "{}" + " " * (9 << 20), "home/ada/.cursor/mcp.json/x": ""})
    os.mkfifo(tmp_path / "home/ada/.codex")
    _, summary = look(tmp_path)
    assert {(one["kind"], one["reason"]) for one in summary["unseen"]} >= {
        ("mcp", "larger than the cap"),
        ("mcp", "no plain file"),
    }


@pytest.mark.parametrize("target", ["file", "folder", "home", "absolute"])
def test_no_link_is_followed_out_of_a_home(tmp_path: Path, target: str) -> None:
    inside = '{"mcpServers": {"stolen": {}}}'
    write(
        tmp_path,
        {"secret/mcp.json": inside, "home/eve/x": "", "home/ada/.cursor/mcp.json": inside.replace("stolen", "own")},
    )
    home = tmp_path / "home/eve"
    if target == "file":
        (home / ".cursor").mkdir()
        (home / ".cursor/mcp.json").symlink_to("../../../secret/mcp.json")
    elif target == "folder":
        (home / ".cursor").symlink_to("../../secret")
    elif target == "home":
        (home / ".cursor").symlink_to("../ada/.cursor")
    else:
        (tmp_path / "home/mallory").symlink_to("/")
        (home / ".cursor").symlink_to(tmp_path / "secret")
    lines, _ = look(tmp_path)
    assert told(lines, "mcp_server") == [("own", "ada")]


def test_a_link_within_a_home_is_followed(tmp_path: Path) -> None:
    write(tmp_path, {"home/ada/dots/mcp.json": '{"mcpServers": {"own": {}}}'})
    (tmp_path / "home/ada/.cursor").symlink_to("dots")
    assert told(look(tmp_path, walk=False)[0], "mcp_server") == [("own", "ada")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_home_that_is_closed_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"home/ada/x": ""})
    (tmp_path / "home/ada").chmod(0)
    _, summary = look(tmp_path)
    (tmp_path / "home/ada").chmod(0o700)
    assert summary["homes"] == [{"user": "ada", "is_readable": False}]


def test_the_walk_finds_projects_settings_and_leaves_a_tools_own(tmp_path: Path) -> None:
    servers = '{"mcpServers": {"own": {}}, "servers": {"own": {}}}'
    places = ("x/.mcp.json", "x/.vscode/mcp.json", "y/mcp.json", ".hidden/mcp.json", "x/node_modules/z/mcp.json")
    write(tmp_path, {f"home/ada/src/{place}": servers for place in places})
    lines, _ = look(tmp_path)
    assert sorted(told(lines, "mcp_config")) == [(".mcp.json", "ada"), (".vscode/mcp.json", "ada"), ("mcp.json", "ada")]
    assert "src" not in str(lines)


def test_a_machine_without_homes_is_an_empty_run(tmp_path: Path) -> None:
    lines, summary = look(tmp_path)
    assert (lines, summary["homes"]) == ([], [])
