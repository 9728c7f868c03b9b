"""Look-ups for what devices and accounts show: processes, command lines, applications, packages, extensions.

Values are brought to one form per kind before they are compared as a whole; nothing matches as a part of a word,
unless a signature says so with a star."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shadowledger.signatures.index import Match

_PEP503 = re.compile(r"[-_.]+")  # https://peps.python.org/pep-0503/#normalized-names
_PLATFORM_NOTE = re.compile(r"\s*\((?:windows|macos|linux)\)\Z")
_HOMES = re.compile(r"\A(?:~|\$home|%userprofile%|/home/[^/]+|/users/[^/]+|/root|c:/users/[^/]+)/", re.IGNORECASE)
_STARS = re.compile(r"\*+")
_CHROMIUM_ID = re.compile(r"(?:chrome:|edge:)?([a-p]{32})\Z")  # https://developer.chrome.com/docs/extensions
_LONGEST_VALUE = 1024
_WORD = re.compile(r"[^\W_]+")
PARTS = " | "
"""Between the names of one thing where a source tells several: `ChatGPT | e0476654-c1d5-430b-ab80-70cbd947616a`."""
_MOST_PARTS = 8
_ROAMING = re.compile(r"\A(?:%appdata%|~/appdata/roaming)/", re.IGNORECASE)
_LOCAL = re.compile(r"\A(?:%localappdata%|~/appdata/local)/", re.IGNORECASE)


def process_name(text: str) -> str:
    """`C:\\x\\ChatGPT.exe`, `/opt/ChatGPT.app`, `chatgpt` in one form: base name, lower case, no `.exe` or `.app`.

    npm ships `claude.exe` on every system, so the ending says nothing about the platform."""
    name = _PLATFORM_NOTE.sub("", text.strip().lower()).replace("\\", "/").rstrip("/").rpartition("/")[2]
    return name.removesuffix(".exe").removesuffix(".app")


def _package(text: str) -> str:
    name = re.split(r"[\[=<>!~;\s]", text.strip().lower(), maxsplit=1)[0]
    return _PEP503.sub("-", name)


def _npm(text: str) -> str:
    name = text.strip().lower()
    at = name.find("@", 1)
    return name[:at] if at > 0 else name


def _image(text: str) -> str:
    name = text.strip().lower().partition("@")[0].removeprefix("docker.io/").removeprefix("library/")
    head, slash, last = name.rpartition("/")
    return head + slash + last.partition(":")[0]


def home_path(text: str) -> str:
    """A path below somebody's home, whoever's: `~/...`, `%appdata%/...`, `%localappdata%/...`, in lower case."""
    path = text.strip().lower().replace("\\", "/").rstrip("/").removeprefix("path:")
    path = _HOMES.sub("~/", path)
    return _LOCAL.sub("%localappdata%/", _ROAMING.sub("%appdata%/", path))


def _mcp_config(text: str) -> str:
    return home_path(text).partition("#")[0].removeprefix("basename:")


def _app(text: str) -> str:
    prefix, colon, rest = text.strip().partition(":")
    if colon and prefix.lower() in ("bundle_id", "codesign_team_id", "uninstall_name"):
        return f"{prefix.lower()}:{rest.strip().lower()}"
    if colon and prefix.lower() == "path":
        return "path:" + home_path(rest)
    return process_name(text)


def _browser_ext(text: str) -> str:
    """A Chromium id is made from the publisher's key, so it is the same extension in whichever store or browser."""
    value = text.strip()
    chromium = _CHROMIUM_ID.match(value)
    return chromium[1] if chromium else value


def _ide_ext(text: str) -> str:
    """Both markets write `publisher.name`; the prefix only says whose market it is."""
    return text.strip().lower().removeprefix("vscode:").removeprefix("jetbrains:")


def _cli(text: str) -> str:
    value = text.strip()
    if value[:1] in ("~", "/", "%", "$", ".") or "/" in value or "\\" in value:
        path = home_path(value)
        return "~/" + path if path.startswith(".") else path
    return process_name(value)


def _unit(text: str) -> str:
    return text.strip().lower().rpartition("/")[2].removeprefix("launchd:").removesuffix(".plist")


def merchant_words(text: str) -> list[str]:
    """A payee as cards and ledgers print it, cut into words: `OPENAI *CHATGPT SUBSCR` gives `openai chatgpt subscr`,
    `CLAUDE.AI` gives `claude ai`. What payment services put before or after it are words beside it."""
    return _WORD.findall(text[:_LONGEST_VALUE].lower())


def _lower(text: str) -> str:
    return text.strip().lower()


_FORMS: dict[str, Callable[[str], str]] = {
    "process": process_name,
    "app": _app,
    "cli": _cli,
    "py_package": _package,
    "npm_package": _npm,
    "browser_ext": _browser_ext,
    "ide_ext": _ide_ext,
    "mcp_config": _mcp_config,
    "image": _image,
    "unit": _unit,
    "model_file": home_path,
    "env_var": lambda text: text.strip().upper(),
    "merchant": lambda text: " ".join(merchant_words(text)),
}
_OF_WORDS: dict[str, Callable[[str], list[str]]] = {
    "cmdline": lambda text: command_words(text.removeprefix("autonomy_flag:")),
    "merchant": merchant_words,
}
"""Kinds whose values are found as a run of whole words."""


