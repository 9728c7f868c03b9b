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
from shadowledger.db.names import NOBODY, Name, address_name, device_name, mac_name, user_name
from shadowledger.scanner.directory.facts import Lease

PARTS = 64
_KEPT = 400
"""Leases of one part that wait for being written."""
Row = tuple[str, str, str, str, int, int, int]
"""Address; the holder's kind and text; the name that the lease has for it; from, until, event."""

_address = lru_cache(1 << 17)(address_name)
_device = lru_cache(1 << 17)(device_name)
_mac = lru_cache(1 << 17)(mac_name)
_user = lru_cache(1 << 17)(user_name)


class Spool:
    """Leases in temporary files that nobody else can read. Closed at the end."""

    def __init__(self) -> None:
        self.count = 0
        self._files: list[BinaryIO] = []
        self._waiting: list[list[Row]] = [[] for _ in range(PARTS)]

    def add(self, lease: Lease) -> None:
        """Take a lease in, with names in their forms. Of a machine its hardware address stands, where there is one:
        names are the client's own words."""
        address = _address(lease.address).text
        name = _device(lease.name)
        holder = _user(lease.account) if lease.account else _mac(lease.mac) if lease.mac else NOBODY
        if not holder.kind:
            holder, name = name, NOBODY
        if not address or not (holder.kind or lease.event == FREED):
            return
        self.count += 1
        part = zlib.crc32(address.encode()) % PARTS
        called = name.text if holder.kind == "device" and name != holder else ""
        self._waiting[part].append((address, *holder, called, lease.since_us, lease.until_us, lease.event))
        if len(self._waiting[part]) >= _KEPT:
            self._write(part)

    def parts(self) -> Iterator[list[Row]]:
        """All leases; those of one address come in one part."""
        for part in range(PARTS):
            rows = list(self._waiting[part])
            if self._files:
                file = self._files[part]
                file.seek(0)
                while True:
                    try:
                        rows += marshal.load(file)  # noqa: S302 - written by us, and nobody else can
                    except EOFError:
                        break
            if rows:
                yield rows

    def close(self) -> None:
        """Remove the files."""
        for file in self._files:
            file.close()

    def _write(self, part: int) -> None:
        if not self._files:
            self._files = [tempfile.TemporaryFile() for _ in range(PARTS)]  # noqa: SIM115 - closed together
        marshal.dump(self._waiting[part], self._files[part])
        self._waiting[part].clear()


def names_of(rows: list[Row]) -> tuple[set[Name], set[tuple[Name, Name]]]:
    """All that leases name, and which names they have for hardware addresses."""
    names = {Name("address", row[0]) for row in rows}
    holders = {row[1:4] for row in rows if row[1]}
    called = {(Name(kind, text), Name("device", name)) for kind, text, name in holders if name}
    names.update(Name(kind, text) for kind, text, _ in holders)
    names.update(name for _, name in called)
    return names, called
