"""The official list on record: every revision stays, and what is current follows from the last."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.db.declared import (
    Amount,
    Declared,
    ListImport,
    current,
    history,
    mappings,
    save,
    save_mapping,
    transaction,
)
from shadowledger.db.errors import UnusableError
from shadowledger.db.opening import open_inventory

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHAT = Declared(id="A-1", name="Chat", status="pilot")
FULL = Declared(
    id="Ä 7",
    name="Prüfer",
    purpose="liest",
    owner="Ada",
    business_units=("Recht", "Einkauf"),
    status="production",
    products=("OpenAI, Inc.",),
    hosts=("api.openai.com",),
    processes=("bot.exe",),
    on_platform=False,
    approved_until=date(2026, 12, 31),
    idea_on=date(2025, 1, 2),
    poc_on=date(2025, 3, 4),
    production_on=date(2026, 5, 6),
    expected_users=40,
    licences=0,
    cost_poc=Amount(Decimal("1200.50"), "EUR"),
    cost_build=Amount(Decimal("80000")),
    cost_run_per_year=Amount(Decimal("-1.5"), "CHF"),
    value_per_year=Amount(Decimal("1.2E+5"), "USD"),
    kpi="hours",
    data_readiness="high",
    monitored=True,
    fallback="by hand",
    users_in_design=True,
)


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_inventory(tmp_path / "inventory.db", create=True)
    yield connection
    connection.close()


def record(connection: sqlite3.Connection, listed: Sequence[Declared], removed: Sequence[Declared] = ()) -> None:
    about = ListImport(
        file_name="list.csv",
        file_sha256="0" * 64,
        mapping_name="default",
        imported_at=AT,
        added_count=len(listed),
        changed_count=0,
        removed_count=len(removed),
        unchanged_count=0,
    )
    with transaction(connection):
        save(connection, about, listed=listed, removed=removed)


def test_what_is_saved_comes_back_in_every_field(inventory: sqlite3.Connection) -> None:
    record(inventory, [FULL, CHAT])
    assert current(inventory) == [CHAT, FULL]


def test_removed_initiatives_leave_the_list_and_keep_their_history(inventory: sqlite3.Connection) -> None:
    live = Declared(id="A-1", name="Chat", status="production")
    record(inventory, [CHAT])
    record(inventory, [live])
    record(inventory, [], removed=[live])
    assert current(inventory) == []
    record(inventory, [CHAT])
    assert current(inventory) == [CHAT]
    assert [(one.number, one.listed, one.declared.status) for one in history(inventory, "A-1")] == [
        (1, True, "pilot"),
        (2, True, "production"),
        (3, False, "production"),
        (4, True, "pilot"),
    ]
    assert {(one.recorded_at, one.file_name) for one in history(inventory, "A-1")} == {(AT, "list.csv")}
    assert history(inventory, "a-1") == []


def test_an_error_inside_a_transaction_stores_nothing(inventory: sqlite3.Connection) -> None:
    record(inventory, [CHAT])
    with pytest.raises(sqlite3.IntegrityError), transaction(inventory):  # noqa: PT012 - the second undoes the first
        save_mapping(inventory, "default", "{}", AT)
        inventory.execute("insert into declared select * from declared")
    assert mappings(inventory) == {}


def test_a_lock_held_by_another_is_told(tmp_path: Path) -> None:
    path = tmp_path / "inventory.db"
    first, second = open_inventory(path, create=True), open_inventory(path, create=False)
    second.execute("pragma busy_timeout = 0")
    with transaction(first), pytest.raises(UnusableError, match="locked"), transaction(second):
        pass
    first.close()
    second.close()


def test_a_damaged_record_is_told(inventory: sqlite3.Connection) -> None:
    record(inventory, [CHAT])
    inventory.execute("update declared set fields = '{'")
    with pytest.raises(UnusableError, match="cannot be read"):
        current(inventory)


def test_mappings_are_kept_by_name_and_replaced(inventory: sqlite3.Connection) -> None:
    for name, text in (("b", "1"), ("a", "2"), ("b", "3")):
        save_mapping(inventory, name, text, AT)
    assert mappings(inventory) == {"a": "2", "b": "3"}


@pytest.mark.parametrize(
    ("value", "text"),
    [("1200", "1200 EUR"), ("1.2", "1.2 EUR"), ("1.200", "1.2000 EUR"), ("-0.5", "-0.5 EUR"), ("1E+3", "1000 EUR")],
)
def test_amounts_are_written_so_that_they_mean_one_thing(value: str, text: str) -> None:
    assert str(Amount(Decimal(value), "EUR")) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
def test_an_amount_without_a_currency_is_its_digits(value: Decimal) -> None:
    assert Decimal(str(Amount(value))) == value
