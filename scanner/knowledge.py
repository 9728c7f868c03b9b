"""What a run knows: the catalogue, this organization's own signatures, and what its official list declares."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field

from shadowledger.collectors.collector import Collector
from shadowledger.db.declared import Declared, current
from shadowledger.db.runs import Knowledge
from shadowledger.scanner.census import public_suffixes
from shadowledger.scanner.site import Site
from shadowledger.signatures.index import Index
from shadowledger.signatures.load import load_catalogue
from shadowledger.signatures.overlay import Overlay, declared_host, declared_service, digest_of, load_overlay
from shadowledger.signatures.schema import Flaw, Service
from shadowledger.signatures.screen import Screen, screen_for, wire_screen_for


class FlawedSignaturesError(Exception):
    """Signature files that cannot be used; the text names every flaw."""

    def __init__(self, flaws: Iterable[Flaw]) -> None:
        super().__init__("\n".join(str(flaw) for flaw in flaws))


@dataclass(frozen=True, slots=True)
class Signatures:
    """Everything a run matches against."""

    index: Index
    knowledge: Knowledge
    _screens: dict[tuple[bool, bool] | str, Screen | None] = field(default_factory=dict)

    def screen(self, collector: Collector) -> Screen | None:
        """What tells which lines of a format need not be read; None where all must be."""
        if not collector.is_screened:
            return None
        if collector.framing == "packets":
            if "wire" not in self._screens:
                self._screens["wire"] = wire_screen_for(self.index)
            return self._screens["wire"]
        key = "process" in collector.fills, collector.has_headers or not collector.resumes
        if key not in self._screens:
            self._screens[key] = screen_for(self.index, programs=key[0], headers=key[1])
        return self._screens[key]

    def command_words(self, command: str) -> str:
        """Of a command line, the words that a signature names; empty where none does. Nothing else of it is kept."""
        found = self.index.artifacts.command(command)
        return found.indicator.value if found is not None and found.is_hit else ""


def load_signatures(site: Site | None, connection: sqlite3.Connection | None, program_version: str) -> Signatures:
    """Compile the catalogue with a site's overlay and the official list in its inventory.

    Raises FlawedSignaturesError where a file is wrong: half a catalogue would look like a clean organization."""
    catalogue, flaws = _catalogue(site)
    overlay = load_overlay(site.overlay_path) if site else Overlay()
    if flaws or overlay.flaws:
        raise FlawedSignaturesError([*flaws, *overlay.flaws])
    exceptions = overlay.exceptions or {}
    known = Index((*catalogue, *overlay.services), exceptions)
    declared = declared_overlay(known, current(connection)) if connection else []
    index = Index((*catalogue, *overlay.services, *declared), exceptions) if declared else known
    own = digest_of((*overlay.services, *declared), exceptions)
    return Signatures(index, Knowledge(program_version, digest_of(catalogue), own))


def _catalogue(site: Site | None) -> tuple[tuple[Service, ...], list[Flaw]]:
    """The program's own catalogue, or a newer pack that the site took in."""
    if site is None or not site.pack_path.exists():
        return load_catalogue()
    from shadowledger.scanner.packs import in_use  # cryptography, which is needed only here
    from shadowledger.signatures.pack import PackError

    try:
        return in_use(site).services, load_catalogue()[1]
    except PackError as error:
        return (), [Flaw(site.pack_path.name, "-", str(error))]


def declared_overlay(known: Index, listed: Iterable[Declared]) -> list[Service]:
    """A signature for each declared initiative with hosts or processes that nobody else's signature hits: where the
    catalogue knows them, what is declared is a use of that product and not a product of its own."""
    found = []
    taken: set[str] = set()
    for line in listed:
        hosts = [text for text in line.hosts if (host := declared_host(text)) and not _is_known(known, host)]
        hosts = [text for text in hosts if (host := declared_host(text)) not in taken and not _is_everybodys(host)]
        processes = [name for name in dict.fromkeys(line.processes) if not _is_known_process(known, name)]
        taken.update(map(declared_host, hosts))
        if hosts or processes:
            found.append(declared_service(line.id, line.name, hosts, processes))
    return found


def _is_everybodys(host: str) -> bool:
    """Whether strangers register names below: `com`, `co.uk` or `github.io` on a list would claim them all."""
    parts = public_suffixes()(host)
    return bool(parts.suffix) and not parts.domain


def _is_known(known: Index, host: str) -> bool:
    found = known.host(host)
    return found is not None and found.is_hit


def _is_known_process(known: Index, name: str) -> bool:
    found = known.artifacts.find("process", name)
    return found is not None and found.is_hit
