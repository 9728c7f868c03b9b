"""What signatures name in command lines, from the last signature pack that was taken: the only part of a pack that a
look needs, kept as JSON because opening a pack takes longer than a look.

Without it a look names packages and modules, and nothing else of a command line either."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

from shadowledger.scanner.agent.files import PUBLIC, read_whole, write_whole
from shadowledger.signatures.artifacts import command_words

_LARGEST = 4 << 20
_LONGEST = 200
_PREFIX = "autonomy_flag:"


class Words:
    """Called with a command line it gives the words that a signature names, as `ArtifactIndex` finds them."""

    def __init__(self, version: str, etag: str, values: Iterable[str]) -> None:
        self.version = version
        self.etag = etag
        """What the server calls the pack."""
        self.values = tuple(values)
        self._runs: dict[str, list[tuple[list[str], str]]] = {}
        for value in self.values:
            words = command_words(value.removeprefix(_PREFIX))
            if words:
                self._runs.setdefault(words[0], []).append((words, value))

    def __call__(self, command: str) -> str:
        """The longest run of words wins, and of two the first."""
        words = command_words(command)
        best, longest = "", 0
        for at, word in enumerate(words):
            for wanted, value in self._runs.get(word, ()):
                size = len(wanted)
                if size > longest and words[at + 1 : at + size] == wanted[1:]:
                    best, longest = value, size
        return best


def kept_words(state: str) -> Words | None:
    """Those of the last pack that was taken; None where there is none, or what is kept is damaged. Raises OSError."""
    content = read_whole(_path(state), _LARGEST)
    try:
        told = json.loads(content or b"")
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    version, etag, values = told.get("version"), told.get("etag"), told.get("words")
    if not isinstance(values, list) or not all(map(_is_short, (version, etag, *values))):
        return None
    return Words(str(version), str(etag), values)


def keep_words(state: str, words: Words) -> None:
    """Raises OSError."""
    told = {"version": words.version, "etag": words.etag, "words": words.values}
    write_whole(_path(state), json.dumps(told).encode() + b"\n", PUBLIC)


def _path(state: str) -> str:
    return os.path.join(state, "words.json")


def _is_short(told: object) -> bool:
    return isinstance(told, str) and len(told) <= _LONGEST
