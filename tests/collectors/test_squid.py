"""Squid's formats: native, common, combined, and any logformat."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from log_lines import CUSTOM, claimed_by, only, read, reading_of, reason, traffic

from shadowledger.collectors.collector import look
from shadowledger.collectors.proxy.clf import SQUID_COMBINED, SQUID_COMMON, SQUID_CUSTOM
from shadowledger.collectors.proxy.logformat import compile_format
from shadowledger.collectors.proxy.squid import SQUID_NATIVE
from shadowledger.collectors.reading import Settings
from shadowledger.collectors.records import Issue, Traffic
from shadowledger.scanner.knowledge import Signatures

START = "1697961600.123    180 10.1.2.3 TCP_MISS/200 1411"
END = "- HIER_DIRECT/192.0.2.7 text/html"


@pytest.mark.parametrize(
    ("request_", "target"),
    [
        ("GET http://www.example.com/a/b?q=1#f", ("http", "www.example.com", 0, "/a/b")),
        ("GET http://www.example.com", ("http", "www.example.com", 0, "")),
        ("GET http://www.example.com?u=http://claude.ai/x", ("http", "www.example.com", 0, "")),
        ("GET http://www.example.com#http://claude.ai/x", ("http", "www.example.com", 0, "")),
        ("GET http://www.example.com\\@claude.ai/x", ("http", "www.example.com", 0, "/@claude.ai/x")),
        ("GET http://claude.ai@www.example.com/", ("http", "www.example.com", 0, "/")),
        ("GET http://WWW.EXAMPLE.COM.:8080/", ("http", "www.example.com", 8080, "/")),
        ("GET http://%63laude.ai/new", ("http", "claude.ai", 0, "/new")),
        ("GET http://\uff43\uff4c\uff41\uff55\uff44\uff45.ai/new", ("http", "claude.ai", 0, "/new")),
        ("GET https://h.example/#x?y", ("https", "h.example", 0, "/")),
        ("GET ftp://ftp.example.com/pub/", ("ftp", "ftp.example.com", 0, "/pub/")),
        ("GET ws://ws.example.com/socket", ("ws", "ws.example.com", 0, "/socket")),
        ("GET www.example.com/a/b/c", ("", "www.example.com", 0, "/a/b/c")),
        ("GET http:/www.example.com/a", ("", "http", 0, "/www.example.com/a")),
        ("CONNECT example.com:443", ("", "example.com", 443, "")),
        ("CONNECT EXAMPLE.com.:8443", ("", "example.com", 8443, "")),
        ("CONNECT example.com", ("", "example.com", 0, "")),
        ("CONNECT [2001:DB8::1]:443", ("", "2001:db8::1", 443, "")),
        ("CONNECT 2001:db8::1", ("", "2001:db8::1", 0, "")),
        ("CONNECT https://example.com/x", ("https", "example.com", 0, "/x")),
        ("CONNECT example.com:99999", ("", "example.com", 0, "")),
    ],
)
def test_native_targets(request_: str, target: tuple[str, str, int, str]) -> None:
    record = traffic(SQUID_NATIVE, f"{START} {request_} {END}")
    assert (record.scheme, record.host, record.port, record.path) == target


@pytest.mark.parametrize(
    ("result", "status", "action"),
    [
        ("TCP_MISS/200", 200, "allowed"),
        ("TCP_DENIED/403", 403, "blocked"),
        ("TCP_DENIED_REPLY/403", 403, "blocked"),
        ("TCP_TUNNEL/200", 200, "allowed"),
        ("TCP_MISS_ABORTED/000", 0, "allowed"),
        ("NONE/503", 503, ""),
        ("TAG_NONE/503", 503, ""),
        ("NONE_NONE/000", 0, ""),
    ],
)
def test_native_results(result: str, status: int, action: str) -> None:
    record = traffic(SQUID_NATIVE, f"1697961600.123 1 10.1.2.3 {result} 5 CONNECT a.example:443 {END}")
    assert (record.status, record.action) == (status, action)


@pytest.mark.parametrize(
    ("rest", "user"),
    [
        ("- HIER_DIRECT/192.0.2.7 -", ""),
        ("ada HIER_DIRECT/192.0.2.7 -", "ada"),
        ("CORP%5Cada HIER_NONE/- text/html", "CORP\\ada"),
        ("more of the url ada HIER_NONE/- text/html", "ada"),
        ("ada DIRECT/example.com -", "ada"),
        ("ada HIER_NONE/- - [Host: a\\r\\n] [HTTP/1.1 200 OK\\r\\n]", "ada"),
        ("", ""),
        ("ada", ""),
    ],
)
def test_native_users(rest: str, user: str) -> None:
    assert traffic(SQUID_NATIVE, f"{START} GET http://www.example.com/ {rest}").user == user


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("1697961600.123 180 10.1.2.3 TCP_MISS/200 1411 GET", "fewer than 7 fields"),
        ("2023/10/22 08:00:16| Accepting HTTP Socket connections at local=x", "no result code in field 4"),
        ("1697961600.123 180 10.1.2.3 tcp_miss/200 1411 GET http://a.example/ - -", "no result code in field 4"),
        ("1697961600.123 180 10.1.2.3 TCP_MISS/20 1411 GET http://a.example/ - -", "no result code in field 4"),
        (f"{START} GET http:///path {END}", "no host"),
        (f"{START} GET /path {END}", "no host"),
        (f"{START} GET urn:isbn:0451450523 {END}", "no host"),
        (f"{START} NONE error:transaction-end-before-headers {END}", "no request could be read"),
        (f"{START} GET cache_object://localhost/info {END}", "a request to the cache itself"),
        (f"{START} ICP_QUERY http://a.example/ {END}", "another cache asked"),
    ],
)
def test_native_lines_without_traffic(line: str, why: str) -> None:
    assert reason(SQUID_NATIVE, line) == why


def test_what_is_odd_beside_the_host_is_left_out() -> None:
    record = traffic(SQUID_NATIVE, "yesterday - 999.1.1.1 TCP_MISS/200 - - http://a.example/ - -")
    assert record == Traffic(1, "proxy", "a.example", client="999.1.1.1", scheme="http", path="/", status=200,
                             action="allowed")  # fmt: skip


def test_comments_and_blank_lines_are_no_records_but_are_counted_as_lines() -> None:
    (record,) = read(SQUID_NATIVE, f"# a b c d e f g h\n\n  \n{START} GET http://a.example/ {END}\n")
    assert record.position == 4


def test_a_memo_answers_as_the_question_would(signatures: Signatures) -> None:
    paths = (
        "", "/", "/x?y", "/index.html", "/v1/chat/completions", "/v1/chat/completions?u=/x", "/V1/Chat/Completions",
        "/v1/chat/completions/", "/v1/chat%2Fcompletions", "/v1/chat/complet%69ons?x", "/v1/chat/completions#x",
        "/a?u=/v1/chat/completions", "/v1beta/models/m:generateContent", "/v1beta/models/m:generateContent?k=/x",
        "?u=http://claude.ai/", "//v1/chat/completions", "/api/chat",
    )  # fmt: skip
    hosts = (
        "http://a.example",
        "https://a.example:8443",
        "http://claude.ai",
        "http://www.bing.com",
        "http://10.0.0.9:11434",
    )
    targets = [f"POST {host}{path}" for host in hosts for path in paths]
    targets += ["CONNECT a.example:443", "CONNECT claude.ai:443", "CONNECT 10.0.0.9:443"]
    log = "".join(f"{START} {target} {END}\n" for target in targets * 3)
    wanted = signatures.index.wanted
    expected = [
        record.position
        for record in read(SQUID_NATIVE, log)
        if isinstance(record, Traffic) and wanted(record.host, record.path, record.method, record.port)
    ]
    reading = reading_of(log, wanted=wanted)
    got = [record.position for record in SQUID_NATIVE.read(reading) if isinstance(record, Traffic)]
    assert got == expected
    assert 60 < len(got) < len(targets) * 3
    assert reading.record_count == len(targets) * 3


COMMON = '10.1.2.3 - ada [10/Oct/2023:13:55:36 +0200] "{}" 200 2326 TCP_MISS:HIER_DIRECT'
COMBINED = '10.1.2.3 - ada [10/Oct/2023:13:55:36 +0200] "{}" 200 2326 "-" "curl/8.5.0" TCP_MISS:HIER_DIRECT'
CISCO = f'{START} GET http://a.example/ - DIRECT/a.example text/html DEFAULT_CASE_11-AP-ID-NONE <IW_comp,6.9,-,"-",-> -'


@pytest.mark.parametrize(
    ("lines", "claim"),
    [
        ([f"{START} GET http://a.example/ {END}"] * 4, ["squid_native"]),
        ([f"{START} GET http://a.example/ {END}"] * 3 + ["odd"], ["squid_native"]),
        ([f"{START} GET http://a.example/ {END}"] * 2 + ["odd"], []),
        ([f"<134>Oct 22 08:00:00 gw squid[7]: {START} GET http://a.example/ {END}"], ["squid_native"]),
        ([CISCO] * 4, []),
        ([COMMON.format("GET http://a.example/ HTTP/1.1")] * 4, ["squid_common"]),
        ([COMMON.format("CONNECT a.example:443 HTTP/1.1")] * 4, ["squid_common"]),
        ([COMBINED.format("GET http://a.example/ HTTP/1.1")] * 4, ["squid_combined"]),
        ([COMMON.format("GET /index.html HTTP/1.1")] * 4, []),
        ([COMBINED.format("GET /index.html HTTP/1.1")] * 4, []),
        ([COMBINED.format("GET /index.html HTTP/1.1")] * 3 + [COMBINED.format("GET http://a.example/ HTTP/1.1")], []),
        (["Once upon a time 1697961600.123 there was GET http://a.example/ and no more of it."] * 4, []),
        ([], []),
    ],
)
def test_who_claims_what(lines: list[str], claim: list[str]) -> None:
    assert claimed_by("\n".join(lines) + "\n") == claim


def test_a_reason_is_given_in_words() -> None:
    assert SQUID_NATIVE.detect(look(f"{START} GET http://a.example/ {END}\n".encode() * 4)) == (
        "4 of 4 lines have Squid's native fields: epoch.ms, elapsed, client, CODE/status, size, method, URL"
    )


def test_the_referer_is_never_kept() -> None:
    line = COMBINED.replace('"-"', '"https://claude.ai/chat/secret"').format("GET http://a.example/ HTTP/1.1")
    assert "secret" not in repr(traffic(SQUID_COMBINED, line))


@pytest.mark.parametrize(
    ("log_format", "line", "wants"),
    [
        ("squid", f"{START} POST https://api.openai.com/v1/x ada HIER_DIRECT/192.0.2.7 -",
         {"host": "api.openai.com", "method": "POST", "user": "ada", "status": 200, "received_bytes": 1411,
          "time_us": 1_697_961_600_123_000, "client": "10.1.2.3", "action": "allowed"}),
        ("common", COMMON.format("GET http://a.example:81/x HTTP/1.1"), {"host": "a.example", "port": 81}),
        ("%>a %ru", "10.0.0.1 http://a.example/x?secret", {"client": "10.0.0.1", "path": "/x"}),
        ("%>a %ru", "10.0.0.1 http://a.example/ and more", {"host": "a.example"}),
        ("%9>a %ru", "      ::1 http://a.example/", {"client": "::1"}),
        ("%-9>a| %ru", "::1      | http://a.example/", {"client": "::1"}),
        ("%>a:%>p,%ru", "2001:db8::1:51234,http://a.example/", {"client": "2001:db8::1", "host": "a.example"}),
        ("%>a;%un;%rm;%ru;%>Hs", "1.2.3.4;ada;GET;http://a.example/x;404", {"user": "ada", "status": 404}),
        ("%ul %ui %un %ru", "- - ada http://a.example/", {"user": "ada"}),
        ("%[un %#ul %ru", "CORP%5Cada - http://a.example/", {"user": "CORP\\ada"}),
        ("%'un %ru", "CORP%5Cada http://a.example/", {"user": "CORP%5Cada"}),
        ('"%un" %ru', '"CORP\\\\ada" http://a.example/', {"user": "CORP\\ada"}),
        ('%"un %ru', "CORP\\\\ada http://a.example/", {"user": "CORP\\ada"}),
        ("%/un %ru", '"ada l" http://a.example/', {"user": "ada l"}),
        ("%ru %{User-Agent}>h", "http://a.example/ Mozilla/5.0%20(X11)", {"user_agent": "Mozilla/5.0 (X11)"}),
        ("%ru %>h{User-Agent}", "http://a.example/ curl/8.5.0", {"user_agent": "curl/8.5.0"}),
        ('%ru "%{user-agent}>h"', 'http://a.example/ "a \\"b\\" c"', {"user_agent": 'a "b" c'}),
        ("%ru [%{User-Agent}>h]", "http://a.example/ [Mozilla/5.0 (X11)]", {"user_agent": "Mozilla/5.0 (X11)"}),
        ("%rm %ru %ssl::>sni", "CONNECT 192.0.2.1:443 claude.ai", {"host": "claude.ai", "port": 443}),
        ("%rm %ru %ssl::>sni", "CONNECT b.example:443 claude.ai", {"host": "b.example"}),
        ("%rm %ru %ssl::>sni", "CONNECT 192.0.2.1:443 -", {"host": "192.0.2.1"}),
        ("%>a %ssl::>sni", "10.0.0.1 Claude.AI", {"host": "claude.ai"}),
        ("%ru %{Host}>h", "/chat claude.ai:8443", {"host": "claude.ai", "port": 8443, "path": "/chat"}),
        ("%>rs://%>rd:%>rP%>rp", "https://a.example:8443/x:y?z", {"host": "a.example", "port": 8443, "path": "/x:y"}),
        ("%>rd%>rp", "a.example/x", {"host": "a.example", "path": "/x"}),
        ("%>st/%<st %ru", "10/20 http://a.example/", {"sent_bytes": 10, "received_bytes": 20}),
        ("%>A %ru", "pc17.corp.example http://a.example/", {"device": "pc17.corp.example", "client": ""}),
        ("%>A %ru", "10.0.0.1 http://a.example/", {"device": "", "client": "10.0.0.1"}),
        ("%ts.%tu %ru", "1697961600.7 http://a.example/", {"time_us": 1_697_961_600_007_000}),
        ("%ts %ru", "1697961600 http://a.example/", {"time_us": 1_697_961_600_000_000, "tz_source": "explicit"}),
        ("%tl %ru", "10/Oct/2023:13:55:36 +0200 http://a.example/",
         {"time_us": 1_696_938_936_000_000, "tz_source": "explicit"}),
        ("%{%Y-%m-%d %H:%M:%S}tl|%ru", "2023-10-10 11:55:36|http://a.example/",
         {"time_us": 1_696_938_936_000_000, "tz_source": "assumed"}),
        ("%{%Y-%m-%d %H:%M:%S}tg %ru", "2023-10-10 11:55:36 http://a.example/",
         {"time_us": 1_696_938_936_000_000, "tz_source": "explicit"}),
        ("%ts %note{a}%% %future::thing %<Hs %ru", "1 x% y 200 http://a.example/", {"status": 200}),
        ("%http::>a %http::ru", "10.0.0.1 http://a.example/", {"client": "10.0.0.1"}),
        ("logformat mine %>a  %ru", "10.0.0.1 http://a.example/", {"host": "a.example"}),
        ("[%tl] %ru", "Oct 22 08:00:00 gw squid[7]: [10/Oct/2023:13:55:36 +0200] http://a.example/",
         {"host": "a.example", "time_us": 1_696_938_936_000_000}),
    ],
)  # fmt: skip
def test_any_logformat_is_read(log_format: str, line: str, wants: dict[str, object]) -> None:
    record = traffic(SQUID_CUSTOM, line, Settings(log_format=log_format))
    assert {name: getattr(record, name) for name in wants} == wants


def test_the_users_zone_is_for_stamps_of_local_time() -> None:
    settings = Settings(zone=dt.timezone(dt.timedelta(hours=2)), log_format="%{%Y-%m-%dT%H:%M:%S}tl %ru")
    record = traffic(SQUID_CUSTOM, "2023-10-10T13:55:36 http://a.example/", settings)
    assert (record.time_us, record.tz_source) == (1_696_938_936_000_000, "config")


@pytest.mark.parametrize(
    ("log_format", "words"),
    [
        ("", "names neither the URL"),
        ("%>a %un", "names neither the URL (%ru), nor the host (%>rd), nor the TLS server name (%ssl::>sni)"),
        ("words alone", "names neither the URL"),
        ("%rm%ru", "%rm and %ru touch"),
    ],
)
def test_a_useless_format_is_refused_with_a_sentence(log_format: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words) + r".*\.\Z"):
        compile_format(log_format)
    with pytest.raises(ValueError, match="log format"):
        list(SQUID_CUSTOM.read(reading_of("a line\n", Settings(log_format=log_format))))


def test_a_line_of_another_format_is_an_issue() -> None:
    settings = Settings(log_format="%>a|%ru")
    assert only(SQUID_CUSTOM, "nothing of the kind", settings) == Issue(1, "not in this log format")
    assert reason(SQUID_COMMON, "GET http://a.example/") == "not in this log format"


WORDS = st.sampled_from([
    START, END, "GET", "CONNECT", "http://a.example/x y", "a.example:443", "error:x", "-", '"', '"-"', "\\", "[", "]",
    "[10/Oct/2023:13:55:36 +0200]", '"GET http://a.example/ HTTP/1.1"', "200", "TCP_MISS:HIER_DIRECT", "1697961600.123",
    "TCP_MISS/200", "http://", "://", "%", "%5C", "\x00", "é", "\t", "#", "",
])  # fmt: skip


@given(st.lists(st.one_of(WORDS, st.text(max_size=8)).map(lambda text: text.replace("\n", " ")), max_size=14))
def test_any_line_gives_one_record_and_any_format_reads_it(words: list[str]) -> None:
    text = " ".join(words) + "\n"
    for collector in (SQUID_NATIVE, SQUID_COMMON, SQUID_COMBINED, SQUID_CUSTOM):
        read(collector, text, CUSTOM)


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    assume(not data.startswith(b"PK"))  # an archive in a stream is refused before
    for collector in (SQUID_NATIVE, SQUID_COMMON, SQUID_COMBINED, SQUID_CUSTOM):
        read(collector, data, CUSTOM)


@given(st.lists(st.sampled_from(["%", "%ru", "%>a", "%un", '"', "[", "]", " ", "|", ":", "/", "{", "}", "%{x}>h",
                                 "%tl", "%ts.%tu", "%%", "%9", "%-", "%>rd", "a", "\\", "(", "*", "+", "?"]),
                max_size=12))  # fmt: skip
def test_any_format_is_compiled_or_refused(parts: list[str]) -> None:
    try:
        compiled = compile_format("".join(parts))
    except ValueError:
        return
    compiled.values("10.0.0.1 http://a.example/ ada")


@pytest.mark.parametrize("written", [r"CORP\\cy", r"CORP\cy", "CORP%5ccy"])
def test_the_backslash_that_squid_doubles_is_one(written: str) -> None:
    native = f"{START} CONNECT a.example:443 {written} HIER_DIRECT/192.0.2.7 -"
    common = COMMON.format("CONNECT a.example:443 HTTP/1.1").replace("- ada", f"- {written}")
    assert traffic(SQUID_NATIVE, native).user == "CORP\\cy"
    assert traffic(SQUID_COMMON, common).user == "CORP\\cy"
