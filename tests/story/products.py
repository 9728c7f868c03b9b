"""What the organization of the story uses: real products by the catalogue's names, how a use of each looks in a proxy,
and how people write it on a list."""

from __future__ import annotations

from typing import NamedTuple

BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
OPENAI_SDK = "OpenAI/Python 1.109.1"
PLAIN_SDK = "python-httpx/0.28.1"
CLAUDE_CLI = "claude-cli/2.0.37 (external, cli)"
COPILOT_CHAT = "GitHubCopilotChat/0.33.1"


class Product(NamedTuple):
    """A product, and one turn of using it."""

    name: str
    """As the catalogue prints it."""
    turn: tuple[tuple[str, str], ...]
    """(method, URL without its scheme): what one use asks for, in order."""
    agent: str = BROWSER
    papers: tuple[str, ...] = ()
    """Names of initiatives with it, as people write them; `{unit}` is whose it is."""

    @property
    def host(self) -> str:
        return self.turn[0][1].partition("/")[0]


def _page(name: str, host: str, first: str, asked: str, *papers: str) -> Product:
    return Product(name, (("GET", f"{host}{first}"), ("POST", f"{host}{asked}")), BROWSER, papers)


CHATGPT = _page(
    "ChatGPT",
    "chatgpt.com",
    "/",
    "/backend-api/conversation",
    "Chat GPT für Angebote ({unit})",
    "ChatGTP-Pilot {unit}",
    "Chat-GPT (OpenAI) Textassistent",
)
CLAUDE = _page(
    "Claude",
    "claude.ai",
    "/new",
    "/api/organizations/7f1c/chat_conversations",
    "Claude für Verträge",
    "Anthropic Pilot {unit}",
    "Contract review with Claude.ai",
)
MISTRAL = _page(
    "Mistral AI",
    "chat.mistral.ai",
    "/chat",
    "/api/chat",
    "Assistant RH (Mistral)",
    "Le Chat Mistral pour les RH",
    "Mistral AI, assistant {unit}",
)
DEEPL = Product(
    "DeepL",
    (("GET", "www.deepl.com/translator"), ("POST", "www2.deepl.com/jsonrpc")),
    BROWSER,
    ("Traduction automatique DeepL", "Übersetzungen mit Deepl Pro", "DeepL Write & Translate ({unit})"),
)
GEMINI = _page("Google Gemini", "gemini.google.com", "/app", "/_/BardChatUi/data/batchexecute")
COPILOT = _page("Microsoft Copilot", "copilot.microsoft.com", "/", "/c/api/conversations")
LANGDOCK = _page("Langdock", "app.langdock.com", "/chat", "/api/chat/completion")
GITHUB_COPILOT = Product(
    "GitHub Copilot",
    (("POST", "api.business.githubcopilot.com/chat/completions"), ("GET", "api.business.githubcopilot.com/models")),
    COPILOT_CHAT,
    ("GH Copilot Rollout Entwickler", "Github Co-Pilot für {unit}", "GitHub CoPilot Business (Devs)"),
)
M365_COPILOT = Product(
    "Microsoft 365 Copilot",
    (("GET", "m365.cloud.microsoft/chat"), ("POST", "substrate.office.com/m365Copilot/Chathub/1")),
    BROWSER,
    ("M365 Copilot Rollout", "Microsoft Copilot for M365", "Office-Copilot (M365)"),
)
STOPPED = (
    _page(
        "DeepSeek",
        "chat.deepseek.com",
        "/",
        "/api/v0/chat/completion",
        "DeepSeek-Test (beendet)",
        "Deep Seek Evaluation",
    ),
    _page("Grok", "grok.com", "/", "/rest/app-chat/conversations/new", "Grok Evaluierung", "xAI Grok Test"),
)
DECLARABLE = (
    _page(
        "Perplexity",
        "www.perplexity.ai",
        "/",
        "/rest/sse/perplexity_ask",
        "Perplexity Pro Recherche",
        "Recherche mit Perplexitiy",
        "perplexity.ai market research",
    ),
    _page(
        "Midjourney",
        "www.midjourney.com",
        "/imagine",
        "/api/submit-jobs",
        "Mid Journey Bildwelten",
        "Midjourney für {unit}",
        "Visuels MidJourney",
    ),
    _page(
        "Otter.ai", "otter.ai", "/home", "/forward/api/v1/speeches", "Otter Protokolle", "Otter.ai meeting transcripts"
    ),
    _page(
        "Gamma", "gamma.app", "/create", "/create/generate", "Präsentationen mit gamma.app", "Gamma.app Foliengenerator"
    ),
    _page(
        "Synthesia",
        "app.synthesia.io",
        "/videos",
        "/api/v2/videos",
        "Synthesia Schulungsvideos",
        "Vidéos de formation Synthesia",
    ),
    _page(
        "Jasper",
        "app.jasper.ai",
        "/chat",
        "/api/chat",
        "Jasper.ai Texte ({unit})",
        "Jasper AI copywriting",
    ),
    _page(
        "HeyGen", "app.heygen.com", "/create", "/v1/video/generate", "HeyGen Avatare", "Avatar-Videos (Hey Gen) {unit}"
    ),
    _page(
        "ElevenLabs",
        "elevenlabs.io",
        "/app/speech-synthesis",
        "/app/api/speech",
        "Eleven Labs Sprachausgabe",
        "ElevenLabs Stimmen Hotline",
    ),
    _page("NotebookLM", "notebooklm.google.com", "/notebook/1", "/_/LabsTailwindUi/data", "Notebook LM {unit}"),
    _page(
        "Fireflies.ai",
        "app.fireflies.ai",
        "/notebook",
        "/api/graphql",
        "Fireflies Besprechungsnotizen",
        "Fireflies.ai notes",
    ),
)
"""Of these the dead, the ones in the wrong unit and the one nobody can see are drawn as well."""
PAGES = (
    _page("Runway", "app.runwayml.com", "/video-tools", "/api/tasks"),
    _page("Adobe Firefly", "firefly.adobe.com", "/generate/images", "/api/generate"),
    _page("Suno", "suno.com", "/create", "/api/generate"),
    _page("Ideogram", "ideogram.ai", "/t/my-images", "/api/images/sample"),
    _page("Leonardo.ai", "app.leonardo.ai", "/image-generation", "/api/generate"),
    _page("Poe", "poe.com", "/chat", "/api/gql_POST"),
    _page("You.com", "you.com", "/search", "/api/streamingSearch"),
    _page("Harvey", "app.harvey.ai", "/assistant", "/api/assistant"),
    _page("QuillBot", "quillbot.com", "/paraphrasing-tool", "/api/paraphraser/single-paraphrase"),
    _page("Elicit", "elicit.com", "/notebook", "/api/search"),
    _page("Consensus", "consensus.app", "/search", "/api/paper_search"),
    _page("Writer", "app.writer.com", "/ai-assistants", "/api/template"),
    _page("Copy.ai", "app.copy.ai", "/projects", "/api/chat"),
    _page("Writesonic", "app.writesonic.com", "/template", "/api/generate"),
    _page("Krea", "www.krea.ai", "/apps/image", "/api/jobs"),
    _page("Beautiful.ai", "www.beautiful.ai", "/player", "/api/designer"),
    _page("TextCortex", "app.textcortex.com", "/user/dashboard", "/api/generate"),
    _page("Lovable", "lovable.dev", "/projects/1", "/api/chat"),
)
EMBEDDED = (
    Product("Notion AI", (("POST", "www.notion.so/api/v3/runInferenceTranscript"), ("GET", "www.notion.so/chat"))),
    Product("Canva AI", (("GET", "www.canva.com/ai"), ("GET", "www.canva.com/magic-write"))),
)
"""AI inside a tool that was bought for something else; the rest of the tool is ordinary traffic."""

