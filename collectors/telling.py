"""Records as the JSON objects that `collect --format jsonl` prints and that golden files hold."""

from __future__ import annotations

import datetime as dt

from shadowledger.collectors.records import UNKNOWN_BYTES, Artifact, Ignored, Issue, Record, Traffic

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_PLAIN = ("via", "client", "user", "device", "host", "method", "user_agent", "process", "action", "question_type")
_LABELS = ("app_label", "category_label", "content_type")


def iso(time_us: int) -> str:
    """Microseconds since 1970 as ISO 8601 in UTC, with the fraction only where there is one."""
    try:
        return (_EPOCH + dt.timedelta(microseconds=time_us)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return ""


def tell(record: Record) -> dict[str, str | int]:
    """One record as a JSON object; keys without a value are left out."""
    if isinstance(record, Issue):
        return {"record": record.position, "issue": record.reason}
    if isinstance(record, Ignored):
        return {"record": record.position, "ignored": record.reason}
    told: dict[str, str | int] = {"record": record.position}
    if record.time_us and (time := iso(record.time_us)):
        told["time"] = time
        if record.tz_source:
            told["tz_source"] = record.tz_source
    if isinstance(record, Artifact):
        told |= {"kind": record.kind, "value": record.value}
        if record.kind == "process":
            told["process"] = record.value
        told |= {key: value for key in ("device", "user") if (value := getattr(record, key))}
        return told
    told |= {key: value for key in _PLAIN if (value := getattr(record, key))}
    if record.scheme or record.path:
        told["url"] = url_of(record)
    if record.status:
        told["status"] = record.status
    for key, count in (("sent_bytes", record.sent_bytes), ("received_bytes", record.received_bytes)):
        if count != UNKNOWN_BYTES:
            told[key] = count
    told |= {key: value for key in _LABELS if (value := getattr(record, key))}
    return told


def url_of(record: Traffic) -> str:
    """Scheme, host, port and path; never a query."""
    host = f"[{record.host}]" if ":" in record.host else record.host
    port = f":{record.port}" if record.port else ""
    scheme = f"{record.scheme}://" if record.scheme else ""
    return f"{scheme}{host}{port}{record.path}"
