"""Engines split records into columns, and what they see at a glance is what splitting finds."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shadowledger.collectors.engines.contacts import decisive
from shadowledger.collectors.engines.delimited import cells_of
from shadowledger.collectors.engines.engine import NoRecord, UnreadableError
from shadowledger.collectors.engines.mapped import ENGINES, read
from shadowledger.collectors.engines.mapping import Mapping, load
from shadowledger.collectors.engines.unwanted import Unwanted, authority_of
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Traffic
from shadowledger.collectors.sources import Opened
from shadowledger.signatures.index import Index
from shadowledger.signatures.load import load_catalogue
from shadowledger.signatures.wanted import Wanted

START = 'id = "acme"\ntitle = "ACME"\nreference = "https://acme.example"\n'
WEB = '[[record]]\nvia = "proxy"\nhost = ["host", "dst"]\nurl = "url"\nuser_agent = "ua"\nmethod = "mtd"\n'
WORDS = frozenset(("completions",))


def mapping(folder: Path, engine: str, more: str = "", record: str = WEB) -> Mapping:
    path = folder / "acme.toml"
    path.write_text(f'{START}engines = ["{engine}"]\n{more}\n{record}')
    return load(path)


KEYVALUE = [
    # line, columns that it holds
    ("host=a.example url=/x", {"host": "a.example", "url": "/x"}),
    ('host="a.example" msg="say \\"url=/no\\"" url="/x y"', {"host": "a.example", "url": "/x y"}),
    ("<134>Mar  5 14:07:09 fw host=a.example", {"host": "a.example", "@host": "fw", "@stamp": "Mar  5 14:07:09"}),
    ("host=a.example host=b.example", {"host": "a.example"}),
    ('user="CORP\\\\ada" host=a.example', {"user": "CORP\\ada", "host": "a.example"}),
    ('host="" dst=192.0.2.1', {"host": "", "dst": "192.0.2.1"}),
    ('host="a.example', {"host": '"a.example'}),
]


@pytest.mark.parametrize(("line", "want"), KEYVALUE)
def test_pairs_of_key_and_value(tmp_path: Path, line: str, want: dict[str, str]) -> None:
    told = mapping(tmp_path, "keyvalue", record=f'{WEB}time = [{{ columns = "@stamp" }}]\n')
    fields = ENGINES["keyvalue"](told).split(line)
    assert {key: fields.get(key) for key in want} == want


BLANKS = [
    ("cat=News and Media host=a.example", {"cat": "News and Media", "host": "a.example"}),
    ("cat=x  y   host=a.example  ", {"cat": "x  y", "host": "a.example"}),
    ('cat="a b" host=a.example', {"cat": "a b", "host": "a.example"}),
    ("cat=2 + 2 = 4 host=a.example", {"cat": "2 + 2 = 4", "host": "a.example"}),
]


@pytest.mark.parametrize(("line", "want"), BLANKS)
def test_unquoted_values_may_hold_blanks(tmp_path: Path, line: str, want: dict[str, str]) -> None:
    engine = ENGINES["keyvalue"](mapping(tmp_path, "keyvalue", "[keyvalue]\nblanks = true\n"))
    fields = engine.split(line)
    assert {key: fields.get(key) for key in want} == want


BEFORE = """[keyvalue]
begins = '(?<= )src='
before = ' (?P<tag>[A-Z]+) (?P<host>\\S+) src='
"""
LED = [
    ("<13>Mar  5 14:07:09 fw DENY a.example src=192.0.2.7 url=/x", {"tag": "DENY", "host": "a.example", "url": "/x"}),
    ("<13>Mar  5 14:07:09 fw DENY a.example src=192.0.2.7 host=b.example", {"tag": "DENY", "host": "a.example"}),
    ("fw deny src=192.0.2.7 host=b.example", {"tag": "", "host": "", "src": "192.0.2.7"}),
]


@pytest.mark.parametrize(("line", "want"), LED)
def test_what_stands_before_the_pairs_is_named_by_groups(tmp_path: Path, line: str, want: dict[str, str]) -> None:
    fields = ENGINES["keyvalue"](mapping(tmp_path, "keyvalue", BEFORE)).split(line)
    assert {key: fields.get(key) for key in want} == want


CEF = [
    (
        "CEF:0|Acme|G|1|1|Web request|3|request=https://a.example/x?q\\=1 act=allow cs1Label=Category cs1=AI and ML",
        {"@vendor": "Acme", "@name": "Web request", "request": "https://a.example/x?q=1", "act": "allow",
         "cs1": "AI and ML", "cs1Label:Category": "AI and ML"},
    ),
    ("<13>Mar  5 14:07:09 gw CEF:0|A\\|B|Gate|1|2|n|3|src=192.0.2.7", {"@vendor": "A|B", "@host": "gw"}),
    ("LEEF:1.0|Acme|Gate|1.0|web|src=192.0.2.7\turl=https://a.example/\tusrName=ada b", {"usrName": "ada b"}),
    ("LEEF:2.0|Acme|Gate|1.0|web|^|src=192.0.2.7^url=https://a.example/", {"url": "https://a.example/"}),
    ("LEEF:2.0|Acme|Gate|1.0|web|x5E|src=192.0.2.7^url=u", {"src": "192.0.2.7", "url": "u"}),
]  # fmt: skip


@pytest.mark.parametrize(("line", "want"), CEF)
def test_cef_and_leef(tmp_path: Path, line: str, want: dict[str, str]) -> None:
    record = f'{WEB}time = [{{ columns = "@stamp" }}]\ncategory_label = "cs1Label:Category"\n'
    fields = ENGINES["cef"](mapping(tmp_path, "cef", record=record)).split(line)
    assert {key: fields.get(key) for key in want} == want


JSON = [
    ('{"a":{"b":"x"},"n":5,"t":true,"z":null}', {"a.b": "x", "n": "5", "t": "true", "z": ""}),
    ('{"a.b":"x"}', {"a.b": "x"}),
    ('{"q":[{"name":"a.example"},{"name":"b.example"}]}', {"q.0.name": "a.example", "q.1.name": "b.example"}),
    ('<46>May  6 06:14:53 gw {"host":"a.example"}', {"host": "a.example", "@host": "gw"}),
    ('{"f":1647479503.25}', {"f": "1647479503.25"}),
    ('{"host":"a.example","host":"b.example"}', {"host": "b.example"}),
]


@pytest.mark.parametrize(("line", "want"), JSON)
def test_objects_of_json(tmp_path: Path, line: str, want: dict[str, str]) -> None:
    fields = ENGINES["json"](mapping(tmp_path, "json")).split(line)
    assert {key: fields.get(key) for key in want} == want


HEADERS = "#Software: ACME\n#Fields: date time host url ua\n"
W3C = [
    (HEADERS + "2026-01-01 10:00:00 a.example /x -", {"host": "a.example", "url": "/x"}),
    (HEADERS + '2026-01-01 10:00:00 a.example /x "Mozilla/5.0 (a ""b"")"', {"ua": 'Mozilla/5.0 (a ""b"")'}),
    (
        HEADERS + "2026-01-01 10:00:00 a.example /x -\n#Fields: url host\n/y b.example",
        {"host": "b.example", "url": "/y"},
    ),
    ("#Fields: HOST URL\na.example /x", {"host": "a.example", "url": "/x"}),
]


@pytest.mark.parametrize(("text", "want"), W3C)
def test_w3c_rows_by_the_last_header(tmp_path: Path, text: str, want: dict[str, str]) -> None:
    engine = ENGINES["w3c"](mapping(tmp_path, "w3c"))
    fields = {}
    for line in text.split("\n"):
        try:
            fields = engine.split(line)
        except NoRecord:
            continue
    assert {key: fields.get(key) for key in want} == want


def test_a_w3c_header_that_lies_gives_way_to_a_layout_with_the_right_shapes(tmp_path: Path) -> None:
    more = """[w3c.shapes]
