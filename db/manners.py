"""Manners: what kind of thing an observation shows. Whom records name is kept apart by it, so that nobody is counted as
a user because a program looked for an update, or because a proxy refused."""

from __future__ import annotations

PRESENCE, REFUSED, BACKGROUND, IDLE = "presence", "refused", "background", "idle"
PROGRAM, API, PEOPLE = "program", "api", "people"
MANNERS = (PRESENCE, REFUSED, BACKGROUND, IDLE, PROGRAM, API, PEOPLE)
"""On a device or an account; blocked; a program's own traffic (telemetry, sign-in, updates, connections opened ahead)
and documentation; tunnels that carried no more than their opening; what an SDK did; an API reached by what does not say
which program it is; and all the rest, which people do."""
USED = frozenset((PROGRAM, API, PEOPLE))
"""In which a product is used."""

PRECONNECT, HANDSHAKE = "preconnect", "handshake"
"""Roles of tunnels that carried nothing, and no more than their opening."""
BACKGROUND_ROLES = ("telemetry", "auth", "cdn", "docs", "download", PRECONNECT)

MANNER_OF_WAY = f"""
case
    when presence_rung > 0 then '{PRESENCE}'
    when action = 'blocked' then '{REFUSED}'
    when role in {BACKGROUND_ROLES} then '{BACKGROUND}'
    when role = '{HANDSHAKE}' then '{IDLE}'
    when agent_class = 'sdk' then '{PROGRAM}'
    when role = 'api' and agent_class != 'browser' then '{API}'
    else '{PEOPLE}'
end
"""
"""In SQL, of a row of `way`."""


def manner_of(role: str, action: str, agent_class: str, presence_rung: int) -> str:
    """The same without a database."""
    if presence_rung > 0:
        return PRESENCE
    if action == "blocked":
        return REFUSED
    if role in BACKGROUND_ROLES:
        return BACKGROUND
    if role == HANDSHAKE:
        return IDLE
    if agent_class == "sdk":
        return PROGRAM
    return API if role == "api" and agent_class != "browser" else PEOPLE
