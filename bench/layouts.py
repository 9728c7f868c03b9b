"""How each format of the benchmark writes a line: squid, csv (a secure web gateway's, quoted) and zeek_json.

A layout is made of a source of words and a number of clients, and turns what lines say into their text."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_POOL = 4096
_AGENTS = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:136.0) Gecko/20100101 Firefox/136.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:136.0) Gecko/20100101 Firefox/136.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0",
)


class Line(NamedTuple):
    """What one line of a log says, whatever its format."""

    time_s: float
    client: int
    host: str
    port: str
    """With its colon, or empty."""
    is_secure: bool
    path: str
    """With its query."""


class Words:
    """Random text from pools, because drawing it letter by letter takes longer than all the rest."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self._pools = [["".join(rng.choices(_LETTERS, k=size)) for _ in range(_POOL)] for size in (9, 13, 26, 50)]
        self._sizes = [str(int(rng.random() * 90_000)) for _ in range(_POOL)]

    def short(self, count: int) -> list[str]:
        """Nine letters each."""
        return self.rng.choices(self._pools[0], k=count)

    def tokens(self, count: int) -> list[str]:
        """Fifty letters each."""
        return self.rng.choices(self._pools[3], k=count)

    def sizes(self, count: int) -> list[str]:
        """Numbers of bytes."""
        return self.rng.choices(self._sizes, k=count)

    def paths(self, numbers: range) -> list[str]:
        """Paths with a query, no two the same."""
        columns = (self.rng.choices(pool, k=len(numbers)) for pool in self._pools[:3])
        return [f"/{one}/{two}/{three}?id={number}" for one, two, three, number in zip(*columns, numbers, strict=True)]


Render = Callable[[Iterable[Line]], Iterator[str]]


def _address(client: int) -> str:
    return f"10.{client >> 16}.{client >> 8 & 255}.{client & 255}"


def squid(words: Words, clients: int) -> Render:
    """Squid's native log, about 185 bytes a line."""
    addresses = [_address(client) for client in range(clients)]
    waits = [f"{number:6d}" for number in range(900)]

    def render(lines: Iterable[Line]) -> Iterator[str]:
        lines = list(lines)
        count = len(lines)
        extra = zip(words.rng.choices(waits, k=count), words.sizes(count), words.tokens(count), strict=True)
        for (time_s, client, host, port, is_secure, path), (wait, size, token) in zip(lines, extra, strict=True):
            target = f"CONNECT {host}{port or ':443'}" if is_secure else f"GET http://{host}{port}{path}&s={token}"
            yield (
                f"{time_s:.3f} {wait} {addresses[client]} TCP_MISS/200 {size} {target} user{client:05d} "
                f"HIER_DIRECT/203.0.113.{client % 250} {'-' if is_secure else 'text/html'}\n"
            )

    return render


@lru_cache(4096)
def _nss_time(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%a %b %e %H:%M:%S %Y")


def csv(words: Words, clients: int) -> Render:
    """Zscaler NSS, web feed as quoted CSV with its preset columns (see `zscaler_csv`), about 520 bytes a line."""
    departments = ("Finance, Berlin", "Research", "Sales", "IT")
    agents = [agent.replace(" ", "%20").replace(",", "%2C") for agent in _AGENTS]
    people = [f'"user{client:05d}@corp.example"' for client in range(clients)]
    places = [f'"Berlin","{departments[client % 4]}","{_address(client)}"' for client in range(clients)]
    devices = [f'"{agents[client % 3]}"' for client in range(clients)]
    owners = [f'"user{client:05d}","FIN-LT-{client:05d}"' for client in range(clients)]

    def render(lines: Iterable[Line]) -> Iterator[str]:
        lines = list(lines)
        sizes = zip(words.sizes(len(lines)), words.sizes(len(lines)), strict=True)
        for (time_s, client, host, port, is_secure, path), (sent, received) in zip(lines, sizes, strict=True):
            plain, asked = ("HTTPS", "POST") if is_secure else ("HTTP", "GET")
            yield (
                f'"{_nss_time(int(time_s))}",{people[client]},"{plain}","{host}{port}{path}","Allowed",'
                f'"General Browsing","General Browsing","{sent}","{received}","31","44","Business Use",'
                f'"Information Technology","Marketing","None","None","0","None","None",{places[client]},'
                f'"203.0.113.{client % 250}","{asked}","200",{devices[client]},"None","None","None",'
                f'"text/html","None",{owners[client]}\n'
            )

    return render


def zeek_json(words: Words, clients: int) -> Render:
    """Zeek's http and ssl logs as JSON in one stream, about 410 bytes a line."""
    origins = [f'"id.orig_h":"{_address(client)}","id.orig_p":{49152 + client}' for client in range(clients)]

    def render(lines: Iterable[Line]) -> Iterator[str]:
        lines = list(lines)
        count = len(lines)
        extra = zip(words.short(count), words.short(count), words.sizes(count), strict=True)
        for (time_s, client, host, port, is_secure, path), (one, two, size) in zip(lines, extra, strict=True):
            begin = (
                f'"ts":{time_s:.6f},"uid":"C{one}{two[1:]}",{origins[client]},"id.resp_h":"203.0.113.{client % 250}"'
            )
            if is_secure:
                yield (
                    f'{{"_path":"ssl",{begin},"id.resp_p":443,"version":"TLSv13","cipher":'
                    f'"TLS_AES_128_GCM_SHA256","curve":"x25519","server_name":"{host}","resumed":true,'
                    f'"next_protocol":"h2","established":true,"ssl_history":"CsiI"}}\n'
                )
            else:
                yield (
                    f'{{"_path":"http",{begin},"id.resp_p":80,"trans_depth":1,"method":"GET","host":"{host}{port}",'
                    f'"uri":"{path}","version":"1.1","user_agent":"{_AGENTS[client % 3]}","request_body_len":0,'
                    f'"response_body_len":{size},"status_code":200,"tags":[],'
                    f'"resp_mime_types":["text/html"]}}\n'
                )

    return render


LAYOUTS: dict[str, Callable[[Words, int], Render]] = {"squid": squid, "csv": csv, "zeek_json": zeek_json}
