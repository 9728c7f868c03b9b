"""`osquery-pack`: both forms, with and without names of variables."""

from __future__ import annotations

from pathlib import Path

from commands import shadowledger


def test_a_pack_for_osquery_and_queries_for_fleet(tmp_path: Path) -> None:
    db = tmp_path / "inventory.db"
    pack = shadowledger("osquery-pack", "--osquery", db=db).json
    assert "shadow_ai_process_envs" in pack["queries"]
    assert shadowledger("osquery-pack", db=db).json == pack
    fleet = shadowledger("osquery-pack", "--fleet", db=db).stdout
    assert fleet.count("\nkind: query\n") == len(pack["queries"])
    without = shadowledger("osquery-pack", "--no-environment", db=db).json["queries"]
    assert pack["queries"].keys() - without.keys() == {"shadow_ai_process_envs"}
    assert not db.exists()
