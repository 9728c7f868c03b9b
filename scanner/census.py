"""The registrable domains of contacts, wanted or not, and the past that a new signature can be asked of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

import idna
import msgspec

from shadowledger.collectors.contacted import Contacted
from shadowledger.collectors.distinct import Distinct
from shadowledger.collectors.engines.plan import is_address_shaped
from shadowledger.db.census import DomainDay, DomainSeen
from shadowledger.scanner.days import day_text
from shadowledger.signatures.compiled import kept
from shadowledger.signatures.index import Index
from shadowledger.signatures.schema import Service, Strength

if TYPE_CHECKING:
    from tldextract import TLDExtract


HOSTS = ("host", "host_exact")
_RULES = msgspec.msgpack.Decoder(frozenset[str])


@cache
def public_suffixes() -> TLDExtract:
    """The Public Suffix List as it came with tldextract (https://publicsuffix.org/); nothing is fetched."""
    from tldextract import TLDExtract

    return TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True)


@cache
def _rules() -> frozenset[str]:
    """The list's rules, those in other alphabets also as DNS has them; made once for each list that is installed."""
    return kept("suffixes", f"{version('tldextract')}-{idna.__version__}", _all_rules, _RULES)


def _all_rules() -> frozenset[str]:
    rules = public_suffixes().tlds
    return frozenset((*rules, *(_encoded(rule) for rule in rules if not rule.isascii())))


def _encoded(rule: str) -> str:
    return ".".join(label if label.isascii() else idna.alabel(label).decode() for label in rule.split("."))


def registrable(host: str) -> str:
    """`www.shop.example.co.uk` as `example.co.uk`; empty for an address, a bare label and a suffix itself.

    Of the rules that fit, an exception counts, and then the longest: https://github.com/publicsuffix/list/wiki/Format.
    The walk is our own, because a census asks it of every host; the tests hold it against tldextract."""
    if is_address_shaped(host):
        return ""
    rules, before, suffix = _rules(), "", host
    while suffix:
        parent = suffix.partition(".")[2]
        if "!" + suffix in rules:
            return suffix
        if suffix in rules or "*." + parent in rules:
            return before
        before, suffix = suffix, parent
    return ""


def domain_days(contacts: Contacted) -> list[DomainDay]:
    """Contacts by host and day as contacts by registrable domain and day."""
    found: defaultdict[tuple[int, str], Distinct] = defaultdict(Distinct)
    domains: dict[str, str] = {}
    for (host, day), clients in contacts:
        domain = domains.get(host)
        if domain is None:
            domain = domains[host] = registrable(host)
        if domain:
            found[day, domain].go_on(clients)
    return [
        DomainDay(day_text(day or -1), domain, clients.times, *clients.bounds())
        for (day, domain), clients in sorted(found.items(), key=lambda one: one[0])
    ]


class Remembered(NamedTuple):
    """A domain of the past that a signature of today knows."""

    service: Service
    domain: str
    is_own: bool
    """Whether all of the domain is the service's; otherwise something below it is, which may not have been met."""
    seen: DomainSeen


def remembered(index: Index, seen: Iterable[DomainSeen], wanted: frozenset[str] = frozenset()) -> Iterator[Remembered]:
    """What the past says of services, of all or of some by their ids."""
    below: dict[str, set[str]] = {}
    for service in index.services.values():
        if not wanted or service.id in wanted:
            for value in {
                one.value for one in service.indicators if one.kind in HOSTS and one.strength > Strength.HINT
            }:
                if domain := registrable(value):
                    below.setdefault(domain, set()).add(service.id)
    for one in seen:
        if one.domain not in below:
            continue
        found = index.host(one.domain)
        owner = found.service.id if found is not None and found.is_hit else ""
        for service_id in sorted(below[one.domain]):
            yield Remembered(index.services[service_id], one.domain, service_id == owner, one)
