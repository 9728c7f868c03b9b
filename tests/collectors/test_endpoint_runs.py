"""A run of the endpoint collector, read back: exact, and suspicious of what was cut or changed on its way."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import pytest
from endpoint_lists import values
from hypothesis import assume, given
from hypothesis import strategies as st

from shadowledger.collectors.collector import look
from shadowledger.collectors.endpoint.runs import ENDPOINT_RUN
from shadowledger.collectors.reading import Reading, Settings
from shadowledger.collectors.records import Artifact, Record
from shadowledger.collectors.registry import claims
from shadowledger.collectors.sources import Opened

HEAD = {"time": "2026-11-23T09:00:00Z", "tz_source": "explicit", "device": "lab-7", "user": "ada"}


def run(*artifacts: dict[str, Any], **changed: object) -> str:
    """A whole run of some artifacts."""
    lines = [json.dumps({"record": number, **HEAD, **one}) + "\n" for number, one in enumerate(artifacts, start=1)]
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    end = {"schema": "shadowledger/endpoint/1", "sha256": digest, "complete": True, **changed}
    return "".join(lines) + json.dumps(end) + "\n"


def read(data: str | bytes, settings: Settings | None = None) -> list[Record]:
    reading = Reading(Opened("run", io.BytesIO(data if isinstance(data, bytes) else data.encode())), settings)
    records = list(reading.records(ENDPOINT_RUN))
    assert len({record.position for record in records}) == reading.record_count
    return records


JAN = {"kind": "process", "value": "jan"}
END = "Ignored: the run's summary"
CHANGED = "Issue: lines are missing or were changed"
CUT = "Issue: the run was cut: it has no summary"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (run(JAN), ["process:jan", END]),
        (run(), [END]),
        (run(JAN) + run(JAN), ["process:jan", END, "process:jan", END]),
        (run(JAN, JAN).replace("\n", "\n\n"), ["process:jan", "process:jan", END]),
        (run(JAN).partition("\n")[0], ["process:jan", CUT]),
        (run(JAN)[:-40], ["process:jan", "Issue: not JSON of a run", CUT]),
        (run(JAN, JAN).partition("\n")[2], ["process:jan", CHANGED]),
        (run(JAN).replace("jan", "goose"), ["process:goose", CHANGED]),
        (run(JAN, complete=False), ["process:jan", "Issue: the run did not come to its end"]),
        (run(JAN, schema="shadowledger/endpoint/2"), ["process:jan", CHANGED]),
        (run({"kind": "nonsense", "value": "x"}), ["Issue: no kind and value", END]),
        (run({"kind": "process", "value": ""}), ["Issue: no kind and value", END]),
        (run({"kind": "process"}), ["Issue: no kind and value", END]),
        (run({"kind": 7, "value": "x"}), ["Issue: not JSON of a run", CHANGED]),
        (run({**JAN, "is_title_alone": True}), ["Ignored: a process that is known by its own title alone", END]),
        (
            run({"kind": "account_domain", "value": "acme.example", "account_at": "claude.ai/code"}),
            ["account_domain:acme.example", "account_domain:claude.ai/code", END],
        ),
    ],
)
def test_each_line_is_told_and_a_run_must_be_whole(text: str, told: list[str]) -> None:
    assert values(read(text)) == told


def test_device_user_and_moment_are_the_lines_and_the_operators_word_goes_first() -> None:
    one, _ = read(run(JAN))
    assert isinstance(one, Artifact)
    assert (one.device, one.user, one.time_us, one.tz_source) == ("lab-7", "ada", 1_795_424_400_000_000, "explicit")
    named = read(run(JAN), Settings(device="lab-8"))[0]
    assert isinstance(named, Artifact)
    assert named.device == "lab-8"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (run(JAN), ["endpoint_run"]),
        (run(), ["endpoint_run"]),
        (run(JAN, JAN, JAN)[:-30], ["endpoint_run"]),
        (run().replace("endpoint/1", "endpoint/2"), []),
        ('{"record": 1, "kind": "process", "value": "x"}\n', []),
        ('{"kind": "process", "value": "x"}\n' * 3, []),
    ],
)
def test_runs_are_recognised(text: str, ids: list[str]) -> None:
    assert [found.collector.id for found in claims(text.encode())] == ids


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    assume(not data.startswith(b"PK"))  # an archive in a stream is refused before
    read(run(JAN).encode() + data)
    ENDPOINT_RUN.detect(look(data))
