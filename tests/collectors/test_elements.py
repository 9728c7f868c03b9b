"""Documents of JSON, element by element."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.collectors.elements import (
    CUT_OFF,
    FOREIGN,
    LISTS,
    MOST_LEVELS,
    TOO_DEEP,
    Elements,
    is_document,
)
from shadowledger.collectors.sources import HEAD_BYTES, LONGEST_LINE_BYTES

CHUNK_SIZES = (1, 2, 7, 1 << 18)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def walked(document: bytes | str, size: int = 1 << 18) -> tuple[list[str | None], str]:
    elements = Elements(pieces(document if isinstance(document, bytes) else document.encode(), size))
    return list(elements), elements.damage


DOCUMENTS: list[tuple[str, list[str | None]]] = [
    ("[]", []),
    ("[ \n]\n", []),
    ('[{"a":1},{"b":2}]', ['{"a":1}', '{"b":2}']),
    ('[\n  {\n    "a": 1.50,\n    "a": 1e400\n  },\n  {}\n]\n', ['{"a":1.50,"a":1e400}', "{}"]),
    ('[{"a":"]},{\\"\\\\"},{"b":[[{"c":"["}]]}]', ['{"a":"]},{\\"\\\\"}', '{"b":[[{"c":"["}]]}']),
    ('[1, "x,y", null, [2,3], true]', ["1", '"x,y"', "null", "[2,3]", "true"]),
    ('[{"a": 1 },\r\n {"b":\r\n2}]', ['{"a": 1 }', '{"b":2}']),
    ('{"Records":[{"a":1},{"a":2}]}', ['{"a":1}', '{"a":2}']),
    ('{"@odata.context":"x","n":{"value":1},"value":[{"a":1}],"next":"y"}', ['{"a":1}']),
    ('{"items" :\n [ ] , "z":1}', []),
    ('{"events":[{"a":1}],"x":"y","logs":[{"b":2}]}', ['{"a":1}', '{"b":2}']),
    ('{"took":5,"hits":{"total":{"value":2},"hits":[{"_source":{"a":1}}]},"x":[1]}', ['{"_source":{"a":1}}']),
    ('{"hits":{"total":0}}', ['{"hits":{"total":0}}']),
    ('{"hits":{"hits":{"hits":[1]}}}', ['{"hits":{"hits":{"hits":[1]}}}']),
    ('{"hits":{"records":[1]}}', ['{"hits":{"records":[1]}}']),
    ('{"n":{"records":[1]}}', ['{"n":{"records":[1]}}']),
    ('{"records":{"a":[1]}}', ['{"records":{"a":[1]}}']),
    ('{"Records":[{"a":1}]}\n{"Records":[{"a":2}]}', ['{"a":1}', '{"a":2}']),
    ("{}", ["{}"]),
    ('{"a":1}', ['{"a":1}']),
    ('{\n "a": 1\n}\n{\n "b": "\\n"\n}\n', ['{"a":1}', '{"b":"\\n"}']),
    ('{"a":1}{"b":2}[3]', ['{"a":1}', '{"b":2}', "3"]),
    ('[{"a":},{"b":2}]', [None, '{"b":2}']),
    ('[{"a":1} {"b":2},{"c":3}]', [None, '{"c":3}']),
    ("[,1,]", [None, "1"]),
    ("[NaN,01,.5,'x',undefined,-0.5e3]", [None, None, None, None, None, "-0.5e3"]),
    ('[{"a":"\x00"},{"a":"x\ny"},{"a":"\\u0000"}]', [None, None, '{"a":"\\u0000"}']),
    ('{"a":1,}', [None]),
    ('["é","€😀"]', ['"é"', '"€😀"']),
    (f"[{'9' * 5000}]", ["9" * 5000]),
]


@pytest.mark.parametrize(("document", "wanted"), DOCUMENTS)
@pytest.mark.parametrize("size", CHUNK_SIZES)
def test_documents(document: str, wanted: list[str | None], size: int) -> None:
    assert walked(document, size) == (wanted, "")


@pytest.mark.parametrize("name", LISTS)
def test_every_name_of_a_list(name: str) -> None:
    elements = Elements(iter([b'{"a":{"b":[]},"%s":[{"c":1}]}' % name.encode()]))
    assert list(elements) == ['{"c":1}']
    assert elements.under == name


DAMAGED: list[tuple[str, list[str | None], str]] = [
    ('[{"a":1},{"b":', ['{"a":1}'], CUT_OFF),
    ('[{"a":1},', ['{"a":1}'], CUT_OFF),
    ('[{"a":1},"x\\', ['{"a":1}'], CUT_OFF),
    ("[", [], CUT_OFF),
    ('{"a":1', [], CUT_OFF),
    ('{"a":1}{"rec', ['{"a":1}'], CUT_OFF),
    ('{"records":[{"a":1}]', ['{"a":1}'], CUT_OFF),
    ('{"a":1} x', ['{"a":1}'], FOREIGN),
    ('{"a":1},{"a":2}', ['{"a":1}'], FOREIGN),
    ('[{"a":1}}', ['{"a":1}'], FOREIGN),
    ('[{"a":1]},{"b":2}]', [None], FOREIGN),
    ('[{"a":[1},{"b":2}]', [], CUT_OFF),
    ('{"a":1]', [], FOREIGN),
    ("\x00" * 1000, [], FOREIGN),
    ("hello", [], FOREIGN),
    ("[" * 100_000, [], TOO_DEEP),
    ('{"a":' * 100_000, [], TOO_DEEP),
    ('{"hits":' * 100_000, [], TOO_DEEP),
    ('[{"a":1},' + "[" * 100_000 + "]" * 100_000 + "]", ['{"a":1}'], TOO_DEEP),
]


@pytest.mark.parametrize(("document", "wanted", "damage"), DAMAGED)
@pytest.mark.parametrize("size", [7, 1 << 18])
def test_damage(document: str, wanted: list[str | None], damage: str, size: int) -> None:
    assert walked(document, size) == (wanted, damage)


@pytest.mark.parametrize(("more", "damage"), [(0, ""), (1, TOO_DEEP)])
@pytest.mark.parametrize("before", ["", '{"a":0},{"a":1},'])
def test_levels_are_counted_wherever_an_element_stands(before: str, more: int, damage: str) -> None:
    levels = MOST_LEVELS - 1 + more
    deep = '{"a":' + "[" * levels + "]" * levels + "}"
    found, why = walked(f'[{before}{deep},{{"a":2}}]')
    assert why == damage
    assert (deep in found) is not damage


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
RECORDS = st.lists(st.dictionaries(st.sampled_from(["a", "hits", "records", ""]), VALUES, max_size=3), max_size=12)
SIZES = st.sampled_from(CHUNK_SIZES)


@given(RECORDS, st.sampled_from([None, 0, 2, "\t"]), SIZES)
def test_an_array_comes_back(records: list[object], indent: int | str | None, size: int) -> None:
    found, damage = walked(json.dumps(records, indent=indent, ensure_ascii=False).encode("utf-8", "replace"), size)
    assert damage == ""
    assert all(element is not None and "\n" not in element for element in found)
    written = json.dumps(records, ensure_ascii=False).encode("utf-8", "replace").decode()
    assert [json.loads(element or "") for element in found] == json.loads(written)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), VALUES)), st.sampled_from([None, 2]), SIZES)
def test_objects_one_after_the_other_come_back(records: list[object], indent: int | None, size: int) -> None:
    found, damage = walked("\n".join(json.dumps(record, indent=indent) for record in records), size)
    assert damage == ""
    assert [json.loads(element or "") for element in found] == records


@given(st.text(alphabet='{}[]",:\\ \n1ar'), SIZES)
def test_what_is_found_does_not_depend_on_the_pieces(text: str, size: int) -> None:
    found, damage = walked(text, size)
    assert (found, damage) == walked(text)
    for element in found:
        json.loads(element or "null")


@given(st.lists(st.sampled_from(['{"k":"},{\\"k\\""}', '{"k":[{"z":1},{"k":2}]}', '{"k":}', '{"k":1}', "3", '{"k":"']),
                min_size=1), SIZES)  # fmt: skip
def test_a_guess_of_where_an_element_ends_changes_nothing(parts: list[str], size: int) -> None:
    document = "[" + ",".join(parts) + "]"
    assert walked(document, size) == walked(document, 1)


def long_element(unit: bytes, count: int) -> Iterator[bytes]:
    yield b'[{"a":1},{"b":"'
    for _ in range(count):
        yield unit
    yield b'"},{"c":2}]'


@pytest.mark.parametrize("unit", [b"x" * (1 << 18), b'\\"' * (1 << 17), b'","' * 87_381, b"\\\\" * (1 << 17)])
def test_an_element_of_100_mb_is_passed_in_constant_memory(unit: bytes) -> None:
    tracemalloc.start()
    try:
        found = list(Elements(long_element(unit, 400)))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == ['{"a":1}', None, '{"c":2}']
    assert peak_bytes < 8 * LONGEST_LINE_BYTES


@pytest.mark.parametrize("shape", ["[%s,1]", '{"records":[%s,1]}'])
@pytest.mark.parametrize(("more", "kept"), [(0, True), (1, False)])
def test_the_longest_element(shape: str, more: int, kept: bool) -> None:
    element = '"' + "x" * (LONGEST_LINE_BYTES - 2 + more) + '"'
    assert walked(shape % element) == ([element if kept else None, "1"], "")


def test_a_long_object_before_its_list_is_not_kept() -> None:
    before = '{"a":"' + "x" * (3 * LONGEST_LINE_BYTES) + '"'
    assert walked(before + ',"records":[{"b":1}]}{"c":2}') == (['{"b":1}', '{"c":2}'], "")
    assert walked(before + '}{"c":2}') == ([None, '{"c":2}'], "")


ARRAY, LINES = "a JSON array", "JSON objects over several lines"
LONG = "x" * HEAD_BYTES
HEADS = [
    ("[]", ARRAY),
    ('[{"a":1},{"b":2}]', ARRAY),
    ('\n [\n{"a":1},\n{"b":2}\n]\n', ARRAY),
    ('[{"a":1},\n{"b":2}\n]\n', ARRAY),
    ('[{"a":1}]\n[{"b":2}]\n', ARRAY),
    ('["one","two"]', ARRAY),
    ('[{"a":"' + LONG, ARRAY),
    ('[{"a":},{"b":2}]', ARRAY),
    ('{"Records":[{"a":1}]}', "an object with a list of records under Records"),
    ('{"Records":[{"a":1}]}\n\n', "an object with a list of records under Records"),
    ('{"Records":[{"a":1},{"b":"' + LONG, "an object with a list of records under Records"),
    ('{"Records":[{"a":"' + LONG, "an object with a list of records under Records"),
    ('{\n  "value": [\n    {"a":1}\n  ]\n}', "an object with a list of records under value"),
    ('{"value": [\n{"a":1},\n{"a":2}\n]}', "an object with a list of records under value"),
    ('{"took":1,"hits":{"total":1,"hits":[{"a":1}]}}', "an object with a list of records under hits.hits"),
    ('{\n  "a": 1\n}\n{\n  "a": 2\n}\n', LINES),
    ('{"a": 1,\n "b": 2}\n', LINES),
    ('{\n  "a": "' + LONG, LINES),
    ("", ""),
    ('{"a":1}', ""),
    ('{"a":1}\n{"a":2}\n', ""),
    ('{"a":"' + LONG, ""),
    ('{"records":[{"a":1}]}\n{"records":[{"a":2}]}\n', ""),
    ('{"records":[{"a":1}]}\n{"records":[{"a":"' + LONG, ""),
    ('{"a":"\\x"}\n{"a":2}\n{"a":3}\n', ""),
    ('{"a":"cut\n{"a":2}\n{"a":3}\n', ""),
    ('{"a":1} text\n{"a":2} text\n', ""),
    ('{"a":1},\n{"a":2},\n', ""),
    ("[Sun Oct 22 08:00:00 2023] [error] x\n", ""),
    ("[2023-10-22 08:00:00] x\n", ""),
    ('["x"] y\n["z"] y\n', ""),
    ("[{kernel,1},\n{a,b}].\n", ""),
    ("{abc} text\n", ""),
    ("1697961600.123 250 10.0.0.5 TCP_TUNNEL/200 5000 CONNECT a.example:443 -\n", ""),
    ("[" * 100_000, ""),
    ("\x00" * 100, ""),
]


@pytest.mark.parametrize(("head", "reason"), HEADS)
def test_what_is_a_document(head: str, reason: str) -> None:
    assert is_document(head.encode()[:HEAD_BYTES]) == reason


@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\ \n1a').map(str.encode))
def test_no_head_breaks_the_question(head: bytes) -> None:
    assert isinstance(is_document(head), str)
