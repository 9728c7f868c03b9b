"""BIND's query log in all its forms."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from log_lines import claimed_by, read, reading_of, reason, traffic

from shadowledger.collectors.dns.bind import BIND_QUERY
from shadowledger.collectors.dns.questions import question_word, unescaped_name
from shadowledger.collectors.reading import Settings
from shadowledger.collectors.records import Traffic
from shadowledger.collectors.telling import iso

CLIENT = "client @0x7f65100ee4d8 10.0.0.5#51234 (a.example)"
QUERY = f"{CLIENT}: query: a.example IN A +E(0)K (10.0.0.1)"


@pytest.mark.parametrize(
    ("before", "time", "source"),
    [
        ("19-Oct-2022 05:34:02.425 ", "2022-10-19T05:34:02.425000Z", "assumed"),
        ("19-Oct-2022 05:34:02.425 queries: info: ", "2022-10-19T05:34:02.425000Z", "assumed"),
        ("19-Oct-2022 05:34:02.425 info: ", "2022-10-19T05:34:02.425000Z", "assumed"),
        ("2022-10-19T05:34:02.425 queries: ", "2022-10-19T05:34:02.425000Z", "assumed"),
        ("2022-10-19T05:34:02.425Z ", "2022-10-19T05:34:02.425000Z", "explicit"),
        ("Oct 19 05:34:02 ns1 named[7]: ", "2021-10-19T05:34:02Z", "assumed"),
        ("<30>Oct  9 05:34:02 ns1 named[7]: queries: info: ", "2021-10-09T05:34:02Z", "assumed"),
        ("Oct 20 05:34:02 ns1 named[7]: 19-Oct-2022 05:34:02.425 ", "2022-10-19T05:34:02.425000Z", "assumed"),
        ("<30>1 2022-10-19T05:34:02+02:00 ns1 named 7 - - ", "2022-10-19T03:34:02Z", "explicit"),
        ("2022-10-19T05:34:02Z ns1 named[7]: 19-Oct-2022 07:34:02.425 ", "2022-10-19T05:34:02Z", "explicit"),
        ("", "", ""),
        ("queries: info: ", "", ""),
        ("39-Oct-2022 05:34:02.425 ", "", ""),
    ],
)
def test_what_stands_before_the_client(before: str, time: str, source: str) -> None:
    record = traffic(BIND_QUERY, before + QUERY, Settings(year=2021))
    assert (record.client, record.host, record.question_type) == ("10.0.0.5", "a.example", "A")
    assert (iso(record.time_us) if record.time_us else "", record.tz_source) == (time, source)


def test_the_users_zone_is_for_named_own_stamp() -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    record = traffic(BIND_QUERY, f"19-Oct-2022 05:34:02.425 {QUERY}", Settings(zone=zone))
    assert (iso(record.time_us), record.tz_source) == ("2022-10-19T03:34:02.425000Z", "config")


@pytest.mark.parametrize(
    ("line", "client", "host", "kind"),
    [
        ("client 10.0.0.5#51234: query: a.example IN A +", "10.0.0.5", "a.example", "A"),
        ("client 10.0.0.5#51234: view inside: query: a.example IN A -", "10.0.0.5", "a.example", "A"),
        (f"{CLIENT}: view inside: query: a.example IN AAAA + (10.0.0.1)", "10.0.0.5", "a.example", "AAAA"),
        (
            "client 2001:db8::1#5 (A.Example.): query: A.Example. IN TYPE65 +T (::1)",
            "2001:db8::1",
            "a.example",
            "HTTPS",
        ),
        ("client fe80::1%eth0#5 (a.example): query: a.example IN SVCB -ED (::1)", "fe80::1%eth0", "a.example", "SVCB"),
        ("client 10.0.0.5#5/key pc (a.example): query: a.example IN ANY + (10.0.0.1)", "10.0.0.5", "a.example", "ANY"),
        (r"client 10.0.0.5#5: query: my\032printer.local IN A +", "10.0.0.5", "my printer.local", "A"),
        (r"client 10.0.0.5#5: query: evil\.openai.com IN A +", "10.0.0.5", r"evil\046openai.com", "A"),
        ("client 10.0.0.5#5: query: a.example CH TXT +", "10.0.0.5", "a.example", "TXT"),
        ("client 10.0.0.5#5: query: a.example IN A", "10.0.0.5", "a.example", "A"),
        ("somebody: query: a.example IN A + (10.0.0.1)", "", "a.example", "A"),
    ],
)
def test_questions(line: str, client: str, host: str, kind: str) -> None:
    record = traffic(BIND_QUERY, line)
    assert (record.client, record.host, record.question_type) == (client, host, kind)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"{CLIENT}: query (cache) 'a.example/ANY/IN' denied", "a query that was refused"),
        (f"{CLIENT}: query 'a.example/ANY/IN' denied", "a query that was refused"),
        (f"{CLIENT}: zone transfer 'a.example/AXFR/IN' denied", "a zone transfer"),
        (f"xfer-out: info: {CLIENT}: transfer of 'a.example/IN': AXFR started", "a zone transfer"),
        (f"query-errors: info: {CLIENT}: query failed (SERVFAIL) for a.example/IN/A", "a query that failed"),
        (f"{CLIENT}: query: a.example IN A response: NOERROR + a.example. 300 IN A 192.0.2.1;", "a response"),
        ("19-Oct-2022 05:34:02.425 general: info: all zones loaded", "another message of named"),
        ("Oct 19 05:34:02 ns1 named[7]: running", "another message of named"),
        (f"{CLIENT}: query: . IN NS +", "a question about the root"),
        (f"{CLIENT}: query: a.example", "the question is cut off"),
        (f"{CLIENT}: query:  IN A +", "no host"),
        ("nothing of the kind", "not a line of named"),
    ],
)
def test_lines_without_traffic(line: str, why: str) -> None:
    assert reason(BIND_QUERY, line) == why


@pytest.mark.parametrize(
    ("lines", "claim"),
    [
        ([QUERY] * 4, ["bind_query"]),
        ([QUERY] * 3 + ["odd"], ["bind_query"]),
        (["# a comment"] * 9 + [QUERY], ["bind_query"]),
        ([QUERY] * 2 + ["odd"], []),
        ([f"{CLIENT}: query: a.example IN A response: NOERROR +"] * 4, []),
        (["Oct 19 05:34:02 dnsmasq[1]: query[A] a.example from 10.0.0.5"] * 4, []),
        (["The client asked: query: what is a name?"] * 4, []),
    ],
)
def test_who_claims_what(lines: list[str], claim: list[str]) -> None:
    assert claimed_by("\n".join(lines) + "\n") == claim


def test_a_name_that_nobody_wanted_is_asked_about_once_for_each_type() -> None:
    asked: list[tuple[str, str]] = []

    def wanted(host: str, path: str, method: str, port: int, agent: str, kind: str) -> bool:
        asked.append((host, kind))
        return host == "claude.ai" and kind == "A"

    questions = ["a.example IN A", "claude.ai IN MX", "claude.ai IN A", "a.example IN A", "claude.ai IN A"]
    reading = reading_of("".join(f"{CLIENT}: query: {text} +E(0) (10.0.0.1)\n" for text in questions), wanted=wanted)
    assert [record.position for record in BIND_QUERY.read(reading) if isinstance(record, Traffic)] == [3, 5]
    assert reading.record_count == 5
    assert asked.count(("a.example", "A")) == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a.example", "a.example"),
        (r"a\032b.example", "a b.example"),
        (r"a\.b.example", r"a\046b.example"),
        (r"a\046b.example", r"a\046b.example"),
        (r"a\\.example", r"a\092.example"),
        (r"a\200b", r"a\200b"),
        (r"a\999b", r"a\999b"),
        (r"a\@b", "a@b"),
        ("a\\", "a\\"),
    ],
)
def test_escapes_never_make_two_labels_of_one(text: str, name: str) -> None:
    assert unescaped_name(text) == name


@pytest.mark.parametrize(
    ("text", "word"),
    [("A", "A"), ("aaaa", "AAAA"), ("TYPE65", "HTTPS"), ("query-64", "SVCB"), ("255", "ANY"), ("*", "ANY"),
     ("TYPE65280", "TYPE65280"), ("TYPE99999", "TYPE99999"), ("", ""), ("-", ""), ("x" * 99, "X" * 32)],
)  # fmt: skip
def test_types_of_questions_are_words(text: str, word: str) -> None:
    assert question_word(text) == word


WORDS = st.sampled_from([
    "client", "@0x7f", "10.0.0.5#5", "(a):", ": query: ", "query:", "a.example", "IN", "A", "+", "-", "denied",
    "19-Oct-2022 05:34:02.425", "named[1]:", "\\", ".", "#", "\x00", "é",
])  # fmt: skip


@given(st.lists(st.one_of(WORDS, st.text(max_size=6)).map(lambda text: text.replace("\n", " ")), max_size=14))
def test_any_line_gives_one_record_at_most(words: list[str]) -> None:
    read(BIND_QUERY, " ".join(words) + "\n")


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    assume(not data.startswith(b"PK"))  # an archive in a stream is refused before
    read(BIND_QUERY, data)
