"""Where what lies in a database file (https://www.sqlite.org/fileformat2.html), so that a test can spoil it there."""

from __future__ import annotations

from typing import NamedTuple

HEADER_BYTES = 100
_INNER = (2, 5)
_LEAVES = (10, 13)


class Region(NamedTuple):
    """Bytes of one meaning."""

    kind: str
    """header, page head, pointers, cells, or free."""
    start: int
    stop: int


class Page(NamedTuple):
    """A page of a b-tree."""

    start: int
    """Of its head, in the file."""
    is_leaf: bool
    pointers: range
    """Where the numbers lie that say where its cells lie; two bytes each."""


def page_bytes(data: bytes) -> int:
    return int.from_bytes(data[16:18], "big")


def free_pages(data: bytes) -> set[int]:
    """The numbers of the pages that are on the list of free ones, from 1."""
    size, found, trunk = page_bytes(data), set(), int.from_bytes(data[32:36], "big")
    while trunk:
        found.add(trunk)
        page = data[(trunk - 1) * size : trunk * size]
        count = int.from_bytes(page[4:8], "big")
        found |= {int.from_bytes(page[8 + 4 * at : 12 + 4 * at], "big") for at in range(count)}
        trunk = int.from_bytes(page[:4], "big")
    return found


def pages(data: bytes) -> list[Page]:
    """All pages of b-trees, in the order of the file."""
    size, free, found = page_bytes(data), free_pages(data), []
    for number in range(1, len(data) // size + 1):
        start = (number - 1) * size + (HEADER_BYTES if number == 1 else 0)
        if number in free or data[start] not in (*_INNER, *_LEAVES):
            continue
        is_leaf = data[start] in _LEAVES
        first = start + (8 if is_leaf else 12)
        count = int.from_bytes(data[start + 3 : start + 5], "big")
        found.append(Page(start, is_leaf, range(first, first + 2 * count, 2)))
    return found


def regions(data: bytes) -> list[Region]:
    """What every byte is that means something."""
    size = page_bytes(data)
    found = [Region("header", 0, HEADER_BYTES)]
    found += [Region("free", (number - 1) * size, (number - 1) * size + 8) for number in sorted(free_pages(data))]
    for page in pages(data):
        cells = int.from_bytes(data[page.start + 5 : page.start + 7], "big") or size
        found.append(Region("page head", page.start, page.pointers.start))
        found.append(Region("pointers", page.pointers.start, page.pointers.stop))
        found.append(Region("cells", page.start // size * size + cells, (page.start // size + 1) * size))
    return [one for one in found if one.start < one.stop]
