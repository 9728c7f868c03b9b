"""What is packed is read as what it holds; where it cannot be, that is told, and memory stays what it is."""

from __future__ import annotations

import codecs
import contextlib
import io
import lzma
import tracemalloc
import zlib
from itertools import count
from pathlib import Path

import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packed_files import LONG, PACK, SHORT, gz, tar, zipped, zst

from shadowledger.collectors.sources import HEAD_BYTES, TAIL_BYTES, Opened, UnreadableError, find, open_source
from shadowledger.collectors.unpacking import HIGHEST_RATIO, RATIO_GRACE_BYTES, layer_of

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "logs" / "samples" / "compressed"
FRAMES = ("gz", "zst", "bz2", "xz")
"""What may stand several times in one file."""
_NUMBERS = count()


def read(path: Path) -> tuple[bytes, str]:
    """All that a path holds, and why that is not all."""
    with open_source(path) as opened:
        return b"".join(opened.chunks()), opened.damage


def reads(folder: Path, packed: bytes) -> tuple[bytes, str]:
    """As `read`; what cannot be opened at all holds nothing."""
    path = folder / str(next(_NUMBERS))  # a name of its own, because what an archive holds is remembered
    path.write_bytes(packed)
    try:
        return read(path)
    except UnreadableError as error:
        return b"", str(error)
    finally:
        path.unlink()


@pytest.mark.parametrize("how", PACK)
@pytest.mark.parametrize("data", [b"", b"x", SHORT, LONG], ids=["empty", "one byte", "short", "long"])
def test_what_is_packed_is_read(tmp_path: Path, how: str, data: bytes) -> None:
    assert reads(tmp_path, PACK[how](data)) == (data, "")


