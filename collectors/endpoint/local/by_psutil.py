"""Processes and ports of macOS and Windows, by psutil: https://psutil.readthedocs.io/"""

from __future__ import annotations

from collections.abc import Iterator

import psutil  # type: ignore[import-untyped]

from shadowledger.collectors.endpoint.local.processes import Process

_ATTRIBUTES = ["pid", "ppid", "name", "exe", "username", "cmdline"]
"""All that is asked of the system; each costs, and `[]` would mean every one there is."""


def processes(*, with_environment: bool) -> Iterator[Process]:
    """Every process; window titles, open files and values of variables are never asked for."""
    attributes = [*_ATTRIBUTES, "environ"] if with_environment else _ATTRIBUTES
    for one in psutil.process_iter(attributes, ad_value=None):
        facts = one.info
        arguments = facts["cmdline"]
        yield Process(
            facts["pid"],
            facts["ppid"] or 0,
            _printable(facts["name"]),
            _printable(facts["exe"]),
            None if arguments is None else tuple(map(_printable, arguments)),
            _printable(facts["username"]),
            facts["exe"] is not None,
            frozenset(map(_printable, facts.get("environ") or ())),
        )


def listening_ports() -> Iterator[tuple[int, int, bool]]:
    """Port, process (0 where it is not told) and whether others than this machine can reach it."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return
    for one in connections:
        if one.status == psutil.CONN_LISTEN and one.laddr:
            yield one.laddr.port, one.pid or 0, one.laddr.ip not in ("127.0.0.1", "::1")


def _printable(text: str | None) -> str:
    return (text or "").encode("utf-8", "replace").decode()
