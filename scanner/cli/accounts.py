"""Whose accounts are signed in to what was discovered, as `reconcile --format json` tells it."""

from __future__ import annotations

import click

from shadowledger.db.settings import privacy_of
from shadowledger.scanner.cli.leave import names_at_hand
from shadowledger.scanner.cli.state import Present
from shadowledger.scanner.discovery.headcount import People
from shadowledger.scanner.ladders import SIGNED_IN
from shadowledger.scanner.privacy.groups import is_hidden, shown_parts
from shadowledger.scanner.site import Site
from shadowledger.scanner.tenants import FlawedDomainsError, load_domains, tenants


def accounts(site: Site, state: Present) -> dict[str, dict[str, object]]:
    """By discovered initiative: how many personal, corporate and unknown accounts were seen signed in; empty without
    the key, which alone opens their domains."""
    crowd = state.reconciliation.consolidated.crowd
    some = [one for one, _ in state.reconciliation.discovered if one.presence_rung == SIGNED_IN]
    if crowd is None or not some:
        return {}
    smallest = privacy_of(state.connection).smallest_group
    found: dict[str, dict[str, object]] = {}
    with names_at_hand(site, state.connection) as names:
        if names is None:
            return {}
        try:
            domains = load_domains(site.overlay_path, names)
        except FlawedDomainsError as error:
            raise click.UsageError(str(error)) from error
        for one in some:
            counts = tenants(state.connection, crowd, one.gathering, names, domains)
            if counts is not None:
                parts = shown_parts({key: People(count, count) for key, count in counts.items()}, smallest)
                found[one.id] = {key: _told(people) for key, people in parts.items()}
    return found


def _told(people: People) -> dict[str, object]:
    return people._asdict() | ({"hidden": True} if is_hidden(people) else {})


def with_accounts(answer: dict[str, object], found: dict[str, dict[str, object]]) -> dict[str, object]:
    """An answer with `accounts` of each discovered initiative; null where none was seen signed in, or the key is not
    here."""
    discovered = answer["discovered"]
    assert isinstance(discovered, list)  # noqa: S101 - made by us
    return {**answer, "discovered": [{**row, "accounts": found.get(row["id"])} for row in discovered]}
