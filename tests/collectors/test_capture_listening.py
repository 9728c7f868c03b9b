"""What is heard at an interface, printed under pseudonyms or stored again and again; files of a ring."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from capture_files import enhanced, interface, pcap, query, section, statistics, tcp, udp
from checkout import CHECKOUT
from commands import PROGRAM, process, shadowledger
from hello_files import message, records

from shadowledger.collectors.capture.engine import Engine
from shadowledger.collectors.capture.ring import Ring
from shadowledger.collectors.records import Issue, Traffic
from shadowledger.db.settings import Profile, change
from shadowledger.db.transactions import writing
from shadowledger.scanner.cli.options import open_signatures
from shadowledger.scanner.giving_up_root import owner_of
from shadowledger.scanner.listening import Listening
from shadowledger.scanner.site import Site

NEEDS_ROOT = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"),
    reason="needs root, unshare and ip",
)
ASK, OTHER = udp(query("api.openai.com")), udp(query("example.org"))
HELLO = tcp(records(message("claude.ai")))
MINUTE_US = 60_000_000
Batch = Sequence[Traffic | Issue]


def heard(engine: Engine, minutes: list[list[bytes]]) -> Iterator[Batch]:
    """One batch for each minute, and so one for each turn of a listening that is never patient."""
    for minute, frames in enumerate(minutes):
        time_us = 1_764_000_000_000_000 + minute * MINUTE_US
        yield [one for frame in frames for one in engine.packet(time_us, 1, frame, 0, len(frame))]


def listen(db: Path, minutes: list[list[bytes]], dropped: list[int]) -> Listening:
    site = Site(db)
    with closing(site.inventory(create=True)) as connection:
        names = site.names(connection, create=True)
        signatures = open_signatures(site, connection)
        engine = Engine(signatures.index.wanted)
        listening = Listening(connection, names, signatures, "tap0")
        batches = heard(engine, minutes)
        for count in dropped:
            listening.store(batches, engine, 0, lambda count=count: count)  # type: ignore[misc]
        listening.end(engine, lambda: dropped[-1], is_whole=not dropped[-1])
        names.connection.close()
    return listening


def asked(db: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute(question).fetchall()


def test_every_minute_adds_to_one_source_and_its_figures_add_up(tmp_path: Path) -> None:
    db = tmp_path / "i.db"
    minutes = [[ASK, OTHER, HELLO], [], [ASK, ASK], [bytes(60), HELLO[:-9]], [ASK]]
    listening = listen(db, minutes, [0, 0, 3, 3, 5])
    (row,) = shadowledger("sources", "list", "--format", "json", db=db).json["sources"]
    assert (row["id"], row["label"], row["collector"], row["damage"]) == (listening.source_id, "tap0", "capture", "")
    assert [row[f"{what}_count"] for what in ("record", "hit", "no_hit", "ignored", "issue")] == [8, 5, 1, 2, 0]
    assert row["blind_spots"]["packet that was dropped before it could be captured"] == 5
    assert asked(db, "select command, status from run") == [("collect dns", "partial")]
    assert asked(db, "select count(*) from reading") == [(4,)], "a minute without packets is none"
    contributions = "select service_id, sum(record_count), sum(session_count), min(first_position), max(last_position)"
    assert asked(db, f"{contributions} from contribution group by 1 order by 1") == [
        ("claude", 1, 1, 3, 3),
        ("openai-api", 4, 1, 1, 8),
    ]
    assert shadowledger("db", "check", db=db).code == 0
    assert shadowledger("sources", "forget", str(listening.source_id), db=db).code == 0
    assert asked(db, "select count(*) from contribution") == [(0,)]


def test_two_times_are_two_sources(tmp_path: Path) -> None:
    ids = {listen(tmp_path / "i.db", [[ASK]], [0]).source_id for _ in range(2)}
    assert len(ids) == 2
    assert asked(tmp_path / "i.db", "select sum(record_count) from observation") == [(2,)]


def test_a_source_that_was_forgotten_meanwhile_begins_anew(tmp_path: Path) -> None:
    db, site = tmp_path / "i.db", Site(tmp_path / "i.db")
    with closing(site.inventory(create=True)) as connection:
        names, signatures = site.names(connection, create=True), open_signatures(site, connection)
        engine = Engine(signatures.index.wanted)
        listening = Listening(connection, names, signatures, "tap0")
        batches = heard(engine, [[ASK], [ASK], [ASK]])
        listening.store(batches, engine, 0, int)
        assert shadowledger("sources", "forget", "1", db=db).code == 0
        listening.store(batches, engine, 0, int)
        listening.store(batches, engine, 0, int)
        listening.end(engine, int, is_whole=True)
        names.connection.close()
    assert asked(db, "select sum(record_count) from observation") == [(2,)]


@pytest.mark.parametrize("which", ["inventory", "identities"])
@pytest.mark.parametrize("how", ["full", "locked"])
def test_what_cannot_be_stored_is_lost_as_a_whole_and_its_run_failed(tmp_path: Path, which: str, how: str) -> None:
    db, site = tmp_path / "i.db", Site(tmp_path / "i.db")
    clients = [ASK[:26] + bytes((10, 2, number >> 8, number & 255)) + ASK[30:] for number in range(999)]
    with closing(site.inventory(create=True)) as connection:
        names, signatures = site.names(connection, create=True), open_signatures(site, connection)
        engine = Engine(signatures.index.wanted)
        listening = Listening(connection, names, signatures, "tap0")
        batches = heard(engine, [[ASK, ASK], clients])
        listening.store(batches, engine, 0, int)
        store, path = {"inventory": (connection, db), "identities": (names.connection, site.identities_path)}[which]
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            if how == "locked":
                store.execute("pragma busy_timeout = 0")
                other.execute("begin immediate")
            else:
                (pages,) = store.execute("pragma page_count").fetchone()
                store.execute(f"pragma max_page_count = {pages}")
            with pytest.raises(sqlite3.OperationalError):
                listening.store(batches, engine, 0, int)
            if (which, how) == ("inventory", "locked"):
                other.execute("rollback")
        listening.fail()
        names.connection.close()
    assert asked(db, "select status from run") == [("failed",)]
    assert asked(db, "select sum(record_count) from observation") == [(2,)]
    assert asked(db, "select record_count, hit_count from source_total") == [(2, 2)]
    assert shadowledger("db", "check", db=db).code == 0


def test_files_of_a_ring_are_given_once_when_the_next_was_begun(tmp_path: Path) -> None:
    ring = Ring(str(tmp_path / "ring_*.pcap"))
    paths = [tmp_path / f"ring_0000{number}.pcap" for number in range(4)]
    assert ring.whole() == []
    for number, expected in enumerate(([], [0], [1])):
        paths[number].write_bytes(pcap([ASK] * (number + 1)))
        os.utime(paths[number], ns=(number, number))
        assert ring.whole() == [paths[one] for one in expected]
        assert ring.whole() == []
    paths[0].write_bytes(pcap([HELLO]))  # as tcpdump does
    os.utime(paths[0], ns=(9, 9))
    assert ring.whole() == [paths[2]]
    paths[1].unlink()
    assert ring.whole() == []


def test_a_ring_is_stored_file_by_file(tmp_path: Path) -> None:
    def written(number: int, frames: list[bytes]) -> None:
        packets = b"".join(enhanced(0, 1_764_000_000_000_000 + number, frame) for frame in frames)
        path = tmp_path / f"ring_{number}.pcapng"
        path.write_bytes(section() + interface(1) + packets + statistics(0, 4))
        os.utime(path, ns=(number, number))

    for number, frames in enumerate(([ASK], [ASK, HELLO], [ASK])):
        written(number, frames)
    db = tmp_path / "i.db"
    words = ("--db", db, "collect", "dns", "--ring", tmp_path / "ring_*", "--store", "--seconds", "0")
    for files, hits in ((2, 3), (2, 0)):
        with process(*words, stdout=subprocess.PIPE) as running:  # which gives up root for good
            told, _ = running.communicate()
        assert json.loads(told)["summary"] == {"files": files, "hits": hits, "problems": 0}
    dropped = "select sum(record_count) from blind_spot where what like '%dropped%'"
    assert asked(db, dropped) == [(8,)]
    assert shadowledger("collect", "dns", "--ring", "x", db=db).code == 2
    assert shadowledger("collect", "dns", db=db).code == 2


SEND = "import socket; s = socket.socket(2, 2); [s.sendto(bytes.fromhex('{}'), ('127.0.0.1', 53)) for _ in range(3)]"
SCRIPT = f"""
ip link set lo up
"$0" --db "$2" collect dns --interface lo $3 &
until grep -q " 0003 " /proc/net/packet || ! kill -0 $!; do :; done
"$1" -c "{SEND.format(query("api.openai.com").hex())}"
kill -INT $!
wait $!
"""


GOES_DOWN = SCRIPT.replace("kill -INT $!", "ip link set lo down")


@NEEDS_ROOT
def test_what_came_before_an_interface_went_down_is_printed(tmp_path: Path) -> None:
    command = ["unshare", "-n", "sh", "-c", GOES_DOWN, str(PROGRAM), sys.executable, str(tmp_path / "i.db"), ""]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    *names, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert [name["host"] for name in names] == ["api.openai.com"] * 3
    assert last["summary"]["packets"] == 3
    assert (done.returncode, done.stderr) == (1, "Cannot listen: Network is down.\n")


def collect(db: Path, *words: str) -> list[dict[str, object]]:
    command = ["unshare", "-n", "sh", "-c", SCRIPT, str(PROGRAM), sys.executable, str(db), " ".join(words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@NEEDS_ROOT
def test_an_interface_is_stored(tmp_path: Path) -> None:
    (last,) = collect(tmp_path / "i.db", "--store")
    assert last["summary"] == {"packets": 3, "dropped": 0, "blind_spots": {}, "source": 1, "hits": 3}
    assert asked(tmp_path / "i.db", "select service_id, sum(record_count) from observation") == [("openai-api", 3)]
    assert (tmp_path / "i.db").stat().st_uid == tmp_path.stat().st_uid


SEND_MANY = """
import socket
for number in range(int({count!r})):
    one = socket.socket(2, 2)
    one.bind((f"127.1.{{number >> 8}}.{{number & 255}}", 0))
    one.sendto(bytes.fromhex({asked!r}), ("127.0.0.1", 53))
    one.close()