def canonical(kind: str, value: str) -> str:
    """The form in which values of a kind are compared."""
    return _FORMS.get(kind, _lower)(value)


def command_words(command: str) -> list[str]:
    """A command line cut into what may name a program or a package, in lower case, in order.

    `node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js --yolo` gives
    `node usr lib node_modules @anthropic-ai claude-code cli.js --yolo`, compared word by word."""
    words: list[str] = []
    for part in command.lower().replace("\\", "/").split()[:256]:
        name = part.partition("=")[0] if part.startswith("-") else part
        path = _HOMES.sub("", name.strip("'\""))  # /home/ollama/x.py is an account's, whatever its name
        words += [_versionless(piece) for piece in path.split("/") if piece][-32:]
    return words


def _versionless(word: str) -> str:
    """`claude-code@2.1.0` without its version; the first character may be an @ of its own (`@anthropic-ai`)."""
    at = word.find("@", 1)
    return word[:at] if at > 0 else word


# A name that means its product wherever it stands: of several words, or with a digit, a dot or a capital inside.
_DISTINCT = re.compile(r"[ .\d]|[a-z][A-Z]|[A-Z]{2}")
_NAMED = ("app", "oauth_app", "cloud_resource")
"""Kinds of which sources write the product's name: discovered applications, consents, the services on a bill."""
_SAYS_AI = re.compile(r"\b(?:AI|GPT|Copilot)\b")


class ArtifactIndex:
    """Artifacts by kind and canonical value."""

    def __init__(self, match: type[Match]) -> None:
        self._match = match
        self._values: dict[tuple[str, str], Match] = {}
        self._endings: dict[str, Match] = {}
        self._runs: dict[tuple[str, str], list[tuple[list[str], Match]]] = {}
        self._names: dict[str, Match] = {}
        self._patterns: dict[str, list[tuple[re.Pattern[str], Match]]] = {}

    def add(self, kind: str, value: str, found: Match) -> None:
        """Take in an indicator."""
        if kind in _OF_WORDS:
            words = _OF_WORDS[kind](value)
            self._runs.setdefault((kind, words[0]), []).append((words, found))
        elif kind in ("model_file", "api_key") and value.startswith(("*", ".")):
            self._endings[value.lstrip("*").lower()] = found
        elif "*" in value:
            inner = ".*".join(map(re.escape, _STARS.split(canonical(kind, value))))
            self._patterns.setdefault(kind, []).append((re.compile(inner, re.DOTALL), found))
        else:
            self._values[kind, canonical(kind, value)] = found

    def add_name(self, name: str, found: Match) -> None:
        """Take in what a service is called, as catalogues and identity providers write applications.

        One plain word (`Motion`, `Make`) means a product of AI only as the name of an account's application, not of
        any program; and the name of a product that AI is a part of (`Slack`, `ClickUp`) does not mean the AI."""
        kind = found.service.ai_kind
        if kind == "enabled" and not _SAYS_AI.search(name):
            return
        if _DISTINCT.search(name):
            self._names.setdefault(_lower(name), found)
        elif kind == "native":
            self._values.setdefault(("oauth_app", _lower(name)), found)

    def find(self, kind: str, value: str) -> Match | None:
        """The service that an artifact betrays, or None."""
        if kind in _OF_WORDS:
            return self._run(kind, _OF_WORDS[kind](value))
        if PARTS in value and kind in ("oauth_app", "cloud_resource"):
            told = [found for part in value.split(PARTS, _MOST_PARTS) if (found := self.find(kind, part))]
            return max(told, key=lambda found: found.indicator.strength, default=None)
        form = canonical(kind, value)
        found = self._values.get((kind, form)) or self._by_pattern(kind, form)
        if found is None and kind in _NAMED:
            return self._names.get(form)
        if found is None and kind == "model_file":
            name = value.strip().lower()
            return self._endings.get(name[name.rfind(".") :]) if "." in name else None
        if found is None and kind == "mcp_config":
            return self._values.get((kind, "~/" + form)) or self._values.get((kind, form.rpartition("/")[2]))
        return found

    def _by_pattern(self, kind: str, form: str) -> Match | None:
        """A value with stars (`nvcr.io/nim/*`, `OPENCLAW_*`): each star stands for any text."""
        for pattern, found in self._patterns.get(kind, ()):
            if len(form) <= _LONGEST_VALUE and pattern.fullmatch(form):
                return found
        return None

    def command(self, command: str) -> Match | None:
        """The service that a command line betrays by one of its words, or a run of them."""
        return self.find("cmdline", command)

    def _run(self, kind: str, words: list[str]) -> Match | None:
        """What makes a hit goes before a hint, and then the longest run wins."""
        best: Match | None = None
        rank = (False, 0)
        for at, word in enumerate(words):
            for wanted, found in self._runs.get((kind, word), ()):
                size = len(wanted)
                if (found.is_hit, size) > rank and words[at + 1 : at + size] == wanted[1:]:
                    best, rank = found, (found.is_hit, size)
        return best
