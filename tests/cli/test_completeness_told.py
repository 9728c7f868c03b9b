"""`completeness` as it is asked, from logs to the sentence."""

from __future__ import annotations

from pathlib import Path

from commands import shadowledger
from scanner_inputs import squid_line, write_snapshot, write_squid

HOSTS = (
    "chatgpt.com", "claude.ai", "gemini.google.com", "www.perplexity.ai", "copilot.microsoft.com", "chat.deepseek.com",
    "grok.com", "poe.com", "character.ai", "cursor.com", "www.notion.so", "elevenlabs.io",
)  # fmt: skip


def test_one_channel_says_nothing_of_what_it_misses(tmp_path: Path) -> None:
    db = tmp_path / "inventory.db"
    shadowledger("scan", write_squid(tmp_path / "access.log", map(squid_line, HOSTS)), db=db)
    told = shadowledger("completeness", db=db)
    assert (told.code, told.stderr) == (0, "")
    assert told.stdout.startswith("How many more there are cannot be said: 1 independent channel saw anything")
    found = shadowledger("completeness", "--format", "json", db=db).json
    assert found["lists"] == [{"channels": ["proxy"], "products": found["lists"][0]["products"]}]
    assert "at_least" not in found


def test_the_bound_comes_with_what_it_rests_on(tmp_path: Path) -> None:
    db = tmp_path / "inventory.db"
    apps = ("ChatGPT.exe", "Claude.exe", "Cursor.exe", "Perplexity.exe", "Notion.exe", "Poe.exe", "Copilot.exe",
            "Windsurf.exe", "ElevenLabs.exe", "Comet.exe", "Grammarly.exe", "DeepL.exe", "Otter.exe")  # fmt: skip
    more = ("www.deepl.com", "app.grammarly.com", "windsurf.com", "otter.ai")
    log = write_squid(tmp_path / "access.log", map(squid_line, (*HOSTS, *more)))
    shadowledger("scan", log, write_snapshot(tmp_path / "processes.json", "pc", apps), db=db)
    found = shadowledger("completeness", "--format", "json", db=db).json
    assert found["refused"] == ""
    assert [one["channels"] for one in found["lists"]] == [["endpoint"], ["proxy"]]
    assert 0 <= found["at_least"] <= found["estimate"] <= found["high"]
    assert any("no channel sees" in told for told in found["assumptions"])
    text = shadowledger("completeness", db=db).stdout
    assert text.startswith(f"At least {found['at_least']} more among catalogued services")
