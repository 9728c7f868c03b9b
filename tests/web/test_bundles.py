"""Bundles: the same bytes whenever they are written, taken in once, refused where they were touched."""

from __future__ import annotations

import base64
import gzip
import json
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from commands import process, shadowledger
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from serving import document, id_of, rows, run_of

from shadowledger.db.arrivals import Arrival, add_arrival, bundles, choose, is_written, open_arrivals
from shadowledger.db.transactions import writing
from shadowledger.scanner.bundles import BundleError, arrivals_path, begin, seal, server_key, verify, write
from shadowledger.scanner.site import Site

DAY_US = 86_400_000_000
NOW_US = 1_795_424_400_000_000


class Place:
    """A place with a server, without one running: what arrives is put into its store."""

    def __init__(self, folder: Path, name: str) -> None:
        self.site = Site(folder / "inventory.db")
        self.name = name
        self.folder = folder / "bundles"
        self.store = open_arrivals(arrivals_path(self.site), create=True)
        self.key = server_key(self.site, create=True)
        with writing(self.store):
            choose(self.store, "site", name)
            self.store.execute("insert into enrolment values (1, x'00', 0, 0, 0, '')")
        self._count = 0

    def arrive(self, device: str, *documents: bytes, is_complete: bool = True) -> None:
        """Runs of a device, an hour from one to the next."""
        with writing(self.store):
            self.store.execute(
                "insert or ignore into device (id, name, system, token_sha256, enrolment_id, enrolled_us) "
                "values (?, ?, 'linux', ?, 1, 0)",
                (id_of(device), device, device.encode()),
            )
            (number,) = self.store.execute("select number from device where name = ?", (device,)).fetchone()
            for one in documents:
                self._count += 1
                at_us = NOW_US + self._count * DAY_US // 24
                count = one.count(b"\n") - 1
                about = (bytes.fromhex(run_of(one)), number, at_us, -3, is_complete, count, len(one))
                assert add_arrival(self.store, Arrival(*about, gzip.compress(one), "0.1.0", "", "standard", 0, 0))

    def later(self, days: int) -> None:
        """What arrives from here on arrives so much later."""
        self._count += 24 * days

    def seal(self) -> list[Path]:
        return seal(self.store, self.name, self.key, self.folder)

    def public(self) -> str:
        return base64.b64encode(self.key.public_key().public_bytes_raw()).decode()


@pytest.fixture
def north(tmp_path: Path) -> Place:
    return Place(tmp_path / "north", "north")


@pytest.fixture
def south(tmp_path: Path) -> Place:
    return Place(tmp_path / "south", "south")


@pytest.fixture
def centre(tmp_path: Path, north: Place, south: Place) -> Path:
    """An inventory elsewhere that trusts both."""
    db = tmp_path / "centre" / "inventory.db"
    for place in (north, south):
        assert shadowledger("bundles", "trust", place.public(), "--site", place.name, db=db).code == 0
    return db


def imported(db: Path, *paths: Path) -> list[tuple[object, ...]]:
    """What became of bundles: standing, runs, repeated, missing."""
    done = shadowledger("import-bundle", *paths, "--format", "json", db=db)
    assert done.code == 0, done
    return [(one["standing"], one["runs"], one["repeated"], one["missing"]) for one in done.json["bundles"]]


def hits(db: Path) -> int:
    """Records that betrayed a product, over all sources."""
    return sum(row["hit_count"] for row in shadowledger("sources", "list", "--format", "jsonl", db=db).lines)


def test_a_bundle_is_the_documents_as_they_came(north: Place) -> None:
    first, second = document("lab-1"), document("lab-2", 7)
    north.arrive("lab-1", first)
    north.arrive("lab-2", second)
    (path,) = north.seal()
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    header = json.loads(lines[0])
    assert (header["schema"], header["site"], header["number"]) == ("shadowledger/bundle/1", "north", 1)
    assert (header["runs"], header["records"]) == (2, 10)
    assert b"".join(lines[2:]).startswith(first)
    received = json.loads(lines[2 + first.count(b"\n")])
    assert received == {"schema": "shadowledger/received/1", "run": run_of(first), "device": id_of("lab-1"),
                        "received_at": "2026-11-23T10:00:00Z", "skew_s": -3}  # fmt: skip
    assert b"".join(lines[-2 - second.count(b"\n") + 1 : -1]) == second
    assert path.stat().st_mode & 0o077 == 0
    assert north.seal() == []
    assert north.store.execute("select count(*) from run where document is not null").fetchone() == (0,)


