"""Names as people write them: what they mean is found, and what only looks like a product is left to a person."""

from __future__ import annotations

import pytest

from shadowledger.scanner.knowledge import Signatures
from shadowledger.scanner.naming import NameBook, telling, words
from shadowledger.scanner.reconciliation.reconcile import THRESHOLD

NAME_WEIGHT = 0.95
"""What a name in an initiative's own name is worth."""


@pytest.fixture(scope="module")
def book(signatures: Signatures) -> NameBook:
    return NameBook(signatures.index.services.values())


MEANT = [
    ("ChatGPT", "chatgpt"),
    ("CHAT GPT", "chatgpt"),
    ("Chat-GPT", "chatgpt"),
    ("ChatGPT Enterprise", "chatgpt"),
    ("OpenAI ChatGPT", "chatgpt"),
    ("  chatgpt  ", "chatgpt"),
    ("Rollout ChatGPT Team Vertrieb", "chatgpt"),
    ("GPT-4 für den Vertrieb", "chatgpt"),
    ("GitHub Copilot", "github-copilot"),
    ("Github co-pilot", "github-copilot"),
    ("Einführung von GitHub Copilot (PoC)", "github-copilot"),
    ("Copilot", "microsoft-copilot"),
    ("M365 Copilot", "microsoft-365-copilot"),
    ("Copilot for Microsoft 365", "microsoft-365-copilot"),
    ("Claude", "claude"),
    ("Anthropic Claude", "claude"),
    ("Claude Code", "claude-code"),
    ("KI-Assistent mit Claude", "claude"),
    ("Azure OpenAI", "azure-openai"),
    ("Azure Open AI", "azure-openai"),
    ("AzureOpenAI Service", "azure-openai"),
    ("Azure OpenAI Service pilot", "azure-openai"),
    ("Gemini", "google-gemini"),
    ("Google Gemini", "google-gemini"),
    ("Gemini Enterprise", "gemini-enterprise"),
    ("Gemini Enterprise pilot", "gemini-enterprise"),
    ("Amazon Bedrock", "amazon-bedrock"),
    ("AWS Bedrock", "amazon-bedrock"),
    ("Le Chat", "mistral-ai"),
    ("LeChat", "mistral-ai"),
    ("Rollout Le Chat", "mistral-ai"),
    ("DeepL", "deepl"),
    ("Notion AI", "notion-ai"),
    ("Mid Journey", "midjourney"),
    ("HuggingFace", "hugging-face"),
    ("Perplexity Pro", "perplexity"),
    ("Writer", "writer"),
    ("Writer pilot", "writer"),
    ("Make", "make"),
    ("Otter.ai", "otter"),
    ("ÖLLAMA", "ollama"),
    ("\N{FULLWIDTH LATIN CAPITAL LETTER C}laude", "claude"),
    ("GH Copilot", "github-copilot"),
    ("Copilot pour M365", "microsoft-365-copilot"),
    ("AzureOpenAIService", "azure-openai"),
    ("GitHubCopilotLizenzen", "github-copilot"),
    ("Arize Phoenix", "arize-phoenix"),
    ("Phoenix (Arize)", "arize-phoenix"),
    ("Slack KI", "slack-ai"),
    ("Gemini für Vertrieb", "google-gemini"),
    ("Codeassistent Cursor", "cursor"),
    ("Texte (Writer)", "writer"),
    ("Perplexitty", "perplexity"),
    ("Anthropci Claude", "claude"),
]


@pytest.mark.parametrize(("text", "service_id"), MEANT)
def test_a_name_is_understood(book: NameBook, text: str, service_id: str) -> None:
    found = [one.service_id for one in book.look_up(text) if one.score * NAME_WEIGHT >= THRESHOLD]
    assert found == [service_id]


NOT_MEANT = [
    "Technical writer pool",
    "Make or buy study",
    "Jan Müller onboarding",
    "Customer service chat",
    "Pieces of advice",
    "Scenario planning",
    "Code review",
    "Factory of the future",
    "Meeting room box",
    "Consensus building",
    "You and your data",
    "Chat",
    "Chatbot",
    "AI assistant",
    "AI Gateway",
    "AI Studio",
    "Projekt Phoenix",
    "Projekt Gemini",
    "Open questions",
    "Slack Umstieg",
    "Databricks Lakehouse",
    "Adobe Acrobat Reader",
    "Perplexing results",
    "Google Meet",
    "Cursor positions",
    "HF Antenne",
    "Google",
    "Microsoft",
    "Meta",
    "Anthropocene study",
    "Claudia's dashboard",
    "Warehouse robot",
    "KI",
    "AI",
    "",
    "-",
    "\N{ROBOT FACE}",
    "x" * 100_000,
    "chat " * 20_000,
]


@pytest.mark.parametrize("text", NOT_MEANT, ids=lambda text: text[:30])
def test_a_near_miss_is_no_match(book: NameBook, text: str) -> None:
    assert [one for one in book.look_up(text) if one.score >= THRESHOLD] == []


@pytest.mark.parametrize("text", ["Predictive Maintenance", "Linear motors", "Microsoft Exchange", "Zebra Scanner"])
def test_what_is_no_product_proposes_none(book: NameBook, text: str) -> None:
    assert book.look_up(text) == []


@pytest.mark.parametrize(
    ("text", "service_id"),
    [
        ("Technical writer pool", "writer"),
        ("Make or buy study", "make"),
        ("ChatGTP", "chatgpt"),
        ("Google", "google-gemini"),
    ],
)
def test_a_near_miss_is_a_proposal(book: NameBook, text: str, service_id: str) -> None:
    assert service_id in [one.service_id for one in book.look_up(text)]


def test_a_vendor_proposes_its_products_and_matches_none(book: NameBook) -> None:
    found = {one.service_id: one.score for one in book.look_up("Microsoft")}
    assert found
    assert max(found.values()) < THRESHOLD


def test_every_service_is_found_by_its_own_name(book: NameBook, signatures: Signatures) -> None:
    lost = [
        service.id
        for service in signatures.index.services.values()
        if service.id not in {one.service_id for one in book.look_up(f"{service.vendor} {service.name}")}
    ]
    assert lost == []


def test_the_likeliest_comes_first_with_its_reason(book: NameBook) -> None:
    found = book.look_up("Anthropic")
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert {one.reason for one in found} == {"is named 'Anthropic'", "is a product of the vendor named"}


@pytest.mark.parametrize(
    ("text", "all_words", "left"),
    [
        ("Straße, Café & Co.", ("strasse", "cafe", "co"), ("strasse", "cafe")),
        ("Otter.ai", ("otter", "ai"), ("otter",)),
        ("Open A.I.", ("open", "ai"), ("open",)),
        ("Le Chat", ("le", "chat"), ()),
        ("Notion AI pilot", ("notion", "ai", "pilot"), ("notion",)),
        ("The AI", ("the", "ai"), ()),
        ("snake_case", ("snake", "case"), ("snake", "case")),
    ],
)
def test_words_are_what_can_be_compared(text: str, all_words: tuple[str, ...], left: tuple[str, ...]) -> None:
    assert words(text) == all_words
    assert telling(all_words) == left
