"""However a log is packed, it is one source; the files of an archive are sources like others."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from commands import shadowledger
from scanner_inputs import DAY_S, squid_line, write_squid

from shadowledger.collectors.sources import find
from shadowledger.db.sources import get_source, known_ids
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.outcomes import Outcome
from shadowledger.scanner.pipeline import Scan
from shadowledger.scanner.places import place_of

LINES = [squid_line("chatgpt.com", f"user{number}", at_s=DAY_S + number) for number in range(1500)]
LOG = "".join(LINES).encode()


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


PACK: dict[str, Callable[[bytes], bytes]] = {
    "log": lambda data: data,
    "gz": gzip.compress,
    "zst": zstandard.ZstdCompressor().compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda data: zipped(log=data),
    "tgz": lambda data: tarred(log=data),
}
SEVERAL: dict[str, Callable[..., bytes]] = {"zip": zipped, "tgz": tarred}


def scanned(scan: Scan, *words: Path) -> list[Outcome]:
    return scan.run(find(map(str, words)), Choices()).outcomes


def hits(scan: Scan) -> int:
    return int(scan.connection.execute("select coalesce(sum(record_count), 0) from observation").fetchone()[0])


@pytest.mark.parametrize("first", PACK)
def test_one_log_is_one_source_however_it_is_packed(scan: Scan, tmp_path: Path, first: str) -> None:
    paths = {how: tmp_path / f"access.{how}" for how in PACK}
    for how, path in paths.items():
        path.write_bytes(PACK[how](LOG))
    assert [one.standing for one in scanned(scan, paths[first])] == ["new"]
    assert {one.standing for one in scanned(scan, *paths.values())} == {"known"}
    assert (known_ids(scan.connection), hits(scan)) == ([1], len(LINES))


@pytest.mark.parametrize("how", PACK)
def test_a_log_that_was_packed_when_it_had_grown_goes_on(scan: Scan, tmp_path: Path, how: str) -> None:
    write_squid(tmp_path / "access.log", LINES[:1000])
    (tmp_path / "later").write_bytes(PACK[how](LOG))
    told = [one.standing for one in scanned(scan, tmp_path / "access.log", tmp_path / "later", tmp_path / "later")]
    assert told == ["new", "grown"]  # once named twice is once
    assert [one.standing for one in scanned(scan, tmp_path / "later")] == ["known"]
    assert (known_ids(scan.connection), hits(scan)) == ([1], len(LINES))


@pytest.mark.parametrize("how", SEVERAL)
def test_each_file_of_an_archive_is_a_source(scan: Scan, tmp_path: Path, how: str) -> None:
    path, half = tmp_path / "logs", "".join(LINES[:700]).encode()
    path.write_bytes(SEVERAL[how](one=half, two=LOG[len(half) :]))
    outcomes = scanned(scan, path)
    assert [(one.name, one.standing, one.problem) for one in outcomes] == [
        (f"{path}/one", "new", ""),
        (f"{path}/two", "new", ""),
    ]
    sources = [get_source(scan.connection, number) for number in known_ids(scan.connection)]
    assert [place_of(source, scan.identities) for source in sources if source] == [f"{path}/one", f"{path}/two"]
    assert [one.standing for one in scanned(scan, path)] == ["known", "known"]
    assert hits(scan) == len(LINES)
    again = scan.rescan([(number, Choices()) for number in known_ids(scan.connection)])
    assert [(one.standing, one.problem) for one in again.outcomes] == [("rescanned", "")] * 2
    assert hits(scan) == len(LINES)


@pytest.mark.parametrize("how", SEVERAL)
def test_a_file_of_an_archive_grows(scan: Scan, tmp_path: Path, how: str) -> None:
    path, other = tmp_path / "logs", squid_line("claude.ai", at_s=DAY_S + 7).encode()
    path.write_bytes(SEVERAL[how](one="".join(LINES[:700]).encode(), two=other))
    scanned(scan, path)
    path.write_bytes(SEVERAL[how](one=LOG, two=other))
    assert [one.standing for one in scanned(scan, path)] == ["grown", "known"]
    assert hits(scan) == len(LINES) + 1


@pytest.mark.parametrize("how", SEVERAL)
def test_a_file_that_is_gone_from_its_archive_is_told_and_keeps_what_was_counted(
    scan: Scan, tmp_path: Path, how: str
) -> None:
    path, other = tmp_path / "logs", squid_line("claude.ai", at_s=DAY_S + 7).encode()
    path.write_bytes(SEVERAL[how](one=LOG, two=other))
    scanned(scan, path)
    path.write_bytes(SEVERAL[how](three=LOG, two=other))
    again = scan.rescan([(1, Choices()), (2, Choices())])
    assert [one.standing for one in again.outcomes] == ["unreadable", "rescanned"]
    assert again.outcomes[0].problem == "cannot be opened: there is no such file in the archive"
    assert hits(scan) == len(LINES) + 1


def test_what_is_not_read_of_an_archive_is_told_each_time(tmp_path: Path) -> None:
    path, db = tmp_path / "logs.zip", tmp_path / "inventory.db"
    path.write_bytes(zipped(one=LOG, inner=zipped(x=LOG), prose=b"Dear all,\n" * 9))
    for options in ((), ("--collector", "squid_native")):
        for standing in ("new", "known"):
            done = shadowledger("scan", path, *options, "--format", "json", db=db)
            told = {one["input"].removeprefix(f"{path}/"): one for one in done.json["sources"]}
            assert (done.code, told["one"]["standing"]) == (3, "known" if options else standing)
            assert "a zip archive inside another one" in told["inner"]["note"]
    assert "inner" not in shadowledger("sources", "list", "--format", "json", db=db).stdout


@pytest.mark.parametrize("how", [how for how in PACK if how != "log"])
def test_collect_prints_what_is_packed(tmp_path: Path, how: str) -> None:
    plain, packed = write_squid(tmp_path / "access.log", LINES[:50]), tmp_path / "packed"
    packed.write_bytes(PACK[how]("".join(LINES[:50]).encode()))
    told = shadowledger("collect", packed)
    assert (told.code, told.stdout) == (0, shadowledger("collect", plain).stdout)


def test_collect_prints_the_files_of_an_archive_or_one_of_them(tmp_path: Path) -> None:
    path = tmp_path / "logs.tgz"
    path.write_bytes(tarred(one=LINES[0].encode(), two=LINES[1].encode()))
    assert [one["user"] for one in shadowledger("collect", path).lines] == ["user0", "user1"]
    assert [one["user"] for one in shadowledger("collect", path / "two").lines] == ["user1"]
    assert shadowledger("collect", path / "three").code == 2