def test_sealing_that_ends_anywhere_goes_on_to_the_same_bytes(north: Place) -> None:
    north.arrive("lab-1", *(document("lab-1") for _ in range(5)))
    with writing(north.store):
        assert begin(north.store) == 1
    north.arrive("lab-1", document("lab-1"))
    (bundle,) = bundles(north.store)
    whole = write(north.store, bundle, north.name, north.key, north.folder).read_bytes()
    assert write(north.store, bundle, north.name, north.key, north.folder).read_bytes() == whole
    first, second = north.seal()
    assert first.read_bytes() == whole
    first.unlink()
    assert [one.run_count for one in bundles(north.store, "written")] == [5, 1]
    assert verify(second, {"north": north.key.public_key()}).header.number == 2


def test_another_file_in_a_bundles_place_is_left_alone(north: Place) -> None:
    north.arrive("lab-1", document("lab-1"))
    north.folder.mkdir()
    other = north.folder / "north-000001.ndjson.gz"
    other.write_bytes(b"somebody's")
    with pytest.raises(BundleError, match="move it away"):
        north.seal()
    assert other.read_bytes() == b"somebody's"
    other.unlink()
    assert north.seal() == [other]


def test_bundles_of_several_sites_count_once(north: Place, south: Place, centre: Path) -> None:
    north.arrive("lab-1", document("lab-1"), document("lab-1"))
    south.arrive("lab-1", document("lab-1"))
    paths = [*north.seal(), *south.seal()]
    assert imported(centre, *paths) == [("new", 2, 0, []), ("new", 1, 0, [])]
    assert hits(centre) == 3
    assert imported(centre, *paths) == [("known", 2, 0, []), ("known", 1, 0, [])]
    copy = paths[0].with_name("copy.ndjson.gz")
    copy.write_bytes(gzip.compress(gzip.decompress(paths[0].read_bytes()), 1))
    assert imported(centre, copy) == [("known", 2, 0, [])]
    assert shadowledger("scan", copy, "--format", "json", db=centre).json["sources"][0]["standing"] == "known"
    assert hits(centre) == 3


def test_a_run_in_two_bundles_counts_once(north: Place, south: Place, centre: Path) -> None:
    moved = document("lab-1")
    north.arrive("lab-1", document("lab-1"), moved)
    south.arrive("lab-1", document("lab-1"), moved, document("lab-1"))
    assert imported(centre, *north.seal()) == [("new", 2, 0, [])]
    paths = south.seal()
    assert imported(centre, *paths) == [("new", 3, 1, [])]
    assert hits(centre) == 4
    assert imported(centre, *paths) == [("known", 3, 0, [])]
    south.arrive("lab-2", document("lab-2"))
    assert imported(centre, *south.seal()) == [("new", 1, 0, [])]
    assert hits(centre) == 5


def test_a_bundle_of_repeated_runs_alone_adds_nothing(north: Place, south: Place, centre: Path) -> None:
    same = [document("lab-1") for _ in range(2)]
    north.arrive("lab-1", *same)
    south.arrive("lab-1", *same)
    assert imported(centre, *north.seal(), *south.seal()) == [("new", 2, 0, []), ("new", 2, 2, [])]
    assert hits(centre) == 2


def test_gaps_are_told_until_they_are_filled(north: Place, centre: Path) -> None:
    paths = []
    for _ in range(4):
        north.arrive("lab-1", document("lab-1"))
        paths += north.seal()
    assert imported(centre, paths[1], paths[3]) == [("new", 1, 0, []), ("new", 1, 0, [3])]
    assert imported(centre, paths[2]) == [("new", 1, 0, [])]
    assert imported(centre, paths[0]) == [("new", 1, 0, [])]


def test_a_forgotten_bundle_is_new(north: Place, centre: Path) -> None:
    north.arrive("lab-1", document("lab-1"))
    (path,) = north.seal()
    imported(centre, path)
    assert shadowledger("sources", "forget", "1", db=centre).code == 0
    assert hits(centre) == 0
    assert imported(centre, path) == [("new", 1, 0, [])]
    assert hits(centre) == 1


def test_devices_of_a_forgotten_bundle_were_never_looked_at(north: Place, centre: Path) -> None:
    paths = []
    for device in ("lab-1", "lab-2"):
        north.arrive(device, document(device))
        paths += north.seal()
    imported(centre, *paths)
    assert shadowledger("sources", "forget", "1", db=centre).code == 0
    assert len(devices_seen(centre)) == 1
    assert shadowledger("sources", "rescan", "2", db=centre).code == 0
    assert len(devices_seen(centre)) == 1
    imported(centre, paths[0])
    assert len(devices_seen(centre)) == 2