"""
HAS_STORED = """
import sqlite3, sys
sys.exit(not sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute("select 1 from reading").fetchone())
"""
ON_A_SMALL_DISK = """
ip link set lo up
mkdir "$2/disk"
mount -t tmpfs -o size=3m tmpfs "$2/disk" || exit 77
"$0" --db "$2/disk/i.db" collect dns --interface lo --store --every 1 &
until grep -q " 0003 " /proc/net/packet || ! kill -0 $!; do :; done
"$1" -c "$3"
until "$1" -c "$5" "$2/disk/i.db" 2> /dev/null || ! kill -0 $!; do :; done
$6
while "$1" -c "$4" && kill -0 $! 2> /dev/null && [ -z "$7" ]; do :; done
wait $!
code=$?
rm -f "$2/disk/filler"
cp "$2"/disk/i.* "$2"
exit $code
"""


@NEEDS_ROOT
@pytest.mark.parametrize(
    ("what", "once", "status", "told"),
    [
        ('cat /dev/zero > "$2/disk/filler" 2> /dev/null', "", "failed", "What was heard last is lost"),
        ('"$1" -c "$4"; ip link set lo down', "once", "partial", "Cannot listen: Network is down"),
    ],
)
def test_what_ends_a_listening_is_told_and_leaves_nothing_half(
    tmp_path: Path, what: str, once: str, status: str, told: str
) -> None:
    send = [SEND_MANY.format(count=count, asked=query("api.openai.com").hex()) for count in (1, 3000)]
    words = [str(PROGRAM), sys.executable, str(tmp_path), *send, HAS_STORED, "", once]
    script = ON_A_SMALL_DISK.replace("$6", what)
    done = subprocess.run(["unshare", "-n", "-m", "sh", "-c", script, *words], capture_output=True, text=True)
    if done.returncode == 77:
        pytest.skip("nothing may be mounted here")
    assert (done.returncode, told in done.stderr) == (1, True), done.stderr
    db = tmp_path / "i.db"
    assert asked(db, "select status from run") == [(status,)]
    ((hits,),) = asked(db, "select sum(hit_count) from source_total")
    assert asked(db, "select sum(record_count) from observation") == [(hits,)]
    assert (hits == 3001) == (status == "partial")
    assert shadowledger("db", "check", db=db).code == 0


GIVE_UP = """
import os, sys
from shadowledger.scanner.giving_up_root import give_up_root
give_up_root(int(sys.argv[1]) if sys.argv[1] else None)
with open("/proc/self/status") as status:
    print(*os.getresuid(), *(line.split()[1] for line in status if line.startswith(("CapEff", "CapPrm", "NoNewPrivs"))))
