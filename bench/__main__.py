"""Run the benchmarks and print what they measured: `make bench`, or `make bench ONLY=logs`.

Each part is a module with `measure(folder) -> dict`, by the names under which results.json has its figures. That file
is written anew with the commit, the versions and the hashes of the inputs, so that a figure can be traced."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from floors import beside, verdict

PARTS = ("logs", "inventory", "formats", "agent", "captures")
PACKAGES = ("shadowledger", "hyperscan", "isal", "msgspec", "sqlite-utils", "click", "polars", "duckdb")
HERE = Path(__file__).parent


def main(only: str) -> None:
    """Measure the parts asked for and replace results.json."""
    if only and only not in PARTS:
        raise SystemExit(f"There is no part '{only}'; there are {', '.join(PARTS)}.")
    told: dict[str, object] = {
        "commit": _first_line("git", "rev-parse", "HEAD"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": {name: _version(name) for name in PACKAGES} | {"ripgrep": _first_line("rg", "--version")},
    }
    with tempfile.TemporaryDirectory(prefix="shadowledger-bench-") as folder:
        for part in [only] if only else PARTS:
            told |= import_module(part).measure(Path(folder))
    told = beside(told)
    (HERE / "results.json").write_text(json.dumps(told, indent=1) + "\n")
    _print(told)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _first_line(*command: str) -> str:
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "missing"
    return told.stdout.partition("\n")[0]


def _print(told: dict[str, object], name: str = "") -> None:
    for key, value in told.items():
        full = f"{name}.{key}" if name else key
        floor = told.get(f"{key}_floor")
        if isinstance(value, dict):
            _print(value, full)
        elif not key.endswith("_floor"):
            beside_it = verdict(key, value, floor) if isinstance(floor, int | float) else ""
            print(f"{full:44} {value!s:>12}  {beside_it}".rstrip())


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