def devices_seen(inventory: Path) -> set[str]:
    with closing(sqlite3.connect(inventory)) as connection:
        return {one for (one,) in connection.execute("select device_id from device_day where is_complete")}


def changed_line(path: Path, number: int, change: Callable[[bytes], bytes]) -> None:
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    lines[number] = change(lines[number])
    path.write_bytes(gzip.compress(b"".join(lines)))


def other_key(path: Path) -> None:
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    signature = base64.b64encode(Ed25519PrivateKey.generate().sign(lines[0])).decode()
    lines[1] = json.dumps({"signature": signature}).encode() + b"\n"
    path.write_bytes(gzip.compress(b"".join(lines)))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda path: changed_line(path, 2, lambda line: line.replace(b"ollama", b"goose!")), "is damaged"),
        (lambda path: changed_line(path, 3, lambda _: b""), "is damaged"),
        (lambda path: changed_line(path, -1, lambda line: line + line), "is damaged"),
        (lambda path: changed_line(path, -1, lambda _: b'{"schema": "shadowledger/received/1"}\n'), "is damaged"),
        (lambda path: changed_line(path, 0, lambda line: line.replace(b'"number":1', b'"number":2')), "was changed"),
        (lambda path: changed_line(path, 0, lambda line: line.replace(b"north", b"south")), "was changed"),
        (lambda path: changed_line(path, 0, lambda line: line.replace(b"north", b"west")), "is not trusted"),
        (lambda path: changed_line(path, 0, lambda line: line.replace(b"bundle/1", b"bundle/2")), "update it"),
        (other_key, "was changed"),
        (lambda path: changed_line(path, 1, lambda _: b'{"signature": "x"}\n'), "is no bundle"),
        (lambda path: path.write_bytes(path.read_bytes()[:-30]), "is damaged"),
        (lambda path: path.write_bytes(b"nonsense"), "is damaged, or no bundle"),
        (lambda path: path.write_bytes(gzip.compress(b"{}\n{}\n")), "is no bundle"),
        (lambda path: path.write_bytes(gzip.compress(b"")), "is no bundle"),
    ],
)
def test_what_was_touched_is_refused_and_the_others_are_taken(
    north: Place, south: Place, centre: Path, spoil: Callable[[Path], None], told: str
) -> None:
    north.arrive("lab-1", document("lab-1", 5))
    south.arrive("lab-2", document("lab-2"))
    paths = [*north.seal(), *south.seal()]
    spoil(paths[0])
    done = shadowledger("import-bundle", *paths, "--format", "json", db=centre)
    assert (done.code, told in done.stderr, done.stderr.count("\n")) == (5, True, 1), done
    assert [one["site"] for one in done.json["bundles"]] == ["south"]
    assert hits(centre) == 1


def test_another_bundle_of_a_number_that_was_taken_is_refused(north: Place, centre: Path, tmp_path: Path) -> None:
    north.arrive("lab-1", document("lab-1"))
    imported(centre, *north.seal())
    restored = Place(tmp_path / "restored", "north")
    restored.key = north.key
    restored.arrive("lab-1", document("lab-1"))
    done = shadowledger("import-bundle", *restored.seal(), db=centre)
    assert (done.code, "that was taken in before" in done.stderr) == (5, True)


@pytest.mark.parametrize(
    ("key", "site", "code"),
    [("nonsense", "west", 5), ("PUBLIC", "south", 5), ("PUBLIC", "north", 0), ("PUBLIC", "a b", 2)],
)
def test_a_site_has_one_key(north: Place, centre: Path, key: str, site: str, code: int) -> None:
    assert (
        shadowledger("bundles", "trust", key.replace("PUBLIC", north.public()), "--site", site, db=centre).code == code
    )


def test_a_bundle_can_be_scanned_and_partial_runs_are_told(north: Place, tmp_path: Path, centre: Path) -> None:
    north.arrive("lab-1", document("lab-1", 30), document("lab-1", complete=False), is_complete=False)
    (path,) = north.seal()
    done = shadowledger("scan", path, "--format", "json", db=tmp_path / "other.db")
    (source,) = done.json["sources"]
    assert (source["hits"], source["issues"], source["ignored"]) == (2, 1, 5)
    told = shadowledger("scan", path, "--explain", "--format", "json", db=tmp_path / "another.db").json["sources"][0]
    assert "which `import-bundle` verifies, and this does not" in told["why"]
    (row,) = shadowledger("import-bundle", path, "--format", "json", db=centre).json["bundles"]
    assert (row["partial"], row["runs"]) == (1, 2)


