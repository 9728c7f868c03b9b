"""The part of YAML that settings of AI tools are written in: mappings and lists by indentation, plain and quoted
scalars, collections in brackets. Everything is text; anchors, tags and merges are not resolved, and long texts
are left out: what is wanted are the names of keys, and addresses. https://yaml.org/spec/1.2.2/"""

from __future__ import annotations

import json
import re

_MOST_LINES = 20_000
_MOST_CHARACTERS = 1 << 20
_DEEPEST = 40
# https://yaml.org/spec/1.2.2/#rule-ns-l-block-map-implicit-entry: a key, quoted or plain, a colon, a blank or nothing.
# Nothing is looked at twice, however long a run of blanks is.
_ENTRY = re.compile(
    r"""("(?:[^"\\]|\\.)*+"|'(?:[^']|'')*+'"""
    r"""|(?:[^\s"'#\-\[\]{},&*!|>%@`:]|-(?=[^\s#]))(?:[^\s#:]|:(?=\S)|[ \t]++(?=[^\s:#]))*+)"""
    r"""[ \t]*+:(?:\s++(.*))?\Z"""
)
_COMMENT = re.compile(r"(?<=\S)\s++#.*\Z")

Value = object
Lines = list[tuple[int, str]]


def parse(text: str) -> Value:
    """Mappings as dicts, lists, and everything else as text. Raises ValueError for what is not of this part of YAML."""
    if len(text) > _MOST_CHARACTERS:
        raise ValueError("longer than settings are")
    lines: Lines = []
    for line in text.splitlines()[:_MOST_LINES]:
        content = line.lstrip(" ")
        if not content.strip() or content[0] == "#" or line in ("---", "...") or line[0] == "%":
            continue
        lines.append((len(line) - len(content), content.rstrip()))
    if not lines:
        return None
    value, at = _block(lines, 0, 0)
    if at != len(lines):
        raise ValueError("an indentation that fits nothing")
    return value


def _block(lines: Lines, at: int, depth: int) -> tuple[Value, int]:
    if depth > _DEEPEST:
        raise ValueError("too deep")
    indent, content = lines[at]
    if content == "-" or content.startswith("- "):
        return _list(lines, at, indent, depth)
    if _ENTRY.match(content):
        return _mapping(lines, at, indent, depth)
    if content[0] in "{[":
        return _flow(lines, at + 1, content)
    return _scalar(content), at + 1


def _mapping(lines: Lines, at: int, indent: int, depth: int) -> tuple[dict[str, Value], int]:
    found: dict[str, Value] = {}
    while at < len(lines) and lines[at][0] == indent and (entry := _ENTRY.match(lines[at][1])):
        key, text = str(_scalar(entry[1])), _COMMENT.sub("", entry[2] or "")
        at += 1
        if text[:1] in ("|", ">"):
            at = _past(lines, at, indent)
            found[key] = ""
        elif text[:1] in ("{", "["):
            found[key], at = _flow(lines, at, text)
        elif text and text[0] not in "&!#":
            found[key] = _scalar(text)
        elif at < len(lines) and (lines[at][0] > indent or (lines[at][0] == indent and lines[at][1].startswith("-"))):
            found[key], at = _block(lines, at, depth + 1)
        else:
            found[key] = None
    return found, at


def _list(lines: Lines, at: int, indent: int, depth: int) -> tuple[list[Value], int]:
    found: list[Value] = []
    while at < len(lines) and lines[at][0] == indent and (lines[at][1] == "-" or lines[at][1].startswith("- ")):
        rest = lines[at][1][1:].lstrip(" ")
        if rest and rest[0] != "#":
            lines[at] = indent + len(lines[at][1]) - len(rest), rest
            value, at = _block(lines, at, depth + 1)
        elif at + 1 < len(lines) and lines[at + 1][0] > indent:
            value, at = _block(lines, at + 1, depth + 1)
        else:
            value, at = None, at + 1
        found.append(value)
    return found, at


def _past(lines: Lines, at: int, indent: int) -> int:
    while at < len(lines) and lines[at][0] > indent:
        at += 1
    return at


# https://yaml.org/spec/1.2.2/#74-flow-collection-styles: quoted, a mark, or plain up to the next mark
_FLOW = re.compile(
    r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[\[\]{},]|:(?=[\s,\[\]{}"']|\Z)|(?:[^\s,\[\]{}:]|:(?=\S)|[ \t](?=\S))+)"""
)


def _flow(lines: Lines, at: int, text: str) -> tuple[Value, int]:
    """A collection in brackets, which may go on over lines."""
    tokens: list[str] = []
    depth = 0
    while True:
        marks = [found[1] for found in _FLOW.finditer(_COMMENT.sub("", text))]
        depth += sum((mark in "[{") - (mark in "]}") for mark in marks)
        tokens += marks
        if depth <= 0 or at >= len(lines):
            break
        text, at = lines[at][1], at + 1
    if depth or len(tokens) > _MOST_LINES:
        raise ValueError("brackets that do not close")
    tokens.reverse()
    return _of_tokens(tokens, 0), at


def _of_tokens(tokens: list[str], depth: int) -> Value:
    """The value that the last tokens make; they are taken."""
    first = tokens.pop() if tokens else ""
    if depth > _DEEPEST or first in (",", ":", "]", "}", ""):
        raise ValueError("no value")
    if first not in ("[", "{"):
        return _scalar(first)
    close, items = ("]" if first == "[" else "}"), []
    while tokens and tokens[-1] != close:
        key = _of_tokens(tokens, depth + 1)
        if tokens and tokens[-1] == ":":
            tokens.pop()
            is_empty = not tokens or tokens[-1] in (",", close)
            items.append((str(key), None if is_empty else _of_tokens(tokens, depth + 1)))
        else:
            items.append((str(key), key))
        if tokens and tokens[-1] == ",":
            tokens.pop()
    if not tokens:
        raise ValueError("brackets that do not close")
    tokens.pop()
    return dict(items) if first == "{" else [value for _, value in items]


def _scalar(text: str) -> Value:
    if text[:1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text.strip('"')
    if text[:1] == "'":
        return text[1:].removesuffix("'").replace("''", "'")
    return _COMMENT.sub("", text)
