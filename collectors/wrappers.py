"""A record inside another system's JSON object, or inside one column of its CSV: found by where it lies, and taken out.

Which of them a source has is told by `unwrapped`; whether what comes out is a log is for the collectors to say."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from shadowledger.collectors.lines import next_row
from shadowledger.collectors.sources import LONGEST_LINE_BYTES

EACH = "[]"
"""In a path: a list, of which every element is meant."""


class Wrapper(NamedTuple):
    """One way in which systems put a record into an object of their own."""

    id: str
    """Never renamed: inventories may hold it."""
    title: str
    path: tuple[str, ...]
    """The keys, from the outside in, that lead to the record: a text, or an object that is the record itself."""
    reference: str
    """The public page that shows it."""
    beside: tuple[str, ...] = ()
    """The only other keys that the outer object may have; any where this is empty."""


_HEC_KEYS = ("time", "host", "source", "sourcetype", "index", "fields", "input")
"""The documented ones, and what Elastic's agent puts beside them."""
_ELASTIC = "https://www.elastic.co/guide/en/elasticsearch/reference/current/mapping-source-field.html"
_ECS = "https://www.elastic.co/guide/en/ecs/current/ecs-event.html#field-event-original"
_GOOGLE = "https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry"
_OTEL = "https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/"
_GELF = "https://go2docs.graylog.org/current/getting_in_log_data/gelf.html"

WRAPPERS: tuple[Wrapper, ...] = (  # what was never taken apart before what is left of it, whole objects last
    Wrapper("splunk_result", "Splunk search export", ("result", "_raw"),
            "https://help.splunk.com/en/splunk-enterprise/search/search-manual/export-data-using-the-splunk-rest-api"),
    Wrapper("raw", "Splunk and Cribl events", ("_raw",), "https://docs.cribl.io/stream/event-model/"),
    Wrapper("elastic_original", "Elasticsearch documents, original event", ("_source", "event", "original"), _ECS),
    Wrapper("elastic_original_flat", "Elasticsearch documents, original event, flat", ("_source", "event.original"),
            _ECS),
    Wrapper("original", "Elastic events, original", ("event", "original"), _ECS),
    Wrapper("original_flat", "Elastic events, original, flat", ("event.original",), _ECS),
    Wrapper("splunk_hec", "Splunk HTTP Event Collector", ("event",),
            "https://help.splunk.com/splunk-enterprise/get-data-in/collect-http-event-data/"
            "format-events-for-http-event-collector", _HEC_KEYS),
    Wrapper("sentinel_syslog", "Azure Monitor's Syslog table", ("SyslogMessage",),
            "https://learn.microsoft.com/azure/azure-monitor/reference/tables/syslog"),
    Wrapper("sentinel_raw", "Azure Monitor's custom text logs", ("RawData",),
            "https://learn.microsoft.com/azure/azure-monitor/vm/data-collection-log-text"),
    Wrapper("cloudwatch", "CloudWatch Logs subscription", ("logEvents", EACH, "message"),
            "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html"),
    Wrapper("google_text", "Google Cloud Logging, text", ("textPayload",), _GOOGLE),
    Wrapper("google_message", "Google Cloud Logging, message", ("jsonPayload", "message"), _GOOGLE),
    Wrapper("otel_file", "OpenTelemetry logs, batches",
            ("resourceLogs", EACH, "scopeLogs", EACH, "logRecords", EACH, "body", "stringValue"), _OTEL),
    Wrapper("otel_record", "OpenTelemetry log records", ("body", "stringValue"), _OTEL),
    Wrapper("gelf_full", "Graylog GELF, full message", ("full_message",), _GELF),
    Wrapper("gelf_short", "Graylog GELF, short message", ("short_message",), _GELF),
    Wrapper("docker", "Docker, Kubernetes and Fluentd logs", ("log",),
            "https://docs.docker.com/engine/logging/drivers/json-file/"),
    Wrapper("elastic_message", "Elasticsearch documents, message", ("_source", "message"), _ELASTIC),
    Wrapper("message", "Beats, Logstash, Vector and Kubernetes events", ("message",),
            "https://www.elastic.co/guide/en/ecs/current/ecs-base.html#field-message"),
    Wrapper("journal", "systemd's journal as JSON", ("MESSAGE",),
            "https://www.freedesktop.org/software/systemd/man/latest/systemd.journal-fields.html"),
    Wrapper("nxlog", "NXLog events", ("Message",), "https://docs.nxlog.co/agent/current/xm/json.html"),
    Wrapper("otel_body", "OpenTelemetry log bodies", ("body",),
            "https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-body"),
    Wrapper("raw_member", "events with their raw message", ("raw",),
            "https://docs.tenzir.com/reference/operators/read_syslog"),
    Wrapper("azure_records", "Azure Event Hubs batches", ("records", EACH),
            "https://learn.microsoft.com/azure/azure-monitor/platform/stream-monitoring-data-event-hubs"),
    Wrapper("defender_stream", "Microsoft Defender's streaming API", ("properties",),
            "https://learn.microsoft.com/defender-xdr/streaming-api-event-hub",
            ("time", "tenantId", "operationName", "category", "Tenant")),
    Wrapper("aws_records", "AWS batches of records", ("Records", EACH),
            "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html"),
    Wrapper("elastic_source", "Elasticsearch documents", ("_source",), _ELASTIC),
)  # fmt: skip

