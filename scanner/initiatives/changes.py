"""What an import changed, as rows and as a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from shadowledger.db.declared import FIELDS, Declared, Revision
from shadowledger.scanner.initiatives.importing import Plan
from shadowledger.scanner.output import as_text

COLUMNS = ("change", "id", "name", "field", "before", "after")
HISTORY = ("revision", "recorded_at", "file", "change", "field", "before", "after")
_TOLD_MOST = 3
_VALUE_CHARACTERS_MOST = 40

Difference = tuple[str, object, object]
"""Field, before, after."""


def row_of(initiative: Declared) -> dict[str, object]:
    """All fields of an initiative by name."""
    return {name: getattr(initiative, name) for name in FIELDS}


def differences(before: Declared, after: Declared) -> Iterator[Difference]:
    """The fields in which two states of an initiative differ."""
    for name in FIELDS:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield name, old, new


def rows_of(done: Plan) -> list[dict[str, object]]:
    """One row for each initiative added or removed, and for each field changed."""
    rows = [_row("added", one) for one in done.added]
    for before, after in done.changed:
        rows.extend(_row("changed", after, *difference) for difference in differences(before, after))
    rows.extend(_row("removed", one) for one in done.removed)
    return rows


def _row(change: str, one: Declared, name: str = "", before: object = None, after: object = None) -> dict[str, object]:
    return {"change": change, "id": one.id, "name": one.name, "field": name, "before": before, "after": after}


def counts_of(done: Plan) -> dict[str, int]:
    """How many initiatives the list has after the import, and what became of them."""
    added, changed = len(done.added), len(done.changed)
    return {
        "declared": added + changed + done.unchanged_count,
        "added": added,
        "changed": changed,
        "removed": len(done.removed),
        "unchanged": done.unchanged_count,
    }


def sentence_of(done: Plan) -> str:
    """`12 declared: 3 added, 1 changed (status: pilot -> production), 0 removed, 8 unchanged`."""
    counts = counts_of(done)
    told = f" ({_changes_told(done)})" if done.changed else ""
    return (
        f"{counts['declared']} declared: {counts['added']} added, {counts['changed']} changed{told}, "
        f"{counts['removed']} removed, {counts['unchanged']} unchanged"
    )


def _changes_told(done: Plan) -> str:
    """The changes themselves where they are few, else how many initiatives changed in which field."""
    found = [(after.id, *difference) for before, after in done.changed for difference in differences(before, after)]
    if len(found) > _TOLD_MOST:
        counts = Counter(name for _, name, _, _ in found)
        return ", ".join(f"{name} of {counts[name]}" for name in FIELDS if name in counts)
    whose = len(done.changed) > 1
    return "; ".join(f"{f'{owner} ' * whose}{name}: {_short(old)} -> {_short(new)}" for owner, name, old, new in found)


def _short(value: object) -> str:
    text = as_text(value) or "nothing"
    return text if len(text) <= _VALUE_CHARACTERS_MOST else text[: _VALUE_CHARACTERS_MOST - 1] + "…"


def history_rows(revisions: Sequence[Revision]) -> list[dict[str, object]]:
    """One row for each revision that added or removed the initiative, and for each field that one changed."""
    rows: list[dict[str, object]] = []
    last: Revision | None = None
    for revision in revisions:
        found: list[Difference] = [] if last is None else list(differences(last.declared, revision.declared))
        if last is None or last.listed != revision.listed:
            rows.append(_history_row(revision, "added" if revision.listed else "removed"))
        rows.extend(_history_row(revision, "changed", *difference) for difference in found)
        last = revision
    return rows


def _history_row(
    revision: Revision, change: str, name: str = "", before: object = None, after: object = None
) -> dict[str, object]:
    return {
        "revision": revision.number,
        "recorded_at": revision.recorded_at.isoformat(),
        "file": revision.file_name,
        "change": change,
        "field": name,
        "before": before,
        "after": after,
    }
