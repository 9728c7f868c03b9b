"""The document of `shadowledger collect endpoint`, read back: the snapshot of one device.

A line is an artifact, the last one the run's summary (`collectors.endpoint.local.snapshot`). Whose account is signed in
gives two artifacts: the account's domain, and the service whose account it is. A bundle of a server is many documents,
with two lines before them and one behind each, of which nothing is verified here (docs/decisions/0014)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.endpoint.local.snapshot import SCHEMA
from shadowledger.collectors.endpoint.programs import Seen, seen_by
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Artifact, Ignored, Issue, Record
from shadowledger.signatures.schema import ARTIFACT_KINDS

BUNDLE_SCHEMA = "shadowledger/bundle/1"
RECEIVED_SCHEMA = "shadowledger/received/1"
_BESIDE = {
    BUNDLE_SCHEMA: "a bundle's first line, which `scan` does not verify; `import-bundle` does",
    RECEIVED_SCHEMA: "when a server received the run",
}
KINDS = frozenset(ARTIFACT_KINDS)
LONGEST_VALUE = 1024
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Line(msgspec.Struct):
    """What is read of a line: of an artifact, of a summary, or of what a server put round them."""

    record: int = 0
    time: str = ""
    tz_source: str = ""
    kind: str = ""
    value: str = ""
    device: str = ""
    user: str = ""
    account_at: str = ""
    is_title_alone: bool = False
    schema: str = ""
    sha256: str = ""
    complete: bool = False
    signature: str = ""


class Summary(msgspec.Struct):
    """The last line of a document: what is proven of it, and what whoever took it tells of itself."""

    schema: str = ""
    run: str = ""
    device: str = ""
    records: int = 0
    sha256: str = ""
    complete: bool = False
    profile: str = ""
    device_id: str = ""
    agent: object = None
    pack: object = None
    dropped_runs: object = None
    quarantined_runs: object = None


_decode = msgspec.json.Decoder(Line).decode


def _read(reading: Reading) -> Iterator[Record]:
    """Issues: `not JSON of a run`, `no kind and value`, `lines are missing or were changed` of a summary that does not
    fit what stands before it, `the run did not come to its end`, and `the run was cut: it has no summary`."""
    default, digest, number, is_open = seen_by(reading), hashlib.sha256(), 0, False
    for first, lines in reading.blocks():
        for number, line in enumerate(lines, start=first):
            if not line or line.isspace():
                continue
            reading.record_count += 1
            try:
                told = _decode(line)
            except (msgspec.DecodeError, RecursionError):
                yield Issue(number, "not JSON of a run")
                is_open = True
                continue
            if told.schema in _BESIDE and not is_open:
                yield Ignored(number, _BESIDE[told.schema])
                continue
            if told.signature and not is_open:
                yield Ignored(number, "a bundle's signature")
                continue
            if told.schema:
                yield _end(number, told, digest.hexdigest())
                digest, is_open = hashlib.sha256(), False
                continue
            is_open = True
            digest.update(line.encode() + b"\n")
            yield from _artifacts(number, told, default, reading)
    if is_open:
        reading.record_count += 1
        yield Issue(number + 1, "the run was cut: it has no summary")


def _end(number: int, told: Line, digest: str) -> Record:
    if told.schema != SCHEMA or told.sha256 != digest:
        return Issue(number, "lines are missing or were changed")
    if not told.complete:
        return Issue(number, "the run did not come to its end")
    return Ignored(number, "the run's summary")


def _artifacts(number: int, told: Line, default: Seen, reading: Reading) -> Iterator[Record]:
    if told.kind not in KINDS or not told.value:
        yield Issue(number, "no kind and value")
        return
    if told.is_title_alone:
        yield Ignored(number, "a process that is known by its own title alone")
        return
    seen = _seen(told, default, reading)
    yield Artifact(number, told.kind, told.value[:LONGEST_VALUE], *seen, told.user)
    if told.account_at:
        yield Artifact(number, told.kind, told.account_at[:LONGEST_VALUE], *seen, _account(told))


def _account(told: Line) -> str:
    """The user of the machine as whom the service knows: `acme.example\\ada`, so that it is told whose tenant that is.
    The account itself, of whose address only the domain is in a run, may be called otherwise."""
    user = told.user.rpartition("\\")[2]
    is_domain = "." in told.value and not set(told.value) & set("\\@ ")
    return f"{told.value}\\{user}" if user and is_domain else told.user


def _seen(told: Line, default: Seen, reading: Reading) -> Seen:
    device = reading.settings.device or told.device
    try:
        taken_at = datetime.fromisoformat(told.time)
    except ValueError:
        return default._replace(device=device)
    source = "explicit" if taken_at.tzinfo else "assumed"
    taken_at = taken_at if taken_at.tzinfo else taken_at.replace(tzinfo=UTC)
    return Seen((taken_at - _EPOCH) // timedelta(microseconds=1), source, device)


def _is_of_a_run(line: str) -> bool:
    try:
        told = _decode(line)
    except (msgspec.DecodeError, RecursionError):
        return False
    if told.schema:
        return told.schema == SCHEMA or told.schema in _BESIDE
    if told.signature:
        return True
    return told.record > 0 and told.kind in KINDS and bool(told.value and told.time and told.device)


def _detect(head: Head) -> str:
    whole = [line for line in head.lines if line.endswith("}")]
    if whole and _is_of_a_run(whole[0]) and _decode(whole[0]).schema == BUNDLE_SCHEMA:
        return "a server's bundle, which `import-bundle` verifies, and this does not"
    fit = sum(map(_is_of_a_run, whole))
    return f"{fit} of {len(whole)} lines are artifacts of a device" if fit and fit * 4 >= len(whole) * 3 else ""


ENDPOINT_RUN = Collector(
    id="endpoint_run",
    title="shadowledger collect endpoint",
    framing="line",
    fills=(
        "process", "cmdline", "port", "app", "cli", "py_package", "npm_package", "browser_ext", "ide_ext", "mcp_config",
        "mcp_server", "model_file", "image", "unit", "env_var", "account_domain",
    ),
    reads_objects=True,
    detect=_detect,
    read=_read,
    reference="https://jsonlines.org/",
    export="shadowledger collect endpoint > file, on each machine.",
    cannot="What happened at another time, and what its summary says could not be seen.",
)  # fmt: skip
