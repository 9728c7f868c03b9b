"""The files of an archive are inputs of their own; what is in it and is not read is told."""

from __future__ import annotations

import io
import os
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from packed_files import LONG, SHORT, gz, tar, zipped, zst

from shadowledger.collectors import archives
from shadowledger.collectors.members import MOST_MEMBERS
from shadowledger.collectors.sources import InputNotFoundError, UnreadableError, find, located, open_source

ARCHIVES: dict[str, Callable[..., bytes]] = {
    "zip": zipped,
    "tar": tar,
    "tgz": lambda *files: gz(tar(*files)),
    "tar.zst": lambda *files: zst(tar(*files)),
}
YEAR_2019_S = 1_550_000_000


def read(path: Path) -> bytes:
    with open_source(path) as opened:
        data = b"".join(opened.chunks())
        assert opened.damage == ""
        return data


def found(path: Path) -> list[str]:
    """What a path is taken for, without the folder that it lies in."""
    return [str(one.relative_to(path.parent)) for one in find([str(path)])]


def told(path: Path) -> str:
    """Why a path is not read."""
    try:
        with open_source(path) as opened:
            for _ in opened.chunks():
                pass
            return opened.damage
    except UnreadableError as error:
        return str(error)


def put(folder: Path, data: bytes, name: str = "a") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("how", ARCHIVES)
def test_each_file_of_an_archive_is_an_input(tmp_path: Path, how: str) -> None:
    files = {f"logs/{number}.log": LONG[number * 50_000 :][:80_000] for number in range(9)}
    path = put(tmp_path, ARCHIVES[how](*files.items()))
    assert found(path) == [f"a/{name}" for name in files]
    for one in (*find([str(path)]), *reversed(find([str(path)]))):
        assert read(one) == files[str(one.relative_to(path))]
        assert one.is_file()
        assert str(one.absolute()) == f"{path}/{one.relative_to(path)}"


@pytest.mark.parametrize("how", ARCHIVES)
def test_an_archive_of_one_file_is_that_file(tmp_path: Path, how: str) -> None:
    path = put(tmp_path, ARCHIVES[how](("logs/a.log", LONG)))
    assert find([str(path)]) == [path]
    assert read(path) == read(path / "logs" / "a.log") == LONG


@pytest.mark.parametrize("how", ARCHIVES)
def test_a_file_of_an_archive_is_named_by_its_path(tmp_path: Path, how: str) -> None:
    path = put(tmp_path, ARCHIVES[how](("a.log", SHORT), ("b.log", LONG)))
    assert [read(one) for one in find([f"{path}/b.log"])] == [LONG]
    for word in (f"{path}/c.log", f"{path}/a.log/x", f"{path}/../a/a.log/..", f"{path}/../x"):
        with pytest.raises(InputNotFoundError, match="does not exist"):
            find([word])
    with pytest.raises(FileNotFoundError, match="no such file in the archive"):
        open_source(path / "c.log")
    assert [located(path / name).is_file() for name in ("a.log", "c.log")] == [True, False]
    with pytest.raises(FileNotFoundError, match="no such file in the archive"):
        located(path / "c.log").stat()
    assert told(path) == f"an archive of 2 files; name those that are to be read, as in {path}/a.log"


def test_archives_in_folders_are_taken_apart_and_other_files_are_not(tmp_path: Path) -> None:
    put(tmp_path, zipped(("a.log", SHORT), ("b.log", SHORT)), "a.zip")
    put(tmp_path, SHORT, "b.log")
    put(tmp_path, zipped(("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")), "c.docx")
    put(tmp_path, b"PK\3\4 and no more", "d.zip")
    names = [str(path.relative_to(tmp_path)) for path in find([str(tmp_path)])]
    assert names == ["a.zip/a.log", "a.zip/b.log", "b.log", "c.docx", "d.zip"]
    assert find([f"{tmp_path}/*.zip"]) == [path for path in find([str(tmp_path)]) if ".zip" in str(path)]
    with open_source(tmp_path / "c.docx") as opened:
        assert opened.head.startswith(b"PK")
    assert "cannot be read" in told(tmp_path / "d.zip")
    with pytest.raises(NotADirectoryError):
        open_source(tmp_path / "b.log" / "x")


