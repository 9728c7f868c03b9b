"""The schema's step for the clients of the census: how many contacted a domain on a day, at least and at most."""

from __future__ import annotations

from sqlite_utils import Database

from shadowledger.db.bystander_steps import identity_steps, inventory_steps
from shadowledger.db.statements import run_statements

__all__ = ["identity_steps", "inventory_steps"]

CENSUS_COLUMNS = """
alter table census add column fewest_clients integer;
alter table census add column most_clients integer;
"""


@inventory_steps()
def m013_clients_of_the_census(db: Database) -> None:
    """Unknown in rows of before."""
    run_statements(db.execute, CENSUS_COLUMNS)
