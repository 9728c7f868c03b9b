"""The thresholds as a person reads them: values, what each one means, and which of them are a site's own."""

from __future__ import annotations

from importlib.resources import files

import msgspec

from shadowledger.scanner.discovery.thresholds import FILE_NAME, Thresholds, load_thresholds

COLUMNS = ("name", "value", "default", "meaning")


def threshold_rows(limits: Thresholds) -> list[dict[str, object]]:
    """One row per threshold, in the order of the program's own file."""
    values, defaults = msgspec.to_builtins(limits), msgspec.to_builtins(load_thresholds())
    return [
        {"name": name, "value": values[name], "default": defaults[name], "meaning": meaning}
        for name, meaning in _meanings().items()
    ]


def threshold_text(limits: Thresholds) -> str:
    """The same as a thresholds file has it, a comment over the values that it explains."""
    lines: list[str] = []
    before = ""
    for row in threshold_rows(limits):
        if row["meaning"] != before:
            before = str(row["meaning"])
            lines += [*([""] if lines else []), f"# {before}"]
        own = f"  # default: {row['default']}" if row["value"] != row["default"] else ""
        lines.append(f"{row['name']} = {row['value']}{own}")
    return "\n".join(lines) + "\n"


def _meanings() -> dict[str, str]:
    """Name to the comment above it, which may stand over several."""
    meanings: dict[str, str] = {}
    comment: list[str] = []
    is_new = True
    for line in files("shadowledger.scanner.discovery").joinpath(FILE_NAME).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            comment = [line[1:].strip()] if is_new else [*comment, line[1:].strip()]
            is_new = False
            continue
        is_new = True
        if "=" in line:
            meanings[line.partition("=")[0].strip()] = " ".join(comment)
    return meanings
