"""Traffic is matched by whole labels, segments and tokens, and the most specific signature wins."""

from __future__ import annotations

import datetime as dt

import pytest

from shadowledger.signatures.hosts import clean_host, split_url
from shadowledger.signatures.index import Index
from shadowledger.signatures.queries import ask
from shadowledger.signatures.schema import Indicator, Service, Strength

FULL_WIDTH = "".join(chr(ord(c) - 0x21 + 0xFF01) for c in "chatgpt.com")  # https://www.unicode.org/charts/PDF/UFF00.pdf

HOSTS = [
    # whole labels, from the right
    ("chatgpt.com", "chatgpt"),
    ("ab.chatgpt.com", "chatgpt"),
    ("a.b.c.d.chatgpt.com", "chatgpt"),
    ("notchatgpt.com", None),
    ("notopenai.com", None),
    ("openai.com.evil.example", None),
    ("chatgpt.com.", "chatgpt"),
    ("CHATGPT.com", "chatgpt"),
    ("chatgpt", None),
    ("com", None),
    ("", None),
    # short names, and longer ones that end in their letters
    ("c.ai", "character-ai"),
    ("hf.co", "hugging-face"),
    ("mosaic.ai", None),
    ("you.com", "you-com"),
    ("www.thankyou.com", None),
    ("www.hyundai.com", None),
    ("www.dubai.com", None),
    ("ai.com.example", None),
    ("www.wechat.com", None),
    ("www.snapchat.com", None),
    # the longest suffix wins
    ("openai.com", "openai"),
    ("chat.openai.com", "chatgpt"),
    ("api.openai.com", "openai-api"),
    ("eu.api.openai.com", "openai-api"),
    ("sora.chatgpt.com", "sora"),
    ("x.ai", "grok"),
    ("api.x.ai", "xai-api"),
    ("contoso.services.ai.azure.com", "azure-openai"),
    ("ai.azure.com", "azure-ai-foundry"),
    ("models.inference.ai.azure.com", "github-models"),
    ("mistral.westeurope.inference.ai.azure.com", "azure-ai-foundry"),
    # exact hosts below shared parents
    ("pplx-res.cloudinary.com", "perplexity"),
    ("other.cloudinary.com", None),
    ("x.pplx-res.cloudinary.com", None),
    ("copilotprodattachments.blob.core.windows.net", "github-copilot"),
    ("chat.openai.com.cdn.cloudflare.net", "openai"),
    ("www.example.com.cdn.cloudflare.net", None),
    # stars stay inside their label
    ("us-central1-aiplatform.googleapis.com", "google-vertex-ai"),
    ("x.us-central1-aiplatform.googleapis.com", None),
    ("aiplatformx.googleapis.com", None),
    ("storage.googleapis.com", None),
    ("bedrock-runtime.eu-central-1.amazonaws.com", "amazon-bedrock"),
    ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "amazon-bedrock"),
    ("vpce-1-2.bedrock-runtime.eu-west-1.vpce.amazonaws.com", "amazon-bedrock"),
    ("bedrock-runtime.s3.amazonaws.com", None),
    ("bedrock-runtime.eu-central-1.amazonaws.com.evil.example", None),
    ("chatgpt-async-webps-prod-eastus-12.webpubsub.azure.com", "chatgpt"),
    ("contoso.webpubsub.azure.com", None),
    ("api.eu.residency.elevenlabs.io", "elevenlabs"),
    # spellings
    (FULL_WIDTH, "chatgpt"),
    ("chatgpt%2ecom", "chatgpt"),
    ("chatgpt。com", "chatgpt"),
    ("ch\u0430tgpt.com", None),  # a Cyrillic letter
    ("a." * 40_000 + "chatgpt.com", None),  # longer than a name can be
]

URLS = [
    ("https://github.com/copilot", "github-copilot"),
    ("https://github.com/copilot/c/1", "github-copilot"),
    ("https://github.com/Copilot/", "github-copilot"),
    ("https://github.com/copilots", None),
    ("https://api.github.com/copilot_internal/v2/token", "github-copilot"),
    ("https://api.github.com/repos/x/y", None),
    ("https://gist.github.com/copilot", "github-copilot"),
    ("https://x.com/i/grok", "grok"),
    ("https://x.com/home", None),
    ("https://x.com/i", None),
    ("https://www.bing.com/chat", "microsoft-copilot"),
    ("https://www.bing.com/search", None),
    ("https://contoso.cognitiveservices.azure.com/openai/deployments/g/chat/completions", "azure-openai"),
    ("https://api.cloudflare.com/client/v4/accounts/abc/ai/run/@cf/meta/llama", "cloudflare-workers-ai"),
    ("https://api.cloudflare.com/client/v4/accounts/abc/workers", None),
    ("https://chatgpt.com/codex", "codex"),
    ("https://chatgpt.com/c/codex", "chatgpt"),
    ("https://example.org/go?u=https://chatgpt.com/", None),
    ("https://chatgpt.com@evil.example/", None),
]

