"""Reasons and second people's tokens, as commands ask for them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from shadowledger.db.approvals import RefusedError, use
from shadowledger.db.identities import Identities
from shadowledger.db.settings import privacy_of
from shadowledger.scanner.site import Site

Command = TypeVar("Command", bound=Callable[..., Any])


@contextmanager
def names_at_hand(site: Site, connection: sqlite3.Connection) -> Iterator[Identities | None]:
    """The identities store with its key where both are here; None otherwise. Raises UnusableError where they are not of
    this inventory."""
    if not site.identities_path.exists() or not site.key_path.exists():
        yield None
        return
    names = site.names(connection)
    try:
        yield names
    finally:
        names.connection.close()


def token_option(command: Command) -> Command:
    """`--token TOKEN`."""
    return click.option(
        "--token", default="", envvar="SHADOWLEDGER_TOKEN", help="A second person's: `identities approve-token create`."
    )(command)


def need_reason(reason: str) -> None:
    """Raise UsageError where there is none."""
    if not reason.strip():
        raise click.UsageError("--reason must say why.")


def approver(connection: sqlite3.Connection, token: str, *, always: bool = False) -> dict[str, object]:
    """Use a second person's token up where the site asks for one, or `always`; returns what the audit chain tells of
    it. To be called inside the transaction of what it is used for. Raises UsageError without one."""
    if not token and not always and not privacy_of(connection).second_person:
        return {}
    if not token:
        raise click.UsageError("This needs a second person: --token, which they make with `identities approve-token`.")
    try:
        found = use(connection, token)
    except RefusedError as error:
        raise click.UsageError(str(error)) from error
    return {"approval": found.id, "approver": found.approver}
