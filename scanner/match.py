"""A record and the service that it betrays."""

from __future__ import annotations

from shadowledger.collectors.records import Artifact, Traffic
from shadowledger.scanner.days import DAY_US, day_of
from shadowledger.scanner.machines import machine_name
from shadowledger.signatures.index import Index, Match
from shadowledger.signatures.schema import Strength

NOT_A_QUESTION = frozenset(("dns_response", "dns_update", "dns_notify"))
"""Names seen in a capture that no client asked for in that packet."""
AN_API = "api_path"
"""The kind of indicator that betrays an API by its shape. Whose it is, only its host can say, which is its instance."""
_HINT = Strength.HINT


def match_record(index: Index, record: Traffic | Artifact) -> Match | None:
    """What one record betrays, or None. Hints are no hits."""
    if isinstance(record, Artifact):
        found = index.artifacts.find(record.kind, record.value)
    elif record.via in NOT_A_QUESTION:
        return None
    else:
        found = index.traffic(
            record.host, record.path, record.method, record.port, record.user_agent, record.question_type
        )
        if found is None and record.process:
            found = index.artifacts.find("process", record.process)
        elif found is not None and found.indicator.kind == AN_API and machine_name(record.host) is None:
            found = found._replace(instance=record.host)
    if found is None or found.indicator.strength is _HINT:
        return None
    if found.indicator.valid_from or found.indicator.valid_to:  # a name that changed hands
        found = index.then(found, day_of(record.time_us // DAY_US) if record.time_us else None)
        return found if found is not None and found.is_hit else None
    return found


def agent_class(index: Index, user_agent: str) -> str:
    """browser, sdk, app, or unknown where the record has no user agent."""
    if not user_agent:
        return "unknown"
    known = index.user_agent(user_agent)
    if known is not None and known.indicator.role == "api":
        return "sdk"
    return "browser" if user_agent.startswith("Mozilla/5.0") else "app"
