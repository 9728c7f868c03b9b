"""What devices show is recognised in every spelling that sources use, and its look-alikes are not."""

from __future__ import annotations

import pytest

from shadowledger.signatures.artifacts import ArtifactIndex, canonical, command_words
from shadowledger.signatures.index import Match
from shadowledger.signatures.schema import Indicator, Service, Strength

SAME = [
    ("process", "ollama", r"C:\Users\ada\AppData\Local\Programs\Ollama\ollama.exe"),
    ("process", "claude", "/usr/lib/node_modules/@anthropic-ai/claude-code/bin/claude.exe"),
    ("process", "Cursor", "Cursor.app (macOS)"),
    ("app", "Goose.app", "/Applications/Goose.app"),
    ("app", "bundle_id:dev.zed.Zed", "BUNDLE_ID: dev.zed.zed"),
    ("app", r"path:%LOCALAPPDATA%\Ollama\ollama.exe", r"path:C:\Users\ada\AppData\Local\Ollama\ollama.exe"),
    ("cli", "~/.cursor", "/home/ada/.cursor/"),
    ("cli", "~/.cursor", ".cursor"),
    ("py_package", "llama-cpp-python", "llama_cpp.python[server]==0.3.16"),
    ("npm_package", "@continuedev/cli", "@continuedev/cli@1.4.0"),
    ("ide_ext", "continue.continue", "vscode:Continue.continue"),
    ("image", "vllm/vllm-openai", "docker.io/vllm/vllm-openai:v0.11.0"),
    ("image", "ollama/ollama", "ollama/ollama@sha256:0123"),
    ("unit", "ollama.service", "/etc/systemd/system/ollama.service"),
    ("unit", "ai.openclaw.gateway", "~/Library/LaunchAgents/ai.openclaw.gateway.plist"),
    ("env_var", "LITELLM_MASTER_KEY", "litellm_master_key"),
    ("mcp_config", "~/.cursor/mcp.json", r"C:\Users\ada\.cursor\mcp.json"),
    ("mcp_config", "~/.claude.json", ".claude.json"),
    ("mcp_config", "~/.codeium/windsurf/mcp_config.json", "/Users/ada/.codeium/windsurf/mcp_config.json"),
    ("mcp_config", "basename:.mcp.json", "/srv/project/.mcp.json#mcpServers"),
    ("model_file", "*.gguf", "/data/Mistral-7B.Q4_K_M.GGUF"),
    ("browser_ext", "chrome:jfgfiigpkhlkbnfnbobbkinehhfdhndo", "jfgfiigpkhlkbnfnbobbkinehhfdhndo"),
    ("browser_ext", "chrome:jfgfiigpkhlkbnfnbobbkinehhfdhndo", "edge:jfgfiigpkhlkbnfnbobbkinehhfdhndo"),
    ("browser_ext", "edge:odpmikmjaiapjammnphnfacangakndmk", "odpmikmjaiapjammnphnfacangakndmk"),
    ("cmdline", "@continuedev/cli", "node /usr/lib/node_modules/@continuedev/cli/dist/cn.js --auto"),
    ("cmdline", "@playwright/mcp", "npx @playwright/mcp@latest --headless"),
    ("cmdline", "vllm serve", "/opt/venv/bin/vllm serve mistral --port 8000"),
    ("merchant", "openai chatgpt", "PAYPAL *OPENAI *CHATGPT SUBSCR SAN FRANCISCO CA"),
    ("merchant", "Claude.ai", "CLAUDE.AI SUBSCRIPTION"),
    ("merchant", "deepl", "DeepL SE, Köln"),
    ("oauth_app", "e0476654-c1d5-430b-ab80-70cbd947616a", "ChatGPT | E0476654-C1D5-430B-AB80-70CBD947616A"),
    ("cloud_resource", "bedrock.amazonaws.com", "Bedrock.amazonaws.com"),
    ("cloud_resource", "microsoft.cognitiveservices/accounts *", "Microsoft.CognitiveServices/accounts TextAnalytics"),
]  # fmt: skip

