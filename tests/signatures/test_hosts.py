"""Host names and URLs in every spelling come to one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.signatures.hosts import Url, clean_host, split_authority, split_url

FULL_WIDTH = "".join(chr(ord(c) - 0x21 + 0xFF01) for c in "chatgpt.com")  # https://www.unicode.org/charts/PDF/UFF00.pdf

HOSTS = [
    ("chatgpt.com", "chatgpt.com"),
    ("ChatGPT.COM", "chatgpt.com"),
    ("chatgpt.com.", "chatgpt.com"),
    ("chatgpt%2Ecom", "chatgpt.com"),
    ("%63hatgpt.com", "chatgpt.com"),
    (FULL_WIDTH, "chatgpt.com"),
    ("chatgpt。com", "chatgpt.com"),
    ("ChatGPT。com。", "chatgpt.com"),
    ("bücher.example", "xn--bcher-kva.example"),
    ("BÜCHER.example.", "xn--bcher-kva.example"),
    ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ("ch\u0430tgpt.com", "xn--chtgpt-4nf.com"),  # a Cyrillic letter: another name
    ("_dmarc.openai.com", "_dmarc.openai.com"),
    ("", ""),
    (".", ""),
]

AUTHORITIES = [
    ("chatgpt.com", ("chatgpt.com", 0)),
    ("chatgpt.com:443", ("chatgpt.com", 443)),
    ("chatgpt.com.:8443", ("chatgpt.com", 8443)),
    ("chatgpt.com:", ("chatgpt.com", 0)),
    ("chatgpt.com:99999", ("chatgpt.com", 0)),
    ("chatgpt.com:https", ("chatgpt.com", 0)),
    ("chatgpt.com:²", ("chatgpt.com", 0)),
    ("ada:secret@chatgpt.com:443", ("chatgpt.com", 443)),
    ("chatgpt.com@evil.example", ("evil.example", 0)),
    ("10.1.2.3:11434", ("10.1.2.3", 11434)),
    ("[2001:DB8::1]:443", ("2001:db8::1", 443)),
    ("[2001:db8::1]", ("2001:db8::1", 0)),
    ("2001:db8::1", ("2001:db8::1", 0)),
]

URLS = [
    ("https://chatgpt.com/c/1?q=2#f", Url("https", "chatgpt.com", 0, "/c/1")),
    ("HTTPS://ChatGPT.com:443", Url("https", "chatgpt.com", 443, "")),
    ("hxxps://chatgpt.com/x", Url("hxxps", "chatgpt.com", 0, "/x")),
    ("wss://sydney.bing.com/sydney/ChatHub", Url("wss", "sydney.bing.com", 0, "/sydney/ChatHub")),
    ("chatgpt.com/c/1", Url("", "chatgpt.com", 0, "/c/1")),
    ("chatgpt.com:8080/c", Url("", "chatgpt.com", 8080, "/c")),
    ("chatgpt.com?next=https://evil.example/", Url("", "chatgpt.com", 0, "")),
    ("example.org/go?u=https://chatgpt.com/", Url("", "example.org", 0, "/go")),
    ("https://evil.example#@chatgpt.com/", Url("https", "evil.example", 0, "")),
    ("https://chatgpt.com@evil.example/", Url("https", "evil.example", 0, "/")),
    ("https://evil.example\\@chatgpt.com/", Url("https", "evil.example", 0, "/@chatgpt.com/")),
    ("https://ada:pw@chatgpt.com/", Url("https", "chatgpt.com", 0, "/")),
    ("http://[2001:db8::1]:11434/api/chat", Url("http", "2001:db8::1", 11434, "/api/chat")),
    ("//chatgpt.com/x", Url("", "", 0, "//chatgpt.com/x")),
    ("", Url("", "", 0, "")),
]


@pytest.mark.parametrize(("text", "host"), HOSTS)
def test_a_host_has_one_form(text: str, host: str) -> None:
    assert clean_host(text) == host


@pytest.mark.parametrize(("text", "parts"), AUTHORITIES)
def test_an_authority_is_host_and_port(text: str, parts: tuple[str, int]) -> None:
    assert split_authority(text) == parts


@pytest.mark.parametrize(("text", "url"), URLS)
def test_a_url_keeps_neither_query_nor_fragment_nor_user(text: str, url: Url) -> None:
    assert split_url(text) == url


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading(text: str) -> None:
    url = split_url(text)
    assert "?" not in url.path
    assert "#" not in url.path
    assert 0 <= url.port <= 65535
    assert clean_host(text) is not None


@given(st.from_regex(r"[a-zA-Z0-9-]{1,20}(\.[a-zA-Z0-9-]{1,20}){0,3}", fullmatch=True))
def test_a_clean_host_stays_as_it_is(text: str) -> None:
    assert clean_host(clean_host(text)) == clean_host(text)
