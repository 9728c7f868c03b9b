"""What is counted of contacts that nobody wants: all of it where all is asked for, and no result depends on it."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from commands import shadowledger

from shadowledger.collectors.bystanders import Bystander
from shadowledger.collectors.collector import Collector
from shadowledger.collectors.contacted import Contacted, HostDay
from shadowledger.collectors.reading import Census, Reading, Settings
from shadowledger.collectors.records import Traffic
from shadowledger.collectors.registry import COLLECTORS, layers_for
from shadowledger.collectors.sources import BLOCK_BYTES, open_source
from shadowledger.db.census import MOST_DOMAINS_A_DAY, DomainDay, add_census, domains_seen
from shadowledger.scanner.census import domain_days, public_suffixes, registrable
from shadowledger.scanner.match import NOT_A_QUESTION
from shadowledger.signatures.index import Index
from shadowledger.signatures.load import load_catalogue
from shadowledger.signatures.screen import hyperscan

INDEX = Index(load_catalogue()[0])
GOLDEN = Path(__file__).parent.parent / "golden"
COUNTED = (
    "squid_native",
    "squid_combined",
    "bind_query",
    "zeek_tsv",
    "zeek_json",
    "fortigate",
    "panos",
    "coredns",
    "iis",
)
SAMPLES = [
    pytest.param(collector, sample, id=f"{collector.id}/{sample.name}")
    for collector in COLLECTORS
    if collector.id in COUNTED
    for sample in sorted(GOLDEN.glob(f"{collector.id}/*"))
    if sample.suffix != ".settings" and not (sample.suffix == ".jsonl" and not sample.name.endswith(".in.jsonl"))
]


def contacts(collector: Collector, sample: Path, *, census: bool) -> tuple[dict[HostDay, object], set[Bystander]]:
    """Every contact of a sample by host and day, by how many, and whom they name: by the census, or by building every
    record."""
    with open_source(sample) as opened:
        layers = layers_for(collector, opened.head)
        wanted = INDEX.wanted if census else None
        reading = Reading(
            opened, Settings(year=2026), wanted, layers=layers, census=Census.FULL if census else Census.OFF
        )
        for record in reading.records(collector):
            if isinstance(record, Traffic) and record.via not in NOT_A_QUESTION:
                reading.count(record.host, record.time_us, (record.via, record.user, record.device, record.client))
        found = {key: (clients.times, clients.bounds()) for key, clients in reading.contacts}
        return found, reading.bystanders.seen


@pytest.mark.parametrize(("collector", "sample"), SAMPLES)
def test_a_full_census_counts_every_contact(collector: Collector, sample: Path) -> None:
    assert contacts(collector, sample, census=True) == contacts(collector, sample, census=False)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than four blocks of Squid's lines over two days, and hosts that are hits."""
    path = tmp_path_factory.mktemp("census") / "access.log"
    random = Random(3)  # noqa: S311 - the same lines each time
    hosts = [f"www.shop{number}.com" for number in range(300)] + ["chatgpt.com", "claude.ai", "api.openai.com"]
    with path.open("w") as file:
        while file.tell() < 6 * BLOCK_BYTES:
            time = 1764000000 + random.randrange(2 * 86_400)
            host = random.choice(hosts)
            file.write(f"{time}.001 5 10.0.0.{random.randrange(200)} TCP_TUNNEL/200 99 CONNECT {host}:443 u - -\n")
    return path


def scanned(log: Path, folder: Path, census: str) -> sqlite3.Connection:
    db = folder / f"{census}.db"
    assert shadowledger("scan", log, "--census", census, db=db).code == 0
    return sqlite3.connect(db)


def test_no_result_depends_on_the_census(log: Path, tmp_path: Path) -> None:
    told = []
    for census in ("off", "sample", "full"):
        with closing(scanned(log, tmp_path, census)) as connection:
            rows = connection.execute(
                "select day_on, service_id, role, sum(record_count), sum(session_count), min(first_position), "
                "max(last_position) from contribution group by 1, 2, 3 order by 1, 2, 3"
            ).fetchall()
            reading = connection.execute(
                "select record_count, hit_count, no_hit_count + not_examined_count, issue_count from reading"
            )
            told.append((rows, reading.fetchall()))
    assert told[0] == told[1] == told[2]
    assert told[0][0]