NAMES = [
    (["../../x.log", "/etc/passwd", "C:\\Windows\\y.log"], ["x.log", "etc/passwd", "C:/Windows/y.log"]),
    (["a.log", "./a.log", "../a.log", "a.log (2)"], ["a.log", "a.log (2)", "a.log (3)", "a.log (2) (2)"]),
    (["a.log", ".b.log", ".c/d.log", "__MACOSX/._a.log", "b.log"], ["a.log", "b.log"]),
    (["..", "a.log"], ["unnamed", "a.log"]),
    (["ä/\N{ROBOT FACE}.log", "a\nb.log"], ["ä/\N{ROBOT FACE}.log", "a\nb.log"]),
]


@pytest.mark.parametrize("how", ARCHIVES)
@pytest.mark.parametrize(("names", "shown"), NAMES)
def test_names_lead_nowhere_but_into_the_archive(tmp_path: Path, how: str, names: list[str], shown: list[str]) -> None:
    path = put(tmp_path, ARCHIVES[how](*((name, name.encode()) for name in names)))
    got = {str(one.relative_to(path)): read(one).decode() for one in find([str(path)])}
    if how == "zip" and "a.log (2)" in names:
        assert len(got) == 4  # in the order in which they lie
    kept = [name for name in names if not any(part.startswith(".") and part.strip(".") for part in name.split("/"))]
    assert list(got) == shown
    assert list(got.values()) == kept


@pytest.mark.parametrize("how", ["tar", "tgz"])
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_long_names_are_read_in_every_kind_of_tar(tmp_path: Path, how: str, form: int) -> None:
    names = ["d" * 90 + "/" + "f" * 95, "short"] + ["x" * 300] * (form != tarfile.USTAR_FORMAT)
    data = tar(*((name, name.encode()) for name in names), form=form)
    path = put(tmp_path, gz(data) if how == "tgz" else data)
    assert [str(one.relative_to(path)) for one in find([str(path)])] == names
    assert [read(one).decode() for one in find([str(path)])] == names


def test_a_tar_without_a_mark_is_known_by_its_sum(tmp_path: Path) -> None:
    header = bytearray(tar(("a.log", SHORT), form=tarfile.USTAR_FORMAT))
    header[257:265] = bytes(8)
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 256 + sum(header[156:512]))
    assert read(put(tmp_path, bytes(header))) == SHORT


