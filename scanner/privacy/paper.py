"""The paper for a works council: what is read and kept, for what, for how long, and who can see it. It follows from the
records' fields, the collectors, the schema and the settings, and says nothing that is not so."""

from __future__ import annotations

import sqlite3
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from shadowledger.collectors.records import Artifact, Traffic
from shadowledger.collectors.registry import BY_ID, COLLECTORS
from shadowledger.db import audit
from shadowledger.db.runs import now_iso
from shadowledger.db.settings import Profile, privacy_of

LANGUAGES = ("en", "de")
FIELDS = tuple(dict.fromkeys((*Traffic._fields, *Artifact._fields)))
PERSONAL = ("user", "client", "device")
POINTING = frozenset((
    "inventory.entry.actor", "inventory.entry.device", "inventory.entry.client", "inventory.entry.whom",
    "inventory.pseudonym.id", "inventory.together.whom_id", "inventory.clue.host", "inventory.whom_day.whoms",
    "inventory.whom_ever.whoms", "inventory.bystander.whoms", "inventory.discovery_state.whoms",
    "inventory.source.settings",
    "inventory.source.place", "inventory.sealed_line.sealed", "inventory.audit.who", "inventory.audit.detail",
    "inventory.decision.decided_by", "inventory.approval.approver", "inventory.approval.made_by",
    "inventory.declared.fields",
))  # fmt: skip
"""Columns by which somebody who holds the rest could come to a person. The whole identities store is of people."""
_OURS = ("sqlite_", "_sqlite_")


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("paper.toml").read_text(encoding="utf-8"))


def facts(
    inventory: sqlite3.Connection, store: sqlite3.Connection | None, language: str, version: str
) -> dict[str, Any]:
    """All that the paper says, in one of LANGUAGES. Table names, columns, fields and settings keep their names."""
    words, at = _words(), LANGUAGES.index(language)
    privacy = privacy_of(inventory)
    broken = audit.first_broken_row(inventory)
    return {
        "language": language,
        "made_on": now_iso()[:10],
        "version": version,
        "profile": privacy.profile.value,
        "purposes": [one[at] for one in words["purposes"]["list"]],
        "settings": [
            {"setting": name, "value": value, "meaning": words["settings"][name][at]}
            for name, value in privacy._asdict().items()
        ],
        "profile_means": words["profiles"][privacy.profile.value][at],
        "fields": [{"field": name, "kept": words["kept"][_kept(name, privacy.profile)][at]} for name in FIELDS],
        "formats": _formats(inventory),
        "tables": [*_tables("inventory", inventory), *(_tables("identities", store) if store else ())],
        "who_sees": [{"who": who[at], "sees": sees[at]} for who, sees in words["sees"]["list"]],
        "retention_days": {"people": privacy.retain_days, "sealed_lines": privacy.seal_days},
        "reveals": [
            dict(zip(("month", "action", "count"), row, strict=True))
            for row in inventory.execute("select month, action, reveal_count from reveals_by_month order by 1, 2")
        ],
        "audit_rows": audit.last_hash(inventory)[0],
        "audit_broken_at": broken,
        "never": [one[at] for one in words["never"]["list"]],
    }


def _kept(field: str, profile: Profile) -> str:
    kept = str(_words()["fields"][field])
    return "counted" if kept == "id" and profile is Profile.AGGREGATE else kept


def _formats(inventory: sqlite3.Connection) -> list[dict[str, Any]]:
    """Those of the sources that are known here; all where there is none yet."""
    counts = Counter(one for (one,) in inventory.execute("select collector from source where state = 'known'"))
    found = [BY_ID[one] for one in sorted(counts) if one in BY_ID] or list(COLLECTORS)
    return [
        {
            "format": one.title,
            "id": one.id,
            "names_people_by": [field for field in PERSONAL if field in one.fills],
            "fields": list(one.fills),
            "sources": counts[one.id],
        }
        for one in found
    ]


def _tables(database: str, connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    names = connection.execute("select name from sqlite_master where type = 'table' order by name").fetchall()
    for (table,) in names:
        if not table.startswith(_OURS):
            asked = connection.execute("select name from pragma_table_xinfo(?)", (table,))
            columns = [column for (column,) in asked]
            people = [one for one in columns if database == "identities" or f"{database}.{table}.{one}" in POINTING]
            yield {"database": database, "table": table, "columns": columns, "points_at_people": people}


def as_markdown(told: dict[str, Any]) -> str:
    """The paper as a person reads it."""
    words, at = _words(), LANGUAGES.index(told["language"])

    def say(section: str, name: str, **values: object) -> str:
        return str(words[section][name][at]).format(**values)

    def title(name: str) -> str:
        return f"\n## {say('titles', name)}\n"

    def table(rows: Sequence[tuple[object, ...]], *columns: str) -> list[str]:
        if not rows:
            return [say("words", "none")]
        heads = [say("columns", column) for column in columns]
        lines = [heads, ["---"] * len(heads), *([_cell(value) for value in row] for row in rows)]
        return [f"| {' | '.join(line)} |" for line in lines]

    def lasting(days: int) -> str:
        return say("words", "days", n=days) if days else say("words", "forever")

    def told_of(value: object) -> str:
        return say("words", "yes" if value else "no") if isinstance(value, bool) else str(value)

    broken, kept = told["audit_broken_at"], told["retention_days"]
    settings = [(row["setting"], told_of(row["value"]), row["meaning"]) for row in told["settings"]]
    lines = [
        f"# {say('titles', 'top')}\n",
        say("titles", "made", on=told["made_on"], version=told["version"]),
        title("purposes"),
        *(f"- {one}" for one in told["purposes"]),
        title("settings"),
        *table(settings, "setting", "value", "meaning"),
        f"\n`{told['profile']}`: {told['profile_means']}",
        title("retention"),
        f"- {say('settings', 'retain_days')}: {lasting(kept['people'])}",
        f"- {say('settings', 'seal_days')}: {lasting(kept['sealed_lines'])}",
        title("fields"),
        *table([(f"`{row['field']}`", row["kept"]) for row in told["fields"]], "field", "kept"),
        title("never"),
        *(f"- {one}" for one in told["never"]),
        title("sees"),
        *table([(row["who"], row["sees"]) for row in told["who_sees"]], "who", "sees"),
        title("reveals"),
        *table([(row["month"], row["action"], row["count"]) for row in told["reveals"]], "month", "action", "count"),
        "\n" + (say("words", "chain", n=told["audit_rows"]) if broken is None else say("words", "broken", n=broken)),
        title("formats"),
        *([] if any(row["sources"] for row in told["formats"]) else [say("words", "all_formats") + "\n"]),
        *table(
            [
                (row["format"], ", ".join(row["names_people_by"]) or say("words", "nothing"), row["sources"])
                for row in told["formats"]
            ],
            "format",
            "tells",
            "sources",
        ),
        title("tables"),
        *table(
            [
                (f"{row['database']}: `{row['table']}`", ", ".join(row["columns"]), ", ".join(row["points_at_people"]))
                for row in told["tables"]
            ],
            "table",
            "columns",
            "people",
        ),
    ]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|")
