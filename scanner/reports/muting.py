"""What people said to leave alone until a day, and how they tagged what was found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shadowledger.db.decisions import Decision

TAGS = ("sanctioned", "unsanctioned", "review")


@dataclass(frozen=True, slots=True)
class Exceptions:
    """Mutes that hold on a day, and tags, by the id of a discovered or declared initiative."""

    mutes: Mapping[str, Decision] = field(default_factory=dict)
    tags: Mapping[str, Decision] = field(default_factory=dict)

    def mute_of(self, key: str) -> dict[str, str] | None:
        """Why, by whom, since when and until which day, the last one included; None for what is not muted."""
        one = self.mutes.get(key)
        return None if one is None else {**_said(one), "until": one.until_on}

    def tag_of(self, key: str) -> dict[str, str] | None:
        """One of TAGS with why, by whom and since when; None for what nobody tagged."""
        one = self.tags.get(key)
        return None if one is None else {"as": one.object, **_said(one)}


def exceptions_of(decisions: Iterable[Decision], today: dt.date) -> Exceptions:
    """What holds today: the newest word on each; a mute whose last day is over holds no more."""
    mutes: dict[str, Decision] = {}
    tags: dict[str, Decision] = {}
    for one in decisions:
        if one.verb == "tag":
            tags[one.subject] = one
        elif one.verb == "mute":
            mutes[one.subject] = one
        elif one.verb == "unmute":
            mutes.pop(one.subject, None)
    return Exceptions({key: one for key, one in mutes.items() if one.until_on >= today.isoformat()}, tags)


def _said(one: Decision) -> dict[str, str]:
    return {"reason": one.reason, "by": one.decided_by, "since": one.decided_at[:10]}
