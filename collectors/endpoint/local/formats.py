"""What listed files hold, whoever wrote them: JSON with or without comments, TOML, YAML, property lists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from shadowledger.collectors.endpoint.local.machine import NOT_PARSED, Machine, Spot

# https://code.visualstudio.com/docs/languages/json#_json-with-comments: strings stay as they are, comments go, and so
# does a comma before a closing bracket. What is never closed goes on to the end, so that all is looked at once.
_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_COMMA = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|,(?=\s*[}\]])', re.DOTALL)
_MOST_DOTS = 32
_BROKEN = (ValueError, RecursionError, OverflowError, MemoryError)
"""What the parsers raise over hostile files; TOML's, plist's and JSON's own errors are ValueErrors."""


def parsed(machine: Machine, spot: Spot, most_bytes: int = 0) -> object:
    """What a file holds as dicts, lists and texts; None, counted, where it cannot be read."""
    raw = machine.read(spot, most_bytes)
    if raw is None or not raw.strip():
        return None
    try:
        return parse(raw, spot.path.rpartition(".")[2].lower())
    except _BROKEN:
        machine.note(NOT_PARSED)
        return None


def parse(raw: bytes, ending: str) -> object:
    """Raises ValueError, or one of its kin."""
    if ending == "plist":
        return _plist(raw)
    text = raw.decode("utf-8-sig", "replace") if raw[:2] not in (b"\xff\xfe", b"\xfe\xff") else raw.decode("utf-16")
    if ending == "toml":
        import tomllib

        if any(line.partition("=")[0].count(".") > _MOST_DOTS for line in text.splitlines()):
            raise ValueError("a key of more parts than anybody writes")  # each costs as much as all before it
        return tomllib.loads(text)
    if ending in ("yaml", "yml"):
        from shadowledger.collectors.endpoint.local.plain_yaml import parse as parse_yaml

        return parse_yaml(text)
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(_COMMA.sub(_strings_only, _COMMENT.sub(_strings_only, text)))


def _strings_only(found: re.Match[str]) -> str:
    return found[0] if found[0][0] == '"' else " "


def _plist(raw: bytes) -> object:
    import plistlib
    from xml.parsers.expat import ExpatError

    try:
        return plistlib.loads(raw)
    except (ExpatError, plistlib.InvalidFileException, IndexError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("no property list") from error


def at_key(value: object, key: str) -> Iterator[object]:
    """What stands at a dotted key, whole or step by step; `*` is every key."""
    if not isinstance(value, dict):
        return
    if key in value:
        yield value[key]
        return
    first, dot, rest = key.partition(".")
    steps = list(value.values()) if first == "*" else [value[first]] if first in value else []
    for step in steps:
        if dot:
            yield from at_key(step, rest)
        else:
            yield step


def text_at(value: object, key: str) -> str:
    """A text of a dict; empty where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
