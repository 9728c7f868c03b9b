"""Squid's other formats: common and combined (as an Apache server would write them, but with whole URLs, and with
Squid's result code at the end), and any `logformat` of the user's own.

    10.0.0.5 - ada [10/Oct/2000:13:55:36 -0700] "CONNECT example.com:443 HTTP/1.1" 200 2326 TCP_TUNNEL:HIER_DIRECT

http://www.squid-cache.org/Doc/config/logformat/; a web server's own log names no host in its lines and is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from shadowledger.collectors.clock import EXPLICIT, NO_TIME, Clock, Stamp, clock_of, epoch_us
from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.engines.unwanted import Decisive, Target, Unwanted
from shadowledger.collectors.lines import fitting
from shadowledger.collectors.proxy.logformat import LogFormat, compile_format
from shadowledger.collectors.proxy.squid import REFERENCE, action_of, bytes_of, is_address, is_name, not_a_request
from shadowledger.collectors.reading import Reading, Settings
from shadowledger.collectors.records import Ignored, Issue, Record, Traffic
from shadowledger.signatures.hosts import Url, split_authority, split_url

# Without Squid's last field also: forward proxies that write Apache's formats with whole URLs.
_COMMON = (
    compile_format("common"),
    compile_format('%>a %[ui %[un [%tl] "%rm %ru HTTP/%rv" %>Hs %<st'),
)
# The last two are what NetWitness has its customers configure, by the fields that its parser reads:
# https://github.com/elastic/beats/tree/v7.17.0/x-pack/filebeat/module/squid/log
_COMBINED = (
    compile_format("combined"),
    compile_format('%>a %[ui %[un [%tl] "%rm %ru HTTP/%rv" %>Hs %<st "%{Referer}>h" "%{User-Agent}>h"'),
    compile_format('%>a %>p [%tl] "%rm %ru %rv" %<A %mt %un "%rp" %>Hs %Sh %<st "%{Referer}>h" "%{User-Agent}>h"'),
    compile_format('%>a %>p [%tl] "%rm %ru %rv" %>Hs %<st "%{Referer}>h" "%{User-Agent}>h"'),
)
_UTC = Clock(Settings(zone=dt.UTC))


def _values(formats: tuple[LogFormat, ...], line: str) -> dict[str, str] | None:
    for format_ in formats:
        values = format_.values(line)
        if values is not None:
            return values
    return None


def _target(values: dict[str, str]) -> Url:
    """Where the request went. A tunnel to an address goes to the name that its TLS hello asked for."""
    url = split_url(values.get("url", ""))
    host, port = url.host, url.port
    if not host:
        host, port = split_authority(values.get("host") or values.get("host_header") or values.get("sni", ""))
    elif "sni" in values and is_address(host):
        host = split_authority(values["sni"])[0]
    if not port and values.get("port", "").isdecimal():
        port = split_authority(f"x:{values['port']}")[1]
    scheme = url.scheme or values.get("scheme", "").lower()
    path = url.path or values.get("path", "").partition("?")[0].partition("#")[0]
    return Url(scheme, host, port, path)


def _time(values: dict[str, str], clock: Clock) -> Stamp:
    if seconds := values.get("seconds"):
        time_us = epoch_us(f"{seconds}.{values.get('milliseconds', '').zfill(3)}")
        return (time_us, EXPLICIT) if time_us else NO_TIME
    if stamp := values.get("local_stamp"):
        local = clock.day_first(stamp)
        return local if local[0] else clock.iso(stamp)
    if stamp := values.get("utc_stamp"):
        time_us = _UTC.day_first(stamp)[0] or _UTC.iso(stamp)[0]
        return (time_us, EXPLICIT) if time_us else NO_TIME
    return NO_TIME


def _record(position: int, values: dict[str, str], clock: Clock, reading: Reading) -> Record | None:
    method, agent = values.get("method", ""), values.get("user_agent", "")
    if reason := not_a_request(method, values.get("url", "")):
        return Ignored(position, reason)
    scheme, host, port, path = _target(values)
    if not is_name(host):
        return Issue(position, "no host")
    answer = values.get("content_type", "")
    wanted = reading.wanted
    is_wanted = wanted is None or wanted(host, path, method, port, agent, "") or wanted.streams(answer)
    if not is_wanted and not reading.is_census:
        return None
    time_us, tz_source = _time(values, clock)
    name = values.get("client_name", "")
    user, device = values.get("user", ""), "" if is_address(name) else name
    client = values.get("client", "") or (name if is_address(name) else "")
    if not is_wanted:
        reading.count(host, time_us, ("proxy", user, device, client))
        return None
    return Traffic(
        position=position,
        via="proxy",
        host=host,
        time_us=time_us,
        tz_source=tz_source,
        client=client,
        user=user,
        device=device,
        port=port,
        scheme=scheme,
        path=path,
        method=method,
        status=max(bytes_of(values.get("status", "")), 0),
        sent_bytes=bytes_of(values.get("sent", "")),
        received_bytes=bytes_of(values.get("received", "")),
        user_agent=agent,
        action=action_of(values["result"]) if "result" in values else "",
        content_type=answer,
    )


_DECISIVE = Decisive(
    ("method", "scheme", "host", "host_header", "sni", "port", "url", "path", "user_agent", "content_type"),
    0, (), (Target((), (0, 1, 2, 3, 4, 5), (6, 7), ((8,), (9,))),), frozenset(("", "-")),
)  # fmt: skip
"""Fields on which it depends whether a record is wanted."""


def _seen(formats: tuple[LogFormat, ...], line: str) -> tuple[str, ...] | None:
    for format_ in formats:
        seen = format_.texts(line, _DECISIVE.columns)
        if seen is not None:
            return seen
    return None


def _read(reading: Reading, formats: tuple[LogFormat, ...]) -> Iterator[Record]:
    clock, wanted = clock_of(reading), reading.wanted
    unwanted = Unwanted(_DECISIVE, frozenset(wanted.api_words if wanted is not None else ()))
    is_unwanted = unwanted.knows
    for first, lines in reading.blocks():
        for position, line in enumerate(lines, first):
            if not line or line[0] == "#" or line.isspace():
                continue
            reading.record_count += 1
            seen = _seen(formats, line) if wanted is not None and not reading.is_census else None
            if seen is not None and is_unwanted(seen) is not None:
                continue
            values = _values(formats, line)
            if values is None:
                yield Issue(position, "not in this log format")
                continue
            record = _record(position, values, clock, reading)
            if record is not None:
                yield record
            elif seen is not None and wanted is not None:
                is_dull = wanted.nobody(_target(values).host)
                agent, answer = values.get("user_agent", ""), values.get("content_type", "")
                dull = (not wanted.agent(agent), not wanted.streams(answer))
                unwanted.remember(seen, dict(zip(_DECISIVE.columns, seen, strict=True)), 0, is_dull=is_dull, dull=dull)


def read_custom(reading: Reading) -> Iterator[Record]:
    """Raises ValueError with a sentence where the user's format cannot be used (`logformat.compile_format`)."""
    yield from _read(reading, (compile_format(reading.settings.log_format),))