def special(kind: bytes, **more: object) -> bytes:
    """A tar of a log and of something that is none."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, one in (("a.log", tarfile.REGTYPE), ("other", kind)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = one, "a.log" if one in (tarfile.LNKTYPE, tarfile.SYMTYPE) else ""
            info.size = len(SHORT) if one == tarfile.REGTYPE else 0
            info.pax_headers = {key: str(value) for key, value in more.items() if name == "other"}
            archive.addfile(info, io.BytesIO(SHORT))
    return out.getvalue()


def zip_of(**fields: int) -> bytes:
    """A zip of a log and of something that is none, as its list says (APPNOTE.TXT, section 4.3.12)."""
    data = bytearray(zipped(("a.log", SHORT), ("other", SHORT)))
    at = data.rindex(b"PK\1\2")
    places = {"flags": (8, "<H"), "method": (10, "<H"), "attributes": (38, "<I"), "crc": (16, "<I"), "size": (24, "<I")}
    for field, value in fields.items():
        place, form = places[field]
        struct.pack_into(form, data, at + place, value)
    return bytes(data)


def nested(data: bytes) -> bytes:
    return zipped(("a.log", SHORT), ("other", data))


OTHERS: list[tuple[str, bytes, str]] = [
    ("symbolic link", special(tarfile.SYMTYPE), "a link inside the archive, not a file"),
    ("hard link", special(tarfile.LNKTYPE), "a link inside the archive, not a file"),
    ("device", special(tarfile.CHRTYPE), "a device inside the archive, not a file"),
    ("pipe", special(tarfile.FIFOTYPE), "a pipe inside the archive, not a file"),
    ("folder", special(tarfile.DIRTYPE), "a folder without any file"),
    ("sparse", special(tarfile.GNUTYPE_SPARSE), "a sparse file"),
    ("sparse in pax", special(tarfile.REGTYPE, **{"GNU.sparse.major": 1}), "a sparse file"),
    ("unknown", special(b"Q"), "of a kind (Q)"),
    ("link in a zip", zip_of(attributes=0o120777 << 16), "a link inside the archive, not a file"),
    ("folder in a zip", zipped(("a.log", SHORT), ("other/", b"")), "a folder without any file"),
    ("encrypted", zip_of(flags=1), "encrypted"),
    ("unknown method", zip_of(method=9), "packed in a way (method 9)"),
    ("wrong sum", zip_of(crc=7), "damaged"),
    ("larger than it says", zip_of(size=9), "damaged"),
    ("smaller than it says", zip_of(size=9999), "cut off"),
    ("zip in a zip", nested(zipped(("x.log", SHORT))), "a zip archive inside another one"),
    ("tar in a zip", nested(tar(("x.log", SHORT))), "a tar archive inside another one"),
    ("tgz in a zip", nested(gz(tar(("x.log", SHORT)))), "a tar archive inside another one"),
    ("zip in a tgz", gz(tar(("a.log", SHORT), ("other", zipped(("x.log", SHORT))))), "a zip archive inside another"),
]


@pytest.mark.parametrize(("data", "said"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_what_is_no_file_is_told_and_its_neighbour_is_read(tmp_path: Path, data: bytes, said: str) -> None:
    path = put(tmp_path, data)
    log, *others = find([str(path)])
    assert read(log) == SHORT
    assert said in told(others[0])


def test_folders_that_hold_files_are_no_inputs(tmp_path: Path) -> None:
    path = put(tmp_path, zipped(("d/", b""), ("d/a.log", SHORT), ("d/e/", b""), ("b.log", SHORT), ("dd/", b"")))
    assert found(path) == ["a/d/a.log", "a/b.log", "a/d/e", "a/dd"]


@pytest.mark.parametrize("how", ["zip", "tar", "tgz"])
def test_an_archive_without_a_file_is_told(tmp_path: Path, how: str) -> None:
    path = put(tmp_path, ARCHIVES[how](*((".hidden", SHORT),)))
    assert find([str(path)]) == [path]
    assert told(path) == "an archive without any file"


def test_a_packed_zip_and_a_zip_in_it_are_told(tmp_path: Path) -> None:
    path = put(tmp_path, gz(zipped(("a.log", SHORT))))
    assert find([str(path)]) == [path]
    assert "a zip archive inside another one or inside a packed file" in told(path)


def test_files_that_lie_upon_each_other_are_refused(tmp_path: Path) -> None:
    """As in https://www.bamsoftware.com/hacks/zipbomb/."""
    data = bytearray(zipped(("a.log", bytes(9999)), ("b.log", bytes(9999))))
    struct.pack_into("<I", data, data.rindex(b"PK\1\2") + 42, 0)
    path = put(tmp_path, bytes(data))
    assert find([str(path)]) == [path]
    assert "lie upon each other" in told(path)


def test_a_zip_with_too_long_a_list_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, zipped(*((f"{number:09}" + "x" * 900, b"") for number in range(4400))))
    assert "cannot be read" in told(path)


@pytest.mark.parametrize("how", ["tar", "tgz"])
def test_more_files_than_are_read_are_told(tmp_path: Path, how: str) -> None:
    header = tar(("a.log", b""), form=tarfile.USTAR_FORMAT)[:512]
    data = header * (MOST_MEMBERS + 5) + bytes(1024)
    paths = find([str(put(tmp_path, data if how == "tar" else gz(data)))])
    assert len(paths) == MOST_MEMBERS
    assert told(paths[0]) == ""
    assert f"more than {MOST_MEMBERS} files" in told(paths[-1])


def pax(*records: bytes) -> bytes:
    """A header that says something about the next entry, in pax's own words."""
    data = b"".join(records)
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, len(data)
    return info.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512)


