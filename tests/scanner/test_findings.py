"""Discovered against declared: every finding with its reasons, and nothing joined for good but by a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from scanner_inputs import squid_line, write_snapshot, write_squid

from shadowledger.db.decisions import all_decisions, decide
from shadowledger.db.declared import Declared
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.coverage import coverage_of
from shadowledger.scanner.discovery.consolidate import consolidate
from shadowledger.scanner.discovery.known_again import discovered_id
from shadowledger.scanner.knowledge import declared_overlay
from shadowledger.scanner.people import Directory
from shadowledger.scanner.pipeline import Scan
from shadowledger.scanner.reconciliation.reconcile import THRESHOLD, Finding, Reconciliation, reconcile
from shadowledger.signatures.index import Index

CHATGPT, CLAUDE = discovered_id("chatgpt", ""), discovered_id("claude", "")
CONTOSO = discovered_id("azure-openai", "contoso.openai.azure.com")
FABRIKAM = discovered_id("azure-openai", "fabrikam.openai.azure.com")


@dataclass
class Desk:
    """An inventory, and the official list that it is held against."""

    scan: Scan
    folder: Path
    listed: list[Declared]

    def declare(self, **fields: object) -> None:
        line = Declared(id=str(len(self.listed) + 1), name="Something of ours")
        self.listed.append(replace(line, **fields))  # type: ignore[arg-type]  # the test names its fields

    def index(self) -> Index:
        known = self.scan.signatures.index
        overlay = declared_overlay(known, self.listed)
        return Index((*known.services.values(), *overlay)) if overlay else known

    def see(self, *hosts: str, processes: tuple[str, ...] = (), path: str = "") -> None:
        """Scan a log in which these hosts were contacted, and machines on which these processes ran."""
        signatures = replace(self.scan.signatures, index=self.index())
        scan = Scan(self.scan.connection, self.scan.identities, signatures)
        if hosts:
            lines = [squid_line(host, "ada") for host in hosts]
            assert scan.run([write_squid(self.folder / "access.log", lines)], Choices()).status == "complete"
        if processes:
            file = write_snapshot(self.folder / "processes.json", "ada-laptop", processes)
            assert scan.run([file], Choices()).status == "complete"

    def decide(self, verb: str, subject: str, about: str = "", reason: str = "") -> None:
        decide(self.scan.connection, verb, subject, about, reason)

    def reconciled(self) -> Reconciliation:
        connection = self.scan.connection
        decisions = all_decisions(connection)
        discovered = consolidate(connection, Directory(self.scan.identities.connection), decisions)
        return reconcile(
            discovered, self.listed, decisions, self.index(), coverage_of(connection, self.scan.signatures.knowledge)
        )

    def declared(self, number: int = 1) -> Finding:
        return self.reconciled().declared[number - 1][1]

    def discovered(self, wanted: str) -> Finding:
        return next(finding for one, finding in self.reconciled().discovered if one.id == wanted)


@pytest.fixture
def desk(scan: Scan, tmp_path: Path) -> Desk:
    return Desk(scan, tmp_path, [])


AZURE = ("contoso.openai.azure.com", "fabrikam.openai.azure.com")
MATCHED: list[tuple[dict[str, object], tuple[str, ...], tuple[str, ...], list[str]]] = [
    ({"products": ("ChatGPT",)}, ("chatgpt.com",), (), [CHATGPT]),
    ({"products": ("Chat-GPT Enterprise", "Claude")}, ("chatgpt.com", "claude.ai"), (), [CHATGPT, CLAUDE]),
    ({"name": "Rollout ChatGPT Vertrieb"}, ("chatgpt.com",), (), [CHATGPT]),
    ({"hosts": ("https://chatgpt.com/g/x?y=1",)}, ("chatgpt.com",), (), [CHATGPT]),
    (
        {"hosts": ("contoso.openai.azure.com",)},
        ("contoso.openai.azure.com", "fabrikam.openai.azure.com"),
        (),
        [CONTOSO],
    ),
    (
        {"products": ("Azure OpenAI",), "hosts": ("contoso.openai.azure.com",)},
        ("contoso.openai.azure.com", "fabrikam.openai.azure.com"),
        (),
        [CONTOSO],
    ),
    ({"hosts": ("LLM.corp.example.",)}, ("llm.corp.example",), (), [discovered_id("declared-1", "")]),
    ({"hosts": ("*.llm.corp.example",)}, ("eu.llm.corp.example",), (), [discovered_id("declared-1", "")]),
    ({"processes": ("ourbot.exe",)}, (), ("OurBot.exe",), [discovered_id("declared-1", "")]),
    ({"processes": ("ollama",)}, (), ("ollama",), [discovered_id("ollama", "")]),
    ({"products": ("Ollama",)}, (), ("ollama",), [discovered_id("ollama", "")]),
]


@pytest.mark.parametrize(("fields", "hosts", "processes", "wanted"), MATCHED)
def test_what_is_declared_and_seen_is_matched(
    desk: Desk, fields: dict[str, object], hosts: tuple[str, ...], processes: tuple[str, ...], wanted: list[str]
) -> None:
    desk.declare(**fields)
    desk.see(*hosts, processes=processes)
    finding = desk.declared()
    assert (finding.kind, {one.discovered_id for one in finding.proposals}) == ("matched", set(wanted))
    assert finding.reasons == ["proposed by the program; no person has confirmed it"]
    assert all(THRESHOLD <= one.score <= 1 and one.reasons and not one.decided for one in finding.proposals)
    for one, other in desk.reconciled().discovered:
        assert (other.kind, other.declared_ids) == (("matched", ["1"]) if one.id in wanted else ("undeclared", []))


def test_what_is_seen_and_on_no_list_is_undeclared(desk: Desk) -> None:
    desk.declare(products=("Claude",))
    desk.see("chatgpt.com", "llm.corp.example")
    assert [one.seen.service_id for one, _ in desk.reconciled().discovered] == ["chatgpt"]
    assert desk.discovered(CHATGPT).reasons[0] == "no declared initiative names it, its hosts or its vendor's product"
    counts = {key: count for key, count in desk.reconciled().counts().items() if count}
    assert counts == {"discovered": 1, "proposed": 1, "undeclared": 1, "declared": 1, "unseen": 1}


def test_two_initiatives_may_be_one_product(desk: Desk) -> None:
    desk.declare(products=("ChatGPT",))
    desk.declare(name="ChatGPT for HR")
    desk.see("chatgpt.com")
    assert (desk.discovered(CHATGPT).kind, desk.discovered(CHATGPT).declared_ids) == ("ambiguous", ["1", "2"])
    assert desk.declared(1).reasons == ["'ChatGPT for HR' (2) fits ChatGPT as well"]


def test_only_a_person_can_say_which_instance_is_meant(desk: Desk) -> None:
    desk.declare(products=("Azure OpenAI",))
    desk.see(*AZURE)
    finding = desk.declared()
    assert (finding.kind, {one.discovered_id for one in finding.proposals}) == ("ambiguous", {CONTOSO, FABRIKAM})
    desk.decide("link", CONTOSO, "1")
    assert (desk.declared().kind, desk.declared().proposals[0].discovered_id) == ("matched", CONTOSO)


def test_an_instance_that_is_named_like_the_initiative_is_proposed_first(desk: Desk) -> None:
    desk.declare(name="Fabrikam claims", products=("Azure OpenAI",))
    desk.see(*AZURE)
    assert (desk.declared().kind, desk.declared().proposals[0].discovered_id) == ("matched", FABRIKAM)


def test_a_product_that_fits_another_line_better_goes_there(desk: Desk) -> None:
    desk.declare(products=("GitHub Copilot",))
    desk.declare(name="Copilot", products=("Copilot", "Microsoft Copilot"))
    desk.see("api.githubcopilot.com", "copilot.microsoft.com")
    strong = [[p.discovered_id for p in desk.declared(number).proposals if p.score >= THRESHOLD] for number in (1, 2)]
    assert strong == [[discovered_id("github-copilot")], [discovered_id("microsoft-copilot")]]


def test_two_initiatives_may_declare_one_unknown_host(desk: Desk) -> None:
    desk.declare(hosts=("llm.corp.example",))
    desk.declare(hosts=("llm.corp.example",))
    desk.see("llm.corp.example")
    ((_, finding),) = desk.reconciled().discovered
    assert finding.declared_ids == ["1", "2"]


UNSEEN: list[tuple[dict[str, object], tuple[str, ...], str, str]] = [
    ({"products": ("Claude",)}, ("chatgpt.com",), "unseen", "Claude could have been seen by host"),
    ({"hosts": ("llm.corp.example",)}, ("chatgpt.com",), "unseen", "could have been seen by host"),
    ({"products": ("Claude",)}, (), "not_observable", "nothing was scanned yet"),
    (
        {"name": "Sales forecast", "products": ("Ours",)},
        ("chatgpt.com",),
        "not_observable",
        "nothing on the list",
    ),
    ({"processes": ("ourbot.exe",)}, ("chatgpt.com",), "not_observable", "an endpoint source with process"),
    ({"hosts": ("contoso.openai.azure.com",)}, ("fabrikam.openai.azure.com",), "unseen", "another instance"),
    ({"hosts": ("com",)}, ("chatgpt.com",), "not_observable", "nothing on the list"),
    ({"products": ("Claude",), "status": "stopped"}, ("chatgpt.com",), "unseen", "nothing was to be expected"),
    ({"name": "Technical writer pool"}, ("writer.com",), "unseen", "may be it; `reconcile link"),
]


@pytest.mark.parametrize(("fields", "hosts", "kind", "words"), UNSEEN)
def test_what_is_declared_and_not_seen_says_why(
    desk: Desk, fields: dict[str, object], hosts: tuple[str, ...], kind: str, words: str
) -> None:
    desk.declare(**fields)
    desk.see(*hosts)
    finding = desk.declared()
    assert finding.kind == kind
    assert words in "; ".join(finding.reasons)
    assert all(one.score < THRESHOLD for one in finding.proposals)
    assert [other.kind for _, other in desk.reconciled().discovered] == ["undeclared"] * len(hosts)


def test_a_doubtful_name_is_told_on_both_sides(desk: Desk) -> None:
    desk.declare(name="Technical writer pool")
    desk.see("writer.com")
    finding = desk.discovered(discovered_id("writer", ""))
    assert (finding.kind, finding.declared_ids) == ("undeclared", [])
    assert finding.reasons[0].startswith("may be 'Technical writer pool', which ")


def test_a_stopped_initiative_that_is_seen_is_told(desk: Desk) -> None:
    desk.declare(products=("ChatGPT",), status="stopped")
    desk.see("chatgpt.com")
    told = "declared as stopped, and ChatGPT is still used, last on 2026-11-05"
    assert (desk.declared().kind, desk.declared().reasons[-1]) == ("conflict", told)
    assert desk.discovered(CHATGPT).kind == "conflict"


def test_a_host_on_a_list_claims_no_hosts_of_strangers(desk: Desk) -> None:
    for hosts in (("com",), ("co.uk", "github.io"), ("*.com",), ("https://de/",)):
        desk.declare(hosts=hosts)
    desk.see("www.hyundai.com", "www.bbc.co.uk", "somebody.github.io", "bahn.de")
    assert desk.reconciled().discovered == []


def test_a_link_of_a_person_joins_and_is_told_with_its_reason(desk: Desk) -> None:
    desk.declare(name="Project Zebra")
    desk.see("chatgpt.com")
    assert desk.declared().kind == "not_observable"
    desk.decide("link", CHATGPT, "1", "asked the owner")
    finding = desk.declared()
    assert (finding.kind, finding.reasons) == ("matched", ["confirmed by a person"])
    (proposal,) = finding.proposals
    assert (proposal.score, proposal.decided) == (1.0, True)
    assert proposal.reasons[0].endswith(": asked the owner")
    assert desk.discovered(CHATGPT).reasons[0].startswith("confirmed: 'Project Zebra' linked by ")


def test_a_refusal_parts_until_it_is_taken_back(desk: Desk) -> None:
    desk.declare(products=("ChatGPT",))
    desk.see("chatgpt.com")
    desk.decide("unlink", CHATGPT, "1", "that is HR's own")
    finding = desk.declared()
    assert (finding.kind, finding.proposals) == ("unseen", [])
    assert finding.reasons[0].startswith("ChatGPT was seen, and ")
    assert desk.discovered(CHATGPT).kind == "undeclared"
    assert desk.discovered(CHATGPT).reasons[0].startswith("is not 'Something of ours', as ")
    desk.decide("link", CHATGPT, "1")
    assert desk.declared().kind == "matched"


def test_decisions_on_what_is_gone_change_nothing(desk: Desk) -> None:
    desk.declare(products=("ChatGPT",))
    desk.see("chatgpt.com")
    desk.decide("link", "ai-00000000", "1")
    desk.decide("link", CHATGPT, "no such id")
    desk.decide("dismiss", "ai-00000000")
    assert [one.discovered_id for one in desk.declared().proposals] == [CHATGPT]
    assert desk.discovered(CHATGPT).declared_ids == ["1"]


def test_a_declared_initiative_whose_like_is_dismissed_says_so(desk: Desk) -> None:
    desk.declare(products=("ChatGPT",))
    desk.see("chatgpt.com")
    desk.decide("dismiss", CHATGPT, reason="a link checker")
    finding = desk.declared()
    assert (finding.kind, finding.reasons) == ("unseen", ["ChatGPT was seen and is dismissed: a link checker"])


STATES = [
    (["confirm"], "confirmed", (1, 0, 1, 0, 1)),
    (["dismiss"], "dismissed", (0, 0, 0, 1, 0)),
    (["dismiss", "propose"], "proposed", (1, 1, 0, 0, 1)),
    (["confirm", "dismiss", "confirm"], "confirmed", (1, 0, 1, 0, 1)),
]


@pytest.mark.parametrize(("verbs", "state", "counts"), STATES)
def test_the_newest_decision_counts(desk: Desk, verbs: list[str], state: str, counts: tuple[int, ...]) -> None:
    desk.see("chatgpt.com")
    for verb in verbs:
        desk.decide(verb, CHATGPT, reason="looked into it")
    result = desk.reconciled()
    assert [one.state for one, _ in result.discovered] == [state]
    told = result.counts()
    assert tuple(told[key] for key in ("discovered", "proposed", "confirmed", "dismissed", "undeclared")) == counts


def test_what_was_blocked_or_only_there_is_told(desk: Desk) -> None:
    lines = [
        squid_line("claude.ai", "ada", result="TCP_DENIED/403"),
        squid_line("chatgpt.com", result="TCP_DENIED/403"),
    ]
    desk.scan.run([write_squid(desk.folder / "access.log", [*lines, squid_line("chatgpt.com", "bo")])], Choices())
    desk.see(processes=("ollama",))
    (background,) = desk.reconciled().consolidated.background
    assert (background.service_id, background.blocked_count) == ("claude", 1)
    assert "1 of 2 contacts were blocked" in desk.discovered(CHATGPT).reasons
    assert (
        "found on machines; whether it was used, no source here can say"
        in desk.discovered(discovered_id("ollama", "")).reasons
    )