def _detector(formats: tuple[LogFormat, ...], others: tuple[LogFormat, ...], what: str) -> Callable[[Head], str]:
    def is_ours(line: str) -> bool:
        values = _values(formats, line)
        if values is None or _values(others, line) is not None:
            return False
        url = values.get("url", "")
        return "://" in url or values.get("method") == "CONNECT" or url.startswith("error:")

    def detect(head: Head) -> str:
        fits = fitting(head, is_ours)
        return f"{fits} have {what}, with whole URLs or CONNECT" if fits else ""

    return detect


_FILLS = ("time", "host", "client", "user", "port", "scheme", "path", "method", "status", "received_bytes", "action")
SQUID_COMMON = Collector(
    id="squid_common",
    title="Squid, common log format",
    framing="line",
    fills=_FILLS,
    detect=_detector(_COMMON, _COMBINED, "the common log format"),
    read=lambda reading: _read(reading, _COMMON),
    reference=REFERENCE,
    is_screened=True,
    resumes=True,
    export="squid.conf: access_log stdio:/var/log/squid/access.log common.",
    cannot="User agents; bytes from the client; of HTTPS the host alone, unless TLS is inspected.",
)
SQUID_COMBINED = Collector(
    id="squid_combined",
    title="Squid, combined log format",
    framing="line",
    fills=(*_FILLS, "user_agent"),
    detect=_detector(_COMBINED, (), "the combined log format"),
    read=lambda reading: _read(reading, _COMBINED),
    reference=REFERENCE,
    is_screened=True,
    resumes=True,
    export="squid.conf: access_log stdio:/var/log/squid/access.log combined.",
    cannot="Bytes from the client; of HTTPS the host alone, unless TLS is inspected.",
)


def _check(settings: Settings) -> str:
    try:
        compile_format(settings.log_format)
    except ValueError as error:
        return str(error)
    return ""


SQUID_CUSTOM = Collector(
    id="squid_custom",
    title="Squid, a log format of your own",
    framing="line",
    fills=(*_FILLS, "user_agent", "device", "sent_bytes"),
    detect=lambda _: "",  # nothing in its lines says so; the user does
    read=read_custom,
    reference=REFERENCE,
    is_screened=True,
    check=_check,
    resumes=True,
    export="squid.conf: your own logformat line, given here with --log-format.",
    cannot="What your format leaves out.",
)
