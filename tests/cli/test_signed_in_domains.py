"""What machines tell of accounts that are signed in to AI tools: whose tenants these are, and whose subscriptions."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from commands import shadowledger

PEOPLE = "person,upn,sam,unit\n" + "".join(f"P-{n},user{n}@corp.example,corp\\user{n},HR\n" for n in range(30))


def write_run(path: Path, number: int, domain: str, user: str) -> Path:
    """A whole look at one machine, whose user is signed in to Claude Code with an account of some domain."""
    head = {"time": f"2026-11-23T09:{number:02}:00Z", "tz_source": "explicit", "device": f"lab-{number}", "user": user}
    found = [
        {"kind": "cli", "value": "claude"},
        {"kind": "account_domain", "value": domain, "account_at": "claude.ai/code"},
    ]
    text = "".join(json.dumps({"record": at, **head, **one}) + "\n" for at, one in enumerate(found, start=1))
    digest = hashlib.sha256(text.encode()).hexdigest()
    summary = {"schema": "shadowledger/endpoint/1", "run": f"{number:032x}", "sha256": digest, "complete": True}
    path.write_text(text + json.dumps(summary) + "\n")
    return path


def test_a_subscription_is_told_from_a_tenant_and_nobody_counts_twice(tmp_path: Path) -> None:
    db = tmp_path / "inventory.db"
    (tmp_path / "people.csv").write_text(PEOPLE)
    assert shadowledger("directory", "import", tmp_path / "people.csv", "--kind", "people", db=db).code == 0
    domains = ["gmail.com"] * 6 + ["corp.example"] * 7 + ["agency.example"] * 5 + ["no domain"] * 5
    runs = [
        write_run(tmp_path / f"{number}.ndjson", number, domain, f"user{number}")
        for number, domain in enumerate(domains)
    ]
    assert shadowledger("scan", *runs, db=db).code == 0
    rows = shadowledger("reconcile", "--format", "json", db=db).json["discovered"]
    (row,) = (row for row in rows if row["service"] == "Claude Code")
    assert (row["presence"], row["people"]) == ("signed_in", {"low": 23, "high": 23})
    assert {tenant: count["low"] for tenant, count in row["accounts"].items()} == {
        "personal": 6, "corporate": 7, "unknown": 10,
    }  # fmt: skip
