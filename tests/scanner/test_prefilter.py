"""Nothing is lost by lines that are left unread: whatever spelling a format allows, the same records come out."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowledger.collectors.collector import Collector
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Traffic
from shadowledger.collectors.registry import BY_ID, layers_for
from shadowledger.collectors.sources import Opened
from shadowledger.signatures.index import Index
from shadowledger.signatures.load import load_catalogue
from shadowledger.signatures.prefilter import comes_to_ascii, look_alikes, patterns
from shadowledger.signatures.schema import Strength
from shadowledger.signatures.screen import Screen, hyperscan, screen_for

pytestmark = pytest.mark.skipif(hyperscan is None, reason="Hyperscan is not installed: every line is read")

INDEX = Index(load_catalogue()[0])
INDICATORS = [one for service in INDEX.services.values() for one in service.indicators]
HITS = [one for one in INDICATORS if one.strength > Strength.HINT]
HOSTS = sorted({one.value for one in HITS if one.kind in ("host", "host_exact")})
PATHS = sorted({one.value for one in HITS if one.kind == "url_path" and "*" not in one.value})
SHAPES = sorted({one.value for one in INDICATORS if one.kind == "api_path"})
AGENTS = sorted({one.value for one in HITS if one.kind == "user_agent"})
STARRED = sorted({one.value for one in HITS if one.kind == "host_pattern"})

LINES = {
    # format: a line of host, path and user agent
    "squid_native": "1764000001.123 120 10.1.2.3 TCP_MISS/200 5120 POST http://{host}{path} ada HIER_DIRECT/- -",
    "squid_combined": '10.1.2.3 - a [24/Nov/2025:10:00:00 +0000] "POST http://{host}{path} HTTP/1.1" 200 512 "-" '
    '"{agent}" TCP_MISS:HIER_DIRECT',
    "bind_query": "24-Nov-2025 10:00:00.123 queries: info: client @0x7f 10.1.2.3#5353 ({host}): query: {host} IN A "
    "+E(0)K (10.1.0.1)",
    "zeek_tsv": "1764000001.1\tC1\t10.1.2.3\t5000\t192.0.2.1\t80\tPOST\t{host}\t{path}\t{agent}",
    "zeek_json": '{{"_path":"http","ts":1764000001.1,"uid":"C1","id.orig_h":"10.1.2.3","id.resp_h":"192.0.2.1",'
    '"id.resp_p":80,"method":"POST","host":"{host}","uri":"{path}","user_agent":"{agent}"}}',
    "fortigate": 'date=2025-11-24 time=10:00:00 tz="+0000" logid="0317013312" type="utm" subtype="webfilter" '
    'srcip=10.1.2.3 hostname="{host}" httpmethod="POST" url="https://{host}{path}" agent="{agent}" action="pass"',
    "iis": "2025-11-24 10:00:00 10.0.0.1 POST {path} - 443 ada 10.1.2.3 {agent} {host} 200 0 0 12",
}
HEADERS = {
    "zeek_tsv": "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\thttp\n#fields\t"
    "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tmethod\thost\turi\tuser_agent\n",
    "iis": "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time s-ip cs-method cs-uri-stem "
    "cs-uri-query s-port cs-username c-ip cs(User-Agent) cs-host sc-status sc-substatus sc-win32-status time-taken\n",
}
IS_JSON = ("zeek_json",)


def positions(collector: Collector, data: bytes, screen: Screen | None) -> list[tuple[int, str, str]]:
    """The records that are wanted, by position, host and path."""
    with Opened("x", io.BytesIO(data)) as opened:
        layers = layers_for(collector, opened.head)
        reading = Reading(opened, wanted=INDEX.wanted, layers=layers, screen=screen)
        found = [(one.position, one.host, one.path) for one in reading.records(collector) if isinstance(one, Traffic)]
        assert screen is None or reading.not_examined_count >= 0
        return found


def screen_of(collector: Collector) -> Screen:
    screen = screen_for(INDEX, programs="process" in collector.fills, headers=collector.has_headers)
    assert screen is not None
    return screen


def plain(text: str, _random: Random) -> str:
    return text


def mixed_case(text: str, random: Random) -> str:
    return "".join(random.choice((sign.upper(), sign.lower())) for sign in text)


def final_dot(text: str, _random: Random) -> str:
    return text + "."


def below(text: str, _random: Random) -> str:
    return "a-1." + text


def percent(text: str, random: Random) -> str:
    at = random.randrange(len(text))
    return f"{text[:at]}%{ord(text[at]):02x}{text[at + 1 :]}"


def full_width(text: str, random: Random) -> str:
    at = random.randrange(len(text))
    return text[:at] + chr(ord(text[at]) + 0xFEE0) + text[at + 1 :]


def ideographic_dot(text: str, _random: Random) -> str:
    return text.replace(".", "\u3002", 1)


def soft_hyphen(text: str, random: Random) -> str:
    at = random.randrange(1, len(text))
    return text[:at] + "\u00ad" + text[at:]


def math_letter(text: str, random: Random) -> str:
    at = random.choice([number for number, sign in enumerate(text) if "a" <= sign <= "z"])
    return text[:at] + chr(0x1D41A + ord(text[at]) - ord("a")) + text[at + 1 :]


Spelling = Callable[[str, Random], str]
OPEN: tuple[Spelling, ...] = (plain, mixed_case, final_dot, below)
HIDING: tuple[Spelling, ...] = (percent, full_width, ideographic_dot, soft_hyphen, math_letter)


def log(name: str, spelling: Spelling, random: Random) -> bytes:
    """A log of many hosts, and of none of ours in between; of Squid's all."""
    lines = []
    for number, host in enumerate(HOSTS if name == "squid_native" else HOSTS[::5]):
        spelled = spelling(host, random)
        written = json.dumps(spelled)[1:-1] if name in IS_JSON and number % 3 == 0 else spelled
        lines += [_line(name, host=one, path="/a/b") for one in (written, f"www.shop{number}.com")]
    return _text(name, lines)