"c-ip" = '[0-9.]+'
"result" = 'OK|NO'
[[w3c.layout]]
columns = "c-ip host ua result"
"""
    engine = ENGINES["w3c"](mapping(tmp_path, "w3c", more))
    with pytest.raises(NoRecord):
        engine.split("#Fields: c-ip host result")
    assert engine.split("192.0.2.1 a.example OK")["result"] == "OK"
    assert engine.split('192.0.2.1 a.example "An agent" OK')["ua"] == "An agent"
    with pytest.raises(UnreadableError, match="4 values that do not fit the 3 names"):
        engine.split("a.example 192.0.2.1 agent OK")


DELIMITED = """[delimited]
[[delimited.layout]]
cells = { "1" = 'WEB' }
columns = "stamp type host url ua"
[[delimited.layout]]
cells = { "1" = 'DNS' }
columns = "stamp type host"
"""
CELLS = [
    ("1,WEB,a.example,/x,agent", {"type": "WEB", "host": "a.example", "ua": "agent"}),
    ('1,WEB,a.example,"/x,y",agent', {"url": "/x,y"}),
    ('"1","WEB","a.example","/x,y","a ""b"""', {"url": "/x,y", "ua": 'a "b"'}),
    ("1,DNS,b.example,more,cells", {"host": "b.example", "url": None}),
]


