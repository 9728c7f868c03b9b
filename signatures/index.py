"""Compiled look-ups: from what traffic shows to the service that it betrays. The most specific indicator wins.

Host names are compared by whole labels, never as text, so `notopenai.com` and `openai.com.evil.example` are nobody's.
The look-up of a host is remembered; everything else is asked only of the few records that could carry it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

from shadowledger.signatures.artifacts import ArtifactIndex
from shadowledger.signatures.schema import Indicator, Service, Strength
from shadowledger.signatures.wanted import Wanted

ADDRESS_QUESTIONS = frozenset(("", "A", "AAAA", "HTTPS", "SVCB", "CNAME", "ANY"))
"""Question types asked by whoever is about to connect. Others (MX, TXT, NS, PTR ...) are mail and housekeeping."""
_REMEMBERED = 1 << 16
_LONGEST_NAME = 255  # RFC 1035, section 2.3.4; a longer text is no host, and walking its labels would be quadratic
_LONGEST_PATH = 4096
_AGENT_CUT = re.compile(r"[\s;,()]+")


class Match(NamedTuple):
    """The service that something betrays, and by which indicator."""

    service: Service
    indicator: Indicator
    instance: str
    """The customer's resource host where the indicator says that hosts are tenants; empty otherwise."""

    @property
    def is_hit(self) -> bool:
        """A hint is never a hit, and reading documentation is no use."""
        return self.indicator.strength > Strength.HINT


class _PathRule(NamedTuple):
    segments: tuple[str, ...]
    method: str
    port: int
    found: Match


class _Place(NamedTuple):
    """What is known of a host: whose it is, and the paths below it or its parents that are somebody's."""

    found: Match | None
    rules: tuple[_PathRule, ...]


_NOWHERE = _Place(None, ())
"""A host that the organization excepted, or that is none."""
_NOBODYS = _Place(None, ())
"""Any other host that no indicator knows."""