@pytest.mark.parametrize("how", PACK)
def test_what_is_cut_off_is_read_as_far_as_it_goes_and_told(tmp_path: Path, how: str) -> None:
    packed = PACK[how](LONG)
    got, damage = reads(tmp_path, packed[: len(packed) // 2])
    assert "cut off" in damage
    assert LONG.startswith(got)
    assert len(got) < len(LONG)
    if "zip" not in how:  # their list is at the end
        assert len(got) > len(LONG) // 4


@pytest.mark.parametrize("how", PACK)
def test_a_cut_is_told_wherever_it_is(tmp_path: Path, how: str) -> None:
    packed = PACK[how](SHORT)
    unpacked_tar = how == "tar" or how.startswith("tar of")
    begins = 512 if unpacked_tar else 14  # before that it is not known for what it is
    ends = len(packed)  # behind that nothing is said any more
    if unpacked_tar:
        ends = -(-len(packed.rstrip(b"\0")) // 512) * 512 + 512
    elif how == "lzma":
        ends -= 6
    for size in {*range(begins, ends, max(1, len(packed) // 150)), ends - 1}:
        got, damage = reads(tmp_path, packed[:size])
        assert damage, size
        if len(got) >= 512 or how.startswith("zip"):  # less of a packed tar is not known for one
            assert SHORT.startswith(got), size


@pytest.mark.parametrize("how", PACK)
def test_what_is_damaged_is_read_up_to_there_and_told(tmp_path: Path, how: str) -> None:
    packed = bytearray(PACK[how](LONG))
    at = len(packed) // 2
    if how == "tar":
        packed[100] = ord("x")  # its header, because nothing proves the rest
    else:
        packed[at : at + 64] = bytes(byte ^ 0xA5 for byte in packed[at : at + 64])
    got, damage = reads(tmp_path, bytes(packed))
    assert "damaged" in damage or "cut off" in damage, damage
    if how != "zip of bz2":  # one block, of which no byte is where it was
        assert got[: len(LONG) // 4] == LONG[: len(LONG) // 4][: len(got)]
    if how in (*FRAMES, "lzma", "tgz", "tar.zst", "tar.xz"):
        assert len(got) > len(LONG) // 4


@pytest.mark.parametrize("how", [how for how in PACK if how not in ("lzma", "tar")])
def test_a_changed_byte_never_changes_what_is_read_unnoticed(tmp_path: Path, how: str) -> None:
    packed = PACK[how](SHORT)
    for at in range(14, len(packed), max(1, len(packed) // 250)):
        got, damage = reads(tmp_path, packed[:at] + bytes((packed[at] ^ 0x15,)) + packed[at + 1 :])
        assert damage or got == SHORT, at


@pytest.mark.parametrize("how", FRAMES)
def test_frames_follow_each_other_with_zeros_between(tmp_path: Path, how: str) -> None:
    packed = PACK[how](SHORT) + PACK[how](b"") + bytes(8) + PACK[how](LONG) + bytes(40_000)
    assert reads(tmp_path, packed) == (SHORT + LONG, "")
    got, damage = reads(tmp_path, packed + b"what is this")
    assert got == SHORT + LONG
    assert damage


def test_a_zst_frame_that_is_to_be_skipped_is(tmp_path: Path) -> None:
    skipped = b"\x5a\x2a\x4d\x18\x05\0\0\0hello"
    assert reads(tmp_path, skipped + zst(SHORT) + skipped + zst(LONG)) == (SHORT + LONG, "")


def many_frames(how: str) -> bytes:
    return PACK[how](bytes(1 << 20)) * 80


BOMBS = {
    **{how: many_frames(how) for how in FRAMES},
    "gz of gz": gz(many_frames("gz")),
    "gz in a zip": zipped(("a.gz", many_frames("gz"))),
    "zst in a tgz": gz(tar(("a.zst", many_frames("zst")))),
    "tgz": gz(tar(("a.log", bytes(80 << 20)))),
    "zip": zipped(("a.log", bytes(80 << 20))),
}


@pytest.mark.parametrize("how", BOMBS)
def test_a_bomb_is_stopped(tmp_path: Path, how: str) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS[how])
    try:
        with open_source(path) as opened:
            size, damage = sum(map(len, opened.chunks())), opened.damage
    except UnreadableError as error:
        size, damage = 0, str(error)
    assert size <= RATIO_GRACE_BYTES
    assert (f"more than {HIGHEST_RATIO} times" in damage) == (how != "gz of gz")  # its second layer is not unpacked


@pytest.mark.parametrize("how", ["gz", "zst", "xz"])
def test_memory_does_not_grow_with_what_a_bomb_holds(tmp_path: Path, how: str) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(PACK[how](bytes(60 << 20)))
    tracemalloc.start()
    with open_source(path) as opened:
        assert sum(map(len, opened.chunks())) == 60 << 20
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24 << 20


def greedy_xz() -> bytes:
    """With a dictionary of 4 GiB (https://tukaani.org/xz/xz-file-format.txt, sections 3.1 and 5.3.1)."""
    packed = bytearray(lzma.compress(SHORT))
    end = 12 + (packed[12] + 1) * 4
    packed[12 + 4] = 40
    packed[end - 4 : end] = zlib.crc32(packed[12 : end - 4]).to_bytes(4, "little")
    return bytes(packed)


def greedy_lzma() -> bytes:
    return b"\x5d\0\0\0\x40" + lzma.compress(SHORT, lzma.FORMAT_ALONE)[5:]


def greedy_zst() -> bytes:
    """With a window of 256 MiB (RFC 8878, section 3.1.1.1.2), and one block as it is."""
    return b"\x28\xb5\x2f\xfd\0" + bytes((18 << 3,)) + (len(SHORT) << 3 | 1).to_bytes(3, "little") + SHORT


@pytest.mark.parametrize("packed", [greedy_xz(), greedy_lzma(), greedy_zst()], ids=["xz", "lzma", "zst"])
def test_who_asks_for_too_much_memory_gets_none(tmp_path: Path, packed: bytes) -> None:
    got, damage = reads(tmp_path, packed)
    assert (got, "more than 128 MiB of memory" in damage) == (b"", True)


@pytest.mark.parametrize("level", [19, 22])
def test_the_widest_windows_in_use_are_read(tmp_path: Path, level: int) -> None:
    packer = zstandard.ZstdCompressor(level).compressobj()
    assert reads(tmp_path, packer.compress(SHORT) + packer.flush()) == (SHORT, "")


@pytest.mark.parametrize("data", [b"", b"\x1f", b"BZh9 is a word", b"](\0", b"\x5d\0\0" + b"a" * 20, b"(\xb5/", b"PK"])
def test_what_only_begins_alike_is_read_as_it_is(tmp_path: Path, data: bytes) -> None:
    assert layer_of(data) == ""
    assert reads(tmp_path, data) == (data, "")


@pytest.mark.parametrize("how", ["gz", "zst", "zip", "tgz"])
@pytest.mark.parametrize("start", [0, 1, HEAD_BYTES, HEAD_BYTES + 1, len(LONG) - 1, len(LONG), len(LONG) + 5])
def test_reading_begins_at_any_byte(tmp_path: Path, how: str, start: int) -> None:
    for data in (LONG, PACK[how](LONG)):
        path = tmp_path / "packed"
        path.write_bytes(data)
        with open_source(path) as opened:
            assert opened.head == LONG[:HEAD_BYTES]
            assert b"".join(opened.chunks(start)) == LONG[start:]
            assert opened.delivered_bytes == len(LONG[start:])
            assert opened.tail == LONG[start:][-TAIL_BYTES:]


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
@pytest.mark.parametrize("how", ["gz", "zip"])
def test_byte_order_marks_are_seen_behind_the_packing(tmp_path: Path, how: str, mark: bytes) -> None:
    encoding = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}[mark]
    text = "Prüfung \N{ROBOT FACE}\n" * 9000
    assert reads(tmp_path, PACK[how](mark + text.encode(encoding))) == (text.encode(), "")


@pytest.mark.parametrize("how", FRAMES)
def test_a_packed_stream_is_read(how: str) -> None:
    with Opened("-", io.BytesIO(PACK[how](LONG))) as opened:
        assert b"".join(opened.chunks()) == LONG


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("zip", "a zip archive in a stream; save it as a file and scan that"),
        ("tar", "a tar archive in a stream; save it as a file and scan that"),
        ("tgz", "a tar archive inside another one or inside a packed file"),
    ],
)
def test_an_archive_in_a_stream_is_refused(how: str, said: str) -> None:
    with pytest.raises(UnreadableError, match=said):
        Opened("-", io.BytesIO(PACK[how](SHORT)))


@settings(deadline=None, max_examples=300)
@given(
    how=st.sampled_from(sorted(PACK)),
    changes=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, 1 << 16),
)
@example(how="zip of bz2", changes=[(1558, 0)], cut=1)  # a list of files that says it is empty
def test_changed_bytes_anywhere_are_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, how: str, changes: list[tuple[int, int]], cut: int
) -> None:
    packed = bytearray(PACK[how](SHORT[:300]))
    for at, byte in changes:
        packed[at % len(packed)] = byte
    path = tmp_path_factory.mktemp("changed") / "packed"
    path.write_bytes(packed[: cut % len(packed) + 1] if cut % 3 == 0 else packed)
    for found in find([str(path)]):
        with contextlib.suppress(UnreadableError):
            read(found)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/data/logs/samples/compressed is not there")
def test_real_files_of_one_log_are_that_log() -> None:
    (syslog, _), *others = [read(SAMPLES / f"plaso-syslog.{how}") for how in ("bz2", "tar", "tgz")]
    assert syslog.count(b"\n") > 10
    assert others == [(syslog, "")] * 2
    one, two = find([str(SAMPLES / "plaso-syslog.zip")])
    assert (one.name, two.name) == ("syslog", "wtmp.1")
    assert read(one) == (syslog, "")
    assert len(read(two)[0]) == 1537
