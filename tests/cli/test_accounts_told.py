"""Whose accounts are signed in to what was discovered: people's own, the organization's, or nobody knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import shadowledger

from shadowledger.scanner.tenants import Domains, free_mail

OWN = [f"user{number}@corp.example" for number in range(7)]
OTHERS = [*(f"user{number}@gmail.com" for number in range(6)), *(f"user{number}@agency.example" for number in range(5))]
PEOPLE = "person,upn,unit\n" + "".join(f"P-{number},{upn},HR\n" for number, upn in enumerate(OWN))


def audit_log(path: Path, users: list[str]) -> Path:
    """OpenAI's audit log: one sign-in of each, and one with another spelling."""
    rows = [
        {
            "id": f"audit_log-{number}",
            "type": "login.succeeded",
            "effective_at": 1793836800 + number,
            "object": "organization.audit_log",
            "actor": {"type": "session", "session": {"user": {"id": f"user-{number}", "email": user}}},
        }
        for number, user in enumerate([*users, users[0].upper()])
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def accounts(db: Path) -> Any:  # noqa: ANN401 - as JSON has it
    (row,) = shadowledger("reconcile", "--format", "json", db=db).json["discovered"]
    return row["accounts"]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    db = tmp_path / "inventory.db"
    (tmp_path / "people.csv").write_text(PEOPLE)
    assert shadowledger("directory", "import", tmp_path / "people.csv", "--kind", "people", db=db).code == 0
    assert shadowledger("scan", audit_log(tmp_path / "audit.jsonl", [*OWN, *OTHERS]), db=db).code == 0
    return db


def test_tenants_follow_from_the_directory_and_free_mail(db: Path) -> None:
    assert accounts(db) == {
        "personal": {"low": 6, "high": 6}, "corporate": {"low": 7, "high": 7}, "unknown": {"low": 5, "high": 5},
    }  # fmt: skip


def test_a_site_names_further_domains(db: Path) -> None:
    overlay = db.with_name("signatures.d")
    overlay.mkdir(exist_ok=True)
    (overlay / "domains.toml").write_text('own = ["agency.example"]\npersonal = ["posteo.example"]\n')
    assert accounts(db)["corporate"] == {"low": 12, "high": 12}
    (overlay / "domains.toml").write_text('mine = ["agency.example"]\n')
    done = shadowledger("reconcile", "--format", "json", db=db)
    assert (done.code, "domains.toml" in done.stderr) == (2, True)


def test_without_the_key_nobody_knows(db: Path) -> None:
    db.with_suffix(".key").rename(db.with_suffix(".aside"))
    assert accounts(db) is None


def test_a_small_group_is_hidden_and_cannot_be_found_by_subtraction(tmp_path: Path) -> None:
    db = tmp_path / "inventory.db"
    (tmp_path / "people.csv").write_text(PEOPLE)
    shadowledger("directory", "import", tmp_path / "people.csv", "--kind", "people", db=db)
    shadowledger("scan", audit_log(tmp_path / "audit.jsonl", [*OWN, *OTHERS[:7]]), db=db)
    told = accounts(db)
    assert told["unknown"] == {"low": 0, "high": 4, "hidden": True}
    assert told["personal"]["hidden"], "or unknown is what is left of all"


@pytest.mark.parametrize(
    ("domain", "tenant"),
    [
        ("corp.example", "corporate"),
        ("eu.corp.example", "corporate"),
        ("notcorp.example", "unknown"),
        ("gmail.com", "personal"),
        ("x.gmail.com", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_domain_is_somebodys(domain: str, tenant: str) -> None:
    assert Domains(frozenset({"corp.example"}), free_mail()).tenant_of(domain) == tenant


def test_domains_of_free_mail_are_written_as_names_are_compared() -> None:
    assert all(domain == domain.lower().strip() and "." in domain for domain in free_mail())