_DEPLOYED = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""Names that Azure takes for deployments, and Google for projects
(https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules)."""


class Index:
    """All signatures of one run, ready to be asked. Where a name changed hands, look-ups give the latest owner; whose
    it was on the day of a record is for `then` to say."""

    def __init__(self, services: Iterable[Service], exceptions: Iterable[str] = ()) -> None:
        self.services = {service.id: service for service in services}
        self.artifacts = ArtifactIndex(Match)
        self._exceptions = frozenset(exceptions)
        self._suffixes: dict[str, Match] = {}
        self._exact: dict[str, Match] = {}
        self._patterns: dict[str, list[tuple[re.Pattern[str], int, Match]]] = {}
        self._paths: dict[str, list[_PathRule]] = {}
        self._shapes: dict[str, list[_PathRule]] = {}
        self.api_words = self._shapes.keys()
        """The last words of all API paths, in lower case."""
        self._agents: dict[str, Match] = {}
        self.wanted = Wanted(self)
        self._places: dict[str, _Place] = {"": _NOBODYS}
        self._asked: tuple[str, str, str, int, str, str] | None = None
        self._found: Match | None = None
        """What was asked last, and the answer."""
        self._user_agents: dict[str, Match | None] = {}
        self._owners: dict[tuple[str, str], list[Match]] = {}
        """Of indicators with a date: everyone whose they are or were, in order of time."""
        everything = [(service, one) for service in self.services.values() for one in service.indicators]
        for service, indicator in sorted(everything, key=_ended_on):
            self._add(service, indicator)
        for service in self.services.values():
            named = Indicator("app", service.name, "presence", Strength.LIKELY, "".join(service.references[:1]))
            for name in (service.name, *service.aliases):
                self.artifacts.add_name(name, Match(service, named._replace(value=name), ""))

    def _add(self, service: Service, indicator: Indicator) -> None:
        found = Match(service, indicator, "")
        kind, value = indicator.kind, indicator.value
        if indicator.valid_from or indicator.valid_to:
            self._owners.setdefault((kind, value), []).append(found)
        if kind == "host":
            self._suffixes[value] = found
        elif kind == "host_exact":
            self._exact[value] = found
        elif kind == "host_pattern":
            labels = value.split(".")
            tail = _literal_tail(labels)
            inner = r"\.".join(re.escape(label).replace(r"\*", "[^.]*") for label in labels)
            self._patterns.setdefault(tail, []).append((re.compile(inner), len(labels), found))
        elif kind == "url_path":
            host, _, path = value.partition("/")
            rule = _PathRule(tuple(path.strip("/").lower().split("/")), "", 0, found)
            self._paths.setdefault(host, []).append(rule)
        elif kind == "api_path":
            rule = _shape(value, found)
            self._shapes.setdefault(rule.segments[-1].rpartition(":")[2], []).append(rule)
        elif kind == "user_agent":
            self._agents[value.lower()] = found
        else:
            self.artifacts.add(kind, value, found)

    def host(self, host: str) -> Match | None:
        """The service behind a clean host name (`hosts.clean_host`), or None."""
        return self._place(host).found

    def _place(self, host: str) -> _Place:
        try:
            return self._places[host]
        except KeyError:
            if len(host) > _LONGEST_NAME:
                return _NOWHERE
            if len(self._places) >= _REMEMBERED:
                self._places.clear()
            place = self._places[host] = self._find_place(host)
            return place

    def _find_place(self, host: str) -> _Place:
        """Walk the labels from the whole name to its last: the first indicator met is the most specific one."""
        found = self._exact.get(host)
        rules: list[_PathRule] = []
        labels = host.count(".") + 1
        suffix = host
        while suffix:
            if suffix in self._exceptions:
                return _NOWHERE
            rules += self._paths.get(suffix, ())
            if found is None:
                for pattern, length, match in self._patterns.get(suffix, ()):
                    if length == labels and pattern.fullmatch(host):
                        found = match
            if found is None:
                found = self._suffixes.get(suffix)
            suffix = suffix.partition(".")[2]
        if found is None and not rules:
            return _NOBODYS
        return _Place(found and _with_instance(found, host), tuple(rules))

    def traffic(
        self,
        host: str,
        path: str = "",
        method: str = "",
        port: int = 0,
        user_agent: str = "",
        question_type: str = "",
    ) -> Match | None:
        """The service that a contact betrays, or None: by path below a host, by host, by the shape of an API, by
        the user agent, in this order; what is certain or likely goes before a hint. `path` is without query."""
        asked = host, path, method, port, user_agent, question_type
        if asked != self._asked:  # a collector asks, and then whoever counts the record
            self._asked, self._found = asked, self._traffic(*asked)
        return self._found

    def _traffic(
        self, host: str, path: str, method: str, port: int, user_agent: str, question_type: str
    ) -> Match | None:
        if question_type not in ADDRESS_QUESTIONS:
            return None
        place = self._place(host)
        found = place.found
        if place is _NOWHERE:
            return None
        if path and (place.rules or found is None or found.indicator.strength is Strength.HINT):
            tail = path[path.rfind("/") + 1 :].lower()
            if place.rules or tail in self._shapes or ":" in tail or "%" in path or not tail:
                found = self._by_path(host, path, method, port, place)
        if user_agent and (found is None or found.indicator.strength is Strength.HINT):
            found = _stronger(found, self.user_agent(user_agent))
        if path and found is not None and found.instance and found.service.deployments:
            return _deployed(found, path)
        return found

    def _by_path(self, host: str, path: str, method: str, port: int, place: _Place) -> Match | None:
        if "%" in path:
            path = unquote(path[:_LONGEST_PATH], errors="replace")
        path = path.rstrip("/").lower()
        found = place.found
        below = _longest_below(place.rules, path)
        if below is not None:  # a hint too: a host's download or help pages are less than the host
            found = _with_instance(below, host)
        if found is None or found.indicator.strength is Strength.HINT:
            found = _stronger(found, self._shape_of(path, method, port))
        return found

    def then(self, found: Match, day: dt.date | None) -> Match | None:
        """Whose an indicator was on a day: the match itself, that of an earlier owner, or None. Without a day, what has
        ended is nobody's."""
        indicator = found.indicator
        if not indicator.valid_from and not indicator.valid_to:
            return found
        for owner in self._owners.get((indicator.kind, indicator.value), ()):
            if _is_valid(owner.indicator, day):
                return owner._replace(instance=found.instance)
        return None

    def is_open(self, host: str) -> bool:
        """Whether a host could be AI that nobody has named: no indicator knows it, not even as a hint, and the
        organization did not except it."""
        return bool(host) and self._place(host) is _NOBODYS

    def shape(self, path: str, method: str, port: int) -> Match | None:
        """The API whose shape a path has, at whatever host; `path` is without query."""
        if "%" in path:
            path = unquote(path[:_LONGEST_PATH], errors="replace")
        return self._shape_of(path.rstrip("/").lower(), method, port)

    def is_nobodys(self, host: str) -> bool:
        """Whether neither a host nor any path at it is somebody's, the shapes of APIs apart."""
        place = self._place(host)
        return place.found is None and not place.rules

    def _shape_of(self, path: str, method: str, port: int) -> Match | None:
        """An API at an unknown host, by a path in lower case. Where the rule names a method that the source did not
        tell, one step weaker. What makes a hit goes before a hint, and then the longest."""
        segments = path.split("/")[-16:]
        tail = segments[-1].rpartition(":")[2]
        best: Match | None = None
        rank = (False, 0)
        for rule in self._shapes.get(tail, ()):
            if not _ends(segments, rule.segments) or (rule.port and rule.port != port):
                continue
            if rule.method and method and rule.method != method.upper():
                continue
            found = _weaker(rule.found) if rule.method and not method else rule.found
            size = len(rule.segments) + (rule.port > 0)
            if (found.is_hit, size) > rank:
                best, rank = found, (found.is_hit, size)
        return best

    def user_agent(self, text: str) -> Match | None:
        """The SDK or application that a User-Agent header names in one of its product tokens."""
        try:
            return self._user_agents[text]
        except KeyError:
            if len(self._user_agents) >= _REMEMBERED:
                self._user_agents.clear()
            found = None
            for token in _AGENT_CUT.split(text[:1024].lower()):
                found = self._agents.get(token) or self._agents.get(token.partition("/")[0])
                if found:
                    break
            self._user_agents[text] = found
            return found


