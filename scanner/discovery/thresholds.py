"""From when on something counts as what: the numbers behind written rules, in one file that a site can overrule."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import msgspec

FILE_NAME = "thresholds.toml"


class FlawedThresholdsError(Exception):
    """A thresholds file that cannot be used; the text says where and why."""


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See `thresholds.toml` for what each one means."""

    team_people: int
    cross_cutting_units: int
    stray_visits: int
    stray_span_days: int
    production_days: int
    production_days_off_share: int
    same_machines: int
    chain_minutes: int
    chain_share: int
    chain_products: int
    match_score: int
    watched_share: int

    def in_words(self) -> str:
        """For a headline: the values by name."""
        return ", ".join(f"{name} {value}" for name, value in msgspec.to_builtins(self).items())


@cache
def _default_values() -> dict[str, int]:
    return tomllib.loads(Path(__file__).with_name(FILE_NAME).read_text(encoding="utf-8"))


def load_thresholds(overlay: Path | None = None) -> Thresholds:
    """The program's values, and over them those of the file in a site's folder of signatures. Raises
    FlawedThresholdsError."""
    file = overlay / FILE_NAME if overlay is not None else None
    try:
        own = tomllib.loads(file.read_text(encoding="utf-8")) if file is not None and file.exists() else {}
        return msgspec.convert({**_default_values(), **own}, Thresholds)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError, OSError) as error:
        raise FlawedThresholdsError(f"{file}: {error}.") from error
