"""The language of `signatures match`: hosts, URLs, `kind:value` and JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.signatures.index import Index
from shadowledger.signatures.queries import answer, ask

LINES = [
    ("chatgpt.com", "chatgpt"),
    ("chatgpt.com:443", "chatgpt"),
    ("  https://chatgpt.com/c/1  ", "chatgpt"),
    ("hxxps://chatgpt.com/", "chatgpt"),
    ("domain:chatgpt.com", "chatgpt"),
    ("host_suffix:ab.chatgpt.com", "chatgpt"),
    ("process:ChatGPT.exe", "chatgpt"),
    ("process_name:ChatGPT.app (macOS)", "chatgpt"),
    ("PROCESS:chatgpt", "chatgpt"),
    ("macos_bundle_id:com.openai.chat", "chatgpt"),
    ("app:bundle_id:com.openai.chat", "chatgpt"),
    ("mobile_app_id:com.openai.chatgpt", "chatgpt"),
    ("user_agent:OpenAI/Python 3.54.0", "openai-sdk"),
    ("api_path:POST /v1/chat/completions", "openai-compatible-api"),
    ("api_path:POST /openai/deployments/d/chat/completions?api-version=2024-06-01", "azure-openai"),
    ("url_path:https://github.com/copilot", "github-copilot"),
    ("api_path:POST :²/v1/x", None),
    ("api_path:POST :" + "9" * 5000 + "/v1/x", None),
    ("process:chatgptify-not", None),
    ("cmdline:agent --yolo --model x /usr/lib/node_modules/@openai/codex/bin/codex.js", "codex"),
    ("cmdline:agent --full-auto node_modules/@anthropic-ai/claude-code/cli.js", "claude-code"),
    ("", None),
    ("   ", None),
    ("{", None),
    ("[]", None),
    ('{"host": null}', None),
    ('{"host": ["chatgpt.com"]}', None),
    ('{"port": true}', None),
    ("{" * 100_000, None),
]

OBJECTS: list[tuple[dict[str, object], str | None]] = [
    ({"host": "chatgpt.com"}, "chatgpt"),
    ({"host": "chatgpt.com", "question_type": "txt"}, None),
    ({"host": "chatgpt.com", "question_type": "https"}, "chatgpt"),
    ({"host": "other.example", "url": "https://chatgpt.com/"}, "chatgpt"),
    ({"host": "chatgpt.com", "url": "/c/1"}, "chatgpt"),
    ({"host": "github.com:443", "url": "/copilot"}, "github-copilot"),
    ({"url": "https://llm.corp.example/v1/responses", "method": "POST"}, "openai-compatible-api"),
    ({"host": "gw.corp.example", "user_agent": "Anthropic/Python 2.12.0"}, "anthropic-sdk"),
    ({"host": "gw.corp.example", "process": "copilot-language-server"}, "github-copilot"),
    ({"host": "www.notion.so", "process": "ChatGPT.exe"}, "chatgpt"),
    ({"host": "www.notion.so", "process": "firefox"}, "notion-ai"),
    ({"host": "claude.ai", "process": "ChatGPT.exe"}, "claude"),
    ({"process": "firefox"}, None),
    ({"port": 11434}, None),
    ({}, None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "service"), LINES, ids=[case[0][:60] for case in LINES])
def test_a_line_is_understood(index: Index, line: str, service: str | None) -> None:
    found = ask(index, line)
    assert (found.service.id if found else None) == service


@pytest.mark.parametrize(("fields", "service"), OBJECTS)
def test_an_object_is_understood(index: Index, fields: dict[str, object], service: str | None) -> None:
    found = ask(index, json.dumps(fields))
    assert (found.service.id if found else None) == service


def test_an_answer_says_what_and_why(index: Index) -> None:
    line = "https://contoso.openai.azure.com/openai/deployments/d/chat/completions"
    assert answer(line, ask(index, line)) == {
        "input": line,
        "service": "Azure OpenAI",
        "id": "azure-openai",
        "vendor": "Microsoft",
        "category": "llm-api",
        "strength": "certain",
        "role": "api",
        "indicator": "host:openai.azure.com",
        "instance": "contoso.openai.azure.com/d",
    }
    assert answer("nobody.example", None) == {"input": "nobody.example", "service": None}


@given(line=st.text(max_size=200) | st.from_regex(r"[a-z_]{3,12}:.{0,80}"))
def test_no_line_breaks_the_asking(index: Index, line: str) -> None:
    ask(index, line)