def _line(name: str, *, host: str, path: str, agent: str = "curl/8.1") -> str:
    return LINES[name].format(host=host, path=path, agent=agent)


def _text(name: str, lines: list[str]) -> bytes:
    return (HEADERS.get(name, "") + "\n".join(lines) + "\n").encode()


@pytest.mark.parametrize("spelling", [*OPEN, *HIDING], ids=lambda spelling: spelling.__name__)
@pytest.mark.parametrize("name", LINES)
def test_no_host_is_lost_however_it_is_spelled(name: str, spelling: Spelling) -> None:
    collector, data = BY_ID[name], log(name, spelling, Random(5))  # noqa: S311 - the same each time
    full = positions(collector, data, None)
    assert positions(collector, data, screen_of(collector)) == full
    assert spelling not in OPEN or len(full) >= 0.95 * len(HOSTS[::5]), "the test asks for something"


@pytest.mark.parametrize("spelling", HIDING, ids=lambda spelling: spelling.__name__)
def test_without_the_escape_patterns_most_would_be_lost(spelling: Spelling) -> None:
    collector = BY_ID["squid_native"]
    data = log("squid_native", spelling, Random(5))  # noqa: S311 - the same each time
    hatch = set(patterns(Index([]), programs=False))
    blind = Screen([one for one in patterns(INDEX, programs=False) if one not in hatch])
    full = positions(collector, data, None)
    assert len(full) > 1000
    assert len(positions(collector, data, blind)) < 0.5 * len(full)


def others(name: str) -> bytes:
    """A log of every path, API, agent and starred host, each in some spellings."""
    lines, nowhere, random = [], "unknown.example.com", Random(1)  # noqa: S311 - the same each time
    for value in PATHS:
        host, _, path = value.partition("/")
        spellings = (path, path.upper() + "/more", percent(path, random), path + "?q=1")
        lines += [_line(name, host=host, path="/" + spelled) for spelled in spellings]
    for value in SHAPES:
        port, _, path = value.rpartition(" ")[2].replace("*", "x").partition("/")
        spellings = (path, "base/" + path, path.upper(), path + "/", path.replace("/", "%2F"))
        lines += [_line(name, host=nowhere + port, path="/" + spelled) for spelled in spellings]
    for value in AGENTS:
        agents = (f"{value}/1.2", f"Mozilla/5.0;{value}", value.lower(), f"x%20{value}")
        lines += [_line(name, host=nowhere, path="/a", agent=agent.replace(" ", "+")) for agent in agents]
    lines += [_line(name, host=value.replace("*", "eu-1"), path="/a") for value in STARRED]
    return _text(name, lines)


@pytest.mark.parametrize("name", [name for name in LINES if name != "bind_query"])
def test_no_path_api_or_agent_is_lost(name: str) -> None:
    collector, data = BY_ID[name], others(name)
    full = positions(collector, data, None)
    assert positions(collector, data, screen_of(collector)) == full
    assert len(full) > len(PATHS)


