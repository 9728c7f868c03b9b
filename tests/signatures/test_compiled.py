"""What is kept of data files is taken only where it is whole, fresh and our own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from shadowledger.signatures import compiled as module
from shadowledger.signatures.compiled import compiled

DECODER = msgspec.msgpack.Decoder(list[str])


class Made:
    """What is compiled, and how often that had to be done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.times = 0

    def __call__(self) -> list[str]:
        self.times += 1
        return [path.read_text() for path in sorted(self.folder.glob("*.toml"))]

    def take(self) -> list[str]:
        return compiled("words", [self.folder], self, DECODER)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    module._folder.cache_clear()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.toml").write_text("one")
    yield Made(tmp_path / "data")
    module._folder.cache_clear()


def kept(made: Made) -> Path:
    (path,) = made.folder.parent.glob("cache/shadowledger/*.msgpack")
    return path


def test_the_same_files_are_read_once(made: Made) -> None:
    assert (made.take(), made.take(), made.times) == (["one"], ["one"], 1)


def test_a_changed_added_or_removed_file_is_read_anew(made: Made) -> None:
    made.take()
    (made.folder / "a.toml").write_text("two, longer")
    assert made.take() == ["two, longer"]
    (made.folder / "b.toml").write_text("three")
    assert made.take() == ["two, longer", "three"]
    (made.folder / "a.toml").unlink()
    assert made.take() == ["three"]
    for number in range(9):
        (made.folder / "c.toml").write_text("x" * number)
        made.take()
    assert len(list(made.folder.parent.glob("cache/shadowledger/*.msgpack"))) == 4, "older versions go"


@pytest.mark.parametrize("damage", [b"", b"\x00" * 40, b"x" * 100])
def test_what_is_damaged_is_made_anew(made: Made, damage: bytes) -> None:
    made.take()
    kept(made).write_bytes(damage)
    assert made.take() == ["one"]
    assert (made.take(), made.times) == (["one"], 2)


def test_one_turned_bit_is_damage(made: Made) -> None:
    made.take()
    data = bytearray(kept(made).read_bytes())
    data[-1] ^= 1
    kept(made).write_bytes(data)
    assert (made.take(), made.times) == (["one"], 2)


@pytest.mark.skipif(os.name != "posix", reason="rights of other systems are not in the mode")
def test_what_others_may_write_is_not_taken(made: Made) -> None:
    made.take()
    kept(made).chmod(0o666)
    assert (made.take(), made.times) == (["one"], 2)


@pytest.mark.skipif(os.name != "posix", reason="rights of other systems are not in the mode")
def test_a_folder_that_others_may_write_is_not_used(made: Made) -> None:
    folder = made.folder.parent / "cache" / "shadowledger"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    assert (made.take(), made.take(), made.times) == (["one"], ["one"], 2)
    assert not list(folder.iterdir())


def test_a_link_in_its_place_is_not_followed(made: Made) -> None:
    made.take()
    path = kept(made)
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))
    assert (made.take(), made.times) == (["one"], 2)


def test_without_a_place_to_keep_it_everything_is_read(made: Made) -> None:
    (made.folder.parent / "cache").write_text("in the way")
    assert (made.take(), made.take(), made.times) == (["one"], ["one"], 2)
