"""Hosts of APIs that are known by their shape alone: instances, unless they are somebody's machine or too many."""

from __future__ import annotations

from zlib import crc32

from shadowledger.db.identities import Identities
from shadowledger.scanner.machines import known_machine
from shadowledger.scanner.match import AN_API
from shadowledger.scanner.privacy.aggregate import Nobody
from shadowledger.scanner.share import Share

MOST = 1000
"""Of one input. Of more those stay whose digests are lowest."""


def drop_machines(share: Share, identities: Identities) -> None:
    """Take out of a share the hosts that are known as machines, all of them where machines are not known."""
    hosts = {way.instance for way in share.sums.ways if way.instance and way.indicator.startswith(f"{AN_API}:")}
    gone = {host for host in hosts if isinstance(identities, Nobody) or known_machine(host, identities)}
    if len(hosts) - len(gone) > MOST:
        ranked = sorted(hosts - gone, key=lambda host: (crc32(host.encode(errors="surrogatepass")), host))
        gone.update(ranked[MOST:])
    if gone:
        share.sums.drop_instances(gone)
        share.kept.drop_instances(gone)
        share.minutes.drop_instances(gone)
