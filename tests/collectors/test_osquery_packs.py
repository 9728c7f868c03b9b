"""Queries made of the catalogue, run over tables as osquery fills them: what they select is read back as artifacts that
the catalogue knows, look-alikes stay out, and no value of a variable or an argument is selected."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from endpoint_lists import read

from shadowledger.collectors.endpoint.osquery import OSQUERY
from shadowledger.collectors.endpoint.osquery_packs import PREFIX, Query, fleet_queries, osquery_pack, queries
from shadowledger.collectors.records import Artifact
from shadowledger.signatures.index import Index
from shadowledger.signatures.load import load_catalogue
from shadowledger.signatures.schema import Indicator, Service, Strength

INDEX = Index(load_catalogue()[0])
QUERIES = queries(INDEX.services.values())
SECRET = "sk-s3cret"  # noqa: S105 - what must not come out
GRAMMARLY, NOBODY = "kbfnbcaeplbcioakkpcpgfkobkghlhen", "a" * 32

# Columns as in osquery's specs, those that the queries ask for and those that must not be asked for:
# https://github.com/osquery/osquery/tree/master/specs
TABLES = {
    "users": ("uid username", [(501, "ada")]),
    "processes": (
        "pid name path cmdline uid",
        [
            (1, "ollama", "/usr/local/bin/ollama", f"ollama serve {SECRET}", 501),
            (2, "a_cut_name", "/opt/cursor/cursor", "cursor", 501),
            (3, "Ollama.exe", r"C:\Users\ada\Ollama.exe", "", 501),
            (4, "ollamander", "/usr/bin/ollamander", "", 501),
            (5, "node", "/usr/bin/node", f"node /x/node_modules/@anthropic-ai/claude-code/cli.js -p {SECRET}", 501),
            (6, "python3.11", "/usr/bin/python3.11", f"python3 -m vllm.entrypoints.openai.api_server {SECRET}", 501),
            (7, "node.exe", r"C:\Program Files\nodejs\node.exe",
             r'"C:\Program Files\nodejs\node.exe" C:\n\node_modules\@openai\codex\bin\codex.js', 501),
            (8, "python3", "/usr/bin/python3", "python3 /x/raider.py aider", 501),
            (9, "python3", "/usr/bin/python3", "python3 -c aider", 501),
            (10, "npx", "/usr/bin/npx", "npx -y @playwright/mcp@latest", 501),
            (11, "vim", "/usr/bin/vim", "vim aider", 501),
        ],
    ),
    "process_envs": ("pid key value", [(1, "OPENAI_API_KEY", SECRET), (1, "EDITOR", SECRET)]),
    "apps": (
        "name bundle_identifier bundle_short_version path",
        [("Claude.app", "com.anthropic.claudefordesktop", "1", "/x"),
         ("Gemini 2.app", "com.macpaw.site.Gemini2", "2", "/y")],
    ),
    "programs": (
        "name version publisher identifying_number",
        [("Claude", "1", "Anthropic", "{1}"), ("Claudette", "1", "Nobody", "{2}")],
    ),
    "chrome_extensions": (
        "uid browser_type profile identifier name version from_webstore",
        [(501, "chrome", "Default", GRAMMARLY, "G", "1", 1), (501, "chrome", "Default", NOBODY, "N", "1", 1)],
    ),
    "firefox_addons": ("uid identifier name version creator autoupdate", []),
    "safari_extensions": ("uid identifier name version path", []),
    "vscode_extensions": (
        "uid name publisher version vscode_edition",
        [(501, "copilot", "GitHub", "1", "vscode"), (501, "continue.continue", "Continue", "1", "cursor"),
         (501, "copilot-theme", "acme", "1", "vscode")],
    ),
    "python_packages": ("name version path", [("llama_cpp_python", "1", "/x"), ("crew", "1", "/x")]),
    "npm_packages": ("name version path", [("@openai/codex", "1", "/x"), ("@openai/codexes", "1", "/x")]),
    "docker_images": (
        "id tags size_bytes",
        [("1", "ollama/ollama:latest", 9), ("2", "docker.io/vllm/vllm-openai:v1,x:1", 9),
         ("3", "my-ollama/ollama-ui:1", 9)],
    ),
    "systemd_units": ("id active_state", [("ollama.service", "active"), ("ollama.service.d", "active")]),
    "launchd": ("label name path", [("com.ollama.ollama", "x", "/y")]),
    "file": (
        "path size",
        [("/home/ada/.cursor/mcp.json", 9), ("/home/ada/.ollama", 9), ("/home/ada/.ollama/models", 9),
         ("/home/ada/notes.txt", 9), (r"C:\Users\ada\AppData\Roaming\Trae\User\mcp.json", 9),
         ("/Users/ada/Library/Application Support/Witsy/settings.json", 9), ("/Users/ada/.cursor/mcp.json", 9)],
    ),
}  # fmt: skip
EXPECTED = {
    "processes": {"Ollama", "Cursor"},
    "processes_of_interpreters": {"Claude Code", "vLLM", "Codex", "Playwright MCP"},
    "apps": {"Claude"},
    "programs": {"Claude"},
    "chrome_extensions": {"Grammarly"},
    "vscode_extensions": {"GitHub Copilot", "Continue"},
    "python_packages": {"llama.cpp server"},
    "npm_packages": {"Codex"},
    "docker_images": {"Ollama", "vLLM"},
    "systemd_units": {"Ollama"},
    "launchd": {"Ollama"},
    "process_envs": {"OpenAI API"},
    "mcp_config_files_linux": {"Cursor"},
    "mcp_config_files_windows": {"Trae"},
    "mcp_config_files_darwin": {"Cursor", "Witsy"},
    "tool_files_linux": {"Ollama"},
    "model_files_linux": {"Ollama"},
}


def _split(text: str | None, marks: str, index: int) -> str | None:
    """osquery's: cut at any of these characters, empty parts left out."""
    parts = [part for part in (text or "").translate(str.maketrans(marks, "\0" * len(marks))).split("\0") if part]
    return parts[index] if index < len(parts) else None