OPENAI_API = Product("OpenAI API", (("POST", "api.openai.com/v1/chat/completions"),), OPENAI_SDK)
APIS = (
    Product("Gemini API", (("POST", "generativelanguage.googleapis.com/v1/models/gemini-2.5-pro:generateContent"),)),
    Product("Cohere", (("POST", "api.cohere.com/v2/chat"),)),
    Product("Groq", (("POST", "api.groq.com/openai/v1/chat/completions"),), OPENAI_SDK),
    Product("Replicate", (("POST", "api.replicate.com/v1/predictions"),)),
    Product("Together AI", (("POST", "api.together.xyz/v1/chat/completions"),), OPENAI_SDK),
    Product("OpenRouter", (("POST", "openrouter.ai/api/v1/chat/completions"),), OPENAI_SDK),
    Product("Fireworks AI", (("POST", "api.fireworks.ai/inference/v1/chat/completions"),), OPENAI_SDK),
    Product("Deepgram", (("POST", "api.deepgram.com/v1/listen"),)),
)
_VERTEX = (
    "europe-west4-aiplatform.googleapis.com/v1/projects/konzern/locations/europe-west4/publishers/google/models/"
    "gemini-2.5-flash:generateContent"
)
CLOUDS = (
    Product("Amazon Bedrock", (("POST", "bedrock-runtime.eu-central-1.amazonaws.com/model/anthropic.claude/invoke"),)),
    Product("Google Vertex AI", (("POST", _VERTEX),)),
    Product("Stability AI", (("POST", "api.stability.ai/v2beta/stable-image/generate/core"),)),
)
VECTORS = "konzern-service-a1b2c3d.svc.aped-4627-b74a.pinecone.io"
CHAIN = (
    Product("Voyage AI", (("POST", "api.voyageai.com/v1/embeddings"),)),
    Product("Pinecone", (("POST", f"{VECTORS}/query"),)),
    OPENAI_API,
    Product("LangSmith", (("POST", "api.smith.langchain.com/runs/batch"),)),
)
"""One question to an agent, in the order in which it asks: embed, look up, answer, log."""
ANTHROPIC_API = Product("Anthropic API", (("POST", "api.anthropic.com/v1/messages"),), CLAUDE_CLI)