"""


@NEEDS_ROOT
@pytest.mark.parametrize(
    ("user", "caller", "expected"),
    [
        ("", "", 65534),
        ("", "1", 1),
        ("", "0", 65534),
        ("0", "", 0),
        ("2", "1", 2),
        ("54321", "", 54321),
        ("", "54321", 54321),
    ],
)
def test_root_is_given_up(user: str, caller: str, expected: int) -> None:
    environment = {**os.environ, "SUDO_UID": caller, "PYTHONPATH": str(CHECKOUT / ".ns")}
    command = [sys.executable, "-c", GIVE_UP, user]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    *ids, permitted, effective, _ = done.stdout.split()
    assert [int(one) for one in ids] == [expected] * 3
    assert int(permitted, 16) == int(effective, 16) == 0


def test_the_owner_of_what_is_not_there_is_that_of_its_folder(tmp_path: Path) -> None:
    assert owner_of(tmp_path / "new" / "i.db") == tmp_path.stat().st_uid


@NEEDS_ROOT
def test_addresses_are_printed_as_pseudonyms(tmp_path: Path) -> None:
    *names, _ = collect(tmp_path / "i.db", "--pseudonyms")
    assert {name["host"] for name in names} == {"api.openai.com"}
    (client,) = {str(name["client"]) for name in names}
    assert client != "127.0.0.1"
    shown = shadowledger("identities", "reveal", client, "--reason", "a test", db=tmp_path / "i.db")
    assert "127.0.0.1" in shown.stdout


def test_a_site_that_keeps_nobody_counts_and_keeps_nobody(tmp_path: Path) -> None:
    db = tmp_path / "i.db"
    with closing(Site(db).inventory(create=True)) as connection, writing(connection):
        change(connection, "profile", Profile.AGGREGATE, "")
    listen(db, [[ASK], [ASK, HELLO]], [0, 0])
    services = "select service_id, sum(record_count) from posting join way on way.number = way "
    services += "join service_instance on service_instance.number = service_instance group by 1 order by 1"
    assert asked(db, services) == [("claude", 1), ("openai-api", 2)]
    assert asked(db, "select count(*) from pseudonym") == [(0,)]


def test_what_was_heard_cannot_be_read_again(tmp_path: Path) -> None:
    db = tmp_path / "i.db"
    source_id = listen(db, [[ASK]], [0]).source_id
    done = shadowledger("sources", "rescan", str(source_id), "--format", "json", db=db)
    assert done.code == 3
    assert "stream" in done.json["sources"][0]["note"]
    assert asked(db, "select sum(record_count) from observation") == [(1,)]
