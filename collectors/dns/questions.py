"""Questions of the DNS as text: their types as words, and names as zone files write them."""

from __future__ import annotations

import re
from functools import lru_cache

import dns.rdatatype

_LONGEST_WORD = 32
# TYPE65: https://www.rfc-editor.org/rfc/rfc3597#section-5; query-65 and *: Zeek's DNS::query_types,
# https://docs.zeek.org/en/master/scripts/base/protocols/dns/consts.zeek.html
_NUMBERED = re.compile(r"(?:TYPE|query-)?(\d{1,5})", re.ASCII | re.IGNORECASE)
# https://www.rfc-editor.org/rfc/rfc1035#section-5.1
_ESCAPE = re.compile(r"\\(\d\d\d|.)", re.ASCII)


def question_word(text: str) -> str:
    """The type of a question as a word (A, AAAA, HTTPS), whichever way it is written: `TYPE65`, `query-65`, `65`, `*`;
    TYPE123 where the number has no name, and empty for nothing."""
    return _word(text[:_LONGEST_WORD])


@lru_cache(maxsize=4096)
def _word(text: str) -> str:
    if text in ("", "-"):
        return ""
    if text == "*":
        return "ANY"
    found = _NUMBERED.fullmatch(text)
    if found is None or int(found[1]) > 65535:
        return text.upper()
    return dns.rdatatype.to_text(dns.rdatatype.RdataType.make(int(found[1])))


def unescaped_name(text: str) -> str:
    """A name in presentation form (`my\\032printer.local`) with its escapes undone. A dot or a backslash inside a label
    stays escaped, as a number, so that one label is never taken for two."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(found: re.Match[str]) -> str:
    code = int(found[1]) if len(found[1]) == 3 else ord(found[1])
    if code in (46, 92) or not 32 <= code < 127:  # a dot, a backslash, what cannot be printed
        return f"\\{code:03d}"
    return chr(code)
