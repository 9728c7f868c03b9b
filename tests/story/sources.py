"""Events written down as the organization's gateways, name server, endpoint collector and accounts do, and a ledger of
which record is whose."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from background import PREPARED
from organization import DAYS, FIRST_DAY, Organization, Person
from products import CHATGPT, M365_COPILOT, Program
from working import DAY_S, Event, Work

HANDSHAKE_BYTES = 4_200
"""That a tunnel carries before anything is asked."""
START = dt.datetime.combine(FIRST_DAY, dt.time(), dt.UTC)
START_S = START.timestamp()
ZSCALER_HEADER = (
    "time,tz,login,proto,eurl,action,appname,reqsize,respsize,urlcat,urlsupercat,cip,sip,reqmethod,respcode,eua,"
    "devicehostname\n"
)
TENANT = "5a0f38c6-1b7e-4c53-9d1e-3f0a6f1c2b44"
"""Of the office suite: whoever uses it, it is this one."""
_QUIET = ("systemd", "sshd", "chrome", "Teams", "Outlook", "code", "bash", "slack")


class Line(NamedTuple):
    """One record as it is written."""

    text: str
    whose: int | None
    """The number of an initiative, NOBODYS where it only looks like one, None where it does not even do that."""
    time_s: float


class Ledger:
    """Whose each record is that looks like AI."""

    def __init__(self) -> None:
        self.whose: dict[str, dict[int, int]] = defaultdict(dict)
        """File name to position to the number of an initiative, or NOBODYS."""
        self.days: dict[int, set[int]] = defaultdict(set)
        """Initiative to the UTC days on which it left something."""
        self.channels: dict[str, str] = {}
        """File name to the channel that the inventory counts it under."""
        self.lines = 0

    def counted(self) -> dict[int, Counter[str]]:
        """Initiative to channel to records."""
        found: dict[int, Counter[str]] = defaultdict(Counter)
        for name, whose in self.whose.items():
            for number in whose.values():
                found[number][self.channels[name]] += 1
        return found


def stamp(time_s: float) -> dt.datetime:
    return START + dt.timedelta(seconds=time_s)


def _zscaler(event: Event) -> str:
    person = event.person
    login = person.upn if person else f"{event.unit.site}->other"
    verdict, status = ("Allowed", 200) if event.action == "allowed" else ("Blocked", 403)
    return (
        f"{stamp(event.time_s):%a %b %d %H:%M:%S %Y},GMT,{login},HTTPS,{event.url},{verdict},General Browsing,"
        f"{event.sent_bytes},{event.received_bytes},Web,Business,{event.client},198.51.100.7,{event.method},{status},"
        f"{event.agent.replace(' ', '%20').replace(',', '%2C')},{event.device}\n"
    )


def _squid(event: Event) -> str:
    user = event.person.sam.replace("\\", "%5C") if event.person and event.unit.gateway == "squid" else "-"
    time = START_S + event.time_s
    host = event.url.partition("/")[0]
    if event.action != "allowed":
        status = 403 if event.action == "blocked" else 407
        refused = f"TCP_DENIED/{status} 3913 CONNECT {host}:443"
        return f"{time:.3f}     12 {event.client} {refused} {user} HIER_NONE/- text/html\n"
    if event.decrypted:
        return (
            f"{time:.3f}   1810 {event.client} TCP_MISS/200 {event.received_bytes} {event.method} https://{event.url}"
            f" {user} HIER_DIRECT/198.51.100.9 application/json\n"
        )
    size = event.received_bytes + event.sent_bytes + (0 if event.method == PREPARED else HANDSHAKE_BYTES)
    return (
        f"{time:.3f} {size // 9 + 900:6} {event.client} TCP_TUNNEL/200 {size} CONNECT {host}:443 {user}"
        " HIER_DIRECT/198.51.100.9 -\n"
    )


def _cloudflare(event: Event) -> str:
    email, device = (event.person.email, event.device) if event.person else ("", "")
    host = event.url.partition("/")[0]
    verdict, status = ("allow", 200) if event.action == "allowed" else ("block", 403)
    address = "SourceIP" if email else "SourceInternalIP"
    return (
        f'{{"Action":"{verdict}","Datetime":"{stamp(event.time_s):%Y-%m-%dT%H:%M:%SZ}","DestinationPort":443,'
        f'"DeviceID":"{device}","DeviceName":"{device}","Email":"{email}","HTTPHost":"{host}",'
        f'"HTTPMethod":"{event.method}","HTTPStatusCode":{status},"PolicyID":"","{address}":"{event.client}",'
        f'"URL":"https://{event.url}","UserAgent":"{event.agent}","UserID":""}}\n'
    )


def _bind(event: Event) -> str:
    host = event.url.partition("/")[0]
    return (
        f"{stamp(event.time_s):%d-%b-%Y %H:%M:%S}.{int(event.time_s * 1000) % 1000:03} queries: info: client "
        f"@0x7f65100ee4d8 {event.client}#51234 ({host}): query: {host} IN A +E(0)K (10.21.0.1)\n"
    )


GATEWAYS: dict[str, tuple[str, str, Callable[[Event], str], str]] = {
    "zscaler": ("zscaler-{}.csv", "proxy", _zscaler, ZSCALER_HEADER),
    "squid": ("squid-{}.log", "proxy", _squid, ""),
    "cloudflare": ("gateway-{}.jsonl", "proxy", _cloudflare, ""),
    "open": ("squid-halle-{}.log", "proxy", _squid, ""),
    "nat": ("squid-bremen-{}.log", "proxy", _squid, ""),
    "dns": ("named-{}.log", "dns", _bind, ""),
}
"""Gateway to the file of a week, the channel, how an event is written, and the header."""


class Sources:
    """The folder that will be scanned."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ledger = folder, Ledger()
        self._written: Counter[str] = Counter()

    def gateway(self, gateway: str, day: int, events: Iterable[Event]) -> None:
        """Append a day to a gateway's log of the week."""
        pattern, channel, render, header = GATEWAYS[gateway]
        name = pattern.format(day // 7 + 1)
        at_day = sorted(events, key=lambda event: event.time_s)
        header = "" if name in self._written else header
        self.append(name, channel, [Line(render(one), one.initiative, one.time_s) for one in at_day], header)

    def append(self, name: str, channel: str, lines: list[Line], header: str = "") -> None:
        """Add records; a header is no record of a table."""
        whose, position = self.ledger.whose[name], self._written[name]
        for nth, line in enumerate(lines, position + 1):
            if line.whose is not None:
                whose[nth] = line.whose
                self.ledger.days[line.whose].add(int(line.time_s // DAY_S))
        with (self.folder / name).open("a", encoding="utf-8") as target:
            target.write(header + "".join(line.text for line in lines))
        self.ledger.channels[name] = channel
        self._written[name] += len(lines)
        self.ledger.lines += len(lines)


def endpoints(sources: Sources, whole: Organization, works: list[Work], rng: random.Random) -> None:
    """osquery's log: what runs on the machines of those units that have the collector, once a working day."""
    running: dict[int, tuple[Work, tuple[Program, ...]]] = {
        person.number: (work, work.initiative.programs)
        for work in works
        if work.initiative.programs
        for person in work.initiative.people
    }
    for day in range(DAYS):
        collected = [one for one in whole.people if one.unit.endpoints and (one.number in running or one.number % 4)]
        if day % 7 < 5:
            lines = [_snapshot(one, day, running.get(one.number), rng) for one in collected]
            sources.append(f"osquery-{day // 7 + 1}.log", "endpoint", lines)


def _snapshot(person: Person, day: int, runs: tuple[Work, tuple[Program, ...]] | None, rng: random.Random) -> Line:
    rows = [{"pid": str(300 + nth), "name": name, "path": f"/usr/bin/{name}"} for nth, name in enumerate(_QUIET)]
    whose = None
    if runs is not None and day in runs[0].days[person.number]:
        whose = runs[0].initiative.number
        rows += [
            {"pid": str(800 + nth), "name": one.process, "path": one.path, "cmdline": one.cmdline, "parent": "300"}
            for nth, one in enumerate(runs[1])
        ]
    time_s = day * DAY_S + 36_000 + rng.randrange(7200)
    event = {
        "snapshot": rows,
        "action": "snapshot",
        "name": "process_snapshot",
        "hostIdentifier": person.device,
        "unixTime": int(START_S) + time_s,
        "decorations": {"username": person.sam},
    }
    return Line(json.dumps(event, separators=(",", ":")) + "\n", whose, time_s)


def accounts(sources: Sources, whole: Organization, works: list[Work], rng: random.Random) -> None:
    """Entra's sign-ins, the first ChatGPT team's among them; and the audit log of the office suite."""
    seen: set[str] = set()
    for work in works:
        product = next(iter(work.initiative.products), None)
        if product is M365_COPILOT:
            _audit(sources, work, rng)
        elif product is CHATGPT and not seen:
            seen.add(product.name)
            _sign_ins(sources, whole, work, rng)


def _sign_ins(sources: Sources, whole: Organization, work: Work, rng: random.Random) -> None:
    rows: list[tuple[float, Person, str, int | None]] = []
    for day in range(DAYS):
        whose = work.initiative.number
        rows += [(day * DAY_S + rng.uniform(27_000, 33_000), one, "ChatGPT", whose) for one in work.active(day)]
        for person in rng.sample(whole.people, len(whole.people) // 12):
            app = rng.choice(("Office 365 Exchange Online", "SAP Cloud Identity", "Workday", "ServiceNow"))
            if person.unit.gateway != "none":
                rows.append((day * DAY_S + rng.uniform(25_000, 60_000), person, app, None))
    lines = [
        Line(f"{stamp(time):%Y-%m-%dT%H:%M:%SZ},r,c,{person.upn},{app},192.0.2.17,Success,None\n", whose, time)
        for time, person, app, whose in sorted(rows)
    ]
    header = "Date (UTC),Request ID,Correlation ID,Username,Application,IP address,Status,Sign-in error code\n"
    sources.append("entra-signins.csv", "accounts", lines, header)


def _audit(sources: Sources, work: Work, rng: random.Random) -> None:
    lines: list[Line] = []
    whose = work.initiative.number
    for day in range(DAYS):
        for person in work.active(day):
            for _ in range(rng.randint(1, 5)):
                moment = day * DAY_S + rng.uniform(27_000, 60_000)
                when = f"{stamp(moment):%Y-%m-%dT%H:%M:%S}"
                data = {"CreationTime": when, "OrganizationId": TENANT, "Operation": "CopilotInteraction"}
                told = json.dumps({**data, "Workload": "Copilot", "UserId": person.upn}).replace('"', '""')
                text = f'{when}.0000000Z,261,CopilotInteraction,{person.upn},"{told}"\n'
                lines.append(Line(text, whose, moment))
    header = "CreationDate,RecordType,Operation,UserId,AuditData\n"
    lines.sort(key=lambda line: line.time_s)
    sources.append("m365-audit.csv", "accounts", lines, header)
