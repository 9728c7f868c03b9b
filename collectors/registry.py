"""The collectors, named one by one, and how content finds the one that reads it."""

from __future__ import annotations

from typing import NamedTuple

from shadowledger.collectors.collector import Collector, look

COLLECTORS: tuple[Collector, ...] = ()
BY_ID = {collector.id: collector for collector in COLLECTORS}


class Detected(NamedTuple):
    collector: Collector
    reason: str


def claims(data: bytes) -> list[Detected]:
    """Every collector that recognises these first bytes, with its reason. More than one is a bug of ours."""
    head = look(data)
    return [Detected(collector, reason) for collector in COLLECTORS if (reason := collector.detect(head))]


def detect(data: bytes) -> Detected | None:
    """The collector for an input that begins with these bytes, or None."""
    found = claims(data)
    return found[0] if found else None
