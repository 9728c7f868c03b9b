"""What an agent would be built of stays small: no database, no web, no capture, no click, and on Linux nothing but the
standard library."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from fake_machines import linux

_RUN = """
import json, sys
from shadowledger.collectors.endpoint.local.snapshot import take
count = sum(1 for _ in take("full", sys.argv[1], walk=True))
print(json.dumps([count, sorted(sys.modules)]))
"""
OURS = {
    "collectors", "collectors.endpoint", "collectors.endpoint.programs", "collectors.records", "signatures",
    "signatures.artifacts",
}  # fmt: skip
LOCAL = "collectors.endpoint.local"
CLOSURE_MODULES = 20
"""Of ours; whoever needs more says so here."""


def modules(root: Path) -> set[str]:
    """What is loaded after a whole run."""
    done = subprocess.run([sys.executable, "-c", _RUN, root], capture_output=True, text=True, check=True)
    count, loaded = json.loads(done.stdout)
    assert count > 50
    return set(loaded)


def test_nothing_but_the_standard_library_is_loaded(tmp_path: Path) -> None:
    loaded = modules(linux(tmp_path))
    ours = {name.removeprefix("shadowledger.") for name in loaded if name.startswith("shadowledger.")}
    assert {name for name in ours if not name.startswith(LOCAL)} == OURS
    assert len(ours) <= CLOSURE_MODULES
    foreign = {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names) - {"shadowledger", "__main__"}
    assert {name for name in foreign if not name.startswith(("_", "sphinxcontrib"))} == set()
