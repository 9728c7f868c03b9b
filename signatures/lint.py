"""What a catalogue must keep to beyond the shape of its files: no signature claims what is not its own."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import tldextract

from shadowledger.signatures.artifacts import canonical
from shadowledger.signatures.index import Index
from shadowledger.signatures.queries import ask
from shadowledger.signatures.schema import ARTIFACT_KINDS, Flaw, Indicator, Service, Strength

REVIEWED_WITHIN = dt.timedelta(days=365)
_HTTPS_PAGE = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(/\S*)?\Z", re.IGNORECASE)
_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


@cache
def shared_parents() -> Mapping[str, str]:
    """Hosts under which AI and everything else live together, each with the reason: never a suffix of a service."""
    text = Path(__file__).with_name("shared_parents.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text)["parent"])


def lint(catalogue: Iterable[Service]) -> list[Flaw]:
    """Everything in which a catalogue breaks the rules of this module, in the order of services, then of rules.

    Review dates are no flaws; see `stale`."""
    services = tuple(catalogue)
    found = [flaw for rule in _RULES for flaw in rule(services)]
    return sorted(found, key=lambda flaw: flaw.file)


def stale(catalogue: Iterable[Service], on: dt.date) -> list[Flaw]:
    """Services whose last review is more than twelve months before a day, or was never dated."""
    return [
        Flaw(_file(service), "reviewed_on", f"last reviewed on {service.reviewed_on or 'no day'}; look again")
        for service in catalogue
        if service.reviewed_on is None or on - service.reviewed_on > REVIEWED_WITHIN
    ]


def _file(service: Service) -> str:
    return f"{service.id}.toml"


def _hits(service: Service, kind: str) -> Iterator[Indicator]:
    """The indicators of a kind that make a hit."""
    return (i for i in service.indicators if i.kind == kind and i.strength > Strength.HINT)


def _shared(services: tuple[Service, ...]) -> Iterator[Flaw]:
    """No parent that others live under may stand for one service."""
    for service in services:
        for indicator in _hits(service, "host"):
            if problem := _suffix_problem(indicator):
                yield Flaw(_file(service), f"host '{indicator.value}'", problem)


def _suffix_problem(indicator: Indicator) -> str:
    value = indicator.value
    if value in shared_parents():
        return f"a shared parent ({shared_parents()[value]}); name the AI host or path below it, or make it a hint"
    parts = _suffixes(value)
    if parts.suffix != value:
        return ""
    if not parts.is_private:
        return "a public suffix; everybody's names end like this"
    # A vendor lists its own suffix (hf.space) so that browsers keep apart what its customers made.
    if indicator.tenant or indicator.role == "cdn":
        return ""
    return "a suffix under which customers have names; say tenant = true"


def _unreachable(services: tuple[Service, ...]) -> Iterator[Flaw]:
    """A host below one that says the same adds nothing."""
    owners = {i.value: (service.id, i) for service in services for i in service.indicators if i.kind == "host"}
    for service in services:
        for indicator in service.indicators:
            if indicator.kind not in ("host", "host_exact"):
                continue
            above = indicator.value.partition(".")[2] if indicator.kind == "host" else indicator.value
            while above and above not in owners:
                above = above.partition(".")[2]
            owner, parent = owners.get(above, ("", indicator))
            if owner == service.id and _says(parent) == _says(indicator):
                yield Flaw(_file(service), f"{indicator.kind} '{indicator.value}'", f"'{above}' says so already")


def _says(indicator: Indicator) -> tuple[object, ...]:
    return indicator.role, indicator.strength, indicator.tenant, indicator.valid_from, indicator.valid_to


def _claimed_twice(services: tuple[Service, ...]) -> Iterator[Flaw]:
    """What two services claim, one of them never gets. Ports are shared by nature, and never more than hints."""
    claims: dict[tuple[str, str], list[tuple[str, Indicator]]] = defaultdict(list)
    for service in services:
        for kind, form, one in {(i.kind, _form(i)): (i.kind, _form(i), i) for i in service.indicators}.values():
            if kind != "port":
                claims[kind, form].append((service.id, one))
    for (kind, form), (first, *others) in claims.items():
        for at, (other, one) in enumerate(others, 1):
            if any(_overlap(one, earlier) for _, earlier in (first, *others[: at - 1])):
                yield Flaw(f"{other}.toml", f"{kind} '{form}'", f"'{first[0]}' claims it too")


def _overlap(one: Indicator, other: Indicator) -> bool:
    """Whether there is a day on which both are valid: a name that changed hands has one owner at a time."""
    starts = max(one.valid_from or dt.date.min, other.valid_from or dt.date.min)
    return starts <= min(one.valid_to or dt.date.max, other.valid_to or dt.date.max)


def _successors(services: tuple[Service, ...]) -> Iterator[Flaw]:
    """A successor is a service that is known, and no service is its own."""
    known = {service.id for service in services}
    for service in services:
        if service.successor and (service.successor not in known or service.successor == service.id):
            yield Flaw(_file(service), "successor", f"'{service.successor}' is no other service")


def _named_twice(services: tuple[Service, ...]) -> Iterator[Flaw]:
    """A name in an official list must lead to one service."""
    owners: dict[str, str] = {}
    for service in services:
        for name in dict.fromkeys(text.casefold() for text in (service.name, *service.aliases)):
            owner = owners.setdefault(name, service.id)
            if owner != service.id:
                yield Flaw(_file(service), f"name '{name}'", f"'{owner}' is called so too")


def _form(indicator: Indicator) -> str:
    if indicator.kind in ARTIFACT_KINDS:
        return canonical(indicator.kind, indicator.value)
    return indicator.value.lower().rstrip("/")


def _graded_too_high(services: tuple[Service, ...]) -> Iterator[Flaw]:
    """A page about a product is no use of it, and a port alone proves nothing."""
    for service in services:
        for indicator in service.indicators:
            if indicator.strength is Strength.HINT:
                continue
            if indicator.role == "docs" or indicator.kind == "port":
                what = "documentation" if indicator.role == "docs" else "a port"
                yield Flaw(_file(service), f"{indicator.kind} '{indicator.value}'", f"{what} is a hint at most")


def _examples(services: tuple[Service, ...]) -> Iterator[Flaw]:
    """A `match` gives its service, if only as a hint; a `no_match` never gives a hit of it."""
    index = Index(services)
    for service in services:
        for line in service.match:
            found = ask(index, line)
            if found is None or found.service.id != service.id:
                got = f"'{found.service.id}'" if found else "nothing"
                yield Flaw(_file(service), f"examples.match '{line}'", f"gives {got}")
        for line in service.no_match:
            found = ask(index, line)
            if found is not None and found.service.id == service.id and found.is_hit:
                by = f"{found.indicator.kind} '{found.indicator.value}'"
                yield Flaw(_file(service), f"examples.no_match '{line}'", f"is a hit by {by}")


def _references(services: tuple[Service, ...]) -> Iterator[Flaw]:
    """Whoever doubts a signature must be able to open the page it rests on."""
    for service in services:
        pages = [("references", page) for page in service.references]
        pages += [(f"{i.kind} '{i.value}'", i.reference) for i in service.indicators]
        for key, page in pages:
            if not _HTTPS_PAGE.match(page):
                yield Flaw(_file(service), key, f"reference '{page}' is no https page")


_RULES: tuple[Callable[[tuple[Service, ...]], Iterator[Flaw]], ...] = (
    _shared,
    _unreachable,
    _claimed_twice,
    _named_twice,
    _successors,
    _graded_too_high,
    _examples,
    _references,
)
