"""Squid's own access.log (`logformat squid`): the fastest reader of the project, because it is the commonest input.

    1286536308.779    180 192.168.0.224 TCP_MISS/200 411 GET http://example.com/ - HIER_DIRECT/192.0.2.7 text/html

http://www.squid-cache.org/Doc/config/logformat/ and https://wiki.squid-cache.org/Features/LogFormat"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import unquote

from shadowledger.collectors.bystanders import Bystander
from shadowledger.collectors.clock import EXPLICIT, epoch_us
from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.lines import REMEMBERED, Unwanted, fitting
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import TOO_MANY_DIGITS, UNKNOWN_BYTES, Ignored, Issue, Record, traffic_of
from shadowledger.collectors.urls import Urls
from shadowledger.signatures.unknown import EVENT_STREAM

REFERENCE = "http://www.squid-cache.org/Doc/config/logformat/"
_CACHE_METHODS = frozenset(("ICP_QUERY", "HTCP_TST", "HTCP_CLR", "HTCP_NOP", "HTCP_MON", "HTCP_SET"))

# Result codes: https://wiki.squid-cache.org/SquidFaq/SquidLogs#squid-result-codes (TCP_MISS, TAG_NONE, NONE_NONE ...).
_RESULT = re.compile(r"([A-Z][A-Z_]{1,60})/(\d{3})", re.ASCII)
# A record behind anything, such as a syslog header. The bracket is left by logs that were pasted through Markdown.
_INSIDE = re.compile(
    r"\b\d{9,10}\.\d{3}\s++-?\d++\)?\s++\S++\s++[A-Z][A-Z_]{1,60}/\d{3}\s++-?\d++\s++\S++\s++\S", re.ASCII
)
# %[un %Sh/%<a: the user is the word before the hierarchy code. URLs may hold blanks (uri_whitespace allow).
_NEXT_USER = re.compile(r"(\S++) [A-Z][A-Z_]*+/\S", re.ASCII)
_USER = re.compile(r"(?:^|\s)(\S++)\s++[A-Z][A-Z_]*+/\S", re.ASCII)
# Cisco's Secure Web Appliance writes the same fields, then an ACL decision tag and its verdicts in angle brackets:
# https://www.cisco.com/c/en/us/td/docs/security/wsa/wsa-14-5/user-guide/wsa-userguide-14-5/b_WSA_UserGuide_11_7_chapter_010101.html
_CISCO = re.compile(r"\s(?:(?:<|&lt;)[^<>\s]*,|[A-Z][A-Z_]{3,40}+\d{0,6}+(?:-[^\s-]++){5,10}+(?:\s|\Z))")


def _result_of(results: dict[str, tuple[int, str]], word: str) -> tuple[int, str] | None:
    """CODE/status as (status, action), remembered in `results`; None for a word that is no result code."""
    found = _RESULT.fullmatch(word)
    if found is None:
        return None
    if len(results) >= REMEMBERED:
        results.clear()
    result = results[word] = int(found[2]), action_of(found[1])
    return result


def action_of(code: str) -> str:
    """allowed or blocked, by Squid's result code; empty where no request was handled (NONE, TAG_NONE)."""
    if "DENIED" in code:
        return "blocked"
    return "" if code.startswith(("NONE", "TAG_NONE")) else "allowed"


def not_a_request(method: str, url: str) -> str:
    """Why a line is not somebody's request for a host; empty where it is."""
    if url.startswith("error:"):
        return "no request could be read"  # error:transaction-end-before-headers, error:invalid-request
    if url.startswith(("cache_object:", "/squid-internal-")):
        return "a request to the cache itself"
    return "another cache asked" if method in _CACHE_METHODS else ""


def is_name(host: str) -> bool:
    """Whether a clean host can be one: not so for `urn:isbn:0451450523`."""
    return bool(host) and (":" not in host or is_address(host))


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class _Requests:
    """Builds the records of one pass, and remembers for which targets there is none to build."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.wanted = reading.wanted
        self.unwanted_tunnels: Unwanted[str] = Unwanted()
        """Targets of CONNECT: with them everything is said that could be asked."""
        self.nobodys: Unwanted[str] = Unwanted()
        """URLs up to their path, of hosts that are nobody's: only the shape of an API can still be asked for."""
        self._urls = Urls()

    def record(self, position: int, fields: list[str], result: tuple[int, str]) -> Record | None:
        """The record of one line, or None where it is not wanted."""
        method, url = fields[5], fields[6]
        scheme = path = ""
        host, port = self._urls.authorities[url] if method == "CONNECT" and "/" not in url else ("", 0)
        if not host:
            scheme, host, port, path = self._urls.split(url)
        rest = fields[7] if len(fields) > 7 else ""
        wanted = self.wanted
        if wanted is not None and host and not wanted(host, path, method, port, "", "") and not _is_stream(rest):
            told = host if is_name(host) and not not_a_request(method, url) else ""
            if method == "CONNECT":
                self.unwanted_tunnels.remember(url, told)
            elif told and path and wanted.nobody(host):
                self.nobodys.remember(url[: url.find("/", len("http://"))], host)
            if told and self._reading.is_census:
                self._reading.count(host, epoch_us(fields[0]), _bystander(fields))
            return None
        if reason := not_a_request(method, url):
            return Ignored(position, reason)
        if not is_name(host):
            return Issue(position, "no host")
        time_us = epoch_us(fields[0])
        answer = rest[rest.rfind(" ") + 1 :]
        every = (
            position, "proxy", host, time_us, EXPLICIT if time_us else "", value_of(fields[2]),
            _user_in(rest), "", port, scheme, path,
            method if method.isalpha() else value_of(method), result[0], UNKNOWN_BYTES, bytes_of(fields[4]), "", "",
            result[1], "", "", "", value_of(answer) if "/" in answer else "",
        )  # fmt: skip
        return traffic_of(every)


