"""What became of the inputs of a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from shadowledger.db.sketches import Repeated
from shadowledger.db.sources import Counts
from shadowledger.scanner.misunderstood import Misunderstood
from shadowledger.scanner.sampling import Estimate


@dataclass(slots=True)
class Outcome:
    """What became of one input."""

    name: str
    collector: str = ""
    reason: str = ""
    """Why this collector."""
    standing: str = ""
    """new, grown, known (nothing was counted again), rescanned, overtaken (another scan was faster), or unreadable."""
    problem: str = ""
    """What the user should know; the input is complete only where this is empty."""
    remark: str = ""
    """What the user may want to know, although nothing is missing of what was asked for."""
    source_id: int = 0
    misunderstood: list[Misunderstood] = field(default_factory=list)
    """The first records that could not be read, where they are so many that it is incomplete."""
    counts: Counts | None = None
    unreadable: Estimate | None = None
    """The share of its records that cannot be read, where not all were examined."""
    repeated: list[Repeated] = field(default_factory=list)
    """Other sources that hold some of the same records."""
    services: set[str] = field(default_factory=set)
    """Ids of what it betrays."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run and its outcomes."""

    run_id: int
    status: str
    outcomes: list[Outcome]