def test_an_import_that_is_killed_anywhere_is_begun_again_to_the_same(north: Place, south: Place, centre: Path) -> None:
    rng = Random(5)  # noqa: S311 - repeatable
    moved = [document("lab-1", 50) for _ in range(50)]
    north.arrive("lab-1", *moved)
    south.arrive("lab-1", *moved, *(document("lab-1", 50) for _ in range(150)))
    paths = [*north.seal(), *south.seal()]
    words = ("--db", centre, "import-bundle", *paths)
    began = time.monotonic()
    other = (word if word != centre else centre.with_name("other.db") for word in words)
    assert process(*other, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait() == 0
    span_s, kills = time.monotonic() - began, 0
    for _ in range(16):
        running = process(*words, stdout=subprocess.DEVNULL)
        try:
            assert running.wait(rng.uniform(0, span_s)) == 0
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
            kills += 1
    assert kills
    for _ in range(2):
        assert {standing for standing, *_ in imported(centre, *paths)} <= {"new", "known"}
        assert hits(centre) == 200
    assert shadowledger("db", "check", db=centre).code == 0


def test_where_nobody_is_stored_no_days_of_devices_are(north: Place, centre: Path) -> None:
    assert shadowledger("init", db=centre).code == 0
    words = ("privacy", "profile", "aggregate", "--reason", "works council")
    assert shadowledger(*words, db=centre).code == 0
    north.arrive("lab-1", document("lab-1"))
    assert imported(centre, *north.seal()) == [("new", 1, 0, [])]
    with closing(sqlite3.connect(centre)) as connection:
        assert connection.execute("select count(*) from device_day").fetchone() == (0,)
    assert hits(centre) == 1


def test_days_of_devices_are_those_of_complete_runs(north: Place, centre: Path) -> None:
    north.arrive("lab-1", document("lab-1"))
    north.arrive("lab-2", document("lab-2", complete=False, lines=rows(30, "lab-2")), is_complete=False)
    imported(centre, *north.seal())
    with closing(sqlite3.connect(centre)) as connection:
        found = connection.execute("select day, is_complete from device_day order by is_complete").fetchall()
        assert connection.execute("select count(distinct device_id) from device_day").fetchone() == (2,)
    assert found == [(NOW_US // DAY_US, 0), (NOW_US // DAY_US, 1)]


def test_written_is_only_what_was_sealed(north: Place) -> None:
    north.arrive("lab-1", document("lab-1"))
    with writing(north.store):
        is_written(north.store, 1)
        assert begin(north.store) == 1
    assert [one.state for one in bundles(north.store)] == ["sealed"]


DEVICES = "device,owner,unit\n" + "".join(f"lab-{number},P-{number},IT\n" for number in range(20))


def test_coverage_tells_how_fresh_devices_are(north: Place, centre: Path, tmp_path: Path) -> None:
    assert shadowledger("init", db=centre).code == 0
    (tmp_path / "devices.csv").write_text(DEVICES)
    done = shadowledger("directory", "import", tmp_path / "devices.csv", "--kind", "devices", db=centre)
    assert done.code == 0, done
    assert shadowledger("coverage", "show", "--format", "json", db=centre).json["devices"] is None
    old, new = range(6), range(6, 12)
    for number in old:
        north.arrive(f"lab-{number}", document(f"lab-{number}"))
    north.later(5)
    for number in new:
        north.arrive(f"lab-{number}", document(f"lab-{number}"))
    assert imported(centre, *north.seal()) == [("new", 12, 0, [])]
    devices = shadowledger("coverage", "show", "--days", "6", "--format", "json", db=centre).json["devices"]
    counts = {name: devices[name]["low"] for name in ("current", "stale", "never_seen_whole", "never")}
    assert counts == {"current": 6, "stale": 6, "never_seen_whole": 0, "never": 8}
    assert (devices["as_of"], devices["from"]) == ("2026-11-28", "2026-11-23")
    assert (devices["days_seen"], devices["of_days"]) == (12, 72)
    told = shadowledger("coverage", "show", db=centre).stdout
    assert "6 current, 6 without a complete run for 3 days, 0 never seen whole, 8 of the list never" in told
