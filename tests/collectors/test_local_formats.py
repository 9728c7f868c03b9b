"""Settings as people and programs write them: JSON with comments, a part of YAML, and what is neither."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.collectors.endpoint.local.formats import at_key, parse
from shadowledger.collectors.endpoint.local.plain_yaml import parse as parse_yaml

JSON: list[tuple[str, Any]] = [
    ('{"a": 1}', {"a": 1}),
    ('// first\n{"a": "x // y", /* b */ "c": [1, 2, ], }\n', {"a": "x // y", "c": [1, 2]}),
    ('{"a": "/* no */", "b": ",}"}', {"a": "/* no */", "b": ",}"}),
    ('{"a": "\\"//", "b": 1,}', {"a": '"//', "b": 1}),
    ('{"a": [1, // one\n 2, // two\n ]}', {"a": [1, 2]}),
    ('\ufeff{"a": 1}', {"a": 1}),
]


@pytest.mark.parametrize(("text", "value"), JSON)
def test_json_with_comments_is_json(text: str, value: object) -> None:
    assert parse(text.encode(), "json") == value


def test_utf16_is_read() -> None:
    assert parse('{"ä": 1}'.encode("utf-16"), "json") == {"ä": 1}


@given(st.recursive(st.text() | st.integers() | st.booleans(), lambda inner: st.dictionaries(st.text(), inner)))
def test_what_is_json_stays_as_it_is(value: object) -> None:
    text = json.dumps(value)
    assert parse(text.encode(), "jsonc") == value
    assert parse(("// x\n" + text + " /* y */").encode(), "jsonc") == value


YAML: list[tuple[str, object]] = [
    ("a: 1", {"a": "1"}),
    ("a:\n  b: x\n  c:\n    d: y\ne: z", {"a": {"b": "x", "c": {"d": "y"}}, "e": "z"}),
    ("a:\n- x\n- y\nb: 1", {"a": ["x", "y"], "b": "1"}),
    (
        "a:\n  - name: x\n    url: https://h/p#f\n  - name: y",
        {"a": [{"name": "x", "url": "https://h/p#f"}, {"name": "y"}]},
    ),
    ("- - x\n  - y\n-\n  z: 1\n-", [["x", "y"], {"z": "1"}, None]),
    ("\"a b\": \"x: y\" # c\n'd': 'it''s'", {"a b": "x: y", "d": "it's"}),
    ("a: x # y\n# z\n\nb: x#y", {"a": "x", "b": "x#y"}),
    ("a: |\n  b: c\n\n  d\ne: >-\n    f\ng: h", {"a": "", "e": "", "g": "h"}),
    ('a: {"b": ["c"]}\nd: []', {"a": {"b": ["c"]}, "d": []}),
    (
        "a: [x, -y, 'z, 1'] # c\nb: {k: http://h:1/p, e: }",
        {"a": ["x", "-y", "z, 1"], "b": {"k": "http://h:1/p", "e": None}},
    ),
    ("a: [\n  x y,\n  {k: v}\n]\nb: 1", {"a": ["x y", {"k": "v"}], "b": "1"}),
    ("---\na: &x\n  b: 1\nc: *x\n...", {"a": {"b": "1"}, "c": "*x"}),
    ("a:\nb:", {"a": None, "b": None}),
    ("http://x:80/y", "http://x:80/y"),
    ("", None),
]


@pytest.mark.parametrize(("text", "value"), YAML)
def test_the_part_of_yaml_that_settings_are_written_in(text: str, value: object) -> None:
    assert parse_yaml(text) == value


@pytest.mark.parametrize(
    "text", ["a: 1\n  b: 2", "a: {b: c", "a: [,]", "a: [x}", "\n".join(" " * n + "- a:" for n in range(90))]
)
def test_what_is_not_of_it_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - what callers catch
        parse_yaml(text)


@given(st.text(alphabet="ab:- \n#'\"{}[],|&*", max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for ending in ("yaml", "json", "toml", "plist"):
        try:
            parse(text.encode(), ending)
        except (ValueError, RecursionError):
            continue


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("a.b", [1]),
        ("mcp.servers", [2]),
        ("p.*.s", [3, 4]),
        ("a", [{"b": 1}]),
        ("a.b.c", []),
        ("x", []),
        ("*.b", [1]),
    ],
)
def test_a_key_is_whole_or_dotted(key: str, found: list[object]) -> None:
    value = {"a": {"b": 1}, "mcp.servers": 2, "p": {"x": {"s": 3}, "y": {"s": 4}, "z": 5}}
    assert list(at_key(value, key)) == found
