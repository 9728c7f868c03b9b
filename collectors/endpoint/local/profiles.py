"""How much a look sees, and what its document is called: known to those too who take none."""

from __future__ import annotations

SCHEMA = "shadowledger/endpoint/1"
PROFILES = ("minimal", "standard", "full")
"""From the least to the most; which kinds each looks at stands in places.toml."""
