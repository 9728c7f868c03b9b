"""Records are found in whatever stands round them, and keep the number of their line, element or row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Issue, Traffic
from shadowledger.collectors.registry import claims
from shadowledger.collectors.sources import Opened

HOSTS = ("chatgpt.com", "a.example", "claude.ai")
SQUID = [f"1793869200.250     90 10.0.0.{n} TCP_TUNNEL/200 5120 CONNECT {host}:443 ada HIER_DIRECT/192.0.2.9 -"
         for n, host in enumerate(HOSTS, 1)]  # fmt: skip
EVE = [{"timestamp": "2026-11-05T09:00:00.000000+0000", "flow_id": n, "event_type": "tls", "src_ip": f"10.0.0.{n}",
        "dest_ip": "192.0.2.9", "dest_port": 443, "tls": {"sni": host}} for n, host in enumerate(HOSTS, 1)]  # fmt: skip


def lines(objects: list[object]) -> str:
    return "".join(json.dumps(one) + "\n" for one in objects)


def table(column: str) -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["_time", column, "host"])
    rows.writerows(["2026-11-05T09:00:00", line, "proxy1"] for line in SQUID)
    return text.getvalue()


SQUID_IN: list[tuple[str, str]] = [
    ("lines", "\n".join(SQUID) + "\n"),
    ("a byte order mark and Windows ends of lines", "\ufeff" + "\r\n".join(SQUID) + "\r\n"),
    ("syslog", "".join(f"<134>Nov  5 09:00:00 proxy1 (squid-1)[77]: {line}\n" for line in SQUID)),
    ("RFC 5424", "".join(f"<134>1 2026-11-05T09:00:00Z proxy1 squid 77 - - {line}\n" for line in SQUID)),
    ("Splunk HEC", lines([{"time": 1, "host": "proxy1", "sourcetype": "squid", "event": line} for line in SQUID])),
    ("Splunk export", lines([{"preview": False, "result": {"_raw": line, "host": "x"}} for line in SQUID])),
    ("Splunk CSV", table("_raw")),
    ("filebeat", lines([{"@timestamp": "2026-11-05T09:00:00Z", "message": line, "offset": 0} for line in SQUID])),
    ("Elasticsearch", json.dumps({"hits": {"total": 3, "hits": [{"_source": {"message": one}} for one in SQUID]}})),
    ("Docker", lines([{"log": line + "\n", "stream": "stdout", "time": "2026-11-05T09:00:00Z"} for line in SQUID])),
    ("Sentinel", lines([{"TimeGenerated": "2026-11-05T09:00:00Z", "SyslogMessage": line} for line in SQUID])),
    ("journald", lines([{"MESSAGE": line, "_PID": "7", "__REALTIME_TIMESTAMP": "1"} for line in SQUID])),
]  # fmt: skip
EVE_IN: list[tuple[str, str]] = [
    ("lines", lines(EVE)),
    ("an array", json.dumps(EVE)),
    ("a pretty array", json.dumps(EVE, indent=2)),
    ("objects one after the other", "\n".join(json.dumps(one, indent=2) for one in EVE)),
    ("records", json.dumps({"count": 3, "records": EVE})),
    ("Records, pretty", json.dumps({"Records": EVE}, indent=1)),
    ("HEC with objects", lines([{"time": 1, "sourcetype": "suricata", "event": one} for one in EVE])),
    ("Elasticsearch", json.dumps({"hits": {"hits": [{"_index": "x", "_source": one} for one in EVE]}})),
    ("text in filebeat", lines([{"@timestamp": "2026-11-05T09:00:00Z", "message": json.dumps(one)} for one in EVE])),
    ("syslog", "".join(f"<13>Nov  5 09:00:00 sensor suricata[9]: {json.dumps(one)}\n" for one in EVE)),
]


def read(text: str) -> tuple[str, list[tuple[int, str]]]:
    data = text.encode()
    with Opened("x", io.BytesIO(data)) as opened:
        (found,) = claims(opened.head)
        reading = Reading(opened, layers=found.layers)
        records = list(reading.records(found.collector))
    assert reading.record_count == len(records)
    return found.collector.id, [(one.position, one.host) for one in records if isinstance(one, Traffic)]


@pytest.mark.parametrize(("name", "text"), SQUID_IN, ids=[name for name, _ in SQUID_IN])
def test_lines_of_a_proxy_are_found_in(name: str, text: str) -> None:
    assert read(text) == ("squid_native", list(enumerate(HOSTS, 1)))


@pytest.mark.parametrize(("name", "text"), EVE_IN, ids=[name for name, _ in EVE_IN])
def test_events_of_a_sensor_are_found_in(name: str, text: str) -> None:
    assert read(text) == ("suricata_eve", list(enumerate(HOSTS, 1)))


def test_elements_of_lists_in_lines_are_numbered_through_the_input() -> None:
    batches = [{"records": EVE[:2]}, {"records": EVE[2:]}]
    assert read(lines(batches)) == ("suricata_eve", list(enumerate(HOSTS, 1)))


def test_one_line_that_is_a_list_is_a_document_of_elements() -> None:
    assert read(json.dumps({"Records": EVE}) + "\n")[1] == list(enumerate(HOSTS, 1))


BROKEN: list[tuple[str, Callable[[str], str], str]] = [
    ("a wrapped line that is no JSON", lambda text: text + "{broken\n", "not a JSON object"),
    ("a wrapper without the record", lambda text: text + '{"other":1}\n', "not"),
]


@pytest.mark.parametrize(("name", "spoil", "want"), BROKEN, ids=[name for name, _, _ in BROKEN])
def test_what_is_not_wrapped_like_the_others_is_an_issue(name: str, spoil: Callable[[str], str], want: str) -> None:
    text = spoil(lines([{"time": 1, "sourcetype": "suricata", "event": one} for one in EVE]))
    with Opened("x", io.BytesIO(text.encode())) as opened:
        (found,) = claims(opened.head)
        reading = Reading(opened, layers=found.layers)
        *_, last = reading.records(found.collector)
    assert reading.record_count == len(EVE) + 1
    assert last.position == len(EVE) + 1
    assert isinstance(last, Issue) == (want == "not a JSON object")


def test_a_document_that_breaks_off_is_told(tmp_path: Path) -> None:
    text = json.dumps(EVE, indent=2)[:-40]
    with Opened("x", io.BytesIO(text.encode())) as opened:
        (found,) = claims(opened.head)
        reading = Reading(opened, layers=found.layers)
        records = list(reading.records(found.collector))
    assert [one.position for one in records if isinstance(one, Traffic)] == [1, 2]
    assert "breaks off" in opened.damage
