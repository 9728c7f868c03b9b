"""The story's own truth: repeatable, as planted, and nothing in the logs that speaks against it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from pathlib import Path
from urllib.parse import urlsplit

import products
import pytest
from commands import shadowledger
from composing import Story, compose
from organization import DAYS, UNITS
from plot import DEAD, LIVING, NOBODYS, UNOBSERVABLE

SIZE, ORDINARY = 720, 2
MADE_OF = (
    products.DECLARABLE
    + products.STOPPED
    + products.PAGES
    + products.EMBEDDED
    + products.APIS
    + products.CLOUDS
    + products.CHAIN
    + (
        products.CHATGPT,
        products.CLAUDE,
        products.MISTRAL,
        products.DEEPL,
        products.GEMINI,
        products.COPILOT,
        products.LANGDOCK,
        products.GITHUB_COPILOT,
        products.M365_COPILOT,
        products.ANTHROPIC_API,
        products.azure(products.SHARED_HOST, "gpt-4o"),
    )
)


@pytest.fixture(scope="module", params=[3, 4])
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Story:
    return compose(tmp_path_factory.mktemp("story"), request.param, SIZE, ORDINARY)


def digest(folder: Path) -> str:
    whole = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            whole.update(file.name.encode() + file.read_bytes())
    return whole.hexdigest()


def test_a_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    written = []
    for nth, seed in enumerate((5, 5, 6)):
        compose(tmp_path / str(nth), seed, SIZE, 1)
        written.append(digest(tmp_path / str(nth)))
    assert (written[0] == written[1], written[0] == written[2]) == (True, False)


def test_there_are_as_many_of_everything_as_is_told(story: Story) -> None:
    planted = story.planted
    assert (len(UNITS), len(planted.initiatives), len(planted.declared)) == (12, 47, 15)
    assert Counter(line.truth for line in planted.declared) == {LIVING: 11, DEAD: 3, UNOBSERVABLE: 1}
    assert Counter(line.finding for line in planted.declared) == {
        "matched": 8,
        "unseen": 3,
        "out_of_scope": 2,
        "conflict": 1,
        "not_observable": 1,
    }
    assert sum(one.services == {"Azure OpenAI"} for one in planted.initiatives) == 3
    assert max(len(one.products) for one in planted.initiatives) == 4


def test_natures_are_not_close_to_each_other(story: Story) -> None:
    sizes: dict[str, set[int]] = defaultdict(set)
    for one in story.planted.initiatives:
        sizes[one.nature].add(len(one.people))
        assert bool(one.server) == (not one.people), one
    assert sizes["individual"] == {1}
    assert min(sizes["team"]) >= 7
    assert sizes["production"] == {0}
    assert max(sizes["poc"]) <= 2


def test_what_shares_a_service_and_a_unit_is_one_initiative(story: Story) -> None:
    pairs = Counter((name, unit) for one in story.planted.initiatives for name in one.services for unit in one.units)
    assert {pair for pair, count in pairs.items() if count > 1} == set()


def test_everybody_of_an_initiative_and_every_server_left_a_trace(story: Story) -> None:
    counted = story.ledger.counted()
    for one in story.planted.initiatives:
        assert counted[one.number].total() >= max(60 * bool(one.server), 7 * len(one.people)), one
        days = story.ledger.days[one.number]
        assert len(days) == DAYS if one.server else len(days) >= 7


def test_the_absent_left_none(story: Story) -> None:
    hosts = {
        urlsplit(f"//{url}").hostname for one in MADE_OF if one.name in story.planted.absent for _, url in one.turn
    }
    assert len(hosts) >= 3
    for file in sorted(story.logs.iterdir()):
        text = file.read_text(encoding="utf-8")
        assert not [host for host in hosts if host and host in text], file.name
        assert "swarm" not in text.lower()


def test_each_record_of_the_ledger_is_what_the_ledger_says(story: Story) -> None:
    words: dict[int, set[str]] = {}
    for one in story.planted.initiatives:
        asked = {url.partition("/")[0] for product in one.products for _, url in product.turn}
        words[one.number] = asked | {program.process for program in one.programs} | {"CopilotInteraction", "ChatGPT"}
    checked = 0
    for name, whose in story.ledger.whose.items():
        lines = (story.logs / name).read_text(encoding="utf-8").splitlines()
        header = name.endswith(".csv")
        for position, number in whose.items():
            if number != NOBODYS:
                line = lines[position - 1 + header]
                assert any(word in line for word in words[number]), (name, position, line)
                checked += 1
    assert checked > 10_000


def test_background_is_nowhere_where_the_same_is_at_work(story: Story) -> None:
    """Otherwise nobody could say how many records an initiative has."""
    names = {url.partition("/")[0]: one.name for one in MADE_OF for _, url in one.turn}
    names |= {url.partition("/")[0]: service for service, url in products.TELEMETRY}
    for name, whose in story.ledger.whose.items():
        if not name.startswith("gateway"):
            continue
        lines = (story.logs / name).read_text(encoding="utf-8").splitlines()
        by_email = {person.email: person.unit.name for person in story.whole.people}
        for position, number in whose.items():
            record = json.loads(lines[position - 1])
            service, unit = names.get(record["HTTPHost"], ""), by_email.get(record["Email"], "")
            if number == NOBODYS:
                assert service not in story.planted.uses(unit), record


def test_all_three_forms_of_account_are_written(story: Story) -> None:
    person = next(one for one in story.whole.people if one.unit.name == "Finance")
    squid = (story.logs / "squid-1.log").read_text(encoding="utf-8")
    assert person.sam.replace("\\", "%5C") in squid
    assert "@konzern.example" in (story.logs / "zscaler-1.csv").read_text(encoding="utf-8")
    assert "@mail.konzern.example" in (story.logs / "gateway-1.jsonl").read_text(encoding="utf-8")


def matched(*lines: str) -> list[dict[str, str]]:
    done = shadowledger("signatures", "match", "-", "--format", "jsonl", stdin="\n".join(lines).encode())
    assert done.code == 0, done.stderr
    return done.lines


def test_the_catalogue_calls_each_product_as_the_story_does() -> None:
    asked = [
        (one.name, json.dumps({"url": f"https://{url}", "method": method}))
        for one in MADE_OF
        for method, url in one.turn
    ]
    asked += [
        (one.name, f"process:{one.process}") for one in (*products.LOCAL, products.OLLAMA, *products.CODING_AGENTS)
    ]
    asked += [(one.name, f"cmdline:{one.cmdline}") for one in (products.CLAUDE_CODE, products.MCP_SERVER)]
    found = matched(*(line for _, line in asked))
    wrong = [
        (name, row)
        for (name, _), row in zip(asked, found, strict=True)
        if row["service"] != name or row["strength"] == "hint" or row["role"] in ("telemetry", "docs", "cdn")
    ]
    assert wrong == []


def test_the_catalogue_calls_the_background_what_it_is() -> None:
    telemetry = matched(*(f"https://{url}" for _, url in products.TELEMETRY))
    assert [row["service"] for row in telemetry] == [service for service, _ in products.TELEMETRY]
    assert {row["role"] for row in telemetry} <= {"telemetry", "cdn", "download", "auth"}
    for row in matched(*(f"https://{url}" for url in products.PAPERS_READ + products.PAPERS_BY_PATH)):
        assert row["strength"] == "hint", row
    for row in matched(*(f"https://{url}" for url in products.LOOK_ALIKES)):
        assert row["service"] is None, row
