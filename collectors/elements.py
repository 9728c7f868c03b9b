"""One JSON document that is many records: an array, an object that holds one, or objects one after the other.

What is told apart here is brackets and strings (https://www.rfc-editor.org/rfc/rfc8259#section-2); whether an element
is JSON is asked of msgspec. Each byte is looked at once, whatever the size of the document or of its parts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from shadowledger.collectors.sources import LONGEST_LINE_BYTES

LISTS = ("Records", "records", "events", "value", "result", "results", "items", "data", "entries", "logs", "activities")
"""The members that hold the records: of CloudTrail, Azure, Splunk, Microsoft Graph, Google's and other exports."""
MOST_LEVELS = 512
CUT_OFF = "the JSON document breaks off; what came before was read"
TOO_DEEP = f"the JSON document is nested over {MOST_LEVELS} levels; reading stopped there"
FOREIGN = "the JSON document is followed or interrupted by what is no JSON; reading stopped there"

_SPACE = re.compile(rb"[ \t\r\n]*+")
_NAME = re.compile(rb'"([A-Za-z]{4,10})"')
_LONGEST_NAME = 12
_STRING_REST = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
# To the next bracket (or comma, where commas part what is read), over whole strings. An unfinished string stops both.
_TO_BRACKET = re.compile(rb'(?:[^"{}\[\]]*+"[^"\\]*+(?:\\.[^"\\]*+)*+")*+[^"{}\[\]]*+', re.DOTALL)
_TO_COMMA = re.compile(rb'(?:[^"{}\[\],]*+"[^"\\]*+(?:\\.[^"\\]*+)*+")*+[^"{}\[\],]*+', re.DOTALL)
_SEAM = re.compile(rb'\}[ \t\r\n]*+,[ \t\r\n]*+\{[ \t\r\n]*+"[^"\\]{1,40}"')
_GUESSED_BYTES = 1 << 13
_BROKEN = (msgspec.DecodeError, RecursionError)
_valid = msgspec.json.Decoder(msgspec.Raw).decode


class _BrokenError(Exception):
    """The document cannot be read on; the message says why."""


class Elements:
    """The elements of a document in order, each as one line of JSON; None for one that is no JSON or is longer than
    LONGEST_LINE_BYTES. To be walked once, in memory of a few LONGEST_LINE_BYTES.

    Commas part the elements: a broken one is given up as far as the next comma or closing bracket of its own level."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.damage = ""
        """Why reading ended before the end of the document; empty while nothing is wrong."""
        self.under = ""
        """The member that held the elements, as `Records` or `hits.hits`; empty while none did."""
        self._chunks = chunks
        self._data = b""
        self._at = 0
        self._seam = b""
        self._listed = False
        self._kept = -1
        """Where the element under way begins; -1 where nothing before `_at` is needed any more."""

    def __iter__(self) -> Iterator[str | None]:
        try:
            while first := self._next():
                if first == b"[":
                    self._at += 1
                    yield from self._array()
                elif first == b"{":
                    yield from self._object()
                else:
                    raise _BrokenError(FOREIGN)
        except _BrokenError as broken:
            self.damage = str(broken)

    def _array(self) -> Iterator[str | None]:
        """From behind the opening bracket to behind the closing one."""
        while True:
            self._next()
            while guessed := self._guess():
                yield guessed
                self._next()
            self._kept = self._at
            end = self._pass()
            if seam := _SEAM.match(self._data, self._at - 1):
                self._seam = seam[0]
            empty = self._kept == self._at
            element = self._take()
            self._at += 1
            if not empty or end == b",":
                yield element
            if end == b"}":
                raise _BrokenError(FOREIGN)
            if end == b"]":
                return

    def _guess(self) -> str:
        """The next element, if it ends where the elements before it did: at the first key of the one behind it. What
        is JSON from its first byte to that place ends there and nowhere else. Empty where the guess is wrong; where
        it is right it saves half the time."""
        start = self._at
        end = self._data.find(self._seam, start, start + _GUESSED_BYTES) + 1 if self._seam else 0
        if not end or self._data.count(b"{", start, end) + self._data.count(b"[", start, end) > MOST_LEVELS:
            return ""
        element = _line(self._data[start:end])
        if element:
            self._at = self._data.index(b",", end) + 1
        return element or ""

    def _object(self) -> Iterator[str | None]:
        """An object at the top: what its lists hold, or itself where it has none."""
        self._kept = self._at
        self._listed = False
        yield from self._members("", LISTS)
        if not self._listed:
            yield self._take()

    def _members(self, outer: str, names: tuple[str, ...]) -> Iterator[str | None]:
        """From an opening brace to behind the closing one; the rest of an object that holds a list is not kept."""
        self._at += 1
        while True:
            name = self._name()
            first = self._next() if name else b""
            if name in names and first == b"[":
                self.under = outer + name
                self._listed = True
                self._kept = -1
                self._at += 1
                yield from self._array()
            elif name == "hits" and first == b"{" and not outer:
                yield from self._members("hits.", ("hits",))
            end = self._pass()
            self._at += 1
            if end == b"]":
                raise _BrokenError(FOREIGN)
            if end == b"}":
                return

    def _name(self) -> str:
        """Step over a member's name and colon; empty, wherever that ends, where the name is none of ours."""
        self._next()
        while len(self._data) - self._at < _LONGEST_NAME and self._grow():
            pass
        name = _NAME.match(self._data, self._at)
        if name is None:
            return ""
        self._at = name.end()
        if self._next() != b":":
            return ""
        self._at += 1
        return name[1].decode()

    def _next(self) -> bytes:
        """Step over blanks and look at the byte there; empty at the end."""
        while True:
            found = _SPACE.match(self._data, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._data):
                return self._data[self._at : self._at + 1]
            if not self._grow():
                return b""

    def _pass(self) -> bytes:
        """Step to the comma or the bracket that ends what is read, over all that it holds, and say which it is."""
        level, quoted = 0, False
        while True:
            pattern = _STRING_REST if quoted else _TO_BRACKET if level else _TO_COMMA
            found = pattern.match(self._data, self._at)
            self._at = found.end() if found else self._at
            sign = self._data[self._at : self._at + 1]
            if sign in (b"", b"\\"):  # the end of what is here, at an escape perhaps
                if not self._grow():
                    raise _BrokenError(CUT_OFF)
                continue
            if sign == b'"':
                quoted = not quoted
            elif sign in b"{[":
                level += 1
                if level > MOST_LEVELS:
                    raise _BrokenError(TOO_DEEP)
            elif level:
                level -= 1
            else:
                return sign
            self._at += 1

    def _take(self) -> str | None:
        """What was kept, as one line; None where it grew too long or is no JSON."""
        start, self._kept = self._kept, -1
        if start < 0 or self._at - start > LONGEST_LINE_BYTES:
            return None
        return _line(self._data[start : self._at])

    def _grow(self) -> bool:
        """Add at least as much as is kept, so that no byte is moved often; False at the end of the input."""
        start = self._at if self._kept < 0 else self._kept
        if self._at - start > LONGEST_LINE_BYTES:
            start, self._kept = self._at, -1
        parts = [self._data[start:]]
        size = wanted = len(parts[0])
        for chunk in self._chunks:
            parts.append(chunk)
            size += len(chunk)
            if size > wanted * 2:
                break
        self._data = b"".join(parts)
        self._kept = 0 if self._kept >= 0 else -1
        self._at -= start
        return size > wanted


