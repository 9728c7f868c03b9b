"""An agent on a machine that is a folder, with settings, state and clock of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from agent_server import ENROL_TOKEN, AgentServer

from shadowledger.scanner.agent.commands import main

MACHINE_ID = "0123456789abcdef0123456789abcdef"
MAIN = "import sys; from shadowledger.scanner.agent.commands import main; sys.exit(main())"


class Done(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


class AgentMachine:
    """One machine with its agent."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self.state, self.settings = folder / "machine", folder / "state", folder / "etc/settings.json"
        self._capsys = capsys
        home = self.root / "home/ada"
        (self.root / "etc").mkdir(parents=True)
        (home / ".cursor").mkdir(parents=True)
        (self.root / "etc/machine-id").write_text(f"{MACHINE_ID}\n")
        (self.root / "etc/hostname").write_text("ada-laptop\n")
        servers = {"git": {"url": "https://mcp.acme.example/sse?key=s3cret"}}
        account = {"emailAddress": "ada@acme.example"}
        (home / ".claude.json").write_text(json.dumps({"mcpServers": servers, "oauthAccount": account}))

    def words(self, command: str, *words: str) -> list[str]:
        places = ["--settings", str(self.settings), "--state", str(self.state)]
        return [
            command,
            *places,
            *(["--root", str(self.root)] if command in ("run", "show-me", "enroll") else []),
            *words,
        ]

    def do(self, command: str, *words: str) -> Done:
        """Run a command on this machine, in this process."""
        return self.plainly(*self.words(command, *words))

    def plainly(self, *words: str) -> Done:
        """Run a command as it stands here."""
        self._capsys.readouterr()
        code = main(words)
        told = self._capsys.readouterr()
        assert "Traceback" not in told.err
        return Done(code, told.out, told.err)

    def apart(self, command: str, *words: str, code: str = MAIN, more: tuple[str, ...] = ()) -> Done:
        """Run a command in a process of its own; `code` may do more before it."""
        line = [sys.executable, "-c", code, *more, *self.words(command, *words)]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    def enroll(self, server: AgentServer, *words: str) -> Done:
        """Make it known to a server."""
        token = self.state.parent / "enrol-token"
        token.write_text(f"{ENROL_TOKEN}\n")
        return self.do("enroll", "--server", server.url, "--token-file", str(token), *words)

    def run(self, *words: str) -> Done:
        return self.do("run", *words)

    def waiting(self) -> list[str]:
        """The runs in the spool, oldest first."""
        return [path.name[-42:-10] for path in sorted((self.state / "spool").glob("*.ndjson.gz"))]

    def quarantined(self) -> list[str]:
        return sorted(path.name for path in (self.state / "quarantine").iterdir())

    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.state / "state.json").read_text())
        return found

    def remember(self, **facts: Any) -> None:  # noqa: ANN401 - JSON
        """Put something into its memory."""
        (self.state / "state.json").write_text(json.dumps(self.facts() | facts))

    def sent(self) -> list[dict[str, Any]]:
        """What the person can read."""
        return [json.loads(line) for line in (self.state / "sent.log").read_text().splitlines()]
