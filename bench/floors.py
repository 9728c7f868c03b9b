"""What each figure has to reach. A missed floor is printed and is no error."""

from __future__ import annotations

_LOGS = {"speedup_two_processes": 1.5, "peak_mb": 120, "exact": 1}
FLOORS: dict[str, dict[str, float]] = {
    "logs.squid": {"time_ratio_rg": 0.45, "time_ratio_polars": 0.8, "time_ratio_duckdb": 0.8, **_LOGS},
    "logs.csv": {"time_ratio_rg": 0.6, "time_ratio_polars": 1.3, "time_ratio_duckdb": 1.3, **_LOGS},
    "logs.zeek_json": {"time_ratio_rg": 0.6, "time_ratio_polars": 0.8, "time_ratio_duckdb": 0.8, **_LOGS},
    "plain": {"time_ratio_fast": 3},
    "gz": {"mb_per_s": 250},
    "inventory": {"day_write_s": 1, "reconcile_s": 0.3, "adoption_s": 0.3},
    "agent": {
        "start_ms": 200,
        "start_zipapp_ms": 400,
        "scan_cpu_ms": 100,
        "scan_rss_mb": 40,
        "walk_cpu_ms": 250,
        "server_cpu_ms_per_post": 1.5,
    },
    "captures.dns": {"recall": 1, "wrong": 0, "peak_extra_mb": 150},
    "captures.dns.all_names": {"speedup_tshark": 8},
    "captures.dns.ai_only": {"speedup_tshark": 20, "speedup_ndpi": 12, "exact": 1},
    "captures.live.printed": {"dropped": 0},
    "captures.live.stored": {"dropped": 0},
    "captures.mixed": {"recall": 1, "wrong": 0, "peak_extra_mb": 150},
    "captures.mixed.all_names": {"speedup_tshark": 8},
    "captures.mixed.ai_only": {"speedup_tshark": 10, "speedup_ndpi": 3, "exact": 1},
}
_AT_LEAST = ("speedup_two_processes", "speedup_tshark", "speedup_ndpi", "recall", "exact", "mb_per_s")
"""Of the others, less is better."""


def beside(told: dict[str, object], name: str = "") -> dict[str, object]:
    """The same figures, each with its floor after it (`peak_mb`, `peak_mb_floor`)."""
    found: dict[str, object] = {}
    for key, value in told.items():
        found[key] = beside(value, f"{name}.{key}" if name else key) if isinstance(value, dict) else value
        if key in FLOORS.get(name, {}):
            found[f"{key}_floor"] = FLOORS[name][key]
    return found


def verdict(key: str, value: object, floor: float) -> str:
    """A floor in words, and whether a figure reaches it."""
    is_least = key in _AT_LEAST
    word = f"at {'least' if is_least else 'most'} {floor:g}"
    if not isinstance(value, int | float):
        return word
    is_met = value >= floor if is_least else value <= floor
    return word if is_met else f"{word}: MISSED"
