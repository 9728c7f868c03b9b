"""Squid's `logformat` language, compiled to one regular expression that reads a line in linear time.

http://www.squid-cache.org/Doc/config/logformat/: a directive is `%`, then optionally an encoding (`"`, `[`, `#`, `'`,
`/`), `-` for left-aligned, a width, an argument in braces, and the code; the argument may also follow the code."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

# What is read of a line; any other code is matched and passed over. `http::` before a code says nothing.
_FIELDS = {
    "ts": "seconds", "tu": "milliseconds", "tl": "local_stamp", "tg": "utc_stamp",
    ">a": "client", ">A": "client_name",
    "un": "user", "ul": "user", "ue": "user", "us": "user", "ui": "user",
    ">Hs": "status", "Hs": "status", "<Hs": "status", "Ss": "result", "<st": "received", ">st": "sent",
    "rm": "method", ">rm": "method", ">ru": "url", "ru": "url", "<ru": "url", "rs": "scheme", ">rs": "scheme",
    ">rd": "host", "rd": "host", "<rd": "host", ">rP": "port", "rP": "port", ">rp": "path", "rp": "path",
    "ssl::>sni": "sni", "mt": "content_type",
    "{user-agent}>h": "user_agent", "{user-agent}>ha": "user_agent", "{host}>h": "host_header",
}  # fmt: skip
_ENCODED = frozenset(("user", "user_agent"))  # of URLs the encoding is part
_ADDRESSES = frozenset((">a", ">A", "<a", "<A", ">la", "<la", "la", ">rd", "<rd", "rd"))
_CLASSES = {"result": "[A-Z_]*", "host": r"[^\s/]*", "port": r"\d*"}  # these end where something else begins
_OTHER_CODES = (
    "tr dt tS >p >eui >la >lp <a <A <p <la <lp la lp sn err_code err_detail note et ea Sh rv >rv <rv <rm <rs "
    "<rP <rp >h >ha <h st >sh <sh <bs <pt <tt credentials"
)
_CODES = sorted({*_OTHER_CODES.split(), *(code for code in _FIELDS if code[0] != "{")}, key=len, reverse=True)
_DIRECTIVE = re.compile(
    r"%(?:(?P<percent>%)|(?P<encoding>[\"\[#'/])?(?P<left>-)?(?P<width>\d+(?:\.\d+)?|\.\d+)?(?:\{(?P<before>[^}]*)\})?"
    rf"(?:http::)?(?P<code>{'|'.join(map(re.escape, _CODES))}|(?:[a-z_]+::)?[<>]?[A-Za-z_]+)"
    r"(?:\{(?P<after>[^}]*)\})?)"
)
_STAMP = "%d/%b/%Y:%H:%M:%S %z"  # the default of %tl and %tg
_BUILT_IN = {
    "squid": '%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt',
    "common": '%>a %[ui %[un [%tl] "%rm %ru HTTP/%rv" %>Hs %<st %Ss:%Sh',
    "combined": '%>a %[ui %[un [%tl] "%rm %ru HTTP/%rv" %>Hs %<st "%{Referer}>h" "%{User-Agent}>h" %Ss:%Sh',
}  # fmt: skip
# A line may have come by syslog: https://www.rfc-editor.org/rfc/rfc3164#section-4, rfc5424#section-6
_SYSLOG = r"(?:<\d{1,3}>1(?: \S++){5} - |(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S++ (?:[^\s:]++: ?)?)?+"


@dataclass(frozen=True, slots=True)
class LogFormat:
    """One compiled format."""

    text: str
    _pattern: re.Pattern[str]
    _fields: tuple[tuple[str, str], ...]
    """For each group of the pattern, in order: the field, and the encoding to undo."""
    _places: dict[tuple[str, ...], list[int]] = dataclasses.field(default_factory=dict, compare=False)
    """Of fields that `texts` was asked for, the groups."""

    def values(self, line: str) -> dict[str, str] | None:
        """What a line says, by field, with encodings undone and nothing for `-`; None where the line has another
        format. Where two directives give one field (%ui, %un), the first that says something counts."""
        found = self._pattern.match(line)
        if found is None:
            return None
        values: dict[str, str] = {}
        for (field, encoding), text in zip(self._fields, found.groups(), strict=True):
            if text and text != "-" and field not in values:
                values[field] = _decoded(text, encoding) if field in _ENCODED else text
        return values

    def texts(self, line: str, fields: tuple[str, ...]) -> tuple[str, ...] | None:
        """What a line says in some fields, as it stands there; None where the line has another format."""
        found = self._pattern.match(line)
        if found is None:
            return None
        places = self._places.get(fields)
        if places is None:
            named = [name for name, _ in self._fields]
            places = self._places[fields] = [named.index(field) + 1 if field in named else 0 for field in fields]
        return tuple([found[place] or "" if place else "" for place in places])


def compile_format(text: str) -> LogFormat:
    """Compile `logformat NAME FORMAT` as it stands in squid.conf, or FORMAT alone, or the name of a built-in format.

    Raises ValueError with a sentence for the user where values could not be told apart, or where no host is named."""
    body = re.sub(r"^\s*logformat\s+\S+\s+", "", text).strip()
    body = _BUILT_IN.get(body, body)
    parts = list(_parts(body))
    fields: list[tuple[str, str]] = []
    pattern = [_SYSLOG]
    for number, part in enumerate(parts):
        if isinstance(part, str):
            continue
        before = "".join(other if isinstance(other, str) else "" for other in parts[:number])
        following = parts[number + 1] if number + 1 < len(parts) else ""
        if not isinstance(following, str) and part.field not in _CLASSES:
            raise ValueError(f"%{part.code} and %{following.code} touch in the log format; nothing parts their values.")
        if part.field:
            in_quotes = '"' if before.count('"') % 2 else ""
            fields.append((part.field, part.encoding or in_quotes))
        pattern.append(_value(part, before, following))
    if not {"url", "host", "sni", "host_header"} & {field for field, _ in fields}:
        raise ValueError(
            "The log format names neither the URL (%ru), nor the host (%>rd), nor the TLS server name (%ssl::>sni); "
            "without one of them no service can be recognised."
        )
    start = parts[0] if isinstance(parts[0], str) else ""
    pattern.insert(1, _literal(start))
    return LogFormat(body, re.compile("".join(pattern) + r"(?=\s|\Z)"), tuple(fields))


@dataclass(frozen=True, slots=True)
class _Directive:
    code: str
    field: str
    encoding: str
    is_padded: bool
    blanks: int
    """In a stamp: how many blanks its format holds."""


def _parts(text: str) -> Iterator[str | _Directive]:
    """Directives, and the literal text between them."""
    literal, position = "", 0
    for found in _DIRECTIVE.finditer(text):
        literal += text[position : found.start()]
        position = found.end()
        if found["percent"]:
            literal += "%"
            continue
        if literal:
            yield literal
            literal = ""
        code, argument = found["code"], found["before"] or found["after"] or ""
        field = _FIELDS.get(f"{{{argument.lower()}}}{code}" if code in (">h", ">ha") else code, "")
        blanks = (argument or _STAMP).count(" ") if code in ("tl", "tg") else 0
        yield _Directive(code, field, found["encoding"] or "", bool(found["width"]), blanks)
    literal += text[position:]
    if literal:
        yield literal


def _value(part: _Directive, before: str, following: str | _Directive) -> str:
    """The pattern of one value and the literal after it. Every repetition is possessive, or atomic together with the
    literal that ends it, so that no line makes the match go back over more than one value."""
    capture = "(" if part.field else "(?:"
    pad = " *+" if part.is_padded else ""
    if not isinstance(following, str):  # %>rd%>rp
        return rf"{pad}{capture}{_CLASSES[part.field]}+)"
    rest = _literal(following)
    if before.endswith("[") and following.startswith("]"):
        return rf"{capture}[^\]]*+){rest}"
    if before.count('"') % 2:
        if following.startswith('"'):
            return rf'{pad}{capture}[^"\\]*+(?:\\.[^"\\]*+)*+){rest}'
        if part.field == "url":  # "%rm %ru HTTP/%rv": a URL may hold blanks
            return rf'{pad}(?>{capture}[^"]*){re.escape(following)})'
        return rf'{pad}{capture}[^\s"]*+){rest}'
    if part.encoding in ('"', "/") or part.field == "user_agent":
        return rf'{pad}{capture}"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s"]\S*+|(?=\s|\Z)){rest}'
    words = _CLASSES.get(part.field, r"\S*" + r" \S*" * part.blanks)
    if not following or following[0].isspace():
        return rf"{pad}(?>{capture}{words})){rest}"
    if part.code in _ADDRESSES:  # of IPv6 the last colon before a port is meant
        end = re.split(r"\s", following, maxsplit=1)[0]
        return rf"{pad}(?>{capture}[\w.:%\[\]-]*){pad}{re.escape(end)}){_literal(following[len(end) :])}"
    words = _CLASSES.get(part.field, f"[^{re.escape(following[0])}{'' if part.blanks else ' '}]*")
    return rf"{pad}{capture}{words}+){pad}{rest}"


def _literal(text: str) -> str:
    return r"\s++".join(re.escape(word) for word in re.split(r"\s+", text))


def _decoded(text: str, encoding: str) -> str:
    if text[0] == '"' == text[-1] and len(text) > 1:
        text, encoding = text[1:-1], '"'
    if encoding in ('"', "/"):
        return re.sub(r"\\(.)", r"\1", text) if "\\" in text else text
    if encoding == "'":
        return text
    text = text.replace("\\\\", "\\")
    return unquote(text) if "%" in text else text
