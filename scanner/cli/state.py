"""The present state of an inventory, opened and reconciled: what most reading commands begin with."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from shadowledger.db.decisions import all_decisions
from shadowledger.db.declared import current
from shadowledger.scanner.bystanders import units_watched
from shadowledger.scanner.cli.options import open_signatures
from shadowledger.scanner.coverage import Coverage, coverage_of
from shadowledger.scanner.discovery.consolidate import Discovered, consolidate
from shadowledger.scanner.discovery.thresholds import FlawedThresholdsError, Thresholds, load_thresholds
from shadowledger.scanner.people import Directory
from shadowledger.scanner.privacy.shown import without_small_groups
from shadowledger.scanner.reconciliation.reconcile import Finding, Reconciliation, reconcile
from shadowledger.scanner.site import Site


@dataclass(frozen=True, slots=True)
class Present:
    """An inventory and what follows from it."""

    connection: sqlite3.Connection
    reconciliation: Reconciliation
    coverage: Coverage

    def need(self, discovered_id: str) -> tuple[Discovered, Finding]:
        """A discovered initiative by its id. Raises UsageError where there is none."""
        for one, finding in self.reconciliation.discovered:
            if one.id == discovered_id:
                return one, finding
        raise click.UsageError(f"There is no discovered '{discovered_id}'; `shadowledger inventory list` names all.")


def thresholds_of(site: Site) -> Thresholds:
    """The site's thresholds. Raises UsageError where its file is flawed."""
    try:
        return load_thresholds(site.overlay_path)
    except FlawedThresholdsError as error:
        raise click.UsageError(str(error)) from error


@contextmanager
def present(site: Site) -> Iterator[Present]:
    """Open a site's inventory and reconcile it; closed at the end."""
    connection = site.inventory()
    identities = site.identities() if site.identities_path.exists() else None
    try:
        signatures = open_signatures(site, connection)
        decisions, directory = all_decisions(connection), Directory(identities)
        found = consolidate(connection, directory, decisions, thresholds_of(site), signatures.index.services)
        found = without_small_groups(connection, found)
        watched = units_watched(connection, directory, found.limits.watched_share, found.units_seen)
        coverage = coverage_of(connection, signatures.knowledge, directory.units, watched)
        result = reconcile(found, current(connection), decisions, signatures.index, coverage)
        yield Present(connection, result, coverage)
    finally:
        connection.close()
        if identities is not None:
            identities.close()
