"""What happens in the world of the end-to-end test, as data; and what must be found there, computed from it alone.

Three people at three machines visit AI services and look-alikes, through a proxy and directly, and run programs."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple
from urllib.parse import urlsplit

SERVER = "10.77.0.1"
"""Answers for every name: proxy on 3128, name server on 53, web server on 80 and 443."""
SENTINEL = "end-of-recording.example"
"""Looked up last: once it is in the query log and in the capture, everything before it is."""


class Person(NamedTuple):
    login: str
    """The account on the machine."""
    proxy_user: str
    """As this person signs in at the proxy; the three show the three ways that companies have."""
    logged_user: str
    """As read from Squid's log, which takes names in lower case (and writes a backslash twice)."""
    upn: str
    name: str
    unit: str
    address: str
    device: str


PEOPLE = (
    Person("ada", "ada", "ada", "ada@corp.example", "Ada Abend", "Sales", "10.77.0.11", "ada-laptop"),
    Person("bo", "bo@corp.example", "bo@corp.example", "bo@corp.example", "Bo Berg", "Research", "10.77.0.12", "bo-pc"),
    Person("cy", r"CORP\cy", r"corp\cy", "cy@corp.example", "Cy Clement", "Production", "10.77.0.13", "cy-laptop"),
)  # fmt: skip

SERVICES = {
    "chatgpt.com": "chatgpt",
    "claude.ai": "claude",
    "api.openai.com": "openai-api",
    "api.anthropic.com": "anthropic-api",
    "gemini.google.com": "google-gemini",
    "copilot.microsoft.com": "microsoft-copilot",
    "contoso-prod.openai.azure.com": "azure-openai",
    "www.perplexity.ai": "perplexity",
    "huggingface.co": "hugging-face",
    "api.mistral.ai": "mistral-ai",
    "chat.deepseek.com": "deepseek",
    "www.midjourney.com": "midjourney",
}
"""Hosts of AI services, with the id of each in the catalogue. Every other host visited looks like one and is none,
but for the one that only the official list knows."""

DECLARED_HOST = "assistant.corp.example"
"""In no catalogue; the official list declares it, and so it is found."""
FORBIDDEN_HOST = "chat.deepseek.com"
"""Refused by the proxy."""
DEPLOYMENT = "http://contoso-prod.openai.azure.com/openai/deployments/gpt-4o/chat/completions"

PROGRAMS = {"ChatGPT": "chatgpt", "claude": "claude", "cursor": "cursor", "ollama": "ollama"}
"""Names of processes, with the id of the service each belongs to. Every other program that runs looks like one."""


class Visit(NamedTuple):
    """One person asks for one URL, a number of times. The way decides who writes it down:

    proxy: the proxy's log, under the person's name (https as CONNECT)
    unsigned: the proxy's log, refused for want of a name (what a browser's first request is)
    direct: the query log and the capture, as one question each, and then the web server
    look_up: the query log and the capture only
    """

    login: str
    way: str
    url: str
    times: int


class Running(NamedTuple):
    login: str
    program: str


RUNNING = (
    Running("ada", "ChatGPT"),
    Running("ada", "claude"),
    Running("ada", "claudette"),
    Running("ada", "ollamapad"),
    Running("bo", "ollama"),
    Running("bo", "cursord-x11"),
    Running("bo", "gptsetup"),
    Running("cy", "cursor"),
    Running("cy", "precursor"),
)

_AI = (
    Visit("ada", "proxy", "https://chatgpt.com/", 7),
    Visit("ada", "look_up", "https://chatgpt.com/", 2),
    Visit("ada", "direct", "https://claude.ai/new", 3),
    Visit("ada", "proxy", "https://claude.ai/", 4),
    Visit("ada", "unsigned", "https://www.perplexity.ai/", 1),
    Visit("ada", "proxy", "https://www.perplexity.ai/", 2),
    Visit("ada", "proxy", "http://assistant.corp.example/ask", 5),
    Visit("bo", "proxy", "https://chatgpt.com/", 3),
    Visit("bo", "proxy", "https://api.openai.com/v1/responses", 11),
    Visit("bo", "direct", "https://api.anthropic.com/v1/messages", 6),
    Visit("bo", "proxy", DEPLOYMENT, 9),
    Visit("bo", "look_up", "https://contoso-prod.openai.azure.com/", 1),
    Visit("bo", "direct", "https://huggingface.co/", 4),
    Visit("bo", "proxy", "https://huggingface.co/", 1),
    Visit("bo", "direct", "https://api.mistral.ai/v1/models", 2),
    Visit("bo", "look_up", "https://www.perplexity.ai/", 1),
    Visit("cy", "proxy", "https://copilot.microsoft.com/", 6),
    Visit("cy", "look_up", "https://copilot.microsoft.com/", 1),
    Visit("cy", "proxy", "https://gemini.google.com/app", 5),
    Visit("cy", "direct", "https://gemini.google.com/app", 1),
    Visit("cy", "proxy", "https://chat.deepseek.com/", 2),
    Visit("cy", "direct", "https://www.midjourney.com/", 2),
    Visit("cy", "proxy", "http://www.midjourney.com/explore", 1),
    Visit("cy", "direct", "http://assistant.corp.example/ask", 1),
)

