"""Records with ids in place of everybody and everything that they name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shadowledger.collectors.records import Artifact, Ignored, Issue, Record, Traffic
from shadowledger.db.identities import Identities
from shadowledger.db.names import Name, address_name, device_name, user_name


def pseudonymous(records: Sequence[Record], store: Identities) -> Iterator[Record]:
    """The same records with ids for users, machines and addresses, and without paths, which may name people too."""
    store.meet(name for record in records if not isinstance(record, Issue | Ignored) for name in _names(record))
    for record in records:
        if isinstance(record, Issue | Ignored):
            yield record
            continue
        user, device, client = map(store.id_of, _names(record))
        if isinstance(record, Artifact):
            yield record._replace(user=user, device=device)
        else:
            yield record._replace(user=user, device=device, client=client, path="")


def _names(record: Traffic | Artifact) -> tuple[Name, Name, Name]:
    client = "" if isinstance(record, Artifact) else record.client
    return user_name(record.user), device_name(record.device), address_name(client)
