"""Where a header ends and what it says, in the shapes that devices and relays write."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.collectors.clock import FORMS, Clock
from shadowledger.collectors.reading import Settings
from shadowledger.collectors.syslog import LOOKED_AT, header

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "logs" / "samples"
MESSAGE = "|"
"""Stands in the lines below where the message has to begin."""
ISO = "2024-03-05T14:07:09.123Z"
LONG = "x" * 3000

# the line; the stamp, its form, the host and the program
HEADERS = [
    # RFC 3164
    ("<134>Mar  5 14:07:09 gw1 proxy[812]: |the message", "Mar  5 14:07:09", "yearless", "gw1", "proxy"),
    ("<134>Mar  5 14:07:09 gw1 proxy: |the message", "Mar  5 14:07:09", "yearless", "gw1", "proxy"),
    ("<134> Mar  5 14:07:09 gw1 |the message", "Mar  5 14:07:09", "yearless", "gw1", ""),
    ("Mar  5 14:07:09 gw1 proxy[812]: |the message", "Mar  5 14:07:09", "yearless", "gw1", "proxy"),
    ("Mar  5 14:07:09 gw1.example /usr/bin/x[4]: |(root)", "Mar  5 14:07:09", "yearless", "gw1.example", "/usr/bin/x"),
    ("Mar 15 14:07:09.123 gw1 (squid-1)[6802]: |1598040493.253", "Mar 15 14:07:09.123", "yearless", "gw1", "(squid-1)"),
    ("Mar  5 14:07:09 2001:db8::7 sudo:  |ada : TTY=pts/0", "Mar  5 14:07:09", "yearless", "2001:db8::7", "sudo"),
    ("<134>Mar  5 14:07:09 [10.0.0.143] ZscalerNSS: |The", "Mar  5 14:07:09", "yearless", "10.0.0.143", "ZscalerNSS"),
    ("<134>Mar  5 14:07:09 slot1/gw1 notice tmsh[16]: |0142:5: A", "Mar  5 14:07:09", "yearless", "slot1/gw1", "tmsh"),
    ("<134>Mar  5 14:07:09 user.info gw1 authp:  |Using", "Mar  5 14:07:09", "yearless", "gw1", "authp"),
    ("Mar  5 14:07:09 gw1 10.0.0.1 named[702]: |client", "Mar  5 14:07:09", "yearless", "gw1", "named"),
    ("<134>Mar  5 14:07:09 gw1 sensor -: |CEF:0", "Mar  5 14:07:09", "yearless", "gw1", "sensor"),
    ("<134>Mar  5 14:07:09 2024 gw1 authmgr[41]: |<1241>", "Mar  5 14:07:09 2024", "ctime", "gw1", "authmgr"),
    ("Sat Mar  5 14:07:09 2022 daemon.info dnsmasq[1]: |query[A]", "Sat Mar  5 14:07:09 2022", "ctime", "", "dnsmasq"),
    # without a program, and what is no program
    ("Mar  5 14:07:09 gw1 |CEF:0|A|B|1|2|3|4|", "Mar  5 14:07:09", "yearless", "gw1", ""),
    ("Mar  5 14:07:09 gw1: |CEF:0|A|B|1|2|3|4|", "Mar  5 14:07:09", "yearless", "gw1", ""),
    ("Mar  5 14:07:09 gw1 |CEF: 0|A|B|1|2|3|4|", "Mar  5 14:07:09", "yearless", "gw1", ""),
    ("<13>Mar  5 14:07:09 gw1 |LEEF:1.0|A|B|1|2|", "Mar  5 14:07:09", "yearless", "gw1", ""),
    ("Jan  3 13:45:36 192.168.5.1 |id=firewall sn=1", "Jan  3 13:45:36", "yearless", "192.168.5.1", ""),
    ("<46>May  6 06:14:53 gw1.example |{\"a\": 1}", "May  6 06:14:53", "yearless", "gw1.example", ""),
    ("<134>Mar  5 14:07:09 gw1 |1709647629.123 382 10.0.0.13 TCP_MISS/200", "Mar  5 14:07:09", "yearless", "gw1", ""),
    ("<134>Mar  5 14:07:09 gw1 |2022-02-20  18:52:22,250 - x", "Mar  5 14:07:09", "yearless", "gw1", ""),
    ("<134>Mar  5 14:07:09 gw1 |Mon May 04 12:59:59 2020 Info: x", "Mar  5 14:07:09", "yearless", "gw1", ""),
    ("<134>Mar  5 14:07:09 gw1 mwg: |status=\"200/0\"", "Mar  5 14:07:09", "yearless", "gw1", "mwg"),
    # without a host
    ("<134>Mar  5 14:07:09 unbound[26]: |[26:0] info:", "Mar  5 14:07:09", "yearless", "", "unbound"),
    ("Nov 18 08:30:20 kernel: |[997.39] sda2", "Nov 18 08:30:20", "yearless", "", "kernel"),
    ("Nov 18 01:15:43: |--- last message repeated 5 times ---", "Nov 18 01:15:43", "yearless", "", ""),
    ("Oct 30 09:46:12 |1,2012/10/30 09:46:12,01606,TRAFFIC", "Oct 30 09:46:12", "yearless", "", ""),
    ("<134>Mar  5 14:07:09 |gw1,f5_irule=x", "Mar  5 14:07:09", "yearless", "", ""),
    (f"<30>{ISO} INFO proxy[7]: |done", ISO, "iso", "", "proxy"),
    (f"{ISO} INFO proxy[7]: |done", ISO, "iso", "", "proxy"),
    # without a stamp
    ("<189>|date=2020-04-23 time=01:16:08 devname=x", "", "", "", ""),
    ("<134>  |id=firewall sn=1", "", "", "", ""),
    ("<134>kernel: |sd 2:0:0:0: SCSI error", "", "", "", "kernel"),
    ("<134>cef[24366]: |CEF:0|A|B|1|2|3|4|", "", "", "", "cef"),
    ("<134>gw1 |CEF:0|A|B|1|2|3|4|", "", "", "gw1", ""),
    ("<134>- |the message", "", "", "", ""),
    ("<134>|", "", "", "", ""),
    # a stamp of RFC 3339 in the frame of RFC 3164
    (f"<134>{ISO} gw1 proxy[812]: |the message", ISO, "iso", "gw1", "proxy"),
    (f"<134>{ISO} gw1 |the message", ISO, "iso", "gw1", ""),
    (f"{ISO} gw1 proxy[812]: |the message", ISO, "iso", "gw1", "proxy"),
    (f"{ISO} gw1 |CEF:0|A|B|1|2|3|4|", ISO, "iso", "gw1", ""),
    (f"{ISO} gw1 |", ISO, "iso", "gw1", ""),  # what stands before a message that an engine has found
    ("<134>2024-03-05 14:07:09,123 gw1 |CPPM 973", "2024-03-05 14:07:09,123", "iso", "gw1", ""),
    ("<134>2024-03-05 14:07:09\t|reason=Allowed\tx=1", "2024-03-05 14:07:09", "iso", "", ""),
    # RFC 5424, RFC 6587
    (f"<14>1 {ISO} gw1 proxy 812 - - |the message", ISO, "iso", "gw1", "proxy"),
    (f"535 <14>1 {ISO} gw1 - - - - |1,2020/03/27", ISO, "iso", "gw1", ""),
    (f"<14>1 {ISO} - proxy 812 id7 - \ufeff|the message", ISO, "iso", "", "proxy"),
    ("<14>1 - gw1 proxy - - - |the message", "", "", "gw1", "proxy"),
    ("<14>1 - - - - - - |the message", "", "", "", ""),
    (f"\ufeff<14>1 {ISO} gw1 proxy 812 - - |", ISO, "iso", "gw1", "proxy"),
    (f'<14>1 {ISO} gw1 app 8 id [a@1 x="1"] |message', ISO, "iso", "gw1", "app"),
    (f'<14>1 {ISO} gw1 app 8 id [a@1 x="]\\"\\]" y=""][b] |message', ISO, "iso", "gw1", "app"),
    (f'<14>1 {ISO} gw1 app 8 id [a@1 x="1"]|', ISO, "iso", "gw1", "app"),
    (f'<14>1 {ISO} gw1 CheckPoint 19 - |[flags:"1"; ifdir:"in"]', ISO, "iso", "gw1", "CheckPoint"),
    (f'<14>1 {ISO} gw1 app - id |[a@1 x="1', ISO, "iso", "gw1", "app"),
    (f'<14>1 {ISO} gw1 app - id |[a@1 x="{LONG}"] message', ISO, "iso", "gw1", "app"),
    (f"<14> {ISO} gw1 mgd 3046 EVENT - |without its version", ISO, "iso", "gw1", "mgd"),
    (f"{ISO} gw1 RT_FLOW - EVENT - |without its priority", ISO, "iso", "gw1", "RT_FLOW"),
    (f"<14>1 {ISO} gw1 |LEEF:1.0|A|B|1|2|", ISO, "iso", "gw1", ""),
    ("<134>1 1647479503.348215340 MX84 |urls src=10.0.1.29:6 -", "1647479503.348215340", "epoch", "MX84", ""),
    # Cisco
    ("<165>: gw1: |%ASA-6-302015: Built", "", "", "gw1", ""),
    ("<166>:Mar  5 14:07:09 UTC: |%ASA-6-302015: Built", "Mar  5 14:07:09 UTC", "yearless", "", ""),
    ("<166>Mar 12 2012 12:19:51.123 UTC: |%ASA-6-1: x", "Mar 12 2012 12:19:51.123 UTC", "ctime", "", ""),
    ("<166>Mar 12 2012 12:19:51 gw1 : |%ASA-6-1: x", "Mar 12 2012 12:19:51", "ctime", "gw1", ""),
    ("<134>Mar  5 14:07:09 192.168.12.1: |%ACE-3-1: x", "Mar  5 14:07:09", "yearless", "192.168.12.1", ""),
    (f"<134>{ISO} gw1 : |%FTD-6-430003: x", ISO, "iso", "gw1", ""),
    (f"{ISO} gw1  |%FTD-6-430003: x", ISO, "iso", "gw1", ""),
    ("<134>84027: Mar  5 14:07:09.123 DST: |%SYS-5-A: x", "Mar  5 14:07:09.123 DST", "yearless", "", ""),
    ("<134>22191: gw1: 022546: .Mar  5 14:07:09.1 CDT: |%P-5-C: x", "Mar  5 14:07:09.1 CDT", "yearless", "gw1", ""),
    ("<134>22191: gw1: *Mar  1 14:07:09: |%SYS-6-L: x", "Mar  1 14:07:09", "yearless", "gw1", ""),
    ("<134>gw1: *spamApTask1: Mar  5 14:07:09.123: |%CAPWAP-4-D: x", "Mar  5 14:07:09.123", "yearless", "gw1", ""),
    ("<134>: 2024 Mar  5 14:07:09 PDT: |%DAEMON-3-S: x", "2024 Mar  5 14:07:09 PDT", "ctime", "", ""),
    ("<134>gw1: 2024 Mar  5 14:07:09.123 CEST: |%M-2-M: x", "2024 Mar  5 14:07:09.123 CEST", "ctime", "gw1", ""),
    ("<134>RP/0/RSP0/CPU0:Mar  5 14:07:09: config[65]: |%MGBL-C: x", "Mar  5 14:07:09", "yearless", "", "config"),
    ("<134>29: gw1 RP/0/RP0/CPU0:Mar  5 14:07:09 : SSH_[65]: |%S-6-I: x", "Mar  5 14:07:09", "yearless", "gw1", "SSH_"),
    ("<134>22191: gw1: 00:01:01: |%SYSMGR-3-S: x", "", "", "gw1", ""),
    ("<134>101 21: |%SYSMGR-3-S: x", "", "", "", ""),
    # a relay before the device
    ("<13>Mar  5 14:07:09 relay Mar  5 14:07:08 gw1 |CISE_Alarm 19", "Mar  5 14:07:08", "yearless", "gw1", ""),
    ("Mar  5 14:07:09 relay <30>Mar  5 14:07:08 gw1 proxy[8]: |hello", "Mar  5 14:07:08", "yearless", "gw1", "proxy"),
    (f"<13>{ISO} relay <30>Mar  5 14:07:08 gw1 proxy[8]: |hello", ISO, "iso", "gw1", "proxy"),
    (f"<13>Mar  5 14:07:09 relay <14>1 {ISO} gw1 app - - - |hello", ISO, "iso", "gw1", "app"),
    (f"<13>Mar  5 14:07:09 relay 1 {ISO} gw1 app - - - |hello", ISO, "iso", "gw1", "app"),
    (f"<13>Mar  5 14:07:09 relay {ISO} gw1 app[3]: |hello", ISO, "iso", "gw1", "app"),
    ("Mar  5 14:07:09 gw1 84: Mar  5 2024 14:07:08 UTC: |%SYS-5-A: x", "Mar  5 2024 14:07:08 UTC", "ctime", "gw1", ""),
    ("Mar  5 14:07:09 relay forwarder[1]: <30>proxy[8]: |hello", "Mar  5 14:07:09", "yearless", "relay", "proxy"),
    ("<13>Mar  5 14:07:09 relay <189>|date=2020-04-23", "Mar  5 14:07:09", "yearless", "relay", ""),
    (f"<13>Mar  5 14:07:09 relay |{ISO} hello to everybody", "Mar  5 14:07:09", "yearless", "relay", ""),
    # Kiwi's files
    ("2024-03-05 14:07:09\tLocal4.Info\t10.1.1.1\t|%ASA-6-1: x", "2024-03-05 14:07:09", "iso", "10.1.1.1", ""),
]  # fmt: skip
NO_HEADERS = [
    "",
    " ",
    "the message",
    "CEF:0|A|B|1|2|3|4|",
    '{"a": "Mar  5 14:07:09 gw1"}',
    "id=firewall sn=1",
    "dnsmasq[1]: query[A] a.example from 10.0.0.1",
    "2020-05-02 02:16:14 2 172.16.0.1 - - - OBSERVED",
    "2024-03-05 14:07:09\treason=Allowed\tx=1",
    "2024-03-05 14:07:09 10.0.0.5 GET / - 80 - 10.0.0.7",
    f"{ISO} my-lb 192.0.2.1:2817 10.0.0.1:80 0.000073",
    f"{ISO} [INFO] 172.17.0.4:36413 - 21583",
    "Fri Dec 31 07:07:07 2021 and so on",
    "MMM 22 07:54:32 gw1 proxy[2]: x",
    "Mar  5 14:07:0 gw1 proxy[2]: x",
    "1697961600.123 382 10.0.0.13 TCP_MISS/200",
    "10.0.0.5 - ada [10/Oct/2000:13:55:36 -0700]",
    "12 abc <30>Mar  5 14:07:08 gw1",
    "#Fields: date time",
    "<134",
    "<1234>Mar  5 14:07:09 gw1",
]


@pytest.mark.parametrize(("line", "stamp", "form", "host", "app"), HEADERS)
def test_a_header_is_told_from_its_message(line: str, stamp: str, form: str, host: str, app: str) -> None:
    end = line.index(MESSAGE)
    found = header(line[:end] + line[end + 1 :])
    assert found is not None
    assert found[:5] == (stamp, form, host, app, end)


@pytest.mark.parametrize("line", NO_HEADERS)
def test_what_is_no_header_stays(line: str) -> None:
    assert header(line) is None


@pytest.mark.parametrize(
    ("line", "data", "message"),
    [
        (f'<14>1 {ISO} gw1 app 8 id [a@1 x="1"] hello', '[a@1 x="1"] ', "hello"),
        (f'<14>1 {ISO} gw1 app 8 id [a@1 x="]\\]"][b y="é"] \ufeffhello', '[a@1 x="]\\]"][b y="é"] \ufeff', "hello"),
        (f'<14>1 {ISO} gw1 app 8 id [a@1 x="1"]', '[a@1 x="1"]', ""),
        (f"<14>1 {ISO} gw1 app 8 id - hello", "", "hello"),
        (f'<14>1 {ISO} gw1 app 8 id [x:"1"] hello', "", '[x:"1"] hello'),
    ],
)
def test_structured_data_is_found(line: str, data: str, message: str) -> None:
    found = header(line)
    assert found is not None
    assert (line[found.data : found.end], line[found.end :]) == (data, message)


@pytest.mark.parametrize("stamp", sorted({(row[1], row[2]) for row in HEADERS if row[1]}))
def test_a_clock_reads_every_stamp_in_its_form(stamp: tuple[str, str]) -> None:
    text, form = stamp
    assert form in FORMS
    clock = Clock(Settings(year=2024))
    assert clock.read(text, form)[0]
    assert clock.read(text, form) == clock.read(text, "syslog")


@pytest.mark.parametrize(
    "line",
    [
        "<134>" + "a: " * 100_000,
        "<134>" + "a b: " * 100_000,
        "<134>1 " * 100_000,
        "<134>" * 100_000,
        "Mar  5 14:07:09 " * 100_000,
        f"<14>1 {ISO} gw1 app 8 id " + '[a b="' + '\\"' * 100_000,
        f"<14>1 {ISO} gw1 app 8 id " + '[a b="c"' * 100_000,
        f"<14>1 {ISO} gw1 app 8 id " + "[a]" * 100_000,
        "<134>" + " " * 100_000,
        "<134>" + "9" * 100_000,
        "<134>Mar  5 14:07:09 " + "h" * 100_000,
    ],
)
def test_only_the_beginning_is_looked_at(line: str) -> None:
    assert header(line) == header(line[:LOOKED_AT])


PIECES = (
    "<134>", "1 ", "Mar  5 14:07:09", "2024-03-05T14:07:09Z", " ", ": ", ":", "gw1", "*", "%ASA-6-1", "-", "- ",
    '[a b="c"]',
    "[", "]", '"', "\\", "app[1]: ", "CEF:0|", "UTC", "info ", "10.0.0.1", "\ufeff", "\t", "84027: ", "2024 ", "Mon ",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=80))
def test_no_line_breaks_a_header(line: str) -> None:
    found = header(line)
    if found is not None:
        assert 0 <= found.data <= found.end <= len(line)
        assert found.host in line
        assert found.app in line
        assert found.form in FORMS
        assert bool(found.stamp) == bool(found.form)


SC4S = {
    "seq": "22191", "node_id": "RP/0/RSP0/CPU0", "hostname": "xr", "millisec": "123", "microsec": "123456",
    "arubadate": "Mar  5 14:07:09 2024", "aruba_time": "2024-03-05 14:07:09,123", "avi_time": "14:07:09,123",
    "timestamp": "2024-03-05T14:07:09.123456+00:00", "timestamp_bsd": "Mar  5 14:07:09",
    "ucm_time": "Mar  5 14:07:09.123",
}  # fmt: skip


GIVEN_HOST = re.compile(
    r"(?:<\d+>)?(?:1 )? ?(?:Mar  5 14:07:09|2024-03-05T14:07:09\.123456\+00:00Z?) (\S*sc4s-host01)(?= )"
)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/data/logs is not there")
def test_headers_of_many_products_end_where_their_messages_begin() -> None:
    """Splunk Connect for Syslog's test lines: the host is the one it was given, and a message that names its format
    begins with that name."""
    hosts = begins = 0
    for file in sorted(set(SAMPLES.glob("sc4s.*/*.jsonl")) - set(SAMPLES.glob("*silverpeak/*"))):  # as tables begin
        for text in file.read_text(encoding="utf-8").splitlines():
            line = re.sub(r"<<(\w+)>>", lambda place: SC4S.get(place[1], "x"), json.loads(text)["raw"])
            found = header(line)
            if given_host := GIVEN_HOST.match(line):
                assert found is not None, line[:120]
                assert found.host == given_host[1], line[:120]
                hosts += 1
            named = re.search(r"(?<![\w\"])(?:CEF: ?0\||LEEF:\d|%(?:ASA|FTD|ACE|FWSM|PIX)-\d)", line[:90])
            if named and named.start():
                assert found is not None, line[:120]
                if not line[found.end :].startswith("Arbor"):
                    assert found.end == named.start(), line[:120]
                begins += 1
    assert hosts > 300
    assert begins > 50
