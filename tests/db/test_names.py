"""One written form per kind of name: whatever a source writes for one account, machine or address is keyed once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.db.names import NOBODY, Name, address_name, bare_form, device_name, mac_name, user_name


def wide(text: str) -> str:
    """Text in the full-width forms of East Asian keyboards (https://www.unicode.org/charts/PDF/UFF00.pdf)."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


USERS = [
    ("ada", "sam", "ada"),
    ("Ada", "sam", "ada"),
    ("  ada ", "sam", "ada"),
    ('"ada"', "sam", "ada"),
    ('" ada "', "sam", "ada"),
    ("CORP\\Ada", "sam", "corp\\ada"),
    (".\\ada", "sam", "ada"),
    ("\\ada", "sam", "ada"),
    ("ada@CORP.example", "upn", "ada@corp.example"),
    ("CORP\\ada@corp.example", "upn", "ada@corp.example"),
    (wide("CORP\\ADA"), "sam", "corp\\ada"),
    (wide("ada@") + "corp.example", "upn", "ada@corp.example"),
    ("JÖRG", "sam", "jörg"),
    ("JO\u0308RG", "sam", "jörg"),
    ("NT AUTHORITY\\SYSTEM", "system", "nt authority\\system"),
    ("NT AUTHORITY\\LOCAL SERVICE", "system", "nt authority\\local service"),
    ("S-1-5-18", "system", "s-1-5-18"),
    ("S-1-5-21-1004336348-1177238915-682003330-1104", "sam", "s-1-5-21-1004336348-1177238915-682003330-1104"),
    ("NT-AUTORITÄT\\SYSTEM", "system", "nt-autorität\\system"),
    ("AUTORITE NT\\Système", "system", "autorite nt\\système"),
    ("Window Manager\\DWM-1", "system", "window manager\\dwm-1"),
    ("CORP\\LAPTOP-7$", "system", "corp\\laptop-7$"),
    ("LAPTOP-7$@CORP.EXAMPLE", "system", "laptop-7$@corp.example"),
    ("root", "system", "root"),
    ("www-data", "system", "www-data"),
    ("rooted", "sam", "rooted"),
    ("system.admin", "sam", "system.admin"),
]


@pytest.mark.parametrize(("written", "kind", "text"), USERS)
def test_a_user_has_one_form(written: str, kind: str, text: str) -> None:
    assert user_name(written) == Name(kind, text)


@pytest.mark.parametrize(
    "written", ["", "-", " - ", '"-"', "(null)", "N/A", "None", "unknown", "CORP\\", "CORP\\-", wide("-")]
)
def test_what_names_nobody_is_nobody(written: str) -> None:
    assert user_name(written) == NOBODY


DEVICES = [
    ("ADA-LAPTOP", "ada-laptop"),
    ("ada-laptop.corp.example.", "ada-laptop.corp.example"),
    (wide("ADA") + "-laptop", "ada-laptop"),
    ("00:1A:2b:3c:4d:5e", "00:1a:2b:3c:4d:5e"),
    ("00-1A-2B-3C-4D-5E", "00:1a:2b:3c:4d:5e"),
    ("0:1a:2b:3c:4d:5e", "00:1a:2b:3c:4d:5e"),
    ("001A.2B3C.4D5E", "00:1a:2b:3c:4d:5e"),
    ("001A2B-3C4D5E", "00:1a:2b:3c:4d:5e"),
    ("001A2B3C4D5E", "001a2b3c4d5e"),
    ("00-1A-2B-3C-4D-5E-6F", "00-1a-2b-3c-4d-5e-6f"),
    ("abc-def.corp", "abc-def.corp"),
]


@pytest.mark.parametrize(("written", "text"), DEVICES)
def test_a_device_has_one_form(written: str, text: str) -> None:
    assert device_name(written) == Name("device", text)
    assert device_name(" - ") == device_name(".") == NOBODY


MACS = [
    ("001A2B3C4D5E", "00:1a:2b:3c:4d:5e"),
    ("00-1a-2b-3c-4d-5e", "00:1a:2b:3c:4d:5e"),
    ("001a.2b3c.4d5e", "00:1a:2b:3c:4d:5e"),
    ("0:1A:2b:3c:4d:e", "00:1a:2b:3c:4d:0e"),
    ("00:01:00:01:2b:3c:4d:5e:00:1a:2b:3c", "00:01:00:01:2b:3c:4d:5e:00:1a:2b:3c"),
]


@pytest.mark.parametrize(("written", "text"), MACS)
def test_a_hardware_address_has_one_form_with_groups_or_without(written: str, text: str) -> None:
    assert mac_name(written) == Name("device", text)


@pytest.mark.parametrize("written", ["", "-", "000000000000", "00:00:00:00:00:00", "FF-FF-FF-FF-FF-FF"])
def test_what_is_no_ones_hardware_address_is_nobodys(written: str) -> None:
    assert mac_name(written) == NOBODY


ADDRESSES = [
    ("10.0.0.5", "10.0.0.5"),
    (" 10.0.0.5 ", "10.0.0.5"),
    ("::ffff:10.0.0.5", "10.0.0.5"),
    ("::FFFF:0a00:0005", "10.0.0.5"),
    ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
    ("[2001:db8::1]", "2001:db8::1"),
    ("fe80::1%eth0", "fe80::1"),
    ("fe80::1%25", "fe80::1"),
    (wide("10") + ".0.0.5", "10.0.0.5"),
    ("010.0.0.5", "010.0.0.5"),
    ("Proxy-A", "proxy-a"),
]


@pytest.mark.parametrize(("written", "text"), ADDRESSES)
def test_an_address_has_one_form(written: str, text: str) -> None:
    assert address_name(written) == Name("address", text)
    assert address_name("-") == NOBODY


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (Name("sam", "corp\\ada"), "ada"),
        (Name("sam", "ada"), "ada"),
        (Name("upn", "ada@corp.example"), "ada@corp.example"),
        (Name("device", "ada-laptop.corp.example"), "ada-laptop"),
        (Name("device", "10.0.0.5"), "10.0.0.5"),
        (Name("address", "10.0.0.5"), "10.0.0.5"),
    ],
)
def test_the_bare_form_is_what_shorter_sources_write(name: Name, text: str) -> None:
    assert bare_form(name) == Name(name.kind, text)


@given(st.text(max_size=30))
def test_a_form_is_final(text: str) -> None:
    for form in (user_name, device_name, mac_name, address_name):
        once = form(text)
        assert form(once.text).text == once.text
