"""What remembers hosts takes URLs apart as what does not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shadowledger.collectors.urls import Urls, without_query
from shadowledger.signatures.hosts import split_url

PIECES = ("http:", "https:", "HTTP:", "ftp:", "//", "/", ":", "?", "#", "\\", "@", "a.example", "B.example", "10.0.0.1",
          "[::1]", ":443", ":x", "p", "%41", "://", "\u00e4.example", ".", " ")  # fmt: skip
URL = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)


@given(st.lists(URL, max_size=9))
def test_urls_are_taken_apart_alike(urls: list[str]) -> None:
    memory = Urls()
    for url in urls * 2:
        assert memory.split(url) == split_url(url)
        assert without_query(url) == url.partition("?")[0].partition("#")[0]
