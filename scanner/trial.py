"""A trial reading of one input: what it is, how much is understood, where its times come from. Nothing is stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from shadowledger.collectors.reading import CommandWords, Reading
from shadowledger.collectors.records import Artifact, Ignored, Issue, Record, Traffic
from shadowledger.collectors.registry import Detected
from shadowledger.collectors.sources import Opened
from shadowledger.db.sources import FIRST_POSITIONS
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.misunderstood import Misunderstood, misunderstood

TOLD = ("host", "url", "client", "user", "device", "user_agent", "process", "method", "status", "action")
"""What records are counted by."""


@dataclass(slots=True)
class Trial:
    """What one reading came to."""

    collector: str
    title: str
    reason: str
    records: int = 0
    contacts: int = 0
    """Records that name a host."""
    artifacts: int = 0
    issues: int = 0
    told: Counter[str] = field(default_factory=Counter)
    """How many contacts and artifacts have a value, by field."""
    via: Counter[str] = field(default_factory=Counter)
    zones: Counter[str] = field(default_factory=Counter)
    """Where the zone of their times comes from: explicit, config, assumed, or none where there is no time."""
    ignored: Counter[str] = field(default_factory=Counter)
    """Records that are not for us, by reason."""
    not_understood: Counter[str] = field(default_factory=Counter)
    first: list[Misunderstood] = field(default_factory=list)
    damage: str = ""


def try_out(opened: Opened, found: Detected, choices: Choices, words: CommandWords) -> Trial:
    """Read an input whole, without asking what anybody looks for."""
    trial = Trial(found.collector.id, found.collector.title, found.reason)
    reading = Reading(opened, choices.settings, None, words, found.layers)
    issues: list[tuple[int, str]] = []
    for record in reading.records(found.collector):
        _count(trial, record)
        if isinstance(record, Issue) and len(issues) < FIRST_POSITIONS:
            issues.append((record.position, record.reason))
    trial.records = reading.record_count
    if reading.ignored_count:
        trial.ignored["names nothing that is looked for"] += reading.ignored_count
    path = opened.path if opened.path is not None and opened.path.is_file() else None
    trial.first = misunderstood(path, found.collector, found.layers, issues)
    trial.damage = opened.damage
    return trial


def _count(trial: Trial, record: Record) -> None:
    if isinstance(record, Issue):
        trial.issues += 1
        trial.not_understood[record.reason] += 1
    elif isinstance(record, Ignored):
        trial.ignored[record.reason] += 1
    elif isinstance(record, Artifact):
        trial.artifacts += 1
        trial.via[record.kind] += 1
        trial.zones[record.tz_source or "none"] += 1
        trial.told.update(key for key in ("user", "device") if getattr(record, key))
    else:
        trial.contacts += 1
        trial.via[record.via] += 1
        trial.zones[record.tz_source or "none"] += 1
        trial.told.update(key for key in TOLD if _says(record, key))


def _says(record: Traffic, key: str) -> bool:
    return bool(record.path) if key == "url" else bool(getattr(record, key))
