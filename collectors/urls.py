"""URLs taken apart as `signatures.hosts.split_url` does, for readers of many: hosts come again and again."""

from __future__ import annotations

from shadowledger.collectors.lines import LONGEST_KEY, REMEMBERED
from shadowledger.signatures.hosts import split_authority, split_url

_SCHEMES = {"http:": "http", "https:": "https"}


class Authorities(dict[str, tuple[str, int]]):
    """What stands between `//` and the next slash to (clean host, port); no host where it takes more care. Bounded: at
    REMEMBERED it forgets them."""

    def __missing__(self, text: str) -> tuple[str, int]:
        if len(text) > LONGEST_KEY or "?" in text or "#" in text or "\\" in text:
            return "", 0
        host, port = split_authority(text)
        if len(self) >= REMEMBERED:
            self.clear()
        self[text] = host, port
        return host, port


class Urls:
    """One reading's memory of hosts."""

    def __init__(self) -> None:
        self.authorities = Authorities()

    def split(self, text: str) -> tuple[str, str, int, str]:
        """Scheme, host, port and path; see `signatures.hosts.Url`."""
        start, scheme, authority = text.find("/"), "", ""
        if start > 0 and text[start - 1] != ":":
            authority = text[:start]
        elif start > 0 and text.startswith("//", start) and (end := text.find("/", start + 2)) > 0:
            scheme, authority, start = _SCHEMES.get(text[:start], ""), text[start + 2 : end], end
            if not scheme:
                return split_url(text)
        host, port = self.authorities[authority]
        return (scheme, host, port, without_query(text[start:])) if host else split_url(text)


def without_query(path: str) -> str:
    """A path up to its query or fragment."""
    query = path.find("?")
    if query >= 0:
        path = path[:query]
    return path.partition("#")[0] if "#" in path else path