def truth(log: Path) -> dict[tuple[str, str], list[str]]:
    """Every client that contacted a domain on a day."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in log.read_text().splitlines():
        words = line.split()
        day = dt.datetime.fromtimestamp(float(words[0]), dt.UTC).date().isoformat()
        found.setdefault((day, registrable(words[6].partition(":")[0])), []).append(words[2])
    return found


def test_a_full_census_is_exact_and_a_sample_is_a_part_and_says_so(log: Path, tmp_path: Path) -> None:
    whole = truth(log)
    rows = "select day_on, domain, record_count, fewest_clients, most_clients, is_sampled from census"
    with closing(scanned(log, tmp_path, "full")) as connection:
        found = connection.execute(rows).fetchall()
        assert {(day, domain): count for day, domain, count, *_ in found} == {key: len(of) for key, of in whole.items()}
        assert {sampled for *_, sampled in found} == {0}
        held = [fewest <= len({*whole[day, domain]}) <= most for day, domain, _, fewest, most, _ in found]
        assert sum(held) > 0.9 * len(held)
        assert sum(most for *_, most, _ in found) < 1.2 * sum(len({*of}) for of in whole.values())
    with closing(scanned(log, tmp_path, "sample")) as connection:
        found = connection.execute(rows).fetchall()
        assert {sampled for *_, sampled in found} == {1}
        assert all(0 < count <= len(whole[day, domain]) for day, domain, count, *_ in found)
        assert sum(count for _, _, count, *_ in found) < sum(map(len, whole.values()))
    with closing(scanned(log, tmp_path, "off")) as connection:
        assert connection.execute(rows).fetchall() == []


def test_once_a_day_a_source_is_counted_in_full(tmp_path: Path) -> None:
    line = "{}.001 5 10.0.0.1 TCP_TUNNEL/200 99 CONNECT www.shop{}.com:443 u - -\n"
    path, db = tmp_path / "access.log", tmp_path / "inventory.db"
    path.write_text("".join(line.format(1764000000 + number, number) for number in range(40_000)))
    counted = []
    for more in ("", line.format(1764050000, 50_000) * 40_000, line.format(1764060000, 60_000) * 40_000):
        with path.open("a") as file:
            file.write(more)
        assert shadowledger("scan", path, "--census", "daily", db=db).code == 0
        with closing(sqlite3.connect(db)) as connection:
            counted.append(connection.execute("select max(run_id), sum(record_count) from census").fetchone())
            if len(counted) == 2:  # the first run was on another day
                connection.execute("update run set started_at = '2026-01-01T00:00:00Z'")
                connection.commit()
    first, second, third = (count for _, count in counted)
    assert first == 40_000
    assert second - first < 40_000
    assert third - second == 40_000


HOSTS = [
    ("www.shop.example.co.uk", "example.co.uk"),
    ("a.b.example.com", "example.com"),
    ("example.com", "example.com"),
    ("someone.github.io", "someone.github.io"),
    ("github.io", ""),
    ("com", ""),
    ("a.b.kawasaki.jp", "a.b.kawasaki.jp"),
    ("www.city.kawasaki.jp", "city.kawasaki.jp"),
    ("www.xn--55qx5d.hk", "www.xn--55qx5d.hk"),
    ("no.such.suffix-at-all", ""),
    ("localhost", ""),
    ("10.1.2.3", ""),
    ("2001:db8::1", ""),
    ("", ""),
]


@pytest.mark.parametrize(("host", "domain"), HOSTS)
def test_of_a_host_its_registrable_domain_is_kept(host: str, domain: str) -> None:
    assert registrable(host) == domain


def test_every_rule_of_the_list_is_followed_as_tldextract_follows_it() -> None:
    suffixes = public_suffixes()
    for rule in suffixes.tlds:
        plain = rule.removeprefix("!").replace("*", "any")
        for host in [before + plain for before in ("", "a.", "b.a.", "c.b.a.")]:
            parts = suffixes(host)
            want = f"{parts.domain}.{parts.suffix}" if parts.domain and parts.suffix else ""
            assert registrable(host) == want, host


def test_a_contact_without_a_time_is_kept_without_a_day() -> None:
    assert domain_days(contacted(("www.example.com", 0, "ada"))) == [DomainDay("", "example.com", 1, 1, 1)]


def contacted(*contacts: tuple[str, int, str]) -> Contacted:
    found = Contacted()
    for contact in contacts:
        found.add(*contact)
    return found


def test_who_contacts_several_hosts_of_a_domain_is_one() -> None:
    hosts = [("a.example.com", 9, "ada"), ("b.example.com", 9, "ada"), ("example.com", 9, "bob"), ("c.com", 9, "")]
    assert domain_days(contacted(*hosts)) == [
        DomainDay("1970-01-10", "c.com", 1, 1, None),
        DomainDay("1970-01-10", "example.com", 3, 2, 2),
    ]


def test_contacts_of_parts_put_together_are_those_of_the_whole() -> None:
    clients = ("", "", "ada", "ada", *(f"user{number}" for number in range(20)))
    every = [(host, day, client) for client in clients for host in ("a.com", "b.com") for day in (9, 10)]
    every += [("c.com", 9, ""), ("c.com", 9, ""), ("d.com", 10, "ada")]
    whole = domain_days(contacted(*every))
    assert whole[0] == DomainDay("1970-01-10", "a.com", 24, 19, None)
    for cut in range(len(every) + 1):
        parts = contacted(*every[:cut])
        parts.go_on(contacted(*every[cut:]))
        assert domain_days(parts) == whole


def test_where_hosts_are_too_many_the_rare_ones_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shadowledger.collectors.contacted.MOST", 4)
    found = contacted(*[(f"h{number}.com", 9, "ada") for number in (1, 1, 1, 2, 2, 3, 4)])
    assert not found.is_trimmed
    found.add("h5.com", 9, "ada")
    assert found.is_trimmed
    assert {host for (host, _), _ in found} == {"h1.com", "h2.com"}


DAYS_IN_RUNS = [
    # domain, rows of (run, day, records, fewest, most, sampled), fewest and most told
    ("whole.com", [(1, "2026-01-01", 5, 3, 3, False), (1, "2026-01-02", 9, 20, 26, False)], 20, 26),
    ("part.com", [(1, "2026-01-01", 5, 3, 3, False), (1, "2026-01-02", 9, 4, 4, True)], 4, None),
    ("grown.com", [(1, "2026-01-01", 5, 3, 3, False), (2, "2026-01-01", 9, 4, 4, False)], 4, None),
    ("nameless.com", [(1, "2026-01-01", 5, 3, None, False)], 3, None),
    ("before.com", [(1, "2026-01-01", 5, None, None, False)], None, None),
]


@pytest.mark.parametrize(("domain", "days", "fewest", "most"), DAYS_IN_RUNS)
def test_clients_are_those_of_the_day_with_the_most_and_never_added_up(
    tmp_path: Path,
    domain: str,
    days: list[tuple[int, str, int, int, int | None, bool]],
    fewest: int | None,
    most: int | None,
) -> None:
    assert shadowledger("init", db=tmp_path / "x.db").code == 0
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        for run, day, records, low, high, sampled in days:
            add_census(connection, run, 1, [DomainDay(day, domain, records, low, high)], is_sampled=sampled)
        (told,) = domains_seen(connection)
    assert (told.record_count, told.fewest_clients, told.most_clients) == (sum(one[2] for one in days), fewest, most)


def test_a_day_keeps_its_most_frequent_domains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shadowledger.db.census.MOST_DOMAINS_A_DAY", 3)
    assert MOST_DOMAINS_A_DAY == 200_000
    assert shadowledger("init", db=tmp_path / "x.db").code == 0
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        rows = [DomainDay("2026-01-01", f"d{number}.com", number, 1, 1) for number in range(1, 6)]
        add_census(connection, 1, 1, [*rows, DomainDay("2026-01-02", "rare.com", 1, 1, 1)], is_sampled=False)
        kept = {one.domain: one.is_sampled for one in domains_seen(connection)}
    assert kept == {"d3.com": True, "d4.com": True, "d5.com": True, "rare.com": False}


def test_no_result_depends_on_the_prefilter(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shadowledger.scanner.inputs.WORTH_A_SCREEN_BYTES", 0)
    told = []
    for name, words in (("screened", ()), ("plain", ("--no-prefilter",))):
        db = tmp_path / f"{name}.db"
        assert shadowledger("scan", log, "--census", "off", *words, db=db).code == 0
        with closing(sqlite3.connect(db)) as connection:
            rows = connection.execute(
                "select day_on, service_id, role, hours, record_count, session_count, first_position, last_position, "
                "positions from contribution order by first_position"
            ).fetchall()
            (reading,) = connection.execute(
                "select record_count, hit_count, no_hit_count + not_examined_count, not_examined_count > 0 from reading"
            )
            told.append((rows, reading[:3]))
            assert reading[3] == (name == "screened" and hyperscan is not None)
    assert told[0] == told[1]