DIFFERENT = [
    ("process", "ollama", "ollamander"),
    ("process", "cursor", "cursor-helper-theme"),
    ("app", "Goose.app", "/Applications/Goose Photo.app"),
    ("app", "bundle_id:dev.zed.Zed", "bundle_id:dev.zed.Zed.helper"),
    ("cli", "~/.cursor", "/home/ada/.cursor-server"),
    ("py_package", "crewai", "crew"),
    ("npm_package", "@langchain/core", "@langchain/core-js"),
    ("ide_ext", "continue.continue", "vscode:continue.continue-theme"),
    ("image", "ollama/ollama", "evil.example/ollama/ollama"),
    ("unit", "ollama.service", "ollama.service.d"),
    ("mcp_config", "basename:mcp.json", "/srv/project/xmcp.json"),
    ("model_file", "*.gguf", "/data/gguf"),
    ("model_file", "*.gguf", "/data/notes.gguf.txt"),
    ("browser_ext", "chrome:jfgfiigpkhlkbnfnbobbkinehhfdhndo", "jfgfiigpkhlkbnfnbobbkinehhfdhnd"),
    ("browser_ext", "chrome:jfgfiigpkhlkbnfnbobbkinehhfdhndo", "firefox:jfgfiigpkhlkbnfnbobbkinehhfdhndo"),
    ("cmdline", "aider", "/usr/bin/raider --start"),
    ("cmdline", "vllm serve", "vllm bench"),
    ("cmdline", "docker model", "docker run model"),
    ("merchant", "claude ai", "CLAUDE MONET AIX"),
    ("merchant", "anthropic", "ANTHROPICS TECHNOLOGY LTD"),
    ("oauth_app", "e0476654-c1d5-430b-ab80-70cbd947616a", "ChatGPT | e0476654"),
    ("cloud_resource", "microsoft.cognitiveservices/accounts *", "microsoft.cognitiveservices/accounts"),
]


def found(kind: str, value: str, asked: str) -> Match | None:
    indicator = Indicator(kind, value, "presence", Strength.CERTAIN, "")
    service = Service("one", "One", "One", "one", "", "native", (), (indicator,), (), (), (), None, "overlay")
    index = ArtifactIndex(Match)
    index.add(kind, value, Match(service, indicator, ""))
    return index.find(kind, asked)


@pytest.mark.parametrize(("kind", "value", "asked"), SAME)
def test_one_artifact_is_found_in_its_spellings(kind: str, value: str, asked: str) -> None:
    assert found(kind, value, asked) is not None


@pytest.mark.parametrize(("kind", "value", "asked"), DIFFERENT)
def test_a_look_alike_is_nobody_s(kind: str, value: str, asked: str) -> None:
    assert found(kind, value, asked) is None


@pytest.mark.parametrize(("kind", "value", "asked"), SAME)
def test_the_form_of_a_form_is_the_form(kind: str, value: str, asked: str) -> None:
    assert canonical(kind, canonical(kind, asked)) == canonical(kind, asked)


def test_the_longest_run_of_words_wins_over_a_part_of_it() -> None:
    index = ArtifactIndex(Match)
    for name, value in (("short", "claude-code"), ("long", "@musistudio/claude-code-router")):
        indicator = Indicator("cmdline", value, "presence", Strength.CERTAIN, "")
        service = Service(name, name, name, name, "", "native", (), (indicator,), (), (), (), None, "overlay")
        index.add("cmdline", value, Match(service, indicator, ""))
    match = index.find("cmdline", "node /x/@musistudio/claude-code-router/dist/cli.js claude-code")
    assert match is not None
    assert match.service.id == "long"


def test_a_command_line_gives_names_of_options_and_never_their_values() -> None:
    words = command_words("ollama run llama3 --token=sk-secret '--model=/srv/m.gguf'")
    assert words[:4] == ["ollama", "run", "llama3", "--token"]
    assert not any("secret" in word for word in words)


def test_the_name_of_a_home_is_no_word_of_a_command_line() -> None:
    assert command_words("python3 /home/ollama/backup.py") == ["python3", "backup.py"]
    assert command_words(r"node 'C:\Users\aider\npm\codex.js'") == ["node", "npm", "codex.js"]
    assert command_words("python3 /home/ada/.local/bin/aider")[-1] == "aider"


def test_a_huge_command_line_is_cut() -> None:
    assert len(command_words("x " * 100_000)) == 256
    assert len(command_words("/x" * 100_000)) == 32


NAMED = [
    ("native", "ChatGPT", "app", True),
    ("native", "Perplexity AI", "cloud_resource", True),
    ("native", "Motion", "app", False),
    ("native", "Motion", "oauth_app", True),
    ("sdk", "Guidance", "oauth_app", False),
    ("enabled", "Slack", "oauth_app", False),
    ("enabled", "ClickUp", "app", False),
    ("enabled", "Slack AI", "app", True),
]


@pytest.mark.parametrize(("ai_kind", "name", "kind", "is_found"), NAMED)
def test_a_name_is_found_where_it_means_its_product(ai_kind: str, name: str, kind: str, is_found: bool) -> None:
    indicator = Indicator("app", name, "presence", Strength.LIKELY, "")
    service = Service("one", name, "One", "one", "", ai_kind, (), (indicator,), (), (), (), None, "overlay")
    index = ArtifactIndex(Match)
    index.add_name(name, Match(service, indicator, ""))
    assert (index.find(kind, name.lower()) is not None) == is_found
