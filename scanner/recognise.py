"""Which collector reads an input, and what to say where none does."""

from __future__ import annotations

from shadowledger.collectors.engines.mapping import MappingError
from shadowledger.collectors.layers import glimpses
from shadowledger.collectors.registry import Detected, detect, layers_for
from shadowledger.collectors.sources import Opened
from shadowledger.collectors.strangers import name_of
from shadowledger.scanner.choices import Choices


def recognise(opened: Opened, choices: Choices, known_as: str = "") -> tuple[Detected | None, str]:
    """The collector for an input: the one asked for, or the one that recognises the content; or why there is none."""
    try:
        asked = choices.collector(known_as)
    except MappingError as error:
        return None, f"cannot be read: {error}"
    if asked is not None:
        return Detected(asked, "asked for", layers_for(asked, opened.head)), ""
    if not opened.head:
        return None, opened.damage or "is empty"
    found = detect(opened.head)
    return found, "" if found is not None else _unrecognised(opened.head)


def _unrecognised(head: bytes) -> str:
    if stranger := next((found for _, inner in glimpses(head) if (found := name_of(inner))), None):
        return f"is a log of {stranger.name} ({stranger.why}), which no collector reads"
    if b"\0" in head[:4096]:
        return "is a binary file that no collector reads"
    return "is in no format that a collector recognises; name one with --collector, or describe it with --mapping"