DEEP = "/x" * 100_000
SHAPES = [
    ("POST", "https://llm.corp.example/v1/chat/completions", "openai-compatible-api", Strength.LIKELY),
    ("post", "https://llm.corp.example/v1/chat/completions/", "openai-compatible-api", Strength.LIKELY),
    ("POST", "https://llm.corp.example/V1/Chat/Completions", "openai-compatible-api", Strength.LIKELY),
    ("POST", "https://llm.corp.example/v1/chat%2Fcompletions", "openai-compatible-api", Strength.LIKELY),
    ("POST", "https://llm.corp.example/team/a/v1/embeddings", "openai-compatible-api", Strength.LIKELY),
    ("", "https://llm.corp.example/v1/chat/completions", "openai-compatible-api", Strength.HINT),
    ("GET", "https://llm.corp.example/v1/chat/completions", None, None),
    ("POST", "https://llm.corp.example/xv1/chat/completions", "openai-compatible-api", Strength.HINT),
    ("POST", "https://llm.corp.example/v1/chat/completions/x", None, None),
    ("POST", "https://apim.corp.example/openai/deployments/d/chat/completions", "azure-openai", Strength.LIKELY),
    ("POST", "https://gw.corp.example/v1/models/gemini-x:generateContent", "gemini-api", Strength.LIKELY),
    ("POST", "https://gw.corp.example/v1/models/:generateContent", None, None),
    ("POST", "https://gw.corp.example/model/anthropic.claude/converse", "amazon-bedrock", Strength.LIKELY),
    ("POST", "https://sms.corp.example/v1/messages", None, None),
    ("POST", "https://forum.corp.example/v1/threads", None, None),
    ("POST", "https://files.corp.example/v1/files", None, None),
    ("POST", "https://api.groq.com/openai/v1/chat/completions", "groq", Strength.CERTAIN),
    ("POST", "https://api.deepseek.com/anthropic/v1/messages", "deepseek", Strength.CERTAIN),
    ("POST", f"https://llm.corp.example{DEEP}/v1/chat/completions", "openai-compatible-api", Strength.LIKELY),
]  # fmt: skip

