"""The query log of BIND 9, in all the forms in which `named` and syslog write it.

    19-Oct-2022 05:34:02.425 client @0x7f65 10.0.0.5#51234 (example.com): query: example.com IN A +E(0)K (10.0.0.1)

https://bind9.readthedocs.io/en/latest/reference.html#namedconf-statement-querylog. Before `client` stand, each only if
so configured, a syslog header, the time, the category and the severity; after it a key, the name and a view."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shadowledger.collectors.clock import EXPLICIT, NO_TIME, Clock, Stamp, clock_of
from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.dns.questions import question_word, unescaped_name
from shadowledger.collectors.lines import NOTHING_KNOWN, Unwanted, fitting
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Ignored, Issue, Record, Traffic
from shadowledger.signatures.hosts import clean_host

_LONGEST_HEADER = 512
_MARK = ": query: "
# 10.0.0.5#51234, 2001:db8::1#51234, fe80::1%eth0#5353; the @0x address of the client object came with 9.11
_CLIENT = re.compile(r"\bclient (?:@0x[0-9a-f]+ )?([0-9A-Fa-f.:]+(?:%[^\s#]+)?)#\d", re.ASCII)
# named's own stamps: local (the default), iso8601, iso8601-utc; one from syslog or a container may stand before it
_STAMPS = re.compile(
    r"(\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d(?:\.\d+)?)"
    r"|(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)",
    re.ASCII,
)
# https://www.rfc-editor.org/rfc/rfc3164#section-4.1.2
_SYSLOG_STAMP = re.compile(r"(?:<\d{1,3}>)?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) ", re.ASCII)
# What else named says of clients and of itself: reasons in the order in which they are looked for.
_OTHERS = (
    (" zone transfer ", "a zone transfer"),
    ("transfer of ", "a zone transfer"),
    (" denied", "a query that was refused"),
    ("query failed", "a query that failed"),
    ("query-errors: ", "a query that failed"),
)
_DHCPD = re.compile(r"\bdhcpd(?:\[\d+\])?: ", re.ASCII)
"""ISC's other server, often on the same machine and in the same syslog."""
# https://bind9.readthedocs.io/en/latest/reference.html#namedconf-statement-category
_NAMED = re.compile(
    r"\bnamed\[\d+\]: |\bclient (?:@0x[0-9a-f]+ )?\S+#\d|\b(?:client|cname|config|database|default|delegation-only"
    r"|dispatch|dnssec|dnstap|edns-disabled|general|lame-servers|network|notify|nsid|queries|rate-limit|resolver|rpz"
    r"|rpz-passthru|security|serve-stale|sig0|spill|sslkeylog|trust-anchor-telemetry|unmatched|update|update-security"
    r"|xfer-in|xfer-out|zoneload|info|notice|warning|error|critical): ",
    re.ASCII,
)


def read(reading: Reading) -> Iterator[Record]:
    """One question a line; nearly all are passed over because nobody wants their name."""
    unwanted: Unwanted[str] = Unwanted()
    clock = clock_of(reading)
    for first, lines in reading.blocks():
        known = NOTHING_KNOWN if reading.is_census else unwanted
        reading.record_count += len(lines)
        for position, line in enumerate(lines, first):
            before, _, after = line.partition(_MARK)
            question = after.partition(" +")[0]  # name, class, type: what is left are flags, and who was asked
            if question in known:
                continue
            if not question:
                if not line or line[0] == "#" or line.isspace():
                    reading.record_count -= 1
                else:
                    yield _other(position, line)
                continue
            record = _record(position, before, after, clock, reading)
            if record is not None:
                yield record
            else:
                unwanted.remember(question)


def _record(position: int, before: str, after: str, clock: Clock, reading: Reading) -> Record | None:
    question = after.split(" ", 3)
    if len(question) < 3:
        return Issue(position, "the question is cut off")
    if len(question) > 3 and question[3].startswith("response: "):  # Infoblox, in the same words
        return Ignored(position, "a response")
    host, kind = clean_host(unescaped_name(question[0])), question_word(question[2])
    if not host:
        return Ignored(position, "a question about the root") if question[0] == "." else Issue(position, "no host")
    is_wanted = reading.wanted is None or reading.wanted(host, "", "", 0, "", kind)
    if not is_wanted and not reading.is_census:
        return None
    client = _CLIENT.search(before)
    time_us, tz_source = _time(before[: client.start()] if client else before, clock)
    if not is_wanted:
        reading.count(host, time_us, ("dns", "", "", client[1] if client else ""))
        return None
    return Traffic(
        position=position,
        via="dns",
        host=host,
        time_us=time_us,
        tz_source=tz_source,
        client=client[1] if client else "",
        question_type=kind,
    )


def _time(before: str, clock: Clock) -> Stamp:
    """By the stamp that says its zone, or else by named's own, which stands last, or else by syslog's."""
    time = NO_TIME
    for stamp in _STAMPS.finditer(before[:_LONGEST_HEADER]):
        time = clock.day_first(stamp[1]) if stamp[1] else clock.iso(stamp[2])
        if time[1] == EXPLICIT:
            return time
    if time[0]:
        return time
    syslog = _SYSLOG_STAMP.match(before)
    return clock.yearless(syslog[1]) if syslog else NO_TIME


def _other(position: int, line: str) -> Record:
    for words, reason in _OTHERS:
        if words in line:
            return Ignored(position, reason)
    if _NAMED.search(line):
        return Ignored(position, "another message of named")
    if _DHCPD.search(line, 0, _LONGEST_HEADER):
        return Ignored(position, "a message of the DHCP server beside it")
    return Issue(position, "not a line of named")


def detect(head: Head) -> str:
    if any(" response: " in line or "|Infoblox|" in line for line in head.lines):
        return ""  # Infoblox, whose own collector reads these too
    fits = fitting(head._replace(lines=tuple(line for line in head.lines if not _DHCPD.search(line))), _CLIENT.search)
    return f"{fits} are named's about a client, by its address and #port" if fits else ""


BIND_QUERY = Collector(
    id="bind_query",
    title="BIND 9 query log",
    framing="line",
    fills=("time", "host", "client", "question_type"),
    detect=detect,
    read=read,
    reference="https://bind9.readthedocs.io/en/latest/reference.html#namedconf-statement-querylog",
    is_screened=True,
    resumes=True,
    export="named.conf: querylog yes, and a channel with print-time iso8601-utc for the category queries.",
    cannot="Users and answers. By default the stamps are local and name no zone.",
)
