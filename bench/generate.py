"""Write Squid lines with a fixed seed and a known truth: what the benchmark reads, and what it must come to.

About 160 bytes a line, 3 % hits on hosts of the catalogue, 0.6 % look-alikes, paths all different. Whoever hits what is
drawn anew for each line, so nearly every hit has a key of its own: the worst case for what is kept of them. A proxy
writes about 5,000 lines a person and day, so five million lines are a day of 1,000 people; here they are of 10,000."""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path

from shadowledger.signatures.index import Index
from shadowledger.signatures.load import load_catalogue

HIT_SHARE = 0.03
LOOK_ALIKE_SHARE = 0.006
START_S = 1_793_836_800  # 2026-11-05 00:00:00 UTC
LINES_A_SECOND = 600
CLIENTS = 10_000
WORDS = (
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
ENDS = ("com", "net", "org", "de", "fr", "io", "co.uk", "example")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


HOSTS = 2000
"""As many names are in the log, and as many is the rival given: more make it slower, and the comparison unfair."""


def ai_hosts() -> list[tuple[str, str]]:
    """Some hosts that are certain hits, each with the id of its service."""
    index = Index(load_catalogue()[0])
    found = {}
    for service in index.services.values():
        for indicator in service.indicators:
            if indicator.kind in ("host", "host_exact"):
                match = index.host(indicator.value)
                if match is not None and match.is_hit:
                    found[indicator.value] = match.service.id
    rng = random.Random(5)  # noqa: S311 - the same ones each time
    return sorted(rng.sample(sorted(found.items()), HOSTS))


def write(path: Path, line_count: int, seed: int = 1) -> Counter[str]:
    """Write the file and return the truth: hits by service."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    ours = ai_hosts()
    apexes = [host for host, _ in ours if host.count(".") == 1]
    others = [
        f"{rng.choice(WORDS)}{number}.{rng.choice(WORDS)}-{number % 977}.{rng.choice(ENDS)}" for number in range(30_000)
    ]
    truth: Counter[str] = Counter()
    with path.open("w", encoding="ascii", buffering=1 << 20) as file:
        for number in range(line_count):
            dice = rng.random()
            if dice < HIT_SHARE:
                host, service = ours[int(rng.random() * len(ours))]
                truth[service] += 1
            elif dice < HIT_SHARE + LOOK_ALIKE_SHARE:
                apex = rng.choice(apexes)
                host = f"not-really-{apex}" if rng.random() < 0.5 else f"{apex}.evil.example"
            else:
                host = others[int(rng.random() ** 2 * 30_000)]
            file.write(_line(rng, number, host))
    return truth


def _line(rng: random.Random, number: int, host: str) -> str:
    stamp = START_S + number / LINES_A_SECOND
    client = int(rng.random() * CLIENTS)
    address = f"10.{client >> 16}.{client >> 8 & 255}.{client & 255}"
    size = int(rng.random() * 90_000)
    if rng.random() < 0.5:
        target = f"CONNECT {host}:443"
    else:
        path = "".join(rng.choices(LETTERS, k=48))
        target = f"GET http://{host}/{path[:9]}/{path[9:22]}/{path[22:]}?id={number}"
    return (
        f"{stamp:.3f} {int(rng.random() * 900):6d} {address} TCP_MISS/200 {size} {target} user{client:05d} "
        f"HIER_DIRECT/203.0.113.{number % 250} {'text/html' if number % 3 else '-'}\n"
    )


if __name__ == "__main__":
    counted = write(Path(sys.argv[1]), int(sys.argv[2]))
    print(sum(counted.values()), "hits")
