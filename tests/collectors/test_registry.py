"""No collector is forgotten, and each says what it can tell."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import msgspec
import pytest

import shadowledger.collectors
from shadowledger.collectors.collector import Collector
from shadowledger.collectors.engines.mapping import MAPPINGS
from shadowledger.collectors.records import Traffic
from shadowledger.collectors.registry import BY_ID, COLLECTORS
from shadowledger.signatures.schema import ARTIFACT_KINDS

MODULES = [
    module.name
    for module in pkgutil.walk_packages(shadowledger.collectors.__path__, "shadowledger.collectors.")
    if not module.ispkg
]


def test_every_collector_of_every_module_is_registered() -> None:
    found = {
        value.id for name in MODULES for value in vars(import_module(name)).values() if isinstance(value, Collector)
    }
    mapped = {collector.id for collector in COLLECTORS if collector.mapping is not None}
    assert found | mapped == set(BY_ID)
    assert len(BY_ID) == len(COLLECTORS)


@pytest.mark.parametrize("collector", COLLECTORS, ids=lambda collector: collector.id)
def test_a_collector_tells_hosts_or_artifacts_by_their_names(collector: Collector) -> None:
    fills = set(collector.fills)
    assert fills <= {"time", *Traffic._fields, *ARTIFACT_KINDS}
    assert {"time", "host", "client"} <= fills or not fills.isdisjoint(ARTIFACT_KINDS)
    assert collector.reference.startswith(("https://", "http://"))


def test_a_mapping_is_the_same_after_it_was_kept() -> None:
    mappings = [collector.mapping for collector in COLLECTORS if collector.mapping is not None]
    assert MAPPINGS.decode(msgspec.msgpack.encode(mappings)) == mappings
