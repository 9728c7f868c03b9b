"""Ask the index about one line as a person, a test or another tool writes it: the language of `signatures match`."""

from __future__ import annotations

from typing import Any

import msgspec

from shadowledger.signatures.hosts import split_authority, split_url
from shadowledger.signatures.index import Index, Match
from shadowledger.signatures.schema import KIND_ALIASES, KINDS, TRAFFIC_KINDS

_KIND_NAMES = frozenset(KINDS) | frozenset(KIND_ALIASES)


def ask(index: Index, line: str) -> Match | None:
    """The match of one line: a host[:port], a URL, `kind:value`, or a JSON object with some of host, url (whole, or
    its path beside a host), method, question_type, user_agent, port, process. None where it is nobody's any more, or
    where it cannot be understood."""
    found = _ask(index, line.strip())
    return index.then(found, None) if found is not None else None


def _ask(index: Index, text: str) -> Match | None:
    if text.startswith("{"):
        return _ask_object(index, text)
    prefix, colon, value = text.partition(":")
    if colon and prefix.lower() in _KIND_NAMES and not value.startswith("//"):
        return _ask_kind(index, prefix.lower(), value.strip())
    return _ask_traffic(index, text) if text else None


def _ask_kind(index: Index, name: str, value: str) -> Match | None:
    kind = KIND_ALIASES.get(name, name)
    if kind == "user_agent":
        return index.user_agent(value)
    if kind == "api_path":
        method, _, path = value.rpartition(" ")
        port = 0
        if path.startswith(":"):
            port_text, _, rest = path[1:].partition("/")
            port, path = _port(port_text), "/" + rest
        return index.traffic("", path.partition("?")[0], method.strip(), port)
    if kind in TRAFFIC_KINDS:
        return _ask_traffic(index, value)
    if name == "macos_bundle_id":
        value = f"bundle_id:{value}"
    return index.artifacts.find(kind, value)


def _ask_traffic(
    index: Index, text: str, method: str = "", port: int = 0, user_agent: str = "", question: str = ""
) -> Match | None:
    if "/" in text or "?" in text:
        url = split_url(text)
        return index.traffic(url.host, url.path, method, url.port or port, user_agent, question)
    host, own_port = split_authority(text)
    return index.traffic(host, "", method, own_port or port, user_agent, question)


def _ask_object(index: Index, text: str) -> Match | None:
    try:
        fields = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None

    def word(key: str) -> str:
        value: Any = fields.get(key)
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""

    host, url = word("host"), word("url")
    found = _ask_traffic(
        index,
        host + url if url.startswith(("/", "?")) else url or host,
        word("method"),
        _port(word("port")),
        word("user_agent"),
        word("question_type").upper(),
    )
    if word("process") and (found is None or not found.is_hit):
        process = index.artifacts.find("process", word("process"))
        return process if found is None or (process is not None and process.is_hit) else found
    return found


def _port(digits: str) -> int:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 5 else 0


def answer(line: str, found: Match | None) -> dict[str, str | None]:
    """What `signatures match` prints of a line."""
    if found is None:
        return {"input": line, "service": None}
    service, indicator, instance = found
    told: dict[str, str | None] = {
        "input": line,
        "service": service.name,
        "id": service.id,
        "vendor": service.vendor,
        "category": service.category,
        "strength": indicator.strength.word,
        "role": indicator.role,
        "indicator": f"{indicator.kind}:{indicator.value}",
    }
    if instance:
        told["instance"] = instance
    return told
