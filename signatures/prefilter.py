"""Which lines of a log can be a hit at all, found by one pass over the bytes: most lines need not be split.

Every indicator that traffic can show gives byte patterns for the ways in which logs write it: any case, between bytes
that no name or word goes on with, behind what escapes one. Spellings that no such pattern sees (percent-encoding,
look-alikes of Unicode that IDNA maps to ASCII, escapes of JSON and DNS) are let through as they are: a line with one
may be anything. What is let through is parsed and asked as ever, so nothing is a hit by this alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

import idna
import msgspec

from shadowledger.signatures.artifacts import process_name
from shadowledger.signatures.compiled import kept
from shadowledger.signatures.index import Index
from shadowledger.signatures.schema import Indicator, Strength
from shadowledger.signatures.unknown import EVENT_STREAM, weights

_EDGE = "[^a-z0-9-]"
"""What stands before and behind a name: a byte that goes on with none."""
_ENCODED_BLANK = "(?:[^a-z0-9-]|%(?:25)?[0-9a-f]{2})"
"""Before a word of a user agent, which CloudFront and others write percent-encoded, once or twice."""
_LENGTH = r"[\x00-\x3f]"
"""Of a label, before it; a dot is among these."""
_SLASH = "(?:[/:]|%(?:25)?2f|%(?:25)?3a)"
_AFTER_WORD = "[^a-z0-9]"
_ALPHABET = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")
_ENCODED = ("2[de]", "3[0-9]", "4[1-9a-f]", "5[0-9af]", "6[1-9a-f]", "7[0-9ae]")
"""Percent-encoding of what needs none (RFC 3986, section 2.3): who writes it so may hide a name. Row by row, because of
one expression for all of them no more than the sign would be looked for at first, and user agents are full of it."""
_ESCAPED = (r"\\u[0-9a-f]{4}", r"[^\\]\\[bfnrt][a-z0-9-]", r"\\x[2-7][0-9a-f]", r"\\[01][0-9]{2}")
"""Escapes of JSON (of any sign, and of a blank before one), of Zeek, and of DNS presentation format (RFC 1035, section
5.1) that may hide one."""


class Pattern(NamedTuple):
    """One expression, as Hyperscan reads it: bytes in any case."""

    expression: bytes
    beside: bytes = b""
    """What else the line has to hold, in lower case; empty for nothing."""


def patterns(index: Index, *, programs: bool) -> list[Pattern]:
    """Everything by which a line can be a hit, or a candidate of `unknown`. `programs` adds the names of programs, for
    formats that tell which one made a contact."""
    indicators = [one for service in index.services.values() for one in service.indicators]
    hits = [one for one in indicators if one.strength > Strength.HINT]
    found = [*_hosts(hits), *_paths(hits), *_shapes(indicators), *_agents(hits), *_labels(), *_hidden()]
    if programs:
        found += _programs(hits)
    return list(dict.fromkeys(found))


def wire_patterns(index: Index) -> list[Pattern]:
    """The same for the questions of DNS messages (RFC 1035, section 4.1.2), which have nothing but a name: labels, each
    after its length, and a zero. A dot inside a label is taken for one between two, as those do who ask the index."""
    indicators = [one for service in index.services.values() for one in service.indicators]
    found = []
    for one in indicators:
        if one.strength > Strength.HINT and one.kind in ("host", "host_exact", "host_pattern"):
            text = one.value.rpartition("*")[2] if one.kind == "host_pattern" else f".{one.value}"
            labels = [re.escape(label) for label in text.split(".")]
            found.append(Pattern(_expression(_LENGTH.join(labels), r"\x00")))
    return list(dict.fromkeys(found))


def _expression(*parts: str) -> bytes:
    return "".join(parts).encode()


def _hosts(hits: Iterable[Indicator]) -> Iterator[Pattern]:
    """Each suffix that is not below another; of a pattern with stars what follows the last one."""
    names = {one.value for one in hits if one.kind in ("host", "host_exact")}
    for name in sorted(names):
        if not any(parent in names for parent in _parents(name)):
            yield Pattern(_expression(_EDGE, re.escape(name), _EDGE))
    for one in hits:
        if one.kind == "host_pattern":
            yield Pattern(_expression(re.escape(one.value.rpartition("*")[2]), _EDGE))


def _parents(name: str) -> Iterator[str]:
    while "." in name:
        name = name.partition(".")[2]
        yield name


def _paths(hits: Iterable[Indicator]) -> Iterator[Pattern]:
    """The longest segment of a path below a host, in lines that name the host too; nothing where the host is enough."""
    hits = list(hits)
    names = {one.value for one in hits if one.kind == "host"}
    for one in hits:
        host, _, path = one.value.lower().partition("/")
        if one.kind == "url_path" and host not in names and names.isdisjoint(_parents(host)):
            segment = max((part for part in path.split("/") if "*" not in part), key=len, default="")
            if segment:
                yield Pattern(_expression(_SLASH, re.escape(segment), "[^a-z0-9_.~-]"), host.encode())
            else:
                yield Pattern(_expression(_EDGE, re.escape(host), _EDGE))


def _shapes(indicators: Iterable[Indicator]) -> Iterator[Pattern]:
    """The last segment of an API's path, and what stands before it where that says something."""
    for one in indicators:
        if one.kind == "api_path":
            tail = one.value.lower().rpartition("/")[2].rpartition(":")[2]
            yield Pattern(_expression(_SLASH, re.escape(tail), "[^a-z0-9_.~-]"))


