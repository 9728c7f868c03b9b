"""What the user said about inputs, and what is kept of it with a source, so that it can be read again alike."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from shadowledger.collectors.collector import Collector
from shadowledger.collectors.engines.mapped import collector_of
from shadowledger.collectors.engines.mapping import MappingError, load
from shadowledger.collectors.reading import Census, Settings
from shadowledger.collectors.registry import BY_ID
from shadowledger.db.identities import Identities
from shadowledger.db.names import device_name
from shadowledger.db.sources import Source
from shadowledger.scanner.days import ALL_DAYS, Days
from shadowledger.scanner.zones import zone_of


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user said about the inputs of a scan."""

    settings: Settings = field(default_factory=Settings)
    zone_name: str = ""
    collector_id: str = ""
    label: str = ""
    mapping: str = ""
    """The path of a mapping of the user's own."""
    days: Days = ALL_DAYS
    """Those whose records count."""
    prefilter: bool = True
    """Whether lines in which nothing of the signatures stands are left unread, where that can be told."""
    census: Census = Census.SAMPLE
    """How much is counted of what nobody wants. It changes no result but the past that `signatures retro` asks."""

    def told(self, identities: Identities) -> str:
        """As JSON, to be kept with the source: the machine by its id, a mapping with the hash of what it said."""
        device = device_name(self.settings.device)
        identities.meet([device])
        told = {
            "zone": self.zone_name,
            "year": self.settings.year,
            "device": identities.id_of(device),
            "log_format": self.settings.log_format,
            "date_order": self.settings.date_order,
            "bytes": self.settings.with_bytes,
            "since": self.days.since.isoformat() if self.days.since else "",
            "until": self.days.until.isoformat() if self.days.until else "",
            "mapping": str(Path(self.mapping).absolute()) if self.mapping else "",
            "mapping_sha256": hashlib.sha256(Path(self.mapping).read_bytes()).hexdigest() if self.mapping else "",
        }
        return msgspec.json.encode({key: value for key, value in told.items() if value}).decode()

    def collector(self, known_as: str = "") -> Collector | None:
        """The collector that the user asked for, or under which a source is known; None where content decides. Raises
        MappingError where the user's mapping cannot be used."""
        if self.mapping:
            return collector_of(load(Path(self.mapping)))
        asked = self.collector_id or known_as
        if asked and asked not in BY_ID:
            raise MappingError(f"'{asked}' is no collector of this version; give its mapping with --mapping")
        return BY_ID[asked] if asked else None


def kept_choices(source: Source, identities: Identities | None = None) -> Choices:
    """The choices under which a source was read; without the identities, the machine stays an id."""
    told = msgspec.json.decode(source.settings)
    device = told.get("device", "")
    named = identities.reveal(device) if identities and device else None
    zone = told.get("zone", "")
    settings = Settings(
        zone=zone_of(zone) if zone else None,
        year=told.get("year", 0),
        device=named.text if named else device,
        log_format=told.get("log_format", ""),
        with_bytes=told.get("bytes", False),
        date_order=told.get("date_order", ""),
    )
    return Choices(settings, zone, source.collector, source.label, told.get("mapping", ""), kept_days(source))


def kept_days(source: Source) -> Days:
    """The days to which the reading of a source was limited."""
    told = msgspec.json.decode(source.settings)
    return Days(*(dt.date.fromisoformat(told[key]) if key in told else None for key in ("since", "until")))
