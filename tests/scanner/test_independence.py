"""Which channels count as lists of their own, in inventories as scans write them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from contributed import ROW, make_inventory

from shadowledger.db.contributions import Contribution, add_contributions
from shadowledger.db.transactions import writing
from shadowledger.scanner.independence import Lists, independent_lists
from shadowledger.signatures.schema import Indicator, Service, Strength


def service(key: str, *kinds: str, ai_kind: str = "native") -> Service:
    found = tuple(Indicator(kind, "x", "api", Strength.CERTAIN, "") for kind in kinds)
    return Service(key, key, "", key, "", ai_kind, (), found, (), (), (), None, "catalogue")


SERVICES = {
    "chat": service("chat", "host", "process"),
    "claude": service("claude", "host"),
    "local": service("local", "host", "process", ai_kind="local"),
}
PROXY = ROW._replace(channel="proxy", client_id="a-1")
DNS = ROW._replace(channel="dns", client_id="a-1", actor_id="")
OTHER_DNS = DNS._replace(client_id="a-2")
PRESENT = ROW._replace(channel="endpoint", client_id="", device_id="d-1", presence_rung=20, use_rung=0)
MADE_BY = {"squid_native": (1, PROXY), "bind_query": (2, DNS), "process_snapshot": (3, PRESENT)}


def lists_of(folder: Path, sources: dict[int, list[Contribution]], collectors: dict[int, str] | None = None) -> Lists:
    with closing(make_inventory(folder / "inventory.db", 3)) as connection, writing(connection):
        for number, rows in sources.items():
            collector = (collectors or {}).get(number, "")
            connection.execute("update source set collector = ? where id = ?", (collector or "squid_native", number))
            add_contributions(connection, 1, number, rows)
        return independent_lists(connection, SERVICES)


@pytest.mark.parametrize(
    ("sources", "collectors", "channels", "why"),
    [
        ({1: [PROXY]}, {}, (("proxy",),), ""),
        ({1: [PROXY], 2: [DNS]}, {2: "bind_query"}, (("dns", "proxy"),), "the same clients"),
        ({1: [PROXY], 2: [OTHER_DNS]}, {2: "bind_query"}, (("dns",), ("proxy",)), ""),
        ({1: [PROXY._replace(client_id="")], 2: [OTHER_DNS]}, {}, (("dns", "proxy"),), "not all records of proxy name"),
        ({1: [PROXY], 2: [ROW._replace(channel="http", client_id="a-9")]}, {}, (("http", "proxy"),), "same exchange"),
        ({1: [PROXY, OTHER_DNS]}, {}, (("dns", "proxy"),), "one source tells both"),
        ({1: [PROXY], 3: [PRESENT]}, {3: "process_snapshot"}, (("endpoint",), ("proxy",)), ""),
        (
            {1: [PROXY], 2: [DNS], 3: [PRESENT]},
            {2: "bind_query", 3: "process_snapshot"},
            (("endpoint",), ("dns", "proxy")),
            "the same clients",
        ),
    ],
)
def test_channels_that_depend_on_each_other_are_one(
    tmp_path: Path, sources: dict[int, list[Contribution]], collectors: dict[int, str],
    channels: tuple[tuple[str, ...], ...], why: str,
) -> None:  # fmt: skip
    found = lists_of(tmp_path, sources, collectors)
    assert found.channels == channels
    assert why in "; ".join(found.joined)
    assert bool(found.joined) == bool(why)


def test_only_what_all_channels_could_have_seen_is_counted(tmp_path: Path) -> None:
    claude = PROXY._replace(service_id="claude", instance="claude.example/a")
    found = lists_of(tmp_path, {1: [PROXY, claude], 3: [PRESENT]}, {3: "process_snapshot"})
    assert found.products == (frozenset({("chat", "")}), frozenset({("chat", "")}))
    assert (found.left_out_count, found.by_service) == (1, True)


def test_of_a_deployment_its_resource_is_counted(tmp_path: Path) -> None:
    rows = [PROXY._replace(instance=f"one.example/{name}") for name in ("a", "b")]
    found = lists_of(tmp_path, {1: rows, 2: [OTHER_DNS._replace(instance="one.example")]}, {2: "bind_query"})
    assert found.products == (frozenset({("chat", "one.example")}),) * 2


def test_what_was_only_refused_was_not_there(tmp_path: Path) -> None:
    assert lists_of(tmp_path, {1: [PROXY._replace(action="blocked")]}).products == ()