AGENTS = [
    ("OpenAI/Python 3.54.0", "openai-sdk"),
    ("openai/python 3.54.0", "openai-sdk"),
    ("AsyncOpenAI/Python 3.54.0", "openai-sdk"),
    ("AzureOpenAI/Python 3.54.0", "openai-sdk"),
    ("Anthropic/Python 2.12.0", "anthropic-sdk"),
    ("mistral-client-python/3.7.0", "mistral-sdk"),
    ("cohere/7.3.1", "cohere-sdk"),
    ("Groq/Python 1.7.0", "groq-sdk"),
    ("replicate-python/1.0.7", "replicate-sdk"),
    ("google-genai-sdk/3.4.0 gl-python/3.11.7", "google-genai-sdk"),
    ("unknown/None; hf_hub/2.4.0; python/3.11.7", "hugging-face-sdk"),
    ("elevenlabs/2.78.0", "elevenlabs-sdk"),
    ("claude-cli/2.1.0 (external, cli)", "claude-code"),
    ("GitHubCopilotChat/0.22.4", "github-copilot"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36", None),
    ("Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)", None),
    ("Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)", None),
    ("OpenAPI-Generator/1.0.0/python", None),
    ("Boto3/1.34 md/Botocore#1.34", None),
    ("google-api-python-client/2.100", None),
    ("coherence/1.0", None),
    ("", None),
    ("(;,) " * 10_000, None),
]

QUESTIONS = [
    ("A", True),
    ("AAAA", True),
    ("HTTPS", True),
    ("", True),
    ("MX", False),
    ("TXT", False),
    ("NS", False),
    ("PTR", False),
]


def _id(index: Index, **seen: object) -> str | None:
    found = index.traffic(**seen)  # type: ignore[arg-type]
    return found.service.id if found else None


@pytest.mark.parametrize(("host", "service"), HOSTS, ids=[case[0][:60] for case in HOSTS])
def test_a_host_belongs_to_its_longest_suffix(index: Index, host: str, service: str | None) -> None:
    assert _id(index, host=clean_host(host)) == service


@pytest.mark.parametrize(("text", "service"), URLS)
def test_a_path_below_a_shared_host_is_compared_by_segments(index: Index, text: str, service: str | None) -> None:
    url = split_url(text)
    found = index.traffic(url.host, url.path)
    assert (found.service.id if found and found.is_hit else None) == service


@pytest.mark.parametrize(("method", "text", "service", "strength"), SHAPES, ids=[f"{c[0]} {c[1][:70]}" for c in SHAPES])
def test_an_api_is_known_by_its_shape_at_any_host(
    index: Index, method: str, text: str, service: str | None, strength: Strength | None
) -> None:
    url = split_url(text)
    found = index.traffic(url.host, url.path, method, url.port)
    assert (found.service.id if found else None) == service
    assert (found.indicator.strength if found else None) == strength


@pytest.mark.parametrize(("agent", "service"), AGENTS, ids=[case[0][:60] for case in AGENTS])
def test_a_user_agent_is_known_by_its_product_token(index: Index, agent: str, service: str | None) -> None:
    assert _id(index, host="gw.corp.example", user_agent=agent) == service


@pytest.mark.parametrize(("question", "asked"), QUESTIONS)
def test_only_whoever_is_about_to_connect_is_counted(index: Index, question: str, asked: bool) -> None:
    assert (_id(index, host="api.anthropic.com", question_type=question) is not None) == asked
    assert index.wanted("api.anthropic.com", question_type=question) == asked


def test_the_port_belongs_to_the_shape() -> None:
    index = Index([_service("ollama", _indicator("api_path", "POST :11434/api/chat"))])
    assert _id(index, host="10.0.0.9", path="/api/chat", method="POST", port=11434) == "ollama"
    assert _id(index, host="10.0.0.9", path="/api/chat", method="POST", port=443) is None
    assert _id(index, host="10.0.0.9", path="/api/chat", method="POST") is None


def test_a_hint_gives_way_to_whatever_is_more(index: Index) -> None:
    hint = index.traffic("substrate.office.com")
    more = index.traffic("substrate.office.com", user_agent="OpenAI/Python 1.0")
    download = index.traffic("huggingface.co", "/a/b/resolve/main/x.safetensors", user_agent="x; hf_hub/2.4.0")
    assert hint is not None
    assert not hint.is_hit
    assert more is not None
    assert more.service.id == "openai-sdk"
    assert download is not None
    assert download.service.id == "hugging-face-sdk"


def test_a_tenant_is_kept_as_the_instance(index: Index) -> None:
    by_host = index.traffic("contoso.openai.azure.com")
    by_path = index.traffic("contoso.cognitiveservices.azure.com", "/openai/deployments/d/chat/completions")
    plain = index.traffic("chatgpt.com")
    assert by_host is not None
    assert by_host.instance == "contoso.openai.azure.com"
    assert by_path is not None
    assert by_path.instance == "contoso.cognitiveservices.azure.com/d"
    assert plain is not None
    assert plain.instance == ""


DEPLOYMENTS = [
    ("/openai/deployments/gpt-4o/chat/completions", "contoso.openai.azure.com/gpt-4o"),
    ("/OpenAI/Deployments/HR%2DBot/embeddings", "contoso.openai.azure.com/hr-bot"),
    ("/openai/deployments/a%2Fb%20c/x", "contoso.openai.azure.com/a"),
    ("/openai/deployments/" + "a" * 65, "contoso.openai.azure.com"),
    ("/openai/deployments/", "contoso.openai.azure.com"),
    ("/openai/models", "contoso.openai.azure.com"),
    ("/x/openai/deployments/d", "contoso.openai.azure.com"),
]


@pytest.mark.parametrize(("path", "instance"), DEPLOYMENTS)
def test_what_is_deployed_at_a_tenants_host_is_part_of_the_instance(index: Index, path: str, instance: str) -> None:
    found = index.traffic("contoso.openai.azure.com", path, "POST")
    assert found is not None
    assert found.instance == instance


def test_an_exception_is_nobodys_with_all_below_it() -> None:
    services = [_service("one", _indicator("host", "one.example"), _indicator("host_exact", "shop.one.example"))]
    index = Index(services, exceptions=["shop.one.example"])
    assert _id(index, host="one.example") == "one"
    assert _id(index, host="shop.one.example") is None
    assert _id(index, host="a.shop.one.example") is None


OWNERS = [
    ("2019-12-31", None),
    ("2020-01-01", "old"),
    ("2024-12-31", "old"),
    ("2025-01-01", None),
    ("2025-02-01", "new"),
    ("2030-01-01", "new"),
    ("", "new"),
]


@pytest.mark.parametrize(("on", "service"), OWNERS)
def test_a_name_that_changed_hands_is_its_owners_of_the_day(on: str, service: str | None) -> None:
    old = _service("old", _indicator("host", "x.example", dt.date(2020, 1, 1), dt.date(2024, 12, 31)))
    new = _service("new", _indicator("host", "x.example", dt.date(2025, 2, 1), None))
    for services in ([old, new], [new, old]):
        index = Index(services)
        found = index.traffic("www.x.example")
        assert found is not None
        then = index.then(found, dt.date.fromisoformat(on) if on else None)
        assert (then.service.id if then else None) == service


def test_what_has_ended_is_nobodys_today() -> None:
    index = Index([_service("one", _indicator("host", "ended.example", None, dt.date(2024, 12, 31)))])
    assert ask(index, "ended.example") is None
    found = index.host("ended.example")
    assert found is not None
    assert index.then(found, dt.date(2024, 12, 31)) == found


def _indicator(kind: str, value: str, start: dt.date | None = None, end: dt.date | None = None) -> Indicator:
    return Indicator(kind, value, "api", Strength.CERTAIN, "https://example.org/", False, start, end)


def _service(service_id: str, *indicators: Indicator) -> Service:
    return Service(
        service_id, service_id.title(), "Vendor", service_id, "chatbot", "native", (), indicators, (), (), (), None,
        "catalogue",
    )  # fmt: skip
