"""LDIF (https://www.rfc-editor.org/rfc/rfc2849), as ldapsearch, slapcat, ldifde and csvde's neighbours write it.

Attributes of Active Directory (https://learn.microsoft.com/windows/win32/adschema/attributes-all) and of OpenLDAP's
inetOrgPerson (https://www.rfc-editor.org/rfc/rfc2798) and posixAccount (https://www.rfc-editor.org/rfc/rfc2307).
Accounts that are disabled are kept: logs of before name them. Managers are not read."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from shadowledger.scanner.directory.export import Export
from shadowledger.scanner.directory.facts import Fact, FlawedDirectoryError, Machine, Person

_PERSON = ("employeeid", "employeenumber")
_ACCOUNTS = ("userprincipalname", "mail", "msds-principalname", "samaccountname", "uid", "proxyaddresses")
_UNIT = ("department", "departmentnumber", "ou")
_SITE = ("physicaldeliveryofficename", "l")
_MACHINE = ("dnshostname", "cn", "macaddress")
_WANTED = frozenset(
    ("dn", "changetype", "objectclass", "title", "displayname", *_PERSON, *_ACCOUNTS, *_UNIT, *_SITE, *_MACHINE)
)
_PEOPLE = frozenset(("user", "person", "inetorgperson", "organizationalperson", "posixaccount", "account"))
_NO_PEOPLE = frozenset(("computer", "device", "contact", "group", "groupofnames", "msds-groupmanagedserviceaccount"))
# A description, its options, and one or two colons or a reference: https://www.rfc-editor.org/rfc/rfc2849#section-2
_LINE = re.compile(r"([A-Za-z0-9.-]{1,100})(?:;[A-Za-z0-9;-]{1,100})?:([:<]?) ?(.*)", re.DOTALL)
# The first line that says something: https://www.rfc-editor.org/rfc/rfc2849#section-2
_FIRST = re.compile(r"\s*(?:#[^\n]*\n\s*)*(?:version: ?1\s|dn::? ?\S)")
Entry = dict[str, list[str]]


def is_ldif(export: Export) -> str:
    """Why a file is LDIF; empty where it is not."""
    return "begins with a distinguished name" if _FIRST.match(export.head) else ""


def read_ldif(export: Export) -> Iterator[Fact]:
    """People and machines of an LDIF file."""
    for entry in _entries(export):
        classes = {one.lower() for one in entry.get("objectclass", ())}
        if entry.get("changetype", ["add"])[0] != "add":
            continue
        if "computer" in classes or "device" in classes:
            yield from _machine(entry)
        elif classes & _PEOPLE and not classes & _NO_PEOPLE:
            yield from _person(entry)


def _person(entry: Entry) -> Iterator[Fact]:
    accounts = tuple(
        one
        for column in _ACCOUNTS
        for text in entry.get(column, ())
        if (one := mail_address(text) if column == "proxyaddresses" else text)
    )
    if accounts and not accounts[0].endswith("$"):
        yield Person(
            _first(entry, *_PERSON),
            accounts,
            _first(entry, *_UNIT),
            _first(entry, *_SITE),
            _first(entry, "title"),
        )


def _machine(entry: Entry) -> Iterator[Fact]:
    name = _first(entry, "dnshostname", "cn") or _first(entry, "samaccountname").rstrip("$")
    if name:
        yield Machine(name, tuple(entry.get("macaddress", ())))


def mail_address(text: str) -> str:
    """The address of an entry of proxyAddresses: `SMTP:` is the one that is written from, `smtp:` another. Other
    protocols have none.

    https://learn.microsoft.com/troubleshoot/entra/entra-id/user-prov-sync/proxyaddresses-attribute-populate"""
    protocol, colon, address = text.rpartition(":")
    return address if "@" in address and (not colon or protocol.lower() == "smtp") else ""


def _first(entry: Entry, *columns: str) -> str:
    return next((text for column in columns for text in entry.get(column, ()) if text), "")


def _entries(export: Export) -> Iterator[Entry]:
    entry: Entry = {}
    for number, line in _unfolded(export):
        if not line:
            if entry:
                yield entry
            entry = {}
        elif (found := _LINE.fullmatch(line)) is None:
            raise FlawedDirectoryError(f"{export.path}, line {number} is no attribute of LDIF.")
        elif (name := found[1].lower()) in _WANTED:
            entry.setdefault(name, []).append(_value(export, number, found))
    if entry:
        yield entry


def _value(export: Export, number: int, found: re.Match[str]) -> str:
    if found[2] == "<":
        raise FlawedDirectoryError(
            f"{export.path}, line {number}: {found[1]} stands in another file; export it with its values."
        )
    if not found[2]:
        return found[3].strip()
    try:
        return base64.b64decode(found[3].strip(), validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise FlawedDirectoryError(f"{export.path}, line {number}: {found[1]} is no text in base64.") from error


def _unfolded(export: Export) -> Iterator[tuple[int, str]]:
    """Lines with those that continue them, without comments; an empty one ends an entry. What continues an attribute
    that is not wanted, such as a picture, is left out."""
    parts: list[str] = []
    first, is_wanted = 0, True
    for number, ended in export.lines():
        line = ended.rstrip("\r\n")
        if line.startswith(" ") and parts:
            if is_wanted:
                parts.append(line[1:])
            continue
        if parts and not parts[0].startswith("#"):
            yield first, "".join(parts)
        first, parts = number, [line]
        is_wanted = line.partition(":")[0].partition(";")[0].lower() in _WANTED
    if parts and not parts[0].startswith("#"):
        yield first, "".join(parts)
