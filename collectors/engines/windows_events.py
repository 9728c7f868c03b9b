"""Windows events as XML: one `<Event>` a line (XmlWinEventLog), an exported document of many, or an EVTX file; a record
is an event.

https://learn.microsoft.com/windows/win32/wes/eventschema-schema. Columns are named as in the JSON of other tools:
`System.EventID`, `System.Computer`, `System.TimeCreated`, `EventData.QueryName` ..."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape

from shadowledger.collectors.collector import Head
from shadowledger.collectors.engines import evtx
from shadowledger.collectors.engines.engine import Glance, NoRecord, UnreadableError, split_all
from shadowledger.collectors.engines.fields import Fields
from shadowledger.collectors.engines.mapping import Mapping
from shadowledger.collectors.engines.unwanted import Decisive
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.sources import LONGEST_LINE_BYTES

_BEGIN, _END = "<Event", "</Event>"
_EVENTS_AT_ONCE = 256
_DATA = re.compile(r"""<Data\s+Name=["']([^"'<>]{1,100})["']\s*(?:/>|>([^<]*+)</Data>)""")
_SYSTEM = re.compile(r"<(EventID|EventRecordID|Computer|Channel)\b[^<>]*+>([^<]*+)<")
_ATTRIBUTES = re.compile(r"""<(Provider|TimeCreated|Security)\b[^<>]*?\b(Name|SystemTime|UserID)=["']([^"'<>]*+)["']""")


class WindowsEvents:
    """Stateless between events."""

    framing = "document"
    resumes = False
    longest = LONGEST_LINE_BYTES

    def __init__(self, mapping: Mapping) -> None:
        del mapping

    def batches(self, reading: Reading) -> Iterator[tuple[int, Sequence[str | UnreadableError]]]:
        """Events in order, by their number in the document. An event that never ends is cut at LONGEST_LINE_BYTES."""
        if reading.opened.head.startswith(evtx.MAGIC):
            yield from ((position, [event]) for position, event in enumerate(evtx.events(reading), 1))
            return
        position, events, rest = 1, list[str](), ""
        for _, lines in reading.blocks():
            *whole, rest = (rest + "\n".join(lines) + "\n").split(_END)
            events += [text for event in whole if (text := _event(event))]
            if len(rest) > LONGEST_LINE_BYTES:
                events.append(_BEGIN)
                rest = ""
            if len(events) >= _EVENTS_AT_ONCE:
                yield position, events
                position += len(events)
                events = []
        if _event(rest):
            events.append(_BEGIN)
        if events:
            yield position, events

    def split(self, raw: str | UnreadableError) -> Fields:
        if isinstance(raw, UnreadableError):
            raise raw
        if not raw.strip():
            raise NoRecord
        fields = {f"System.{name}": unescape(value) for name, value in _SYSTEM.findall(raw)}
        for element, _, value in _ATTRIBUTES.findall(raw):
            fields[f"System.{element}"] = unescape(value)
        if "System.EventID" not in fields:
            raise UnreadableError("no whole Windows event")
        fields |= {f"EventData.{name}": unescape(value) for name, value in _DATA.findall(raw)}
        return fields

    def glance(self, decisive: Decisive) -> Glance[str | UnreadableError] | None:
        del decisive
        return None

    def sample(self, head: Head) -> list[Fields | None]:
        if head.data.startswith(evtx.MAGIC):
            # the first chunk does not end in what is shown here
            return [dict.fromkeys(("System.EventID", "System.Provider", "System.Computer"), "")]
        text = head.data.decode("utf-8", "replace")
        *whole, _ = text.split(_END)
        return split_all(self.split, map(_event, whole[:40]))


def _event(text: str) -> str:
    """From the last `<Event` (followed by a blank or `>`) on; empty where there is none."""
    at = max(text.find("<Event "), text.find("<Event>"))
    return text[at:] if at >= 0 else ""