@pytest.fixture(scope="module")
def osquery() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.create_function("split", 3, _split)
        connection.row_factory = sqlite3.Row
        for name, (columns, rows) in TABLES.items():
            connection.execute(f"create table {name} ({', '.join(columns.split())})")
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                connection.executemany(f"insert into {name} values ({marks})", rows)  # noqa: S608 - the table above
        yield connection


def results(connection: sqlite3.Connection, query: Query) -> list[dict[str, str]]:
    """Rows as osquery logs them: all text."""
    return [{key: str(row[key]) for key in row.keys()} for row in connection.execute(query.sql)]  # noqa: SIM118 - of sqlite3.Row


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_what_a_query_selects_is_what_the_catalogue_knows(osquery: sqlite3.Connection, query: Query) -> None:
    rows = results(osquery, query)
    assert SECRET not in str(rows)
    event = {"name": f"pack/ai/{query.name}", "action": "snapshot", "snapshot": rows, "hostIdentifier": "lab"}
    records = read(OSQUERY, json.dumps(event) + "\n", words=lambda text: _words(text))
    found = [INDEX.artifacts.find(one.kind, one.value) for one in records if isinstance(one, Artifact)]
    services = {one.service.name for one in found if one is not None and one.is_hit}
    assert services == EXPECTED.get(query.name.removeprefix(PREFIX), set())


def _words(command: str) -> str:
    found = INDEX.artifacts.command(command)
    return found.indicator.value if found is not None and found.is_hit else ""


def test_every_kind_is_asked_for() -> None:
    assert EXPECTED.keys() <= {query.name.removeprefix(PREFIX) for query in QUERIES}
    assert {query.interval_s for query in QUERIES} == {3_600, 86_400}


def test_no_query_selects_a_value_or_a_command_line() -> None:
    for query in QUERIES:
        assert "value" not in query.sql.replace("values (", "")
        assert not query.sql.startswith("select *")
        assert ("cmdline" in query.sql) == query.name.endswith("interpreters")


def test_environments_can_be_left_out() -> None:
    assert not [query for query in queries(INDEX.services.values(), with_environment=False) if "envs" in query.sql]


def test_quotation_marks_in_names_stay_in_them(osquery: sqlite3.Connection) -> None:
    evil = "x'); drop table users; --"
    kinds = (
        "process",
        "cmdline",
        "app",
        "browser_ext",
        "ide_ext",
        "py_package",
        "npm_package",
        "image",
        "unit",
        "env_var",
    )
    some = tuple(Indicator(kind, evil, "presence", Strength.CERTAIN, "") for kind in kinds)
    files = (Indicator("cli", "~/.o'brien", "presence", Strength.CERTAIN, ""),)
    service = Service("e", "E", "E", "e", "", "native", (), some + files, (), (), (), None, "overlay")
    made = queries([service])
    assert len(made) > 12
    for query in made:
        assert results(osquery, query) == []
    assert osquery.execute("select count(*) from users").fetchone()[0] == 1


def test_a_pack_is_osquerys_json() -> None:
    pack = json.loads(osquery_pack(QUERIES))["queries"]
    assert pack.keys() == {query.name for query in QUERIES}
    one = pack[PREFIX + "processes"]
    assert (one["interval"], one["platform"], one["snapshot"]) == (3600, "darwin,linux,windows", True)
    assert pack[PREFIX + "launchd"]["platform"] == "darwin"


def test_fleets_documents_hold_the_same() -> None:
    documents = fleet_queries(QUERIES).split("---\n")[1:]
    assert len(documents) == len(QUERIES)
    for document, query in zip(documents, QUERIES, strict=True):
        lines = dict(line.strip().split(": ", 1) for line in document.splitlines() if ": " in line)
        assert (lines["kind"], lines["name"], json.loads(lines["query"])) == ("query", query.name, query.sql)
        assert (lines["interval"], json.loads(lines["platform"])) == (str(query.interval_s), ",".join(query.platforms))