def _bystander(fields: list[str]) -> Bystander:
    return "proxy", _user_in(fields[7] if len(fields) > 7 else ""), "", value_of(fields[2])


def _user_in(rest: str) -> str:
    user = _NEXT_USER.match(rest) or _USER.search(rest)
    return value_of(user[1]) if user else ""


def value_of(word: str) -> str:
    """A word as it was before Squid encoded it (`%20`, and `\\\\` for the backslash of `CORP\\ada`); empty for the
    `-` that stands for nothing. http://www.squid-cache.org/Doc/config/logformat/, encoding `[`."""
    if word == "-":
        return ""
    if "\\" in word:
        word = word.replace("\\\\", "\\")
    return unquote(word) if "%" in word else word


def bytes_of(word: str) -> int:
    """A size in bytes; UNKNOWN_BYTES where the word is no number."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < TOO_MANY_DIGITS else UNKNOWN_BYTES


def read(reading: Reading) -> Iterator[Record]:
    """One record a line. Nearly all lines are passed over by what is remembered of their targets."""
    results: dict[str, tuple[int, str]] = {}
    requests = _Requests(reading)
    unwanted_tunnels, nobodys = requests.unwanted_tunnels, requests.nobodys
    api_words = frozenset(reading.wanted.api_words if reading.wanted is not None else ())
    for first, lines in reading.blocks():
        is_census = reading.is_census
        reading.record_count += len(lines)
        for position, line in enumerate(lines, first):
            fields = line.split(None, 7)
            try:
                url, result = fields[6], results[fields[3]]
            except (IndexError, KeyError):
                if not fields or fields[0][0] == "#":
                    reading.record_count -= 1
                    continue
                taken = _with_care(line, fields, results)
                if isinstance(taken, str):
                    yield Issue(position, taken)
                    continue
                fields, result = taken
                url = fields[6]
            if fields[5] == "CONNECT":
                if (host := unwanted_tunnels.get(url)) is not None:
                    if is_census and host:
                        reading.count(host, epoch_us(fields[0]), _bystander(fields))
                    continue
            elif (host := nobodys.get(url[: (slash := url.find("/", 8))])) is not None:
                query = url.find("?", slash)
                end = query if query >= 0 else len(url)
                word = url[url.rfind("/", slash, end) + 1 : end].lower()
                is_shape = word in api_words or word == "" or ":" in word or "%" in word or "#" in word
                if (end == slash + 1 or not is_shape) and not _is_stream(line):
                    if is_census and fields[5] not in _CACHE_METHODS:
                        reading.count(host, epoch_us(fields[0]), _bystander(fields))
                    continue
            record = requests.record(position, fields, result)
            if record is not None:
                yield record


def _is_stream(line: str) -> bool:
    """Whether a line ends in the type of an answer that came as an event stream."""
    return line[-len(EVENT_STREAM) :].lower() == EVENT_STREAM


def _with_care(
    line: str, fields: list[str], results: dict[str, tuple[int, str]]
) -> tuple[list[str], tuple[int, str]] | str:
    """The fields and the result of a line that is met for the first time, or that stands behind something else; the
    reason where it is none of Squid's."""
    if len(fields) > 6 and (result := _result_of(results, fields[3])):
        return fields, result
    inside = _INSIDE.search(line)
    if inside is None:
        return "fewer than 7 fields" if len(fields) < 7 else "no result code in field 4"
    fields = line[inside.start() :].split(None, 7)
    result = _result_of(results, fields[3])
    return (fields, result) if result else "no result code in field 4"


def _is_ours(line: str) -> bool:
    return _INSIDE.search(line) is not None and not _CISCO.search(line.partition(" [")[0])


def detect(head: Head) -> str:
    fits = fitting(head, _is_ours)
    fields = "epoch.ms, elapsed, client, CODE/status, size, method, URL"
    return f"{fits} have Squid's native fields: {fields}" if fits else ""


SQUID_NATIVE = Collector(
    id="squid_native",
    title="Squid access.log (native)",
    framing="line",
    fills=(
        *("time", "host", "client", "user", "port", "scheme", "path", "method", "status", "received_bytes", "action"),
        "content_type",
    ),
    detect=detect,
    read=read,
    reference=REFERENCE,
    is_screened=True,
    resumes=True,
    export="squid.conf: access_log stdio:/var/log/squid/access.log squid (the default).",
    cannot="User agents; bytes from the client; of HTTPS the host alone, unless TLS is inspected.",
)