_LONGEST_HEADER = 1 << 16
_BROKEN = (msgspec.DecodeError, RecursionError)
_text = msgspec.json.Decoder(str).decode


def unwrapper(wrapper: Wrapper) -> Callable[[str], list[str] | None]:
    """Make the function that takes a line apart: the texts inside, each one line (usually one; several or none of a
    list; an object with its own bytes), or None where the line is not wrapped so."""
    decode = msgspec.json.Decoder(_layers(wrapper.path, wrapper.beside)).decode
    first, *others = _getters(wrapper.path)

    def unwrap(line: str) -> list[str] | None:
        try:
            values = [first(decode(line))]
            for get in others:
                values = [get(element) for value in values for element in value]
            return [_inner(value) for value in values]
        except _BROKEN:
            return None

    return unwrap


def _getters(path: tuple[str, ...]) -> list[Callable[[Any], Any]]:
    """What leads from a decoded line to its first list or leaf, and from each element of that list onwards."""
    depths = [0]
    for key in path:
        if key == EACH:
            depths.append(0)
        else:
            depths[-1] += 1
    return [attrgetter(".".join(["inner"] * depth)) if depth else _itself for depth in depths]


def _itself(value: msgspec.Raw) -> msgspec.Raw:
    return value


def _layers(path: tuple[str, ...], beside: tuple[str, ...] = ()) -> Any:  # noqa: ANN401 - types made here
    """The type of what lies along a path. All else in a line is skipped without being built."""
    if not path:
        return msgspec.Raw
    if path[0] == EACH:
        return list[_layers(path[1:])]  # type: ignore[misc]
    others = [(f"other{number}", msgspec.Raw, msgspec.Raw()) for number, _ in enumerate(beside)]
    names = {"inner": path[0]} | {f"other{number}": key for number, key in enumerate(beside)}
    return msgspec.defstruct(
        "Layer", [("inner", _layers(path[1:])), *others], rename=names, forbid_unknown_fields=bool(beside), gc=False
    )


def _inner(raw: msgspec.Raw) -> str:
    """The text of a string or of an object. Raises msgspec.ValidationError for what is neither."""
    data = memoryview(raw)
    if data[0] == 0x22:
        return _one_line(_text(raw))
    if data[0] == 0x7B:
        return str(data, "utf-8", "replace")
    raise msgspec.ValidationError("neither text nor object")


def _one_line(text: str) -> str:
    if "\n" in text:
        return text.rstrip("\r\n").replace("\r\n", " ").replace("\n", " ")
    return text


def unwrapped(lines: Sequence[str]) -> list[tuple[Wrapper, tuple[str, ...]]]:
    """The wrappers that fit at least three of four of these lines, with the lines inside them; what fits most lines
    first, and of equals what WRAPPERS names first. The lines must be whole."""
    found = []
    for wrapper in WRAPPERS:
        taken = [inner for inner in map(unwrapper(wrapper), lines) if inner]
        if taken and len(taken) * 4 >= len(lines) * 3:
            found.append((-len(taken), wrapper, tuple(text for inner in taken for text in inner)))
    found.sort(key=lambda fit: fit[0])
    return [(wrapper, texts) for _, wrapper, texts in found]


RAW_COLUMNS = ("_raw", "event.original", "_source.event.original", "SyslogMessage", "RawData", "message",
               "_source.message")  # fmt: skip
"""The columns that hold the whole record in CSV of Splunk, Kibana and Azure Monitor; the better one first.

https://help.splunk.com/en/splunk-enterprise/search/search-manual/export-search-results,
https://www.elastic.co/docs/explore-analyze/report-and-share, and the tables' pages above."""


def raw_column(head_text: str) -> tuple[str, int] | None:
    """Name and index of the column with the whole record, where the text begins with a CSV header that has one."""
    first = head_text.lstrip("\ufeff").partition("\n")[0].rstrip("\r")
    if len(first) > _LONGEST_HEADER:
        return None
    try:
        header = next(csv.reader([first], strict=True), [])
    except csv.Error:
        return None
    return next(((name, header.index(name)) for name in RAW_COLUMNS if name in header), None)


class _Fed:
    """Lines for one row after the other, of which none gets more than LONGEST_LINE_BYTES characters."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.size = 0
        """Characters given since this was last set to 0."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines).rstrip("\r\n")
        self.size += len(line) + 1
        if self.size > LONGEST_LINE_BYTES:
            raise csv.Error("the row is too long")
        return line + "\n"


def rows(lines: Iterable[str], index: int) -> Iterator[str | None]:
    """The cell at `index` of every data row, as one line; the first row is the header. None for a row that is too
    short, too long or wrongly quoted: a quote that never closes costs the rows up to LONGEST_LINE_BYTES behind it."""
    cells = _cells(_Fed(lines), index)
    next(cells, None)  # the header
    yield from cells


def _cells(fed: _Fed, index: int) -> Iterator[str | None]:
    reader = csv.reader(fed, strict=True)
    while True:
        fed.size = 0
        try:
            row = next_row(reader)
        except StopIteration:
            return
        except csv.Error:
            yield None
            continue
        if row:  # blank lines give empty ones
            yield _one_line(row[index]) if index < len(row) else None
