"""What is shown of files' names: what they are, and nobody's name."""

from __future__ import annotations

import pytest

from shadowledger.scanner.places import shown_name

NAMES = [
    ("/var/log/squid/access.log", "access.log"),
    ("/home/ada/logs/access.log.1.gz", "access.log.1.gz"),
    ("/x/access.log-20261105", "access.log-20261105"),
    ("/x/proxy-2026-11-05.csv", "proxy-2026-11-05.csv"),
    ("/x/processes-ada-laptop.json", "processes-…-….json"),
    ("/x/Ada Lovelace.log", "… ….log"),
    ("/x/10.99.98.97.log", "….….….….log"),
    ("/x/ada.lovelace@corp.example_2026-11.log", "….…@….…_2026-11.log"),
    ("/x/4711815.csv", "….csv"),
    ("/x/logs.zip/CORP-LT-0815/squid.log", "squid.log"),
    ("/x/dns.pcap", "dns.pcap"),
    ("/x/Änne.log", "….log"),
    ("-", "-"),
]


@pytest.mark.parametrize(("path", "shown"), NAMES, ids=[shown for _, shown in NAMES])
def test_of_a_name_only_words_of_formats_and_days_are_shown(path: str, shown: str) -> None:
    assert shown_name(path) == shown
