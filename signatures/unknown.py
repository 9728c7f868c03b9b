"""AI that no signature names: what speaks for it at a host that is nobody's, and how much.

Every clue is weak by itself and says why it is one; what they sum up to is put before a person (`signatures
candidates`) and never counts as use. Points: `unknown.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shadowledger.signatures.schema import Strength

if TYPE_CHECKING:
    from shadowledger.signatures.index import Index

_WORDS = re.compile(r"[^\W_]+")
_REMEMBERED = 1 << 14
_LONGEST_LABEL = 300
EVENT_STREAM = "text/event-stream"


class Clue(NamedTuple):
    """One thing that speaks for AI."""

    points: int
    reason: str
    """What was seen, in words that are the same for the same thing: `POST /v1/chat/completions`, `SDK hf_hub`."""


class _Points(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    api_path: int
    api_path_hint: int
    api_path_certain: int
    user_agent: int
    label: int
    event_stream: int
    event_stream_to_post: int
    word: int
    tld: int
    docs: float


class _Labels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    phrases: tuple[str, ...]


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    names: frozenset[str]
    docs: frozenset[str]


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`unknown.toml`."""

    asked_about: int
    points: _Points
    labels: _Labels
    words: _Words


@cache
def weights() -> Weights:
    """The points, as the program ships them."""
    text = Path(__file__).with_name("unknown.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Weights)


@cache
def _phrases() -> tuple[str, ...]:
    return tuple(f" {phrase} " for phrase in weights().labels.phrases)


_labels: dict[str, bool] = {}


def is_ai_label(text: str) -> bool:
    """Whether a gateway's category or application label calls something AI."""
    known = _labels.get(text)
    if known is None:
        if len(_labels) >= _REMEMBERED:
            _labels.clear()
        words = f" {' '.join(_WORDS.findall(text[:_LONGEST_LABEL].lower()))} "
        known = _labels[text] = any(phrase in words for phrase in _phrases())
    return known


def is_event_stream(content_type: str) -> bool:
    """Whether an answer is a stream of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html),
    which is how models answer while they think."""
    return content_type[: len(EVENT_STREAM)].lower() == EVENT_STREAM


def clues(
    index: Index,
    host: str,
    path: str = "",
    method: str = "",
    port: int = 0,
    user_agent: str = "",
    labels: Iterable[str] = (),
    content_type: str = "",
) -> list[Clue]:
    """What speaks for AI in one contact, the strongest first; nothing where the host is somebody's already."""
    if not index.is_open(host):
        return []
    found = [*_of_api(index, path, method, port), *_of_agent(index, user_agent)]
    called = weights().points.label
    found += [Clue(called, f"called '{label[:80]}'") for label in labels if label and is_ai_label(label)]
    if is_event_stream(content_type):
        found.append(_of_stream(method))
    return sorted(dict.fromkeys([*found, *_of_name(host)]), reverse=True)


def score(found: Iterable[Clue], host: str = "") -> int:
    """Points of 100 for all clues of a host together."""
    left = 1.0
    for clue in found:
        left *= 1 - clue.points / 100
    share = weights().points.docs if host.partition(".")[0] in weights().words.docs else 1
    return round(100 * (1 - left) * share)


def _of_api(index: Index, path: str, method: str, port: int) -> Iterable[Clue]:
    found = index.shape(path, method, port) if path else None
    if found is None:
        return
    points, value, strength = weights().points, found.indicator.value, found.indicator.strength
    if strength is Strength.CERTAIN:
        yield Clue(points.api_path_certain, value)
    elif strength is Strength.LIKELY:
        yield Clue(points.api_path, value)
    else:
        yield Clue(points.api_path_hint, value)


def _of_agent(index: Index, user_agent: str) -> Iterable[Clue]:
    found = index.user_agent(user_agent) if user_agent else None
    if found is not None and found.indicator.role == "api" and found.is_hit:
        yield Clue(weights().points.user_agent, f"SDK {found.indicator.value}")


def _of_stream(method: str) -> Clue:
    if method == "POST":
        return Clue(weights().points.event_stream_to_post, "POST answered by an event stream")
    return Clue(weights().points.event_stream, "answered by an event stream")


def _of_name(host: str) -> Iterable[Clue]:
    labels = host.split(".")
    named = sorted(weights().words.names.intersection(piece for label in labels[:-1] for piece in label.split("-")))
    if named:
        yield Clue(weights().points.word, f"'{named[0]}' in its name")
    if labels[-1] == "ai" and len(labels) > 1:
        yield Clue(weights().points.tld, "a name below .ai")
