"""Write logs with a fixed seed and a known truth: what the benchmark reads, and what it must come to.

3 % of the lines are hits on 2,000 suffixes of the catalogue and hosts below them, 1 % of these in another spelling;
0.6 % are look-alikes. Paths are all different. Whoever hits what is drawn anew for each line, so nearly every hit has a
key of its own: the worst case for what is kept of them. A proxy writes about 5,000 lines a person and day, so five
million lines are a day of 1,000 people; here they are of 10,000, on both sides of a midnight. How a format writes a
line is in `layouts.py`."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

from layouts import LAYOUTS, Line, Words

from shadowledger.signatures.index import Index
from shadowledger.signatures.load import load_catalogue

HIT_SHARE = 0.03
LOOK_ALIKE_SHARE = 0.006
ODD_SPELLING_SHARE = 0.01
MIDNIGHT_S = 1_793_923_200  # 2026-11-06 00:00:00 UTC
DAY_S = 86_400
LINES_A_SECOND = 600
CLIENTS = 10_000
ORDINARY_HOSTS = 30_000
BLOCK_LINES = 20_000
SUFFIXES = 2000
"""As many names are in the log, and as many is each rival given: more make it slower, and the comparison unfair."""
_WORDS = (
    "shop",
    "news",
    "mail",
    "cdn",
    "img",
    "static",
    "media",
    "api",
    "portal",
    "data",
    "cloud",
    "bank",
    "play",
    "web",
)
_ENDS = ("com", "net", "org", "de", "fr", "io", "co.uk", "example")
_BELOW = ("www", "app", "eu-1", "cdn.static", "x7")


class Truth(NamedTuple):
    """Hits by service, and by UTC date."""

    services: Counter[str]
    days: Counter[str]


class Hosts(NamedTuple):
    """What may stand where a log names a host."""

    hits: list[tuple[str, str]]
    """With the service of each."""
    look_alikes: list[str]
    ordinary: list[str]


def ai_hosts() -> list[tuple[str, str]]:
    """Some hosts that are certain hits, each with the id of its service."""
    index = _index()
    found = {}
    for service in index.services.values():
        for one in service.indicators:
            if one.kind in ("host", "host_exact") and not one.valid_from and not one.valid_to:
                match = index.host(one.value)
                if match is not None and match.is_hit:
                    found[one.value] = match.service.id
    rng = random.Random(5)  # noqa: S311 - the same ones each time
    return sorted(rng.sample(sorted(found.items()), SUFFIXES))


@cache
def _index() -> Index:
    return Index(load_catalogue()[0])


@cache
def hosts() -> Hosts:
    """The suffixes with some hosts below them, what only looks like them, and hosts of nobody."""
    rng = random.Random(6)  # noqa: S311 - the same ones each time
    services = dict(ai_hosts())
    below = [f"{rng.choice(_BELOW)}.{host}" for host in services]
    hits = [
        *services.items(),
        *((host, _service(host)) for host in below if _service(host) == _nearest(host, services)),
    ]
    apexes = [host for host in services if host.count(".") == 1]
    parents = {host.partition(".")[2] for host in services if host.count(".") > 1}
    alike = [f"not{host}" for host in apexes] + [f"{host}.evil.example" for host in apexes]
    alike += [host.replace(".", "-") + ".example" for host in apexes] + sorted(parents)
    ordinary = [
        f"{rng.choice(_WORDS)}{number}.{rng.choice(_WORDS)}-{number % 977}.{rng.choice(_ENDS)}"
        for number in range(ORDINARY_HOSTS)
    ]
    return Hosts(
        hits, [host for host in alike if _index().host(host) is None and not _nearest(host, services)], ordinary
    )


def _service(host: str) -> str:
    match = _index().host(host)
    return match.service.id if match is not None and match.is_hit else ""


def _nearest(host: str, services: dict[str, str]) -> str:
    """What a look-up by the suffixes alone would say, which is what rivals do."""
    while host and host not in services:
        host = host.partition(".")[2]
    return services.get(host, "")


def write(path: Path, layout: str, line_count: int, *, day: int = 0, seed: int = 1, mode: str = "w") -> Truth:
    """Write lines of a format around the midnight that begins a day (0 is 2026-11-06), and return the truth."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    truth = Truth(Counter(), Counter())
    words = Words(rng)
    render = LAYOUTS[layout](words, CLIENTS)
    start_s = MIDNIGHT_S + day * DAY_S - line_count / LINES_A_SECOND / 2
    with path.open(mode, encoding="ascii", buffering=1 << 20) as file:
        for first in range(0, line_count, BLOCK_LINES):
            size = min(BLOCK_LINES, line_count - first)
            file.write("".join(render(_block(rng, words, truth, size, start_s, first))))
    return truth


def _block(rng: random.Random, words: Words, truth: Truth, size: int, start_s: float, first: int) -> Iterable[Line]:
    """What consecutive lines say; most are drawn by the column, because drawing takes the time."""
    known = hosts()
    numbers = range(first, first + size)
    times = [start_s + number / LINES_A_SECOND for number in numbers]
    names = [known.ordinary[int(dice() * dice() * ORDINARY_HOSTS)] for dice in repeat(rng.random, size)]
    ports = [""] * size
    secure = rng.choices((True, False), k=size)
    paths = words.paths(numbers)
    for at in range(size):
        strange = rng.random()
        if strange < HIT_SHARE:
            host, service = known.hits[int(rng.random() * len(known.hits))]
            truth.services[service] += 1
            truth.days[_date(times[at])] += 1
            names[at], ports[at] = _spelled(rng, host)
        elif strange < HIT_SHARE + LOOK_ALIKE_SHARE:
            if rng.random() < 0.6:
                names[at] = rng.choice(known.look_alikes)
            else:
                secure[at], paths[at] = False, _telling_path(rng, rng.choice(known.hits)[0], paths[at])
    return map(Line, times, rng.choices(range(CLIENTS), k=size), names, ports, secure, paths)


def _spelled(rng: random.Random, host: str) -> tuple[str, str]:
    """A host as it is, or in mixed case, with a final dot, or with a port."""
    if rng.random() >= ODD_SPELLING_SHARE:
        return host, ""
    how = rng.randrange(3)
    if how == 0:
        return "".join(rng.choice((letter, letter.upper())) for letter in host), ""
    return (f"{host}.", "") if how == 1 else (host, ":8443")


def _telling_path(rng: random.Random, host: str, path: str) -> str:
    """A path or query that names AI, asked of a host that is none."""
    told = (f"/r?u=https://{host}/&", f"/search?q={host}+prices&", f"/blog/{host}/review?", f"/to/https://{host}/?")
    return rng.choice(told) + path.partition("?")[2]


@cache
def _date_of_day(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_S, UTC).date().isoformat()


def _date(time_s: float) -> str:
    return _date_of_day(int(time_s // DAY_S))


if __name__ == "__main__":
    counted = write(Path(sys.argv[2]), sys.argv[1], int(sys.argv[3]))
    print(counted.services.total(), "hits", dict(counted.days))