def _agents(hits: Iterable[Indicator]) -> Iterator[Pattern]:
    for one in hits:
        if one.kind == "user_agent":
            yield Pattern(_expression(_ENCODED_BLANK, re.escape(one.value.lower()), _AFTER_WORD))


def _programs(hits: Iterable[Indicator]) -> Iterator[Pattern]:
    for one in hits:
        if one.kind == "process":
            pieces = [re.escape(piece) for piece in process_name(one.value).split("*")]
            longest = max(pieces, key=len)
            ends = _AFTER_WORD if len(pieces) == 1 else ""
            yield Pattern(_expression(_EDGE if ends else "", longest, ends))


def _labels() -> Iterator[Pattern]:
    """What gateways say of contacts that no signature names."""
    kind, _, subtype = EVENT_STREAM.partition("/")
    yield Pattern(_expression(re.escape(kind), r"(?:\\?/|%(?:25)?2f)", re.escape(subtype)))
    for phrase in weights().labels.phrases:
        yield Pattern(_expression(_AFTER_WORD, "[^a-z0-9]{1,8}".join(phrase.split()), _AFTER_WORD))


def _hidden() -> Iterator[Pattern]:
    for row in _ENCODED:
        yield Pattern(_expression("%", row))
        yield Pattern(_expression("%25", row))
    for escape in _ESCAPED:
        yield Pattern(_expression(escape))
    for point in look_alikes():
        yield Pattern("".join(f"\\x{byte:02x}" for byte in chr(point).encode()).encode())


@cache
def look_alikes() -> list[int]:
    """Code points above ASCII that a host name may hold and that come to letters, digits, dots or hyphens of ASCII, or
    to nothing (UTS #46, https://www.unicode.org/reports/tr46/; NFKC)."""
    version = f"{unicodedata.unidata_version}-{idna.__version__}"
    return kept("look-alikes", version, _look_alikes, msgspec.msgpack.Decoder(list[int]))


def _look_alikes() -> list[int]:
    return [point for point in (*range(0x80, 0x20000), *range(0xE0000, 0xE1000)) if comes_to_ascii(point)]


def comes_to_ascii(point: int) -> bool:
    """Whether a code point, alone or as a part of what it stands for, comes to a byte of a signature, or to nothing."""
    if 0xD800 <= point < 0xE000:
        return False
    sign = chr(point)
    try:
        mapped = idna.uts46_remap(sign, std3_rules=False)
    except (idna.IDNAError, IndexError):
        mapped = unicodedata.normalize("NFKC", sign).lower()
    return not mapped or bool(_ALPHABET.intersection(mapped)) or bool(_ALPHABET.intersection(sign.lower()))
