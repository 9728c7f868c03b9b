"""The services that contributions name, kept as they were known, so that an inventory is read without a catalogue."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Protocol


class Known(Protocol):
    """What is kept of a service."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def vendor(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def ai_kind(self) -> str: ...
    @property
    def origin(self) -> str: ...


def save_services(connection: sqlite3.Connection, services: Iterable[Known]) -> None:
    """Add services, or bring them up to date. To be called inside a transaction."""
    connection.executemany(
        "insert into service values (?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set "
        "name = excluded.name, vendor = excluded.vendor, family = excluded.family, category = excluded.category, "
        "ai_kind = excluded.ai_kind, origin = excluded.origin",
        ((one.id, one.name, one.vendor, one.family, one.category, one.ai_kind, one.origin) for one in services),
    )
