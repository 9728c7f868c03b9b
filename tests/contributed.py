"""Inventories made by hand: one run, some sources and services, and contributions to be varied."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from shadowledger.db.contributions import Contribution
from shadowledger.db.opening import open_inventory
from shadowledger.db.runs import Knowledge, start_run
from shadowledger.db.services import save_services
from shadowledger.db.sources import Mark, Source, save_source

ROW = Contribution(
    day_on="2026-11-05", actor_id="u-1", device_id="", client_id="a-1", service_id="chat", instance="",
    channel="proxy", role="interactive", action="allowed", agent_class="browser", use_rung=30, presence_rung=0,
    indicator="host:chat.example", strength="certain", record_count=2, session_count=1, sent_bytes=None,
    received_bytes=100, hours=1 << 9, first_position=1, last_position=4, positions="1 4",
)  # fmt: skip
MARK = Mark(10, "head", 100, 100, "tail", 5, False)
SOURCE = Source(0, "access.log", "", "squid_native", "{}", MARK)


class Chat(NamedTuple):
    """A service."""

    id: str = "chat"
    name: str = "Chat"
    vendor: str = "Example"
    family: str = "chat"
    category: str = "assistant"
    ai_kind: str = "native"
    origin: str = "catalogue"


def make_inventory(path: Path, sources: int = 2) -> sqlite3.Connection:
    """An inventory with run 1, sources from 1 on, and the services `chat` and `claude`."""
    connection = open_inventory(path, create=True)
    assert start_run(connection, "scan", Knowledge("1", "a", "b")) == 1
    for number in range(1, sources + 1):
        assert save_source(connection, replace(SOURCE, name=f"source {number}")) == number
    save_services(connection, [Chat(), Chat("claude", "Claude", "Anthropic")])
    return connection


def rows(
    actors: st.SearchStrategy[str], devices: st.SearchStrategy[str], clients: st.SearchStrategy[str]
) -> st.SearchStrategy[list[Contribution]]:
    """Contributions of few days, services and ways, so that many meet."""
    row = st.builds(
        ROW._replace,
        day_on=st.sampled_from(("", "2026-11-04", "2026-11-05", "2026-11-06", "2026-11-09")),
        actor_id=actors,
        device_id=devices,
        client_id=clients,
        service_id=st.sampled_from(("chat", "claude")),
        instance=st.sampled_from(("", "", "a")),
        channel=st.sampled_from(("proxy", "dns")),
        role=st.sampled_from(("interactive", "interactive", "api", "telemetry")),
        action=st.sampled_from(("allowed", "blocked", "")),
        agent_class=st.sampled_from(("browser", "sdk", "unknown")),
        presence_rung=st.sampled_from((0, 0, 0, 10)),
        use_rung=st.sampled_from((10, 30)),
        record_count=st.integers(1, 9),
        sent_bytes=st.none() | st.integers(0, 9),
        hours=st.sampled_from((0, 1 << 8, 1 << 9, 1 << 16 | 1 << 9, 1 << 17, 1 << 23, 1)),
        first_position=st.integers(1, 3),
    )
    return st.lists(row, max_size=12)
