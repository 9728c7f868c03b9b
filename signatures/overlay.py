"""What only this organization knows: its gateways, in-house models and exceptions, and what its official list declares.

It is compiled in before a scan, so that a declared initiative can be seen at all."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from shadowledger.signatures.hosts import clean_host, split_url
from shadowledger.signatures.load import load_files
from shadowledger.signatures.schema import Flaw, Indicator, Service, Strength

EXCEPTIONS_FILE = "exceptions.toml"
OTHER_FILES = frozenset((EXCEPTIONS_FILE, "calendars.toml", "domains.toml", "thresholds.toml"))
"""What lies in the folder and is no service."""
DECLARED_PREFIX = "declared-"


@dataclass(frozen=True, slots=True)
class Overlay:
    """The services and exceptions of a folder `signatures.d`."""

    services: tuple[Service, ...] = ()
    exceptions: Mapping[str, str] | None = None
    """Host names (with all below them) that are nobody's here, each with its reason."""
    flaws: tuple[Flaw, ...] = ()


def load_overlay(folder: Path) -> Overlay:
    """Read a folder of signature files, and its `exceptions.toml`; a missing folder is an empty overlay."""
    if not folder.is_dir():
        return Overlay()
    files = sorted(path for path in folder.glob("*.toml") if path.name not in OTHER_FILES)
    services, flaws = load_files(files, origin="overlay")
    exceptions, wrong = _exceptions(folder / EXCEPTIONS_FILE)
    return Overlay(tuple(services), exceptions, (*flaws, *wrong))


def _exceptions(path: Path) -> tuple[dict[str, str], list[Flaw]]:
    if not path.exists():
        return {}, []
    try:
        blocks = tomllib.loads(path.read_text(encoding="utf-8")).get("exception", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        return {}, [Flaw(path.name, "-", f"cannot be read: {error}")]
    found: dict[str, str] = {}
    flaws = []
    for number, block in enumerate(blocks if isinstance(blocks, list) else [], 1):
        host, reason = (block.get("host"), block.get("reason")) if isinstance(block, dict) else (None, None)
        if isinstance(host, str) and host and isinstance(reason, str) and reason:
            found[clean_host(host)] = reason
        else:
            flaws.append(Flaw(path.name, f"exception[{number}]", "needs a host and a reason"))
    return found, flaws


def declared_host(text: str) -> str:
    """The host that a list means by a cell: a name, a URL, or `*.name` for all below it."""
    return split_url(text.strip().removeprefix("*.")).host


def declared_service(list_id: str, name: str, hosts: Iterable[str], processes: Iterable[str]) -> Service:
    """The signature of a declared initiative whose hosts or processes the catalogue does not know. A host stands for
    itself, and only `*.name` for what lies below it."""
    reference = "the official list"
    indicators = [
        Indicator(
            "host" if host.strip().startswith("*.") else "host_exact",
            declared_host(host),
            "interactive",
            Strength.CERTAIN,
            reference,
        )
        for host in hosts
    ]
    indicators += [Indicator("process", process, "presence", Strength.CERTAIN, reference) for process in processes]
    return Service(
        id=DECLARED_PREFIX + list_id,
        name=name,
        vendor="",
        family=DECLARED_PREFIX + list_id,
        category="",
        ai_kind="self_hosted",
        aliases=(),
        indicators=tuple(indicators),
        references=(),
        match=(),
        no_match=(),
        reviewed_on=None,
        origin="declared",
    )


def digest_of(services: Iterable[Service], exceptions: Iterable[str] = ()) -> str:
    """A hash of everything in these services that decides what matches, and of the exceptions."""
    digest = hashlib.sha256()
    for service in sorted(services):
        digest.update(repr((service.id, service.name, service.indicators)).encode())
    digest.update(repr(sorted(exceptions)).encode())
    return digest.hexdigest()
