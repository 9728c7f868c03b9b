"""What an engine is: how one shape of records is split into columns, and how little of it must be looked at first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from shadowledger.collectors.collector import Head
from shadowledger.collectors.engines.fields import Fields, spellings
from shadowledger.collectors.engines.mapping import Mapping
from shadowledger.collectors.engines.unwanted import Decisive
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.syslog import header

LONGEST_TEXT = 1 << 17
Raw = TypeVar("Raw")
Glance = Callable[[Raw], tuple[str, ...] | None]
"""The text of the decisive columns of a record, empty where it lacks one, without splitting all of it; None where this
cannot be told for sure."""


class NoRecord(Exception):  # noqa: N818 - no error: a header, a comment, a blank line
    """What stands here is no record, and counts as none."""


class UnreadableError(Exception):
    """A record cannot be split; the message is the Issue's reason."""


class Engine(Protocol, Generic[Raw]):
    """One pass over one source. Engines of formats with headers remember the last one."""

    framing: str
    resumes: bool
    longest: int
    """A text with more characters is not read: no record has as many, and no line may take long."""

    def batches(self, reading: Reading) -> Iterator[tuple[int, Sequence[Raw]]]:
        """Records as they stand, in order, with the number of the first of each batch; numbers rise by one."""

    def split(self, raw: Raw) -> Fields:
        """All columns of a record. Raises NoRecord or UnreadableError."""

    def glance(self, decisive: Decisive) -> Glance[Raw] | None:
        """A quick look at the decisive columns; None where the engine has no way that is quicker than splitting."""

    def sample(self, head: Head) -> list[Fields | None]:
        """The first records of an input, None for what cannot be split; headers, comments and what was cut apart."""


_ENVELOPE = frozenset(("@stamp", "@host", "@app"))


def reads_envelope(mapping: Mapping) -> bool:
    """Whether a mapping names a column of `envelope`; parsing a header takes longer than many a record."""
    return not _ENVELOPE.isdisjoint(spellings(mapping))


def envelope(before: str) -> Fields:
    """What a syslog header before a record says, as columns of the record; nothing where there is none."""
    found = header(before) if before else None
    return {"@stamp": found.stamp, "@host": found.host, "@app": found.app} if found else {}


def split_all(
    split: Callable[[str], Fields], records: Iterable[str], cut: Callable[[str], Fields | None] = lambda _: None
) -> list[Fields | None]:
    """The records of a sample, split; what is none left out, and of what cannot be split what `cut` makes of it."""
    found: list[Fields | None] = []
    for record in records:
        try:
            found.append(split(record))
        except NoRecord:
            continue
        except UnreadableError:
            found.append(cut(record))
    return found
