"""Leases on their way into the store: read whole first, so that a flawed file stores nothing, and put together by
address, so that memory does not grow with their number."""

from __future__ import annotations

import marshal
import tempfile
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO

from shadowledger.db.leases import FREED
from shadowledger.db.names import NOBODY, Name
from shadowledger.scanner.directory.facts import Lease
from shadowledger.scanner.directory.forms import cached_address, cached_device, cached_mac, cached_user

PARTS = 64
_KEPT = 400
"""Leases of one part that wait for being written."""
_SIZE_BYTES = 4
Row = tuple[str, str, str, str, int, int, int]
"""Address; the holder's kind and text; the name that the lease has for it; from, until, event."""


@lru_cache(1 << 17)
def _holder(account: str, mac: str, name: str) -> tuple[str, str, str]:
    """Kind and text of the holder, and what a lease calls it. Of a machine its hardware address stands, where there is
    one: names are the client's own words."""
    called = cached_device(name)
    holder = cached_user(account) if account else cached_mac(mac) if mac else NOBODY
    if not holder.kind:
        return (*called, "")
    return (*holder, called.text if holder.kind == "device" and called != holder else "")


class Spool:
    """Leases in temporary files that nobody else can read. Closed at the end."""

    def __init__(self) -> None:
        self.count = 0
        self._files: list[BinaryIO] = []
        self._waiting: list[list[Row]] = [[] for _ in range(PARTS)]

    def add(self, lease: Lease) -> None:
        """Take a lease in, with names in their forms."""
        address = cached_address(lease.address).text
        kind, text, called = _holder(lease.account, lease.mac, lease.name)
        if not address or not (kind or lease.event == FREED):
            return
        self.count += 1
        part = zlib.crc32(address.encode()) % PARTS
        self._waiting[part].append((address, kind, text, called, lease.since_us, lease.until_us, lease.event))
        if len(self._waiting[part]) >= _KEPT:
            self._write(part)

    def parts(self) -> Iterator[list[Row]]:
        """All leases; those of one address come in one part."""
        for part in range(PARTS):
            rows = list(self._waiting[part])
            if self._files:
                file = self._files[part]
                file.seek(0)
                while size := file.read(_SIZE_BYTES):
                    rows += marshal.loads(file.read(int.from_bytes(size)))  # noqa: S302 - written by us alone
            if rows:
                yield rows

    def close(self) -> None:
        """Remove the files."""
        for file in self._files:
            file.close()

    def _write(self, part: int) -> None:
        if not self._files:
            self._files = [tempfile.TemporaryFile() for _ in range(PARTS)]  # noqa: SIM115 - closed together
        written = marshal.dumps(self._waiting[part])
        self._files[part].write(len(written).to_bytes(_SIZE_BYTES) + written)
        self._waiting[part].clear()


def names_of(rows: list[Row]) -> tuple[set[Name], set[tuple[Name, Name]]]:
    """All that leases name, and which names they have for hardware addresses."""
    names = {Name("address", row[0]) for row in rows}
    holders = {row[1:4] for row in rows if row[1]}
    called = {(Name(kind, text), Name("device", name)) for kind, text, name in holders if name}
    names.update(Name(kind, text) for kind, text, _ in holders)
    names.update(name for _, name in called)
    return names, called