_LOOK_ALIKES = (
    Visit("ada", "proxy", "https://notopenai.com/", 1),
    Visit("ada", "direct", "https://openai.com.evil.example/", 2),
    Visit("ada", "proxy", "https://www.hyundai.com/", 2),
    Visit("ada", "proxy", "https://www.snapchat.com/", 1),
    Visit("ada", "look_up", "https://www.thankyou.com/", 1),
    Visit("ada", "proxy", "http://www.gemini.com/claude.ai", 1),
    Visit("ada", "direct", "https://mail.google.com/", 3),
    Visit("ada", "unsigned", "https://www.wechat.com/", 1),
    Visit("ada", "proxy", "http://crt.sh/?q=openai.com", 1),
    Visit("bo", "proxy", "http://www.bing.com/search?q=chatgpt.com", 2),
    Visit("bo", "look_up", "https://claude-macbook.corp.example/", 2),
    Visit("bo", "look_up", "https://gemini.corp.example/", 1),
    Visit("bo", "proxy", "https://portal.azure.com/", 2),
    Visit("bo", "direct", "https://portal.azure.com/", 1),
    Visit("bo", "proxy", "http://sms.corp.example/v1/messages", 1),
    Visit("bo", "direct", "https://explore.openaire.eu/", 1),
    Visit("bo", "proxy", "https://underwriter.com/", 1),
    Visit("bo", "proxy", "https://precursor.com/", 1),
    Visit("cy", "proxy", "https://www.microsoft.com/", 2),
    Visit("cy", "direct", "https://www.microsoft.com/", 1),
    Visit("cy", "proxy", "https://www.dubai.com/", 1),
    Visit("cy", "look_up", "https://chatgpt.com.corp.example/", 1),
    Visit("cy", "proxy", "http://www.kaggle.com/huggingface.co", 1),
    Visit("cy", "direct", "https://api.llama.fi/", 1),
    Visit("cy", "proxy", "https://deepseeks.com/", 1),
    Visit("cy", "look_up", "https://multimodal.com/", 1),
    Visit("cy", "direct", "http://intranet.corp.example/", 2),
)

VISITS = _AI + _LOOK_ALIKES

BY_LOGIN = {person.login: person for person in PEOPLE}


def host_of(visit: Visit) -> str:
    """The host that a visit's URL names."""
    return str(urlsplit(visit.url).hostname)


def proxy_lines() -> Counter[tuple[str, str, str, str]]:
    """(client address, user as logged or empty, host, action) to lines in the proxy's log."""
    lines: Counter[tuple[str, str, str, str]] = Counter()
    for visit in VISITS:
        person, host = BY_LOGIN[visit.login], host_of(visit)
        if visit.way == "unsigned":
            lines[person.address, "", host, "blocked"] += visit.times
        elif visit.way == "proxy":
            action = "blocked" if host == FORBIDDEN_HOST else "allowed"
            lines[person.address, person.logged_user, host, action] += visit.times
    return lines


def questions() -> Counter[tuple[str, str]]:
    """(client address, name) to questions asked, all of type A: lines in the query log, and packets in the capture."""
    asked = Counter({(PEOPLE[0].address, SENTINEL): 1})
    for visit in VISITS:
        if visit.way in ("direct", "look_up"):
            asked[BY_LOGIN[visit.login].address, host_of(visit)] += visit.times
    return asked


def hits() -> Counter[tuple[str, str, str]]:
    """(source, service, login) to records that are hits. Sources are the names of the files; the declared host, which
    no catalogue knows, stands under its own name."""
    found: Counter[tuple[str, str, str]] = Counter()
    for visit in VISITS:
        host = host_of(visit)
        if host in SERVICES or host == DECLARED_HOST:
            sources = ("access.log",) if visit.way in ("proxy", "unsigned") else ("query.log", "dns.pcap")
            for source in sources:
                found[source, SERVICES.get(host, host), visit.login] += visit.times
    for login, program in RUNNING:
        if program in PROGRAMS:
            found[processes_file(BY_LOGIN[login]), PROGRAMS[program], login] += 1
    return found


def processes_file(person: Person) -> str:
    """The name of the file that holds what runs on a person's machine."""
    return f"processes-{person.device}.json"


SOURCES = ("access.log", "query.log", "dns.pcap", *map(processes_file, PEOPLE))
"""The files that the world leaves behind, to be scanned."""