@pytest.mark.parametrize(("line", "want"), CELLS)
def test_cells_by_the_first_layout_that_fits(tmp_path: Path, line: str, want: dict[str, str]) -> None:
    fields = ENGINES["delimited"](mapping(tmp_path, "delimited", DELIMITED)).split(line)
    assert {key: fields.get(key) for key in want} == want


GLANCED = [
    ("keyvalue", "", [line for line, _ in KEYVALUE]),
    ("keyvalue", "[keyvalue]\nblanks = true\n", [line for line, _ in BLANKS]),
    ("keyvalue", BEFORE, [line for line, _ in LED]),
    ("cef", "", [*(line for line, _ in CEF), "CEF:0|a|b|c|d|e|f|host=x url=a b ua=c", "CEF:0|a|b|c|d|e|f|url=a\\=b"]),
    ("json", "", [*(line for line, _ in JSON), '{"host":5,"url":["x"],"ua":null}', '{"host":{"url":"x"}}']),
    ("delimited", DELIMITED, [line for line, _ in CELLS]),
    ("text", "[[text.pattern]]\npattern = 'q (?P<host>\\S+) (?P<url>\\S+)'\n", ["q a.example /x", "p q a.example /x"]),
]  # fmt: skip


@pytest.mark.parametrize(("engine", "more", "lines"), GLANCED)
def test_a_glance_that_is_remembered_is_what_splitting_finds(
    tmp_path: Path, engine: str, more: str, lines: list[str]
) -> None:
    told = mapping(tmp_path, engine, more)
    columns = decisive(told)
    made = ENGINES[engine](told)
    glance = made.glance(columns)
    assert glance is not None
    seen_some = False
    for line in lines:
        seen, fields = glance(line), made.split(line)
        memory = Unwanted(columns, WORDS)
        if seen is not None:
            memory.remember(seen, fields, 0, is_dull=True, dull=(True,) * len(columns.targets[0].alone))
            agrees = seen == tuple(fields.get(column, "") for column in columns.columns)
            assert (memory.knows(seen) is not None) == agrees
            seen_some |= agrees
    assert seen_some


URLS = [
    # url, what is remembered of it; None: it has to be asked each time
    ("https://a.example/x/y.js", "https://a.example"),
    ("https://a.example", "https://a.example"),
    ("https://a.example/", "https://a.example"),
    ("a.example:443", "a.example:443"),
    ("/x/y.js?u=https://b.example/v1/completions", ""),
    ("https://a.example/v1/chat/completions", None),
    ("https://a.example/v1/chat/Completions?x=1", None),
    ("https://a.example/v1/chat/completions/", None),
    ("https://a.example/v1/chat/%63ompletions", None),
    ("https://a.example/models/x:generate", None),
    ("https://a.example/x#y", None),
    ("a.example/v1/completions?u=https://b.example/", None),
]


