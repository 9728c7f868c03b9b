"""Run the benchmarks and print what they measured: `make bench`, or `make bench ONLY=logs`.

Each part is a module with `measure(folder) -> dict`. Results go to bench/results.json with the commit, the versions and
the hashes of the inputs, so that a figure can be traced. A missed goal is printed and is no error."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

PARTS = ("logs", "formats")
HERE = Path(__file__).parent


def main(only: str) -> None:
    """Measure the parts asked for and replace results.json."""
    if only and only not in PARTS:
        raise SystemExit(f"There is no part '{only}'; there are {', '.join(PARTS)}.")
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    told: dict[str, object] = {
        "commit": commit.stdout.strip(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": {name: version(name) for name in ("shadowledger", "msgspec", "sqlite-utils", "click")},
    }
    with tempfile.TemporaryDirectory(prefix="shadowledger-bench-") as folder:
        for part in [only] if only else PARTS:
            told[part] = import_module(part).measure(Path(folder))
    (HERE / "results.json").write_text(json.dumps(told, indent=1) + "\n")
    _print(told)


def _print(told: object, name: str = "") -> None:
    if isinstance(told, dict):
        for key, value in told.items():
            _print(value, f"{name}.{key}" if name else key)
    else:
        print(f"{name:44} {told}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