def _longest_below(rules: Iterable[_PathRule], path: str) -> Match | None:
    """The rule with the most segments that a path begins with; of equals the one of the longer host."""
    segments = path.strip("/").split("/", 16)
    best: _PathRule | None = None
    for rule in rules:
        if _begins(segments, rule.segments) and (best is None or len(rule.segments) > len(best.segments)):
            best = rule
    return best.found if best else None


def _ended_on(claim: tuple[Service, Indicator]) -> dt.date:
    return claim[1].valid_to or dt.date.max


def _is_valid(indicator: Indicator, day: dt.date | None) -> bool:
    if day is None:
        return indicator.valid_to is None
    started = indicator.valid_from is None or indicator.valid_from <= day
    return started and (indicator.valid_to is None or day <= indicator.valid_to)


def _with_instance(found: Match, host: str) -> Match:
    """A private name (`x.privatelink.openai.azure.com`) is the same customer's as the public one."""
    return found._replace(instance=host.replace(".privatelink.", ".")) if found.indicator.tenant else found


def _deployed(found: Match, path: str) -> Match:
    """With what is deployed at a customer's resource, where a path names it: `contoso.openai.azure.com/gpt-4o`."""
    segments = unquote(path[:_LONGEST_PATH], errors="replace").lower().strip("/").split("/", 16)
    for template in found.service.deployments:
        wanted = template.split("/")
        if len(segments) >= len(wanted) and segments[: len(wanted) - 1] == wanted[:-1]:
            name = segments[len(wanted) - 1]
            return found._replace(instance=f"{found.instance}/{name}") if _DEPLOYED.fullmatch(name) else found
    return found


def _stronger(one: Match | None, other: Match | None) -> Match | None:
    if one is None or other is None:
        return one or other
    return other if other.indicator.strength > one.indicator.strength else one


def _weaker(found: Match) -> Match:
    strength = Strength(max(Strength.HINT, found.indicator.strength - 1))
    return found._replace(indicator=found.indicator._replace(strength=strength))


def _literal_tail(labels: list[str]) -> str:
    count = 0
    for label in reversed(labels):
        if "*" in label:
            break
        count += 1
    return ".".join(labels[-count:])


def _shape(value: str, found: Match) -> _PathRule:
    method, _, rest = value.rpartition(" ")
    port, _, path = rest.partition("/")
    return _PathRule(tuple(path.lower().split("/")), method, int(port[1:] or 0), found)


def _same(segment: str, wanted: str) -> bool:
    if wanted == "*":
        return bool(segment)
    if wanted.startswith("*:"):
        return segment.endswith(wanted[1:]) and len(segment) >= len(wanted)
    return segment == wanted


def _begins(segments: list[str], wanted: tuple[str, ...]) -> bool:
    return len(segments) >= len(wanted) and all(map(_same, segments, wanted))


def _ends(segments: list[str], wanted: tuple[str, ...]) -> bool:
    return len(segments) >= len(wanted) and all(map(_same, segments[-len(wanted) :], wanted))
