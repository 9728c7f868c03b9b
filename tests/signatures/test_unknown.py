"""What speaks for AI that no signature names, and how much."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.signatures.index import Index
from shadowledger.signatures.load import load_catalogue
from shadowledger.signatures.unknown import Clue, clues, is_ai_label, score, weights

INDEX = Index(load_catalogue()[0], exceptions=["excepted.example"])

ASKED = [
    # what was seen, points from and to, whether a person is asked
    ({"host": "x.example", "path": "/v1/chat/completions", "method": "POST"}, 70, True),
    ({"host": "x.example", "path": "/v1/chat/completions"}, 40, True),
    ({"host": "x.example", "path": "/v1/chat/completions", "method": "GET"}, 0, False),
    ({"host": "x.example", "path": "/api/V1/Chat/Completions/", "method": "POST"}, 70, True),
    ({"host": "x.example", "path": "/v1/%63hat/completions", "method": "POST"}, 70, True),
    ({"host": "x.example", "path": "/v1/models/g:generateContent", "method": "POST"}, 70, True),
    ({"host": "x.example", "path": "/openai/deployments/d/chat/completions", "method": "POST"}, 70, True),
    ({"host": "x.example", "path": "/api/chat", "method": "POST", "port": 11434}, 85, True),
    ({"host": "x.example", "path": "/api/chat", "method": "POST", "port": 443}, 0, False),
    ({"host": "x.example", "path": "/v1/messages", "method": "POST"}, 0, False),
    ({"host": "x.example", "path": "/v1/files", "method": "POST"}, 0, False),
    ({"host": "x.example", "port": 11434}, 0, False),
    ({"host": "x.example", "user_agent": "OpenAI/Python 1.40.0"}, 60, True),
    ({"host": "x.example", "user_agent": "Boto3/1.34 md/Botocore"}, 0, False),
    ({"host": "x.example", "user_agent": "Mozilla/5.0 (X11) Firefox/140.0"}, 0, False),
    ({"host": "x.example", "labels": ["", "Generative AI"]}, 60, True),
    ({"host": "x.example", "labels": ["Business and Economy", "Email"]}, 0, False),
    ({"host": "x.ai.example"}, 5, False),
    ({"host": "something.ai"}, 5, False),
    ({"host": "my-gpt.something.ai"}, 10, False),
    ({"host": "saint-claude.fr"}, 5, False),
    ({"host": "www.hyundai.com"}, 0, False),
    ({"host": "x.example", "method": "POST", "content_type": "text/event-stream"}, 45, True),
    ({"host": "x.example", "method": "POST", "content_type": "Text/Event-Stream; charset=utf-8"}, 45, True),
    ({"host": "x.example", "method": "GET", "content_type": "text/event-stream"}, 20, False),
    ({"host": "ai.x.example", "content_type": "text/event-stream"}, 24, False),
    ({"host": "x.example", "method": "POST", "content_type": "application/json"}, 0, False),
    ({"host": "chatgpt.com", "method": "POST", "content_type": "text/event-stream"}, 0, False),
    ({"host": "docs.x.example", "labels": ["Generative AI"]}, 30, False),
    ({"host": "x.example", "path": "/v1/chat/completions", "method": "POST", "user_agent": "hf_hub/2"}, 88, True),
    ({"host": "chatgpt.com", "path": "/v1/chat/completions", "method": "POST"}, 0, False),
    ({"host": "excepted.example", "path": "/v1/chat/completions", "method": "POST"}, 0, False),
    ({"host": "", "path": "/v1/chat/completions", "method": "POST"}, 0, False),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "points", "is_asked"), ASKED)
def test_what_speaks_for_a_host(seen: dict[str, object], points: int, is_asked: bool) -> None:
    found = clues(INDEX, **seen)  # type: ignore[arg-type]  # the table names the arguments
    assert score(found, str(seen["host"])) == points
    assert (points >= weights().asked_about) == is_asked


LABELS = [
    ("Artificial Intelligence", True),
    ("AI and ML Applications", True),
    ("artificial-intelligence", True),
    ("GENERATIVE_AI", True),
    ("IW_aigc", True),
    ("Business and Economy;Generative AI", True),
    ("Said AI", False),
    ("Thai ML", False),
    ("Maintenance", False),
    ("Email", False),
    ("Training and Tools", False),
    ("", False),
    ("x" * 100_000, False),
]


@pytest.mark.parametrize(("label", "is_ai"), LABELS)
def test_how_gateways_call_ai(label: str, is_ai: bool) -> None:
    assert is_ai_label(label) == is_ai


@given(st.lists(st.integers(0, 100)))
def test_more_clues_never_say_less_and_never_more_than_all(points: list[int]) -> None:
    found = [Clue(one, str(number)) for number, one in enumerate(points)]
    total = score(found)
    assert 0 <= total <= 100
    assert all(score(found[:end]) <= total for end in range(len(found)))
    assert total >= max(points, default=0)


@given(host=st.text(max_size=40), path=st.text(max_size=60), agent=st.text(max_size=40), label=st.text(max_size=40))
def test_any_text_is_weighed(host: str, path: str, agent: str, label: str) -> None:
    for clue in clues(INDEX, host, path, "POST", 0, agent, [label]):
        assert 0 < clue.points <= 100
        assert clue.reason
