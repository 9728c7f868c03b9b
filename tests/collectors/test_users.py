"""However a source writes an account, it becomes the words a person would use, and one person one name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.collectors.users import LONGEST_USER, plain_user
from shadowledger.db.names import NOBODY, Name, user_name

USERS = [
    # as they are
    ("ada", "ada"),
    ("Ada.Lovelace", "Ada.Lovelace"),
    ("ada@corp.example", "ada@corp.example"),
    ("CORP\\ada", "CORP\\ada"),
    ("Ada Lovelace", "Ada Lovelace"),
    ("Jürgen Groß", "Jürgen Groß"),
    ("PC-17$", "PC-17$"),
    ("CORP\\PC-17$", "CORP\\PC-17$"),
    ("NT AUTHORITY\\SYSTEM", "NT AUTHORITY\\SYSTEM"),
    ("S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1001"),
    ("O'Hara", "O'Hara"),
    ("a=b", "a=b"),
    # quotes, blanks, doubled and encoded characters
    (' "ada" ', "ada"),
    ("'CORP\\ada'", "CORP\\ada"),
    ("CORP\\\\ada", "CORP\\ada"),
    ("Ada \u00a0 Lovelace", "Ada Lovelace"),
    ("CORP%5Cada", "CORP\\ada"),
    ("corp%5cada%20l", "corp\\ada l"),
    ("ada%40corp.example", "ada@corp.example"),
    ("J%C3%BCrgen", "Jürgen"),
    ("J%FCrgen", "Jürgen"),
    ("100%", "100%"),
    # Cisco WSA, and what else puts a realm after an account with its domain
    ('"CORP\\ada@AD_Realm"', "CORP\\ada"),
    ("CORP\\PC-17$@CORP.EXAMPLE", "CORP\\PC-17$"),
    # with a slash, where it is no path and no service
    ("CORP/ada", "CORP\\ada"),
    ("corp-2/ada.lovelace", "corp-2\\ada.lovelace"),
    ("WinNT://CORP/ada", "CORP\\ada"),
    ("WinNT://ada", "ada"),
    ("HTTP/proxy.corp.example", "HTTP/proxy.corp.example"),
    ("host/pc17.corp.example@CORP.EXAMPLE", "host/pc17.corp.example@CORP.EXAMPLE"),
    ("/home/ada", "/home/ada"),
    ("a/b/c", "a/b/c"),
    ("10/24", "10/24"),
    # directories
    ("CN=Ada Lovelace,OU=Staff,DC=corp,DC=example", "Ada Lovelace"),
    ("cn=Lovelace\\, Ada, ou=R/D, dc=corp", "Lovelace, Ada"),
    ('CN="Lovelace, Ada",O=Corp', "Lovelace, Ada"),
    ("CN=\\C4\\8Capek,O=Corp", "Čapek"),
    ("uid=ada,ou=people,dc=corp", "ada"),
    ("CN=Ada Lovelace+UID=ada,OU=Staff", "ada"),
    ("DC=example,DC=corp,CN=Users,CN=Ada", "Ada"),
    ("OU=Staff,DC=corp", "OU=Staff,DC=corp"),
    ("CN=,OU=Staff", "CN=,OU=Staff"),
    ("LDAP://10.10.10.254 CN=Users,DC=corp,DC=example/ada", "ada"),
    ("LDAP://10.10.10.254 CN\\=Users,DC\\=corp,DC\\=example/ada", "ada"),
    ("ldap://dc1 OU=R/D,OU=Users,DC=corp/Lovelace\\, Ada", "Lovelace, Ada"),
    ("LDAP://dc1 OU=Users,DC=corp/A/C Service", "A/C Service"),
    ("LDAP://dc1 OU=Users,DC=corp/CN=Ada", "Ada"),
    ("LDAP://dc1/CN=Ada Lovelace,OU=Staff,DC=corp", "Ada Lovelace"),
    ("LDAP://ada OU=Staff,DC=corp", "ada"),
    ("LDAP://10.10.10.254", ""),
    # both names
    ("Ada Lovelace (ada@corp.example)", "ada@corp.example"),
    ("Ada Lovelace <ada@corp.example>", "ada@corp.example"),
    ("Ada (Sales)", "Ada (Sales)"),
]
NOBODIES = [
    "", " ", "-", '"-"', "--", "none", "None", "N/A", "n/a", "NA", "null", "(null)", "(empty)", "unknown", "UNKNOWN",
    "anonymous", "unauthenticated", "unavailable", "Not available", "0", "<none>", "CORP\\-", "CORP/-", "\\", "%2D",
    "Unknown (SSO failed)", "LDAP://10.10.10.254 OU=Users,DC=corp/-", "CN=unknown,OU=x",
]  # fmt: skip


@pytest.mark.parametrize(("text", "user"), USERS)
def test_users_become_the_account(text: str, user: str) -> None:
    assert plain_user(text) == user


@pytest.mark.parametrize("text", NOBODIES)
def test_words_for_nobody_are_nobody(text: str) -> None:
    assert plain_user(text) == ""
    assert user_name(plain_user(text)) == NOBODY


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (('"CORP\\Ada@AD"', "corp%5Cada", "CORP/ada", "WinNT://Corp/ADA", "corp\\\\ada"), Name("sam", "corp\\ada")),
        (
            ("LDAP://10.0.0.1 OU=Users,DC=corp/ada", "UID=Ada,ou=people", "ada", "\uff21\uff24\uff21"),
            Name("sam", "ada"),
        ),
        (("Ada@Corp.Example", "ada%40corp.example", "A (ada@corp.example)"), Name("upn", "ada@corp.example")),
        (("CN=Lovelace\\, Ada,OU=x", "LDAP://s OU=x,DC=y/Lovelace\\, Ada"), Name("sam", "lovelace, ada")),
        (("PC-17$", "pc-17%24"), Name("system", "pc-17$")),
    ],
)
def test_one_person_in_many_formats_is_one_name(texts: tuple[str, ...], name: Name) -> None:
    assert {user_name(plain_user(text)) for text in texts} == {name}


@pytest.mark.parametrize(
    "text",
    ["a" * 1_000_000, "CN=" * 500_000, "\\" * 1_000_000, "LDAP://" + "DC=/" * 300_000, "%5C" * 300_000, "(<" * 500_000],
)
def test_no_text_is_too_long(text: str) -> None:
    assert len(plain_user(text)) <= LONGEST_USER


@given(st.text(alphabet="aZ0\\/@=,+%5C\"' $()<>-.:éCNOULDAP", max_size=60) | st.text(max_size=60))
def test_no_text_breaks_a_user(text: str) -> None:
    user = plain_user(text)
    assert len(user) <= LONGEST_USER
    assert user == user.strip()
