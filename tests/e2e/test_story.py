"""What happened in the world stands in the inventory: from every source, to the exact count, each person once.

The story is told twice: from the recording that the demo reads, and from a world made on the spot (needs root and
Debian's servers; skipped without them, unless SHADOWLEDGER_E2E=required)."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from checkout import CHECKOUT
from plan import (
    BY_LOGIN,
    DECLARED_HOST,
    PEOPLE,
    RUNNING,
    SERVICES,
    SOURCES,
    VISITS,
    Person,
    hits,
    host_of,
    processes_file,
    proxy_lines,
    questions,
)
from world import command, what_is_missing

from shadowledger.scanner.discovery.pieces import pieces
from shadowledger.scanner.people import Directory
from shadowledger.scanner.site import Site

NAMES_ALONE = "names alone: with --bytes, the bytes and sessions of connections too"

SHADOWLEDGER = Path(sys.executable).with_name("shadowledger")
DEMO = CHECKOUT / "scanner" / "demo"
DECLARED_ID = "KI-05"
"""The line of the official list that declares DECLARED_HOST."""


@dataclass(frozen=True)
class Told:
    """A folder of sources, and what the program makes of it."""

    folder: Path
    inventory: Path
    scanned: list[dict[str, Any]]
    reconciled: dict[str, Any]

    def collect(self, source: str) -> list[dict[str, Any]]:
        """Every record of one source as `collect` prints it."""
        return [json.loads(line) for line in run("collect", str(self.folder / source)).splitlines()]

    def counted(self) -> Counter[tuple[str, str]]:
        """(source, service) to the records that the inventory holds."""
        query = "select source_id, service_id, sum(record_count) from contribution group by 1, 2"
        names = {row["source"]: Path(row["input"]).name for row in self.scanned}
        with closing(sqlite3.connect(self.inventory)) as connection:
            return Counter({(names[number], service): count for number, service, count in connection.execute(query)})

    def people(self) -> dict[str, tuple[int, ...]]:
        """How many people stand behind each service, before small groups are hidden."""
        site = Site(self.inventory)
        with closing(site.inventory()) as connection, closing(site.identities()) as identities:
            found = pieces(connection, Directory(identities))
            services = {one.strand.service_id for one in found.all}
            return {
                key: tuple(found.count([one for one in found.all if one.strand.service_id == key])) for key in services
            }


def run(*words: str, codes: tuple[int, ...] = (0,)) -> str:
    """The program's standard output; it must end as expected."""
    done = subprocess.run([SHADOWLEDGER, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode in codes, done.stdout + done.stderr
    return done.stdout


def make_world(folder: Path) -> None:
    """Make the world anew; skips the tests, or fails them where they are required, if that is not possible here."""
    missing = what_is_missing()
    if missing and os.environ.get("SHADOWLEDGER_E2E") == "required":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    made = subprocess.run(command(folder), capture_output=True, text=True, timeout=180)
    assert made.returncode == 0, made.stderr


@pytest.fixture(scope="module", params=["recorded", pytest.param("live", marks=pytest.mark.e2e)])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The whole job done with the real command line, once for all tests."""
    own = tmp_path_factory.mktemp(request.param)
    folder = DEMO
    if request.param == "live":
        folder = own / "world"
        folder.mkdir()
        make_world(folder)
    inventory = own / "inventory.db"
    within = ("--db", str(inventory))
    run(*within, "declare", "import", str(DEMO / "official.csv"))
    for kind in ("people", "devices", "leases"):
        run(*within, "directory", "import", str(folder / f"{kind}.csv"), "--kind", kind)
    scanned = run(*within, "scan", "--format", "json", *(str(folder / source) for source in SOURCES), codes=(0, 3))
    reconciled = run(*within, "reconcile", "--format", "json")
    return Told(folder, inventory, json.loads(scanned)["sources"], json.loads(reconciled))


def service_key(service: str) -> str:
    """A service of the plan as the inventory names it."""
    return f"declared-{DECLARED_ID}" if service == DECLARED_HOST else service


def test_the_plan_has_a_dozen_ai_hosts_and_two_dozen_look_alikes() -> None:
    visited = {host_of(visit) for visit in VISITS}
    assert set(SERVICES) <= visited
    assert (len(SERVICES), len(visited - set(SERVICES) - {DECLARED_HOST}) >= 24) == (12, True)


def test_the_proxy_log_names_every_request_and_who_made_it(told: Told) -> None:
    records = told.collect("access.log")
    assert Counter((r["client"], r.get("user", ""), r["host"], r["action"]) for r in records) == proxy_lines()


def test_the_query_log_names_every_question(told: Told) -> None:
    records = told.collect("query.log")
    assert Counter((r["client"], r["host"]) for r in records) == questions()
    assert {r["question_type"] for r in records} == {"A"}


def test_the_capture_names_every_question(told: Told) -> None:
    asked = [r for r in told.collect("dns.pcap") if "ignored" not in r]
    assert Counter((r["client"], r["host"]) for r in asked) == questions()
    assert {(r["via"], r["question_type"]) for r in asked} == {("dns", "A")}


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.login)
def test_the_process_list_names_every_program_of_a_person(told: Told, person: Person) -> None:
    records = [r for r in told.collect(processes_file(person)) if r.get("user") in BY_LOGIN]
    expected = {(person.login, person.device, running.program) for running in RUNNING if running.login == person.login}
    assert {(r["user"], r["device"], r["value"]) for r in records} == expected


def test_every_record_is_accounted_for(told: Told) -> None:
    by_source: Counter[str] = Counter()
    for (source, _, _), count in hits().items():
        by_source[source] += count
    assert {Path(row["input"]).name: row["hits"] for row in told.scanned} == by_source
    for row in told.scanned:
        assert row["records"] == row["hits"] + row["no_hit"] + row["ignored"] + row["issues"], row
        assert (row["issues"], row["note"]) == (0, NAMES_ALONE if row["input"].endswith(".pcap") else ""), row


def test_every_channel_tells_the_plan_to_the_exact_count_and_no_look_alike(told: Told) -> None:
    expected: Counter[tuple[str, str]] = Counter()
    for (source, service, _), count in hits().items():
        expected[source, service_key(service)] += count
    assert told.counted() == expected


def test_query_log_and_capture_tell_the_same(told: Told) -> None:
    counted = told.counted()
    by_log, by_capture = (
        {service: count for (source, service), count in counted.items() if source == name}
        for name in ("query.log", "dns.pcap")
    )
    assert by_log
    assert by_log == by_capture


def test_people_are_counted_once_however_often_and_wherever_they_were_seen(told: Told) -> None:
    people: dict[str, set[str]] = defaultdict(set)
    for _, service, login in hits():
        people[service_key(service)].add(login)
    assert told.people() == {service: (len(logins), len(logins)) for service, logins in people.items()}
    shown = [row["people"] for row in told.reconciled["discovered"]]
    assert shown == [{"low": 0, "high": 4, "hidden": True}] * told.reconciled["counts"]["discovered"]


def test_one_person_seen_in_all_four_is_one_person(told: Told) -> None:
    by_source = [source for source, service in told.counted() if service == "claude"]
    assert sorted(by_source) == sorted(("access.log", "query.log", "dns.pcap", processes_file(BY_LOGIN["ada"])))
    assert told.people()["claude"] == (1, 1)


def service_names(told: Told) -> dict[str, str]:
    """The name of each service in the inventory to its id."""
    with closing(sqlite3.connect(told.inventory)) as connection:
        return dict(connection.execute("select name, id from service"))


@pytest.mark.parametrize(
    ("declared", "finding", "service", "word"),
    [
        ("KI-01", "matched", "chatgpt", "ChatGPT"),
        ("KI-02", "matched", "microsoft-copilot", "Copilot"),
        ("KI-03", "out_of_scope", None, "seen in Sales"),
        ("KI-04", "matched", "azure-openai", "contoso-prod.openai.azure.com"),
        ("KI-05", "matched", "declared-KI-05", "assistant.corp.example"),
        ("KI-06", "unseen", None, "DeepL"),
        ("KI-07", "not_observable", None, "nothing on the list says"),
        ("KI-08", "conflict", "perplexity", "stopped"),
    ],
)
def test_every_line_of_the_official_list_has_its_finding(
    told: Told, declared: str, finding: str, service: str | None, word: str
) -> None:
    (line,) = (row for row in told.reconciled["declared"] if row["id"] == declared)
    names = service_names(told)
    discovered = {row["id"]: names[row["service"]] for row in told.reconciled["discovered"]}
    matched = {discovered[key] for key in line["discovered"]}
    assert (line["finding"], matched) == (finding, {service} if service else set())
    assert word in " ".join([*line["reasons"], *(reason for one in line["proposals"] for reason in one["reasons"])])


def test_what_nobody_declared_is_told(told: Told) -> None:
    names = service_names(told)
    undeclared = {names[row["service"]] for row in told.reconciled["discovered"] if row["finding"] == "undeclared"}
    assert undeclared == {
        "anthropic-api", "cursor", "google-gemini", "hugging-face", "midjourney", "mistral-ai", "ollama",
        "openai-api",
    }  # fmt: skip
    assert [(row["service"], row["refused"]) for row in told.reconciled["background"]] == [("DeepSeek", 2)]


def test_scanning_the_same_again_adds_nothing(told: Told) -> None:
    before = told.counted()
    again = run(
        "--db", str(told.inventory), "scan", "--format", "json", *(str(told.folder / source) for source in SOURCES)
    )
    assert {row["standing"] for row in json.loads(again)["sources"]} == {"known"}
    assert told.counted() == before