STREAMS = {
    "squid_native": "1764000001.123 120 10.1.2.3 TCP_MISS/200 5120 POST http://{host}/a - HIER_DIRECT/- {type}",
    "barracuda_wsg": "Mar 11 10:15:02 b http_scan[46658]: 1741684502 1 10.20.1.17 203.0.113.10 {type} 10.20.1.17 "
    "https://{host}/a 2840 BYF ALLOWED CLEAN  2 1 1 0 4 (-) 0 - 0 - 0 {host} business [ada]  - - - 0",
    "zscaler_nss": '{{"sourcetype":"zscalernss-web","event":{{"time":"Tue Mar 11 09:15:02 2025","login":"ada",'
    '"eurl":"{host}/a","reqmethod":"POST","urlclass":"Business Use","cip":"10.20.1.17","contenttype":"{type}"}}}}',
    "netskope_transactions": '{{"date":"2025-03-11","time":"09:15:02","cs-method":"POST","cs-host":"{host}",'
    '"x-cs-traffic-type":"Web","cs-uri":"/a","sc-content-type":"{type}"}}',
}


@pytest.mark.parametrize("name", STREAMS)
def test_an_event_stream_of_nobodys_host_is_not_lost(name: str) -> None:
    """Also behind answers of another type by the same host, which is remembered as nobody's by then."""
    collector, written = BY_ID[name], ["text/event-stream", "Text/Event-Stream", "text/html"]
    if name in ("zscaler_nss", "netskope_transactions"):
        written += [r"text\/event-stream", "text/event-stream; charset=utf-8"]
    types = ["text/html", "application/json", *written] * 3
    data = _text(name, [STREAMS[name].format(host=f"h{n % 2}.example.com", type=one) for n, one in enumerate(types)])
    streams = [position for position, one in enumerate(types, 1) if "event" in one.lower()]
    assert [position for position, *_ in positions(collector, data, None)] == streams
    assert [position for position, *_ in positions(collector, data, screen_of(collector))] == streams


def test_every_line_is_counted_once() -> None:
    """Lines without a record are none, and what is not examined is the rest."""
    collector = BY_ID["squid_native"]
    quiet = "1764000001.123 120 10.1.2.3 TCP_MISS/200 5120 CONNECT www.shop.com:443 ada HIER_DIRECT/- -\n"
    hit = quiet.replace("www.shop.com", "chatgpt.com")
    text = quiet * 5 + "\n\n\n# chatgpt.com\n" + hit + "#\n\n" + quiet * 7 + hit + "\r\n" + quiet
    counts = []
    for screen in (None, screen_of(collector)):
        with Opened("x", io.BytesIO(text.encode())) as opened:
            reading = Reading(opened, wanted=INDEX.wanted, screen=screen)
            hits = [one.position for one in reading.records(collector)]
            counts.append((hits, reading.record_count, reading.next_line))
            if screen is not None:
                assert reading.not_examined_count == 13
    assert counts[0] == counts[1]
    assert counts[0][:2] == ([10, 20], 15)


_PIECES = st.sampled_from(
    [
        "chatgpt.com",
        "www.shop.com",
        "CLAUDE.AI",
        "x",
        ".",
        "/",
        "%63",
        "\n",
        "\n",
        "#",
        " ",
        '"',
        "\\",
        "\uff43",
        "\t",
        "-",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES, max_size=60).map("".join))
def test_of_any_text_no_line_is_lost_that_names_a_host(text: str) -> None:
    screen = screen_of(BY_ID["squid_native"])
    block = b"\n" + text.encode() + b"\n"
    spans, _ = screen.candidates(block)
    found = {block[start:stop] for start, stop in spans}
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    for line in block.split(b"\n"):
        words = line.decode().lower().replace('"', " ").replace("/", " ").replace("\\", " ").split()
        if "chatgpt.com" in words or "claude.ai" in words:
            assert line in found


def test_the_look_alikes_are_all_there_are() -> None:
    asked = range(0x20000, 0x110000, 61)  # a sample of the planes that are not enumerated
    assert not [point for point in asked if not 0xE0000 <= point < 0xE1000 and comes_to_ascii(point)]
    assert {0xAD, 0x17F, 0x212A, 0x3002, 0xFF43, 0x1D41A} <= set(look_alikes())