def _line(data: bytes) -> str | None:
    """One element as one line; None where it is no JSON."""
    text = data.decode("utf-8", "replace").rstrip(" \t\r\n")
    try:
        if "\n" in text or "\r" in text:
            return msgspec.json.format(text, indent=-1)
        _valid(text)
    except _BROKEN:
        return None
    return text


_OPENING = re.compile(rb'\[[ \t\r\n]*(?:[\[{"\]]|$)|\{[ \t\r\n]*(?:"|$)')
_LOOKED_AT = 40


def is_document(head: bytes) -> str:
    """Why an input that begins with these bytes, its first 64 KiB, is one document of elements, in words; empty where
    it is lines, of JSON or not. Of a line that does not end in `head`, what there is of it decides."""
    text = head.lstrip(b" \t\r\n")
    if not _OPENING.match(text):
        return ""
    first, _, rest = text.partition(b"\n")
    after_line, _, _ = _walk(first)
    if after_line not in ("", CUT_OFF):
        return ""
    damage, under, readable = _walk(text)
    if damage == TOO_DEEP or not readable:
        return ""
    if text.startswith(b"["):
        return "a JSON array"
    rest = rest.strip()
    if rest and (not after_line or _is_lines(first, rest)):
        return ""
    if under:
        return f"an object with a list of records under {under}"
    return "JSON objects over several lines" if rest else ""


def _walk(data: bytes) -> tuple[str, str, bool]:
    """Damage and name of the list in a beginning, and whether anything is readable of the elements that end in it."""
    elements = Elements(iter([data]))
    found = list(elements)
    return elements.damage, elements.under, not found or any(element is not None for element in found)


def _is_lines(first: bytes, rest: bytes) -> bool:
    """Whether the lines are objects of their own, of which the first is broken."""
    lines = [first, *rest.split(b"\n", _LOOKED_AT)[:_LOOKED_AT]]
    return sum(_is_object(line) for line in lines) * 2 >= len(lines)


def _is_object(line: bytes) -> bool:
    try:
        _valid(line)
    except _BROKEN:
        return False
    return line.lstrip().startswith(b"{")
