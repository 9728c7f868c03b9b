"""A mapping file is enough to read a format; its flaws are told with file and key."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from shadowledger.collectors.engines.mapped import collector_of
from shadowledger.collectors.engines.mapping import MappingError, load
from shadowledger.collectors.reading import Reading, Settings
from shadowledger.collectors.records import Artifact, Ignored, Issue, Traffic
from shadowledger.collectors.sources import Opened
from shadowledger.collectors.telling import tell

GOOD = """id = "acme_gateway"
title = "ACME Web Gateway"
reference = "https://acme.example/logs"
engines = ["keyvalue"]
nothing = ["n.a."]

[detect]
columns = ["type", "dst"]

[common]
client = "src"
user = ["login", "user"]
time = [{ columns = ["date", "time"], zone_column = "tz" }, { columns = "epoch", form = "epoch" }]

[[record]]
when = { type = ["web", "~prox.*"] }
via = "proxy"
host = "dst"
url = "url"
method = "mtd"
status = "code"
sent_bytes = { columns = ["bytes"], pattern = '^(\\d+)/' }
received_bytes = { columns = ["bytes"], pattern = '/(\\d+)$' }
user_agent = { columns = ["ua"], undo = "percent" }
action = { columns = "act", allowed = ["pass"], blocked = ["~den.*"] }

[[record]]
when = { type = "started" }
kind = "process"
value = "image"
command = "cmd"
device = "host"

[[record]]
when = { type = "heartbeat" }
ignore = "a heartbeat"

[[other]]
line = '^-- '
reason = "a remark"
"""

FLAWS = [
    # what is changed, into what, and what is told of it
    ('engines = ["keyvalue"]', 'engines = ["magic"]', "Invalid enum value 'magic' - at `$.engines[0]`"),
    ('engines = ["keyvalue"]', 'engines = ["text"]', "[text] is missing, and engines names it"),
    ('engines = ["keyvalue"]', "engines = []", "engines: name at least one"),
    ('id = "acme_gateway"', 'id = "ACME gateway"', "id: lower-case letters, digits and _ only"),
    ('title = "ACME Web Gateway"', "", "Object missing required field `title`"),
    ('via = "proxy"', 'via = "pigeon"', "Invalid enum value 'pigeon' - at `$.record[0].via`"),
    ('via = "proxy"', "", "via is missing"),
    ('host = "dst"\nurl = "url"', "", "neither host nor url: no service can be recognised"),
    ('value = "image"', "", "an artifact needs value"),
    ('form = "epoch"', 'form = "moon"', "time form 'moon' is none of"),
    ("pattern = '/(\\d+)$'", "pattern = '/(\\d+$'", "not a regular expression: '/(\\\\d+$'"),
    ('client = "src"', 'klient = "src"', "Object contains unknown field `klient` - at `$.common`"),
    ('id = "acme_gateway"', 'id = "acme', "Illegal character"),
]


@pytest.mark.parametrize(("before", "after", "want"), FLAWS, ids=[want for _, _, want in FLAWS])
def test_a_flaw_is_told_with_its_file(tmp_path: Path, before: str, after: str, want: str) -> None:
    path = tmp_path / "acme.toml"
    assert before in GOOD
    path.write_text(GOOD.replace(before, after, 1))
    with pytest.raises(MappingError) as told:
        load(path)
    assert str(path) in str(told.value)
    assert want in str(told.value)


def test_a_missing_file_is_told() -> None:
    with pytest.raises(MappingError, match=r"none\.toml: cannot be read"):
        load(Path("none.toml"))


LINES = {
    "date=2026-01-01 time=10:00:00 tz=+0200 type=web src=192.0.2.1 login=n.a. user=ada dst=a.example:8443 "
    "url=https://a.example:8443/x?q=secret mtd=post code=200 bytes=12/34 ua=Acme%2F1.0 act=denied": {
        "time": "2026-01-01T08:00:00Z", "tz_source": "explicit", "via": "proxy", "client": "192.0.2.1", "user": "ada",
        "host": "a.example", "method": "POST", "user_agent": "Acme/1.0", "action": "blocked",
        "url": "https://a.example:8443/x", "status": 200, "sent_bytes": 12, "received_bytes": 34,
    },
    "epoch=1767254400 type=proxy2 src=pc-7 dst=192.0.2.9 act=pass": {
        "time": "2026-01-01T08:00:00Z", "tz_source": "explicit", "via": "proxy", "device": "pc-7", "host": "192.0.2.9",
        "action": "allowed",
    },
    "date=2026-01-01 time=10:00:00 type=web dst=a.example": {
        "time": "2026-01-01T10:00:00Z", "tz_source": "assumed", "via": "proxy", "host": "a.example",
    },
    "date=2026-13-01 time=10:00:00 type=web dst=a.example": {"via": "proxy", "host": "a.example"},
    'type=started image="C:\\\\Program Files\\\\ollama.exe" host=pc-7 user=ada dst=-': {
        "kind": "process", "value": "ollama.exe", "process": "ollama.exe", "device": "pc-7", "user": "ada",
    },
    "type=web dst=- url=/x": {"ignored": "names no host"},
    "type=heartbeat dst=x": {"ignored": "a heartbeat"},
    "type=quarantine dst=x": {"ignored": "another kind of record"},
    "-- restarted": {"ignored": "a remark"},
    "what is this": {"issue": "no pairs of key and value"},
}  # fmt: skip


def test_a_mapping_alone_reads_a_format(tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(GOOD)
    collector = collector_of(load(path))
    with Opened("x", io.BytesIO("\n".join(LINES).encode())) as opened:
        reading = Reading(opened, Settings())
        told = [tell(record) for record in reading.records(collector)]
    assert told == [{"record": number, **want} for number, want in enumerate(LINES.values(), 1)]
    assert reading.record_count == len(LINES)
    assert set(collector.fills) <= {"time", *Traffic._fields, "process"}


def test_times_take_the_zone_that_the_user_names(tmp_path: Path) -> None:
    from zoneinfo import ZoneInfo

    path = tmp_path / "acme.toml"
    path.write_text(GOOD)
    line = "date=2026-07-01 time=10:00:00 type=web dst=a.example"
    with Opened("x", io.BytesIO(line.encode())) as opened:
        (one,) = Reading(opened, Settings(zone=ZoneInfo("Europe/Berlin"))).records(collector_of(load(path)))
    assert not isinstance(one, Artifact | Issue | Ignored)
    assert (tell(one)["time"], one.tz_source) == ("2026-07-01T08:00:00Z", "config")