def header(**fields: object) -> bytes:
    info = tarfile.TarInfo("b.log")
    for key, value in fields.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.GNU_FORMAT)


END = bytes(1024)
DAMAGED: list[tuple[str, bytes, str]] = [
    ("an endless file", header(size=1 << 60) + SHORT, "cut off"),
    ("an endless name", header(type=b"L", size=1 << 40) + SHORT, "damaged"),
    ("an endless note", header(type=b"x", size=2 << 20) + bytes(2 << 20), "damaged"),
    ("a cut note", header(type=b"x", size=2000) + bytes(512), "cut off"),
    ("a note without a length", pax(b"path=x\n") + header() + END, "damaged"),
    ("a note that is longer than told", pax(b"999 path=x\n") + header() + END, "damaged"),
    ("a note that goes backwards", pax(b"0 path=x\n") + header() + END, "damaged"),
    ("a size in words", pax(b"13 size=many\n") + header() + END, "damaged"),
    ("a size of 5,000 digits", pax(b"5009 size=" + b"9" * 5000 + b"\n") + header() + END, "damaged"),
    ("a wrong sum", header()[:-1] + b"x" + END, "damaged"),
    ("no end", header(), "no end mark"),
    ("half a header", header()[:200], "cut off"),
]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("rest", "said"), [row[1:] for row in DAMAGED], ids=[row[0] for row in DAMAGED])
def test_a_damaged_tar_is_read_up_to_there_and_told(tmp_path: Path, rest: bytes, said: str, *, packed: bool) -> None:
    data = tar(("a.log", SHORT), form=tarfile.USTAR_FORMAT)[: 512 + -(-len(SHORT) // 512) * 512] + rest
    paths = find([str(put(tmp_path, gz(data) if packed else data))])
    with open_source(paths[0]) as opened:
        assert b"".join(opened.chunks()) == SHORT
    assert said in told(paths[-1])


def test_files_are_as_old_as_their_archive_says(tmp_path: Path) -> None:
    zip_info = zipfile.ZipInfo("a.log", (2019, 2, 12, 19, 33, 20))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zip_info, SHORT)
    cases = (
        (tar(("a.log", SHORT), mtime=YEAR_2019_S), YEAR_2019_S),
        (tar(("a.log", SHORT), mtime=YEAR_2019_S + 0.5), YEAR_2019_S),
        (out.getvalue(), YEAR_2019_S),
        (tar(("a.log", SHORT)), YEAR_2019_S + 9),
        (zipped(("a.log", SHORT)), YEAR_2019_S + 9),
        (tar(("a.log", SHORT), mtime=1 << 60), YEAR_2019_S + 9),
        (tar(("a.log", SHORT), mtime=-5, form=tarfile.GNU_FORMAT), YEAR_2019_S + 9),
    )
    for number, (data, written_s) in enumerate(cases):
        path = put(tmp_path, data, str(number))
        os.utime(path, (YEAR_2019_S + 9, YEAR_2019_S + 9))
        with open_source(path) as opened:
            assert opened.modified_us == written_s * 1_000_000


def test_a_packed_tar_is_walked_once_for_files_in_their_order(tmp_path: Path) -> None:
    path = put(tmp_path, gz(tar(*((f"{number}.log", LONG[number * 9000 :][:9000]) for number in range(12)))))
    walks = set()
    for one in find([str(path)]):
        with open_source(one) as first, open_source(one) as second:  # as where it is compared with what is known
            assert b"".join(first.chunks()) == b"".join(second.chunks())
        walks |= set(archives._KEPT)
    assert len(walks) == 2


def test_an_archive_that_is_replaced_is_listed_anew(tmp_path: Path) -> None:
    path = put(tmp_path, gz(tar(("a.log", SHORT), ("b.log", SHORT))))
    assert [read(one) for one in find([str(path)])] == [SHORT, SHORT]
    put(tmp_path, gz(tar(("c.log", LONG), ("b.log", SHORT), ("a.log", b"x"))))
    assert [read(one) for one in find([str(path)])] == [LONG, SHORT, b"x"]