FINANCE_HOST, SHARED_HOST = "konzern-finanz.openai.azure.com", "konzern-ki.openai.azure.com"


def azure(host: str, deployment: str) -> Product:
    """A deployment on the organization's Azure OpenAI estate."""
    turn = (("POST", f"{host}/openai/deployments/{deployment}/chat/completions"),)
    return Product("Azure OpenAI", turn, OPENAI_SDK, ("AOAI Forecast Finance", "Azure OpenAI Planungshilfe"))


class Program(NamedTuple):
    """Something on an endpoint, as osquery's table `processes` has it."""

    name: str
    """Of the service, as the catalogue prints it."""
    process: str
    path: str
    cmdline: str
    also: str = ""
    """A service that the process's name alone would say."""


CLAUDE_CODE = Program(
    "Claude Code", "claude", "/usr/bin/node", "node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js", "Claude"
)
MCP_SERVER = Program(
    "Model Context Protocol", "node", "/usr/bin/node", "node /usr/bin/npx -y @modelcontextprotocol/server-github"
)
CODING_AGENTS = (
    Program("Aider", "aider", "/usr/local/bin/aider", "/usr/local/bin/aider"),
    Program("OpenCode", "opencode", "/usr/local/bin/opencode", "/usr/local/bin/opencode"),
)
OLLAMA = Program("Ollama", "ollama", "/usr/local/bin/ollama", "/usr/local/bin/ollama serve")
LOCAL = (
    Program("LM Studio", "LM Studio", "/Applications/LM Studio.app/Contents/MacOS/LM Studio", "LM Studio"),
    Program("GPT4All", "gpt4all", "/opt/gpt4all/bin/gpt4all", "/opt/gpt4all/bin/gpt4all"),
    Program("llama.cpp server", "llama-server", "/opt/llama/llama-server", "/opt/llama/llama-server"),
    Program("KoboldCpp", "koboldcpp", "/opt/koboldcpp", "/opt/koboldcpp"),
)
ENDPOINT_ONLY = ("SwarmUI", ("SwarmUI Bildgenerierung lokal", "Swarm UI (Bilder, eigener Rechner)"))
"""No host betrays it: where no endpoint is read, nobody can see it."""

TELEMETRY = (
    ("Claude Code", "statsig.anthropic.com/v1/rgstr"),
    ("Claude Code", "downloads.claude.ai/claude-code-releases/latest"),
    ("ChatGPT", "cdn.oaistatic.com/assets/root.css"),
    ("GitHub Copilot", "copilot-telemetry.githubusercontent.com/telemetry"),
    ("Langfuse", "cloud.langfuse.com/api/public/ingestion"),
    ("CrewAI", "telemetry.crewai.com/v1/traces"),
    ("Ollama", "registry.ollama.ai/v2/library/llama3/manifests/latest"),
)
"""What programs ask for by themselves: (service, URL without its scheme)."""
PAPERS_READ = (
    "docs.anthropic.com/en/home",
    "docs.mistral.ai/",
    "docs.cohere.com/",
    "ai.google.dev/gemini-api/docs",
    "status.openai.com/",
)
"""Documentation and status pages at hosts of their own."""
PAPERS_BY_PATH = ("platform.openai.com/docs/overview", "huggingface.co/docs/transformers")
"""Documentation that only a path tells from use."""
LOOK_ALIKES = (
    "www.hyundai.com/de",
    "notopenai.com/",
    "notclaude.ai/",
    "www.snapchat.com/",
    "www.thankyou.com/",
    "chatgpt.com.angebote-online.example/",
    "www.mistral-gymnasium.example/",
    "claude-monet-museum.example/",
    "underwriter.com/",
    "www.gemini.com/",
    "www.kaggle.com/",
    "www.dubai.com/",
)
