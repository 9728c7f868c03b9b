"""Hits of one day and way that are packed, in however many stretches, come to what they come to one by one."""

from __future__ import annotations

import os
import pickle
from array import array
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowledger.scanner.spill import Spill
from shadowledger.scanner.stretches import KEPT_POSITIONS, Figures, Group, pack, unpack

HOUR_US = 3_600_000_000
GAP_US = HOUR_US // 2
HITS = st.lists(
    st.tuples(
        st.integers(0, 3),  # who
        st.integers(0, 2),  # how many positions further
        st.sampled_from((0, HOUR_US, HOUR_US + 1, HOUR_US + GAP_US - 1, HOUR_US + GAP_US, 30 * HOUR_US)),
        st.sampled_from((-1, 0, 7)),
        st.sampled_from((-1, 0, 9)),
    ),
    min_size=1,
    max_size=60,
)
Hit = tuple[int, int, int, int, int]


def one_by_one(hits: list[Hit]) -> list[tuple[object, ...]]:
    """What is stored of hits, counted as plainly as can be."""
    found = []
    for who in {hit[0] for hit in hits}:
        positions, times, sent, received = zip(*(hit[1:] for hit in hits if hit[0] == who), strict=True)
        told = [[size for size in sizes if size >= 0] for sizes in (sent, received)]
        gaps = sum(abs(late - early) >= GAP_US for early, late in pairwise(times))
        hours = {time_us // HOUR_US % 24 for time_us in times if time_us}
        kept = " ".join(map(str, positions[:KEPT_POSITIONS]))
        is_plain = len(positions) == 1 or (len(positions) == 2 and positions[0] != positions[1])
        sums = [sum(sizes) if sizes else None for sizes in told]
        mask = sum(1 << hour for hour in hours)
        row = (who, len(times), gaps + 1, *sums, mask, positions[0], positions[-1], None if is_plain else kept)
        found.append(row)
    return sorted(found, key=lambda row: (row[6], row[0]))


def packed(hits: list[Hit], spill: Spill | None) -> Iterator[tuple[int, int, Figures]]:
    group: Group = array("q", [number for hit in hits for number in hit])
    return unpack([pack(iter([(5, 0, 20_000, group)]), spill)])


@settings(max_examples=200, deadline=None)
@given(HITS, st.sets(st.integers(1, 59), max_size=4), st.booleans())
def test_any_cut_comes_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Hit], cuts: set[int], on_disk: bool
) -> None:
    hits, position = [], 1
    for who, further, *rest in steps:
        position += further
        hits.append((who, position, *rest))
    starts = [0, *sorted(cut for cut in cuts if cut < len(hits))]
    parts = [hits[start:stop] for start, stop in zip(starts, [*starts[1:], None], strict=True)]
    with pytest.MonkeyPatch.context() as patch, closing(Spill(tmp_path_factory.getbasetemp())) as spill:
        patch.setattr("shadowledger.scanner.stretches.KEPT_BYTES", 0 if on_disk else 1 << 20)
        stretches = []
        for number, part in enumerate(parts):
            before = 100 * number  # a part counts positions, people and ways from a beginning of its own
            group = array("q", [n for who, at, *rest in part for n in (3 - who, at - before, *rest)])
            own = pack(iter([(5, 1, 20_000, group)]), spill)
            stretches.append(pickle.loads(pickle.dumps(own.renumbered([9, 0], [3, 2, 1, 0], before))))  # noqa: S301
        ((way, day, figures),) = unpack(stretches)
        assert (way, day) == (0, 20_000)
        assert set(zip(*figures, strict=True)) == set(one_by_one(hits))
        assert list(figures.firsts) == sorted(figures.firsts)


def test_the_file_is_its_owners_has_no_name_and_is_read_by_whoever_was_forked(tmp_path: Path) -> None:
    with closing(Spill(tmp_path)) as spill:
        number = spill.open()
        assert list(tmp_path.iterdir()) == []
        assert os.fstat(number).st_mode & 0o777 == 0o600
        assert spill.add(b"ours ") == 0
        if os.fork() == 0:
            os._exit(spill.add(b"theirs") != 5)
        assert os.wait()[1] == 0
        assert spill.add(b"!") == 11
        assert pickle.loads(pickle.dumps(spill)).read(0, 12) == b"ours theirs!"  # noqa: S301 - our own


def test_what_finds_no_room_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shadowledger.scanner.stretches.KEPT_BYTES", 0)
    hits = [(1, 1, HOUR_US, 5, 6), (2, 3, HOUR_US, -1, 6)]
    with closing(Spill(tmp_path / "gone")) as spill:
        assert spill.add(b"x") == -1
        ((_, _, figures),) = packed(hits, spill)
    assert list(zip(*figures, strict=True)) == one_by_one(hits)