@pytest.mark.parametrize(("url", "want"), URLS)
def test_of_a_url_everything_before_its_path_is_remembered(url: str, want: str | None) -> None:
    assert authority_of(url, WORDS) == want


ORDERS = [
    # lines, of which the second is a hit although what the first names is wanted by nobody
    ["n=1 url=https://github.com", "n=1 url=https://github.com/copilot"],
    ["n=1 host=h1.example url=/a", "n=1 host=h1.example url=/v1/chat/completions mtd=POST"],
    ["n=1 host=h1.example url=/a ua=curl/8", "n=1 host=h1.example url=/a ua=OpenAI/Python"],
    ["n=1 host=h1.example url=/a ua=OpenAI/Python", "n=1 host=chatgpt.com url=/a ua=curl/8"],
]


def hits(told: Mapping, text: str, index: Index, wanted: Wanted | None) -> list[int]:
    with Opened("x", io.BytesIO(text.encode())) as opened:
        records = list(read(told, Reading(opened, wanted=wanted)))
    asked = [one for one in records if isinstance(one, Traffic)]
    return [one.position for one in asked if index.wanted(one.host, one.path, one.method, one.port, one.user_agent)]


@pytest.mark.parametrize("lines", ORDERS)
def test_what_was_passed_over_hides_nothing_that_comes_after(tmp_path: Path, lines: list[str]) -> None:
    index = Index(load_catalogue()[0])
    told = mapping(tmp_path, "keyvalue")
    text = "\n".join([*lines, lines[0], lines[0], *reversed(lines)])
    assert hits(told, text, index, index.wanted) == hits(told, text, index, None) != []


_TEXTS = ["", "-", " - ", "N/A", "unKnown", "h1.example", "chatgpt.com"]
_RECORDS = st.fixed_dictionaries({
    "host": st.sampled_from(_TEXTS),
    "dst": st.sampled_from(_TEXTS),
    "sni": st.sampled_from(_TEXTS),
    "url": st.sampled_from(["", "-", "/a", "https://h1.example/b?c", "https://claude.ai/x", "/v1/chat/completions"]),
    "kind": st.sampled_from(["web", "Web ", "flow", "none", ""]),
    "ua": st.sampled_from(["", "curl/8", "OpenAI/Python 1"]),
})  # fmt: skip
_TYPES = """
[[record]]
when = { kind = "web", "sni|url" = "*" }
via = "proxy"
host = ["host", "sni", "dst"]
url = "url"
user_agent = "ua"
[[record]]
when = { kind = "flow" }
ignore = "a flow"
[[record]]
when = { kind = ["!", "web"] }
via = "proxy"
host = ["dst", "sni"]
"""
_LOADED = Index(load_catalogue()[0])


_SAID_IN_VAIN = {"host": "", "dst": "", "sni": "", "url": "", "kind": "web", "ua": "OpenAI/Python 1"}  # third type
_KNOWN_HOST = _SAID_IN_VAIN | {"sni": "h1.example", "ua": ""}


@given(records=st.lists(_RECORDS, max_size=40))
@example(records=[_SAID_IN_VAIN, _KNOWN_HOST, _KNOWN_HOST | {"ua": "OpenAI/Python 1"}])
def test_of_any_records_those_are_found_that_full_splitting_finds(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, str]]
) -> None:
    told = mapping(tmp_path_factory.mktemp("told"), "json", record=_TYPES)
    text = "\n".join(map(json.dumps, records))
    assert hits(told, text, _LOADED, _LOADED.wanted) == hits(told, text, _LOADED, None)


@given(st.lists(st.text(st.sampled_from('ab",; '), max_size=5), min_size=1, max_size=6), st.sampled_from([",", ";"]))
def test_cells_are_cut_as_csv_cuts_them(cells: list[str], separator: str) -> None:
    line = separator.join(cells) or "x"  # a blank line is no record
    assert cells_of(separator)(line) == next(csv.reader([line], delimiter=separator), [])
